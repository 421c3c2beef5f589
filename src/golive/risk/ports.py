"""What risk needs from outside."""

from __future__ import annotations

from typing import Protocol

from golive.model.emergency import ALL, UNSPECIFIED, Emergencies, EmergencyMode, TradingState
from golive.model.errors import PrerequisiteMissing

from .emergency import NamedOperator, lifting_objection


class EmergencySwitch(Protocol):
    """Where emergency mode is kept. Whoever keeps it knows the wall clock and who is asking."""

    def read(self) -> Emergencies:
        """Return what is on; what cannot be read is on for all."""
        ...

    def activate(self, reason: str, operator: str | None, scope: str, state: TradingState) -> Emergencies:
        """Switch on durably, then return what is on; `operator` None is whoever runs this process."""
        ...

    def deactivate(self, first: NamedOperator, second: NamedOperator, scope: str) -> Emergencies:
        """Lift a scope durably, then return what is still on; PrerequisiteMissing when these two may not."""
        ...


class MemorySwitch:
    """Emergency mode kept as long as the object lives: of a run over history, and of an engine nobody gave another one."""

    def __init__(self) -> None:
        self._emergencies = Emergencies()

    def read(self) -> Emergencies:
        return self._emergencies

    def activate(
        self,
        reason: str = UNSPECIFIED,
        operator: str | None = None,
        scope: str = ALL,
        state: TradingState = TradingState.REDUCING,
    ) -> Emergencies:
        mode = EmergencyMode(state, reason, operator or UNSPECIFIED, scope, since=0)
        self._emergencies = self._emergencies.activated(mode)
        return self._emergencies

    def deactivate(self, first: NamedOperator, second: NamedOperator, scope: str = ALL) -> Emergencies:
        if (objection := lifting_objection(first, second)) is not None:
            raise PrerequisiteMissing(objection)
        self._emergencies = self._emergencies.lifted(scope)
        return self._emergencies
