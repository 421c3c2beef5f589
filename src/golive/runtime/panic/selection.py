"""What a panic is about: one entrypoint or all, and their accounts."""

from __future__ import annotations

from dataclasses import dataclass

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint


@dataclass(frozen=True, slots=True)
class Selection:
    """What a panic is about, as the configuration has it."""

    entrypoints: tuple[ResolvedEntrypoint, ...]
    configuration: Configuration

    @classmethod
    def of(cls, configuration: Configuration, name: str | None) -> Selection:
        """Return one entrypoint, or all; ConfigError for a name that is none."""
        names = [name] if name is not None else sorted(configuration.runtime.trading.entrypoints)
        return cls(tuple(configuration.resolve(each) for each in names), configuration)

    @property
    def live(self) -> tuple[ResolvedEntrypoint, ...]:
        return tuple(each for each in self.entrypoints if each.environment_type != "paper")

    @property
    def accounts(self) -> tuple[str, ...]:
        """Names of the accounts' journals and locks."""
        from ..live_plan import accounts_of  # slow to import, and the flag comes first

        members = (member for each in self.live for member in accounts_of(self.configuration, each))
        return tuple(dict.fromkeys(f"{member.adapter}_{member.keychain_key}" for member in members))
