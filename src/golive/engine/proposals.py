"""What is wanted of each instrument, turned into orders: a signal's decision, the order it comes to, the order that protects."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Final

from golive.model.command import Cancel, Command
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.ids import ClientOrderId
from golive.model.order import NewOrder, OrderStatus, Side
from golive.orders import Order, Orders
from golive.risk import RiskEngine

from .account_view import Account
from .auto_trader import AutoTrader
from .canary import Canary
from .desk import Desk
from .hearing import Hearing
from .notes import Body, Notes, decision_body, neutral_body, signal_body
from .protection import Protection
from .sizing import Sizing, order_for, orderable_lots, wanted_lots

_REDUCTIONS_ONLY: Final = (DecisionCode.EMERGENCY_MODE, DecisionCode.LICENCE_REDUCE_ONLY)


class Proposals:
    """Decides signals and asks risk about the orders of one engine; it changes desks, and records what it did.

    `new_id(sequence)` gives the client order id of the n-th intent.
    """

    def __init__(
        self,
        auto_trader: AutoTrader,
        risk: RiskEngine,
        orders: Orders,
        account: Account,
        hearing: Hearing,
        notes: Notes,
        sizing: Sizing,
        protection: Protection | None,
        new_id: Callable[[int], ClientOrderId],
    ) -> None:
        self.is_finishing = False
        """the session is about to end: nothing more is asked for"""
        self.awaiting_durable: deque[tuple[int, Approved]] = deque()
        """approved orders, each with the sequence of the record that has to be durable before it leaves"""
        self.canary: Canary | None = None
        """what limits sizes as well, while a live session is observed"""
        self.signals = 0
        self._auto_trader = auto_trader
        self._risk = risk
        self._orders = orders
        self._account = account
        self._hearing = hearing
        self._notes = notes
        self._sizing = sizing
        self._protection = protection
        self._new_id = new_id
        self._proposed = 0

    @property
    def held_back(self) -> DecisionCode | None:
        """Why no entry may be ordered now: what the auto-trader does not do, else a lapse of the licence; None when one may."""
        lapsed = DecisionCode.LICENCE_REDUCE_ONLY if self._risk.licence_lapse is not None else None
        return self._auto_trader.inaction or lapsed

    @property
    def withdraws_entries(self) -> bool:
        """Whether entries neither leave nor go on working; at the end of a session those that work are its own affair."""
        return self.held_back is not None and not self.is_finishing

    def turn(self, desk: Desk, target: float, ts: int, commands: list[Command]) -> DecisionCode | None:
        """Take a target that is not the one before; return as `act`."""
        if math.isnan(target):  # WARMING_UP
            return DecisionCode.WARMING_UP
        if desk.target is not None or target != 0.0:
            self.signal(desk, float(target), ts, "target_changed", commands)
        else:
            desk.target = 0.0
        return self.act(desk, ts, commands)

    def signal(self, desk: Desk, target: float, ts: int, cause: str, commands: list[Command]) -> None:
        """Take that `target` is wanted, and why; a signal that still waits for its decision is superseded."""
        if desk.wants_action:
            self.conclude(desk, DecisionCode.SUPERSEDED, ts, commands)
        self.signals += 1
        desk.signals += 1
        desk.target = target
        desk.signal_id = f"{desk.name}#{desk.signals}"
        desk.wants_action = True
        said = (desk.name, desk.signal_id, target, cause, self._hearing.members(desk))
        self._notes.record(commands, ts, "signal_received", Body(signal_body, said))

    def act(self, desk: Desk, ts: int, commands: list[Command]) -> DecisionCode | None:
        """Decide what to do on a closed bar; return the code of inaction, None when a decision was taken."""
        working = self._orders.working(desk.instrument.id)
        if working is not None:
            if desk.wants_action:
                held_back = self._held_back(desk)
                if held_back is not None:  # what works is not given up for what may not be ordered
                    return self.conclude(desk, held_back, ts, commands)
                self.cancel(desk, working, commands)
            elif desk.protective is not None:
                return desk.standing
            return DecisionCode.ORDER_WORKING
        return self._answer(desk, ts, commands) if desk.wants_action else desk.standing

    def _answer(self, desk: Desk, ts: int, commands: list[Command]) -> DecisionCode | None:
        """Take the decision that a waiting signal asks for; no order works."""
        held_back = self._held_back(desk)
        return self._propose(desk, ts, commands) if held_back is None else self.conclude(desk, held_back, ts, commands)

    def _held_back(self, desk: Desk) -> DecisionCode | None:
        """Return why nothing may be ordered of what a desk's signal asks for; None when it may."""
        code = self.held_back
        if code in _REDUCTIONS_ONLY and self._wanted(desk) < desk.worth.lots:
            return None  # a reduction
        return code

    def _wanted(self, desk: Desk) -> int:
        """Return the lots that a desk's target comes to."""
        assert desk.target is not None
        price = max(desk.worth.mark, desk.ask)
        factor, equity = desk.worth.holding.quote_factor, self._risk.equity or 0
        lots = wanted_lots(desk.instrument, desk.target, equity, price, factor, self._sizing, desk.full_lots)
        if (canary := self.canary) is None:
            return lots
        return canary.wanted(canary.part(lots), lots, desk.worth.lots)

    def _propose(self, desk: Desk, ts: int, commands: list[Command]) -> DecisionCode | None:
        instrument, worth = desk.instrument, desk.worth
        held, mark, wanted = worth.lots, worth.mark, self._wanted(desk)
        quantity = orderable_lots(instrument, wanted - held, mark)
        if quantity == 0:
            return self.conclude(desk, DecisionCode.BELOW_MINIMUM, ts, commands)
        self._proposed += 1
        side = Side.BUY if wanted > held else Side.SELL
        order = order_for(instrument, self._new_id(self._proposed), desk.signal_id, side, quantity, mark, self._sizing)
        self._decide(desk, order, max(mark, desk.ask), ts, commands)
        desk.wants_action = False
        return None

    def protect(self, desk: Desk, ts: int, commands: list[Command]) -> None:
        """Propose the order that protects what is held, when nothing else is going on."""
        protection, instrument = self._protection, desk.instrument
        if protection is None or not desk.entry_lots or desk.wants_action or desk.is_exposed or self.is_finishing:
            return
        if self._orders.working(instrument.id) is not None:
            return
        quantity = orderable_lots(instrument, desk.worth.lots, desk.mark)
        if quantity == 0:
            return
        self._proposed += 1
        order = protection.order(
            instrument, self._new_id(self._proposed), desk.signal_id, quantity, desk.entry_cost, desk.entry_lots
        )
        if self._decide(desk, order, max(desk.mark, desk.ask), ts, commands):
            desk.protective = order.client_order_id

    def _decide(self, desk: Desk, order: NewOrder, price: int, ts: int, commands: list[Command]) -> bool:
        """Ask risk about an order and record what it says; return whether it was allowed. `price` is its reference, ticks."""
        self._notes.run(desk.end_run(), desk, ts, commands)
        view = self._account.view(desk, order.price, ts)
        decision = self._risk.decide(order, view, self._notes.seq + 1)
        body = Body(decision_body, (desk.instrument, order, price, decision))
        if isinstance(decision, Refused):
            self._notes.count(decision.code)
            self._notes.record(commands, ts, "risk_rejected", body, decision)
            desk.standing = decision.code
            return False
        self._notes.count(DecisionCode.APPROVED)
        self._notes.record(commands, ts, "risk_check_passed", body, decision)
        self.awaiting_durable.append((self._notes.seq, decision))
        self._orders.plan(order, ts)
        self._account.changed(desk)
        desk.standing = DecisionCode.ON_TARGET
        return True

    def conclude(self, desk: Desk, code: DecisionCode, ts: int, commands: list[Command]) -> DecisionCode:
        """End a signal without an order."""
        self._notes.count(code)
        self._notes.record(commands, ts, "signal_neutral", Body(neutral_body, (desk.name, desk.signal_id, code)))
        desk.wants_action = False
        desk.standing = code
        return code

    def unfinished(self, desk: Desk, ts: int, commands: list[Command]) -> None:
        """An order ended before its target was reached: ask again on the next bar, as a signal of its own."""
        if desk.target is not None and not desk.wants_action and not self.is_finishing:
            self.signal(desk, desk.target, ts, "order_unfilled", commands)

    def unprotected(self, desk: Desk, order: Order, ts: int, commands: list[Command]) -> None:
        """A protective order was taken out, or fired and found too little: go on with what it made room for."""
        if desk.wants_action and not self.is_finishing:
            self._answer(desk, ts, commands)
            self.protect(desk, ts, commands)
        elif order.filled:
            self.protect(desk, ts, commands)

    @staticmethod
    def cancel(desk: Desk, order: Order, commands: list[Command]) -> None:
        """Ask once; a further request follows only after the first one was answered."""
        if desk.canceling != order.intent.client_order_id and order.status in (OrderStatus.OPEN, OrderStatus.PARTIAL):
            desk.canceling = order.intent.client_order_id
            commands.append(Cancel(order.intent.client_order_id))
