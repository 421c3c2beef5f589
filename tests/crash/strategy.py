"""What the bot does: draws orders, has risk decide each, submits or records the refusal, cancels old ones."""

from __future__ import annotations

import time
from collections.abc import Mapping
from decimal import Decimal
from random import Random

from crash.place import PROFILE, Place
from golive.execution.live.effect import Refuse
from golive.model.decision import Approved, Refused
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.order import TERMINAL, NewOrder, OrderStatus, OrderType, Side, TimeInForce
from golive.model.order_grid import limit_ticks, order_lots
from golive.risk import AccountView, RiskEngine
from golive.runtime.live.desk import LiveDesk

STRATEGY = "crash"
MOST_RESTING = 3
AMENDED = 0.2
"""how often one of those that rest gets another price"""
EQUITY = 10**17
HELD_LOTS = 10**6
SIZES: Mapping[str, str] = {"BTC": "0.002", "ETH": "0.02"}


class Strategy:
    """Draws one order after the other and has risk decide it."""

    def __init__(self, desk: LiveDesk, place: Place, prices: Mapping[InstrumentId, Decimal], rng: Random) -> None:
        self._desk, self._place, self._prices, self._rng = desk, place, prices, rng
        self._instruments = tuple(desk.instruments(place.adapter).values())
        self._risk = RiskEngine(PROFILE)
        self._risk.observe(EQUITY, time.time_ns(), 0, 0)
        self._resting = [order.intent.client_order_id for order in desk.router.unended]  # of the lives before too
        self._decisions = desk.stored(place.adapter).count  # so that no number comes twice, whoever lived before

    def step(self) -> None:
        """Submit, or have refused, one order; cancel an old one now and then."""
        self._amend_or_cancel_some()
        self.make_room()
        order = self._draw()
        self._decisions += 1
        verdict = self._risk.decide(order, self._view(), self._decisions)
        if isinstance(verdict, Refused):
            self._desk.account(self._place.adapter).carry(Refuse(self._place.adapter, verdict, time.time_ns()))
        else:
            self._desk.submit(verdict)
            if order.type is OrderType.LIMIT and order.time_in_force is TimeInForce.GTC:
                self._resting.append(order.client_order_id)

    def is_free(self) -> bool:
        """Say whether some symbol takes new orders."""
        return len(self._desk.router.frozen) < len(self._instruments)

    def make_room(self) -> None:
        """Cancel orders that stand at the venue above `MOST_RESTING`; they may have begun to stand after the last step."""
        standing = self._standing()
        while len(standing) > MOST_RESTING:
            self._cancel_one_of(standing)

    def _amend_or_cancel_some(self) -> None:
        """Amend one order that stands at the venue, and cancel one, now and then."""
        standing = self._standing()
        if standing and self._rng.random() < AMENDED:
            self._amend(self._desk.router.order(self._rng.choice(standing)).intent)
        while standing and self._rng.random() < 0.15:
            self._cancel_one_of(standing)

    def _standing(self) -> list[ClientOrderId]:
        router = self._desk.router
        status = {name: router.order(name).status for name in self._resting if router.knows(name)}
        self._resting = [name for name, now in status.items() if now not in TERMINAL]
        return [name for name in self._resting if status[name] in (OrderStatus.OPEN, OrderStatus.PARTIAL)]

    def _cancel_one_of(self, standing: list[ClientOrderId]) -> None:
        name = standing.pop(self._rng.randrange(len(standing)))
        self._resting.remove(name)
        self._desk.cancel(name)

    def _amend(self, order: NewOrder) -> None:
        """Have another price for a resting order decided, still far from the market, and ask for it."""
        if order.price is None:  # of a life before: a market order that is still to fill
            return
        further = order._replace(price=order.price - order.side.sign * self._rng.randint(1, 20))
        self._decisions += 1
        verdict = self._risk.decide(further, self._view(), self._decisions)
        if isinstance(verdict, Approved):
            self._desk.amend(verdict)

    def _draw(self) -> NewOrder:
        rng = self._rng
        free = [each for each in self._instruments if (self._place.adapter, each.id) not in self._desk.router.frozen]
        instrument = rng.choice(free or self._instruments)
        side, price = rng.choice(tuple(Side)), self._prices[instrument.id]
        kind = rng.choices(("market", "takes", "rests", "refused"), (32, 32, 26, 10))[0]
        away = {"takes": Decimal("0.02"), "rests": Decimal("-0.03")}.get(kind, Decimal(0)) * side.sign
        size = Decimal(SIZES[instrument.id.base]) * (10**7 if kind == "refused" else 1)
        if kind == "refused":
            side = Side.BUY
        return NewOrder(
            client_order_id=self._desk.new_id(self._place.adapter, STRATEGY),
            instrument=instrument.id,
            side=side,
            type=OrderType.LIMIT if kind in ("takes", "rests") else OrderType.MARKET,
            quantity=order_lots(instrument, str(size)),
            price=limit_ticks(instrument, side, str(price * (1 + away))) if kind in ("takes", "rests") else None,
            time_in_force=TimeInForce.GTC if kind == "rests" else TimeInForce.IOC if kind == "takes" else TimeInForce.GTC,
        )

    def _view(self) -> AccountView:
        by_id = {each.id: each for each in self._instruments}
        prices = {name: limit_ticks(each, Side.BUY, str(self._prices[name])) for name, each in by_id.items()}
        return AccountView(
            equity=EQUITY, day_start_equity=EQUITY, peak_equity=EQUITY, positions=dict.fromkeys(by_id, HELD_LOTS), pending_buys={},
            prices=prices,
            notional=lambda name, ticks, lots: by_id[name].notional(ticks, lots),
        )  # fmt: skip
