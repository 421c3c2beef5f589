"""`RiskEngine`'s emergency side: switching emergency mode on and off, and what it permits now."""

from __future__ import annotations

from golive.model.emergency import ALL, UNSPECIFIED, Emergencies, EmergencyMode, TradingState

from .emergency import NamedOperator
from .ports import EmergencySwitch, MemorySwitch


class EmergencyControl:
    """Follows one switch for one risk profile; asking what is permitted touches no switch.

    What was switched on elsewhere is followed by `follow_emergencies`; whoever runs the engine watches for it.
    """

    def __init__(self, profile_name: str, switch: EmergencySwitch | None = None) -> None:
        self._profile_name = profile_name
        self._switch: EmergencySwitch = MemorySwitch() if switch is None else switch
        self._emergencies = self._switch.read()
        self._trading_state = self._emergencies.state(profile_name)

    @property
    def trading_state(self) -> TradingState:
        """What orders of the engine's profile may do now."""
        return self._trading_state

    @property
    def emergency(self) -> EmergencyMode | None:
        """What holds for the engine's profile; None in the normal state."""
        return self._emergencies.of(self._profile_name)

    def activate_emergency_mode(
        self,
        reason: str = UNSPECIFIED,
        operator: str | None = None,
        scope: str = ALL,
        state: TradingState = TradingState.REDUCING,
    ) -> EmergencyMode | None:
        """Let nothing increase risk any more (`REDUCING`), or nothing leave at all (`HALTED`), until two operators lift it.

        `operator` None is who the switch says it is, `scope` is `all` or a risk profile. A scope that is on keeps its reason,
        operator and moment. Returns what holds for this engine's profile; None when the scope is another one. Raises JournalError
        when the switch could not be kept: it is on in this engine all the same.
        """
        mode = EmergencyMode(state, reason, operator or UNSPECIFIED, scope, since=0)
        self.follow_emergencies(self._emergencies.activated(mode))  # first: an engine is in emergency mode whatever the disk says
        self.follow_emergencies(self._switch.activate(reason, operator, scope, state))
        return self.emergency

    def deactivate_emergency_mode(self, first: NamedOperator, second: NamedOperator, scope: str = ALL) -> EmergencyMode | None:
        """Lift a scope (`all`: every one) at the word of two operators; return what still holds for this engine's profile.

        Raises PrerequisiteMissing, and changes nothing, unless they are two persons of different roles, one of them `risk`.
        """
        self.follow_emergencies(self._switch.deactivate(first, second, scope))
        return self.emergency

    def follow_emergencies(self, emergencies: Emergencies) -> None:
        """Take over what a switch says now."""
        self._emergencies = emergencies
        self._trading_state = emergencies.state(self._profile_name)
