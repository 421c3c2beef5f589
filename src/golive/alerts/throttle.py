"""The throttle: the same alert is not told again within a window. What counts is what was delivered, not what was tried.

A scope is an environment: the same alert of another environment is another alert.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from golive.model.alert import EMERGENCY_CATEGORY, AlertMessage, AlertSeverity
from golive.model.clock import SECOND


@dataclass(frozen=True, slots=True)
class ThrottleRules:
    """`alert_throttle` of an environment."""

    window_seconds: int = 300
    exclude_severities: frozenset[str] = frozenset({"critical"})
    exclude_categories: frozenset[str] = frozenset({"health"})
    max_entries: int = 2048

    def exempts_severity(self, severity: AlertSeverity) -> bool:
        """Say whether no alert of a severity is ever held back, whatever it is about."""
        return severity in self.exclude_severities or self.window_seconds == 0

    def exempts(self, message: AlertMessage) -> bool:
        """Say whether a message is always told: by its severity or category, about emergency mode, or by its own word."""
        return (
            message.severity in self.exclude_severities
            or message.category in self.exclude_categories
            or message.category == EMERGENCY_CATEGORY
            or message.context.get("throttle") == "never"
        )


class Throttle:
    """Remembers when each alert of each scope was delivered last; the oldest are forgotten first."""

    def __init__(self, remembered: Iterable[tuple[str, str, int]] = ()) -> None:
        """`remembered`: (scope, dedup_key, delivered at), in any order."""
        self._last: dict[str, dict[str, int]] = {}
        for scope, key, at in sorted(remembered, key=lambda row: row[2]):
            self._last.setdefault(scope, {})[key] = at

    def suppresses(self, message: AlertMessage, scope: str, rules: ThrottleRules, now: int) -> bool:
        """Say whether the same alert was delivered less than a window ago and nothing exempts this one.

        A delivery that lies in the future (the clock was set back) holds nothing back.
        """
        if rules.exempts(message):
            return False
        last = self._last.get(scope, {}).get(message.dedup_key)
        return last is not None and 0 <= now - last < rules.window_seconds * SECOND

    def delivered(self, message: AlertMessage, scope: str, rules: ThrottleRules, now: int) -> list[str]:
        """Remember a delivery; return the keys of the scope that were forgotten for it."""
        known = self._last.setdefault(scope, {})
        known.pop(message.dedup_key, None)  # the newest stands last
        known[message.dedup_key] = now
        forgotten = list(known)[: max(0, len(known) - rules.max_entries)]
        for key in forgotten:
            del known[key]
        return forgotten
