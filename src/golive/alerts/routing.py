"""Which channels an alert goes to, and by which rules of its environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from golive.model.alert import EMERGENCY_CATEGORY, SELFTEST_CATEGORY, AlertMessage, AlertSeverity

from .throttle import ThrottleRules

EVERYWHERE: Final = "all"
UNACKNOWLEDGED: Final = frozenset({EMERGENCY_CATEGORY, SELFTEST_CATEGORY})
"""categories that nobody has to acknowledge: emergency mode is on already, and a self-test is its own answer"""


@dataclass(frozen=True, slots=True)
class EnvironmentPolicy:
    """What an environment says about its alerts."""

    name: str
    channels: tuple[str, ...]
    throttle: ThrottleRules


NOWHERE: Final = EnvironmentPolicy("", (), ThrottleRules())
"""of a message that names no entrypoint we know: it concerns the host, so it goes to every channel"""


@dataclass(frozen=True, slots=True)
class AlertPolicy:
    """What the configuration says about alerts. `channels`: whether each is critical; `environments` by entrypoint."""

    channels: Mapping[str, bool] = field(default_factory=dict)
    environments: Mapping[str, EnvironmentPolicy] = field(default_factory=dict)
    acknowledge_timeout_seconds: int = 300

    @property
    def critical(self) -> tuple[str, ...]:
        """The critical channels, by name."""
        return tuple(name for name in sorted(self.channels) if self.channels[name])

    def environment_of(self, message: AlertMessage) -> EnvironmentPolicy:
        return self.environments.get(str(message.context.get("entrypoint", "")), NOWHERE)

    def channels_for(self, message: AlertMessage) -> tuple[str, ...]:
        """Return the channels a message goes to, by name; none when there is none for it.

        Emergency mode is told everywhere. A message may name channels itself (`context.channels`, with `all` for each). Otherwise
        it goes to those of its environment; a critical one also to every critical channel when none of those is one.
        """
        named = message.context.get("channels")
        if message.category == EMERGENCY_CATEGORY:
            return tuple(sorted(self.channels))
        if isinstance(named, Sequence) and not isinstance(named, str) and named:
            chosen = set(self.channels) if EVERYWHERE in named else {str(name) for name in named} & set(self.channels)
            return tuple(sorted(chosen))
        environment = self.environment_of(message)
        own = set(self.channels if environment is NOWHERE else environment.channels) & set(self.channels)
        if message.severity is AlertSeverity.CRITICAL and not any(self.channels[name] for name in own):
            own.update(self.critical)
        return tuple(sorted(own))

    def demands_acknowledgement(self, message: AlertMessage) -> bool:
        """Say whether a person has to acknowledge a message: a critical one, unless a simulation raised it."""
        return (
            message.severity is AlertSeverity.CRITICAL
            and message.category not in UNACKNOWLEDGED
            and message.context.get("simulated") is not True
        )
