"""Every legal life of the auto-trader, and nothing else: who may order, from the start of a session to its end.

stopped → armed → running          started, then confirmed
armed, running ↔ read_only         the switch is off; the way back is armed, because a confirmation goes with the switch
any → halted → armed               emergency mode, cleared by two operators
any → stopped                      the session's end
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from golive.model.decision import DecisionCode
from golive.model.errors import IllegalTransition
from golive.model.event import Operator
from golive.model.event import OperatorAction as A
from golive.model.json import JsonValue


class TraderState(StrEnum):
    """What the auto-trader may do."""

    STOPPED = "stopped"
    ARMED = "armed"
    """started, not confirmed: signals are decided, nothing is ordered"""
    RUNNING = "running"
    READ_ONLY = "read_only"
    """auto-trade is off: signals are decided, nothing is ordered"""
    HALTED = "halted"
    """emergency mode: reductions only"""


S = TraderState

TRANSITIONS: Final[Mapping[tuple[S, A], S]] = {
    (S.STOPPED, A.START): S.ARMED,
    (S.STOPPED, A.EMERGENCY): S.HALTED,  # it came before the start, or is still on
    (S.STOPPED, A.STOP): S.STOPPED,
    (S.ARMED, A.CONFIRM): S.RUNNING,
    (S.ARMED, A.WITHDRAW): S.ARMED,
    (S.ARMED, A.AUTO_TRADE_ON): S.ARMED,
    (S.ARMED, A.AUTO_TRADE_OFF): S.READ_ONLY,
    (S.ARMED, A.EMERGENCY): S.HALTED,
    (S.ARMED, A.STOP): S.STOPPED,
    (S.RUNNING, A.CONFIRM): S.RUNNING,
    (S.RUNNING, A.WITHDRAW): S.ARMED,
    (S.RUNNING, A.AUTO_TRADE_ON): S.RUNNING,
    (S.RUNNING, A.AUTO_TRADE_OFF): S.READ_ONLY,
    (S.RUNNING, A.EMERGENCY): S.HALTED,
    (S.RUNNING, A.STOP): S.STOPPED,
    (S.READ_ONLY, A.WITHDRAW): S.READ_ONLY,
    (S.READ_ONLY, A.AUTO_TRADE_ON): S.ARMED,  # switching off took the confirmation with it
    (S.READ_ONLY, A.AUTO_TRADE_OFF): S.READ_ONLY,
    (S.READ_ONLY, A.EMERGENCY): S.HALTED,
    (S.READ_ONLY, A.STOP): S.STOPPED,
    (S.HALTED, A.START): S.HALTED,  # a session that starts while emergency mode is on
    (S.HALTED, A.WITHDRAW): S.HALTED,
    (S.HALTED, A.AUTO_TRADE_OFF): S.HALTED,  # emergency mode does more than that already
    (S.HALTED, A.EMERGENCY): S.HALTED,
    (S.HALTED, A.CLEAR_EMERGENCY): S.ARMED,  # whatever was confirmed before is confirmed anew
    (S.HALTED, A.STOP): S.STOPPED,
}
"""What asks for what is so already leads to the same state, and is no transition."""

OF_RISK: Final = frozenset({A.REARM, A.LICENCE_LOST, A.LICENCE_BACK, A.OBSERVED})
"""acts that risk takes, in any state; they are nothing to an auto-trader"""

INACTION: Final[Mapping[S, DecisionCode]] = {
    S.STOPPED: DecisionCode.NOT_CONFIRMED,
    S.ARMED: DecisionCode.NOT_CONFIRMED,
    S.READ_ONLY: DecisionCode.AUTO_TRADE_OFF,
    S.HALTED: DecisionCode.EMERGENCY_MODE,
}
"""Why nothing is ordered; in `halted` that is said of what increases risk only."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One step of the auto-trader's life, as its journal record tells it."""

    before: S
    after: S
    cause: str
    operator: str

    @property
    def body(self) -> dict[str, JsonValue]:
        return {"from": str(self.before), "to": str(self.after), "cause": self.cause, "operator": self.operator}


class AutoTrader:
    """The state of one session's auto-trader; it begins `stopped`."""

    def __init__(self) -> None:
        self.state = S.STOPPED
        self.inaction: DecisionCode | None = INACTION[S.STOPPED]
        """why nothing is ordered, None in `running`"""
        self.last: Transition | None = None
        """the newest transition, None before the first"""
        self.has_run = False
        """whether it ever was `running`"""

    def allows(self, action: A) -> bool:
        """Say whether an act is legal now; whoever takes acts from people asks before it becomes an event."""
        return (self.state, action) in TRANSITIONS or action in OF_RISK

    def act(self, operator: Operator) -> Transition | None:
        """Take an operator's act; return the transition it made, None when nothing changed.

        Raises IllegalTransition for an act that is not in the table.
        """
        before = self.state
        after = TRANSITIONS.get((before, operator.action))
        if after is None:
            raise IllegalTransition(f"an auto-trader that is {before} cannot take {operator.action}")
        if after is before:
            return None
        self.state, self.inaction = after, INACTION.get(after)
        self.has_run = self.has_run or after is S.RUNNING
        self.last = Transition(before, after, operator.cause, operator.operator)
        return self.last
