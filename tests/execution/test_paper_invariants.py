"""Paper execution under any sequence of orders, amendments, cancels, market events, time and restarts.

`PaperDesk` checks after every step what must hold at any moment; the machines add what must hold at the end.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from golive.execution import News
from golive.matching.bar import BarModel
from golive.matching.depth import DepthModel
from golive.matching.fee import FeeSchedule
from golive.matching.latency import ConstantLatency, DrawnLatency, LatencyModel
from golive.matching.model import MarketModel
from golive.model.clock import MINUTE
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import TERMINAL, NewOrder, OrderType, OrderUpdate, Side, TimeInForce
from support.paper_desk import KRAKEN_FEES, OKX_FEES, PaperDesk
from support.trading import BTC_ID, START, client_order_id

LONGER = 30 if os.environ.get("GOLIVE_PROOF") else 1
MID = 400_000
BALANCES = {"USDT": Decimal(50_000), "BTC": Decimal(1)}
prices = st.integers(MID - 6, MID + 6)
sizes = st.integers(1, 15).map(lambda n: n * 2 * 10**6)
latencies = st.sampled_from(
    [None, ConstantLatency(0, 0), ConstantLatency(7, 0), ConstantLatency(5, 9), DrawnLatency((3, 40, 11), 5)]
)


@st.composite
def orders(draw: st.DrawFn) -> Callable[[int, int], NewOrder]:
    """An order of any type, made at a time; its terms mostly make sense."""
    side, kind = draw(st.sampled_from(Side)), draw(st.sampled_from(OrderType))
    unpriced = [TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, *([TimeInForce.GTD] if kind.sleeps else [])]
    tif = draw(st.sampled_from(list(TimeInForce) if kind.has_price else unpriced))
    quantity, price, trigger = draw(sizes), draw(prices), draw(prices)
    trail, lives = draw(st.integers(1, 8)), draw(st.integers(0, 60))
    odd = draw(st.integers(0, 19))

    def at(n: int, ts: int) -> NewOrder:
        order = NewOrder(
            client_order_id(n), BTC_ID, side, kind, quantity, price if kind.has_price else None, tif,
            trigger=trigger if kind.has_trigger else None, trail=trail if kind is OrderType.TRAILING_STOP else None,
            expires_at=ts + lives if tif is TimeInForce.GTD else None,
        )  # fmt: skip
        return order._replace(quantity=1) if odd == 0 else order._replace(quantity=10**14) if odd == 1 else order

    return at


class PaperMachine(RuleBasedStateMachine):
    """What every market model must keep; a subclass brings the market."""

    new_model: Callable[[], MarketModel]
    tick_ns = 1

    @initialize(latency=latencies, fees=st.sampled_from([OKX_FEES, KRAKEN_FEES]))
    def open(self, latency: LatencyModel | None, fees: FeeSchedule) -> None:
        self.latency, self.fees = latency, fees
        self.at_once = latency is None or latency == ConstantLatency(0, 0)
        self.desk = self.make()
        self.now = START
        self.submitted = 0
        self.calls: list[tuple[str, tuple[Any, ...]]] = []
        self.begin()

    def make(self) -> PaperDesk:
        return PaperDesk(type(self).new_model, balances=BALANCES, fees=self.fees, latency=self.latency)

    def begin(self) -> None:
        raise NotImplementedError

    def call(self, name: str, *arguments: Any) -> list[News]:
        self.calls.append((name, arguments))
        news: list[News] = getattr(self.desk, name)(*arguments)
        return news

    @rule(order=orders(), wait=st.integers(0, 20))
    def submit(self, order: Callable[[int, int], NewOrder], wait: int) -> None:
        self.now += wait * self.tick_ns
        self.submitted += 1
        before = self.state()
        news = self.call("submit", order(self.submitted, self.now), self.now)
        if self.at_once:
            assert news, "an order is answered"
            if any(isinstance(item, OrderUpdate) and item.event == "rejected" for item in news):
                assert (len(news), self.state()) == (1, before), "a rejected order changes nothing"

    @precondition(lambda self: self.submitted)
    @rule(pick=st.randoms(use_true_random=False), price=prices, quantity=sizes)
    def amend(self, pick: Any, price: int, quantity: int) -> None:
        intent = pick.choice(list(self.desk.orders)).intent
        terms = intent._replace(quantity=quantity, price=price if intent.price is not None else None)
        self.call("amend", terms, self.now)

    @precondition(lambda self: self.submitted)
    @rule(pick=st.randoms(use_true_random=False))
    def cancel(self, pick: Any) -> None:
        self.call("cancel", pick.choice(list(self.desk.orders)).intent.client_order_id, self.now)

    @rule(wait=st.integers(0, 40))
    def wait(self, wait: int) -> None:
        self.now += wait * self.tick_ns
        self.call("time", self.now)

    @rule(share=st.integers(70, 100))
    def crash(self, share: int) -> None:
        """Killed with only the first part of the news stored; `PaperDesk` checks what comes of it."""
        self.call("restart", self.now, len(self.desk.news) * share // 100)

    @rule(drained=st.booleans())
    def restart(self, drained: bool) -> None:
        if drained:
            self.call("drain")
        running = self.desk.paper
        before = self.state()
        self.call("restart", self.now)
        assert self.desk.paper is not running
        if drained and not self.desk.canceling_open:
            assert self.state() == before, "a restart changes neither money nor reservations nor working orders"

    def state(self) -> tuple[dict[str, tuple[int, int]], int]:
        account = self.desk.paper.account
        return {asset: (b.total, b.reserved) for asset, b in account.balances.items()}, self.desk.paper.working

    def teardown(self) -> None:
        if not hasattr(self, "desk"):
            return
        self.call("drain")
        for order in self.desk.open:
            self.call("cancel", order.intent.client_order_id, self.now)
        self.call("drain")
        assert all(order.status in TERMINAL for order in self.desk.orders)
        assert set(self.desk.ends.values()) <= {1}
        assert len(self.desk.ends) == self.submitted
        assert self.desk.paper.working == 0
        assert all(balance.reserved == 0 for balance in self.desk.paper.account.balances.values())
        again = self.make()
        for name, arguments in self.calls:
            getattr(again, name)(*arguments)
        assert again.news == self.desk.news, "the same calls give the same news"

    def market(self, event: MarketEvent) -> None:
        self.call("market", event)


class BookMachine(PaperMachine):
    new_model = DepthModel

    def begin(self) -> None:
        self.market(Book(BTC_ID, START, ((MID - 1, 10**7), (MID - 3, 10**8)), ((MID + 1, 10**7), (MID + 3, 10**8))))

    @rule(wait=st.integers(0, 20), mid=prices, depth=st.lists(sizes, min_size=2, max_size=6))
    def book(self, wait: int, mid: int, depth: list[int]) -> None:
        self.now += wait
        half = len(depth) // 2
        bids = tuple((mid - 1 - n, q) for n, q in enumerate(depth[:half]))
        asks = tuple((mid + 1 + n, q) for n, q in enumerate(depth[half:]))
        self.market(Book(BTC_ID, self.now, bids, asks))

    @rule(wait=st.integers(0, 20), price=prices, quantity=sizes, side=st.sampled_from(Side))
    def trade(self, wait: int, price: int, quantity: int, side: Side) -> None:
        self.now += wait
        self.market(Trade(BTC_ID, self.now, price, quantity, side, "1"))


class BarMachine(PaperMachine):
    new_model = BarModel
    tick_ns = MINUTE // 20

    def begin(self) -> None:
        self.market(Candle(BTC_ID, START - MINUTE, START, MID, MID + 1, MID - 1, MID, 10**9))

    @rule(wait=st.integers(0, 2), path=st.lists(prices, min_size=4, max_size=4), volume=sizes)
    def candle(self, wait: int, path: list[int], volume: int) -> None:
        opened = (-(-self.now // MINUTE) + wait) * MINUTE
        self.now = opened + MINUTE
        self.market(Candle(BTC_ID, opened, self.now, path[0], max(path), min(path), path[-1], volume * 10))


TestBook = BookMachine.TestCase
TestBook.settings = settings(max_examples=250 * LONGER, stateful_step_count=40, deadline=None)
TestBar = BarMachine.TestCase
TestBar.settings = settings(max_examples=150 * LONGER, stateful_step_count=40, deadline=None)
