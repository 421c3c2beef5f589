"""What acts of operators change in an engine: its auto-trader, emergency mode, a lapse of the licence, counters set back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from golive.model.command import Command
from golive.model.decision import DecisionCode
from golive.model.emergency import Emergencies
from golive.model.event import Operator, OperatorAction
from golive.model.ids import InstrumentId
from golive.model.json import JsonValue
from golive.model.order import Side
from golive.orders import Orders
from golive.risk import RiskEngine, RiskProfile

from .auto_trader import INACTION, AutoTrader, TraderState, Transition
from .desk import Desk
from .notes import Notes
from .proposals import Proposals

_HELD_BACK: Final = frozenset({*INACTION.values(), DecisionCode.LICENCE_REDUCE_ONLY})
"""standing codes of a desk whose target waits for the auto-trader, or for a licence"""


class OperatorActs:
    """Carries the acts out, and records what they changed; ending the session is the engine's own."""

    def __init__(
        self, auto_trader: AutoTrader, risk: RiskEngine, orders: Orders, desks: Mapping[InstrumentId, Desk], notes: Notes,
        proposals: Proposals, full: RiskProfile,
    ) -> None:  # fmt: skip
        """`full`: the limits that hold once a canary has ended."""
        self._full = full
        self._auto_trader = auto_trader
        self._risk = risk
        self._orders = orders
        self._desks = desks
        self._notes = notes
        self._proposals = proposals

    def take(self, operator: Operator, commands: list[Command]) -> None:
        """Follow one act."""
        match operator.action:
            case OperatorAction.REARM:
                self._rearm(operator, commands)
            case OperatorAction.OBSERVED:
                self._end_canary(operator, commands)
            case OperatorAction.LICENCE_LOST | OperatorAction.LICENCE_BACK:
                self._follow_licence(operator, commands)
            case _:
                moved = self._auto_trader.act(operator)
                if moved is not None:
                    self._follow_transition(operator, moved, commands)

    def _follow_transition(self, operator: Operator, moved: Transition, commands: list[Command]) -> None:
        self._notes.record(commands, operator.ts, "auto_trader_transition", moved.body)
        self._follow_emergency(operator, moved.after, commands)
        if operator.action is OperatorAction.STOP:
            return
        if moved.after is TraderState.RUNNING:
            self._ask_again(operator, "confirmed", commands)
        elif self._proposals.withdraws_entries:
            self._cancel_entries(commands)

    def _follow_emergency(self, operator: Operator, after: TraderState, commands: list[Command]) -> None:
        """Let risk refuse what emergency mode refuses, or no longer, and record it."""
        if operator.action is OperatorAction.EMERGENCY and after is TraderState.HALTED:
            self._risk.activate_emergency_mode(operator.cause, operator.operator, operator.scope)
            body: dict[str, JsonValue] = {"reason": operator.cause, "operator": operator.operator, "scope": operator.scope}
            self._notes.record(commands, operator.ts, "emergency_mode_activated", body)
        elif operator.action is OperatorAction.CLEAR_EMERGENCY:
            self._risk.follow_emergencies(Emergencies())
            body = {"scope": operator.scope, "operators": list(operator.operator.split(", ")), "reason": operator.cause}
            self._notes.record(commands, operator.ts, "emergency_mode_cleared", body)

    def _follow_licence(self, operator: Operator, commands: list[Command]) -> None:
        """Let risk refuse what increases risk while there is no valid licence; entries that work are canceled."""
        self._risk.licence_lapse = operator.cause if operator.action is OperatorAction.LICENCE_LOST else None
        if self._risk.licence_lapse is not None:
            self._cancel_entries(commands)
        elif self._proposals.held_back is None:
            self._ask_again(operator, "licence_back", commands)

    def _rearm(self, operator: Operator, commands: list[Command]) -> None:
        """A named person lets go on what was executed, or lost, too often."""
        self._risk.flow.rearm()
        body: dict[str, JsonValue] = {"operator": operator.operator, "cause": operator.cause}
        self._notes.record(commands, operator.ts, "risk_rearmed", body)

    def _end_canary(self, operator: Operator, commands: list[Command]) -> None:
        """Let the profile's own limits hold; what is wanted is asked for anew, at its full size."""
        canary, self._proposals.canary = self._proposals.canary, None
        if canary is None:
            return
        self._risk.profile = self._full
        body: dict[str, JsonValue] = {
            "from": f"{canary.profile.name} (canary)", "to": self._full.name, "from_digest": canary.profile.digest,
            "to_digest": self._full.digest,
        }  # fmt: skip
        self._notes.record(commands, operator.ts, "risk_profile_transition", body)
        if self._proposals.held_back is None:
            for desk in self._desks.values():
                if desk.target is not None and not desk.wants_action:
                    self._proposals.signal(desk, desk.target, operator.ts, operator.cause, commands)

    def _ask_again(self, operator: Operator, cause: str, commands: list[Command]) -> None:
        """Let targets be decided that were held back until now."""
        for desk in self._desks.values():
            if desk.target is not None and not desk.wants_action and desk.standing in _HELD_BACK:
                self._proposals.signal(desk, desk.target, operator.ts, cause, commands)

    def _cancel_entries(self, commands: list[Command]) -> None:
        for order in list(self._orders.unended.values()):
            if order.intent.side is Side.BUY:
                self._proposals.cancel(self._desks[order.intent.instrument], order, commands)
