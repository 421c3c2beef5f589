"""Trades at simulated venues through the live router, one small order after the other, and says what happens.

Everything on the way of an order is what live orders take: risk, order journal, live router, venue adapters over HTTP and
WebSocket. Only the venues are simulated, and only the idea to trade is missing: one market order every `PERIOD_S`.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Final

from golive.execution.live.effect import Refuse, Reroute
from golive.execution.ports import News
from golive.model.decision import DecisionCode, Refused
from golive.model.errors import VenueError
from golive.model.instrument import Instrument
from golive.model.order import Fill, NewOrder, OrderType, Side
from golive.orders.state import OrderEvent
from golive.readiness.resilience.said import Said, What
from golive.risk import RiskProfile

from ..live.desk import LiveDesk
from ..live.order_risk import OrderRisk
from ..live.plan import LivePlan

PERIOD_S: Final = 0.2
WATCH_S: Final = 0.02
READ_EVERY: Final = 5
"""orders between two readings of the accounts that risk judges by"""
REFUSALS: Final = frozenset(DecisionCode)
LIMITS: Final = RiskProfile(
    "drill", max_daily_loss_pct=Decimal("0.05"), hard_drawdown_pct=Decimal("0.05"), max_position_pct=Decimal("0.9"),
    max_open_positions=2, max_order_notional=Decimal(10_000),
)  # fmt: skip
"""how often the same may be ordered is not limited: that is what the drill does"""


class Trader:
    """Made by `open`; `hear` is called on the loop with everything that happens."""

    def __init__(self, desk: LiveDesk, risk: OrderRisk, hear: Callable[[Said], None]) -> None:
        self.desk = desk
        self._risk = risk
        self._hear = hear
        self._numbers = count()
        self._unwell: dict[str, str] = {}
        self._reading: asyncio.Task[None] | None = None
        desk.on_news.append(self._news)
        desk.on_reroute.append(self._rerouted)

    @classmethod
    async def open(cls, plan: LivePlan, risk: OrderRisk, hear: Callable[[Said], None]) -> Trader:
        """Recover the accounts; raises what `LiveDesk.open` raises, and the family of a venue's fault."""
        hear(Said(time.monotonic_ns(), What.STARTED))
        desk = await LiveDesk.open(plan)
        try:
            hear(Said(time.monotonic_ns(), What.READY))
            made = cls(desk, risk, hear)
            await risk.read(desk, made.instrument.id.symbol)
        except BaseException:
            await desk.close()
            raise
        return made

    @property
    def adapter(self) -> str:
        """The venue that orders are meant for."""
        return self.desk.plan.accounts[0].adapter

    @property
    def instrument(self) -> Instrument:
        return next(iter(self.desk.instruments(self.adapter).values()))

    async def trade(self) -> None:
        """Place orders until it is canceled."""
        watching = asyncio.create_task(self._watch(), name="watch of the drill")
        try:
            while True:
                self._place()
                await asyncio.sleep(PERIOD_S)
        finally:
            tasks = [watching, *([] if self._reading is None else [self._reading])]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def close(self) -> None:
        await self.desk.close()

    def _place(self) -> None:
        number = next(self._numbers)
        if number % READ_EVERY == 0 and (self._reading is None or self._reading.done()):
            self._reading = asyncio.create_task(self._read(), name="reading for risk")
        instrument = self.instrument
        lots = instrument.min_quantity + int(Decimal("0.001") / instrument.lot_size) + number % 50
        order = NewOrder(
            client_order_id=self.desk.new_id(self.adapter, "drill"), instrument=instrument.id,
            side=Side.BUY if number % 2 == 0 else Side.SELL, type=OrderType.MARKET, quantity=lots,
        )  # fmt: skip
        self._say(What.ASKED, self.adapter, order.client_order_id)
        verdict = self._risk.decide(order)
        if isinstance(verdict, Refused):
            self.desk.account(self.adapter).carry(Refuse(self.adapter, verdict, self.desk.plan.clock.now()))
            self._say(What.REFUSED, self.adapter, order.client_order_id, str(verdict.code))
        else:
            self.desk.submit(verdict)

    async def _read(self) -> None:
        """Let risk see the accounts anew; while a venue cannot be read it judges by what it saw last."""
        with contextlib.suppress(VenueError):
            await self._risk.read(self.desk, self.instrument.id.symbol)

    async def _watch(self) -> None:
        """Say when an account's state changes."""
        while True:
            for account in self.desk.plan.accounts:
                name, why = account.adapter, self._trouble(account.adapter)
                if bool(why) != bool(self._unwell.get(name)):
                    self._say(What.UNWELL if why else What.WELL, name, "", why)
                self._unwell[name] = why
            await asyncio.sleep(WATCH_S)

    def _trouble(self, name: str) -> str:
        """Return why an account is not as it should be; '' when it is."""
        status, condition = self.desk.account(name).parts.adapter.failover_status, self.desk.conditions.get(name)
        if status.throttle_active:
            return f"throttled: {status.throttle_reason}"
        if status.reconnect_required:
            return f"to be reconnected: {status.reconnect_reason}"
        if condition is not None and condition.is_breaker_open:
            return "the circuit is open"
        return "" if condition is None or condition.is_ready else condition.why_not or "not ready"

    def _news(self, item: News) -> None:
        adapter = self._adapter_of(item)
        if isinstance(item, Fill):
            self._say(What.FILL, adapter, item.client_order_id, str(item.quantity))
        elif item.code in REFUSALS and item.event != OrderEvent.NOT_SENT:
            self._say(What.REFUSED, adapter, item.client_order_id, item.code)
        else:
            self._say(What.NEWS, adapter, item.client_order_id, item.event)

    def _adapter_of(self, item: News) -> str:
        if not self.desk.router.knows(item.client_order_id):
            return self.adapter
        venue = self.desk.router.order(item.client_order_id).intent.instrument.venue
        return next(each.adapter for each in self.desk.plan.accounts if each.profile.label == venue)

    def _rerouted(self, effect: Reroute) -> None:
        self._say(What.REROUTED, effect.to_adapter, effect.original, effect.approved.order.client_order_id)

    def _say(self, what: What, adapter: str, order: str = "", detail: str = "") -> None:
        self._hear(Said(time.monotonic_ns(), what, adapter, order, detail))
