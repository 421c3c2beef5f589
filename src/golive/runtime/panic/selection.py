"""What a panic is about: all entrypoints, or those under the risk profile of one; and their accounts."""

from __future__ import annotations

from dataclasses import dataclass

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint


@dataclass(frozen=True, slots=True)
class Selection:
    """What a panic is about, as the configuration has it; the entrypoint that was asked for comes first."""

    entrypoints: tuple[ResolvedEntrypoint, ...]
    configuration: Configuration

    @classmethod
    def of(cls, configuration: Configuration, name: str | None) -> Selection:
        """Return every entrypoint under the risk profile of this one, or all; ConfigError for a name that is none."""
        asked = () if name is None else (configuration.resolve(name),)
        others = (configuration.resolve(each) for each in sorted(configuration.runtime.trading.entrypoints) if each != name)
        wanted = {each.risk_profile for each in asked}
        return cls((*asked, *(each for each in others if not wanted or each.risk_profile in wanted)), configuration)

    @property
    def live(self) -> tuple[ResolvedEntrypoint, ...]:
        return tuple(each for each in self.entrypoints if each.environment_type != "paper")

    @property
    def accounts(self) -> tuple[str, ...]:
        """Names of the accounts' journals and locks."""
        from ..routes import accounts_of  # slow to import, and the flag comes first

        members = (member for each in self.live for member in accounts_of(self.configuration, each))
        return tuple(dict.fromkeys(f"{member.adapter}_{member.keychain_key}" for member in members))
