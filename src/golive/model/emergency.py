"""Emergency mode as a value: what is on for which risk profile, since when and by whom.

Activating is monotone: a scope that is on keeps its first reason, operator and moment, whatever comes later; the only change a
further activation can make is from `REDUCING` to `HALTED`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

ALL: Final = "all"
"""the scope of every risk profile"""

UNSPECIFIED: Final = "unspecified"
"""the reason (or operator) nobody named"""


class TradingState(StrEnum):
    """What may leave: everything, only what makes a position smaller, or nothing."""

    ACTIVE = "ACTIVE"
    REDUCING = "REDUCING"
    HALTED = "HALTED"


_TIGHTNESS: Final = {TradingState.ACTIVE: 0, TradingState.REDUCING: 1, TradingState.HALTED: 2}


def tightest(*states: TradingState) -> TradingState:
    """Return the state that permits least; `ACTIVE` for none."""
    return max(states, key=_TIGHTNESS.__getitem__, default=TradingState.ACTIVE)


@dataclass(frozen=True, slots=True)
class EmergencyMode:
    """One activation: `state` is `REDUCING` or `HALTED`, `scope` is `all` or a risk profile, `since` is wall time, ns UTC."""

    state: TradingState
    reason: str
    operator: str
    scope: str
    since: int


@dataclass(frozen=True, slots=True)
class Emergencies:
    """Every scope that is on, in the order of activation; none is the normal state."""

    modes: tuple[EmergencyMode, ...] = ()

    def holding(self, profile: str) -> tuple[EmergencyMode, ...]:
        """Return every mode that holds for a risk profile."""
        return tuple(mode for mode in self.modes if mode.scope in (ALL, profile))

    def of(self, profile: str) -> EmergencyMode | None:
        """Return what holds for a risk profile (the tightest, of equals the oldest); None when nothing does."""
        return max(self.holding(profile), key=lambda mode: (_TIGHTNESS[mode.state], -mode.since), default=None)

    def state(self, profile: str) -> TradingState:
        """Return what orders of a risk profile may do."""
        mode = self.of(profile)
        return TradingState.ACTIVE if mode is None else mode.state

    def activated(self, mode: EmergencyMode) -> Emergencies:
        """Return these with `mode`; a scope that is on already changes only where it becomes tighter (else: this very object)."""
        for place, standing in enumerate(self.modes):
            if standing.scope == mode.scope:
                state = tightest(standing.state, mode.state)
                if state is standing.state:
                    return self
                return Emergencies((*self.modes[:place], replace(standing, state=state), *self.modes[place + 1 :]))
        return Emergencies((*self.modes, mode))

    def lifted(self, scope: str = ALL) -> Emergencies:
        """Return these without a scope; `all` lifts every one."""
        return Emergencies() if scope == ALL else Emergencies(tuple(mode for mode in self.modes if mode.scope != scope))
