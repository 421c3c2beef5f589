"""Orders for market models, and random plays of orders and market moves that both models understand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from hypothesis import strategies as st

from golive.matching.model import Effect, MarketModel, Match
from golive.model.clock import MINUTE
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import NewOrder, OrderType, Side, TimeInForce

BTC_ID = InstrumentId("okx", "BTC", "USDT")
START = 1_704_067_200 * 1_000_000_000
LOWEST, HIGHEST = 80, 120


def new(
    n: int,
    side: Side,
    quantity: int,
    price: int | None = None,
    *,
    type: OrderType | None = None,
    trigger: int | None = None,
    trail: int | None = None,
    tif: TimeInForce = TimeInForce.GTC,
    expires_at: int | None = None,
) -> NewOrder:
    """Order `n` in plain ticks and lots; market or limit unless `type` says otherwise."""
    kind = type or (OrderType.MARKET if price is None else OrderType.LIMIT)
    name = ClientOrderId(f"{n:032x}")
    return NewOrder(name, BTC_ID, side, kind, quantity, price, tif, trigger=trigger, trail=trail, expires_at=expires_at)


def bar(n: int, open_: int, high: int, low: int, close: int, volume: int = 1000) -> Candle:
    at = START + n * MINUTE
    return Candle(BTC_ID, at, at + MINUTE, open_, high, low, close, volume)


def snapshot(ts: int, bids: Sequence[tuple[int, int]], asks: Sequence[tuple[int, int]]) -> Book:
    return Book(BTC_ID, ts, tuple(bids), tuple(asks))


def trade(ts: int, price: int, quantity: int, side: Side) -> Trade:
    return Trade(BTC_ID, ts, price, quantity, side, str(ts))


@dataclass(frozen=True)
class Move:
    """The market of one minute: where it opens and closes, how far it goes, how much it trades, and whose prints they are."""

    open: int
    high: int
    low: int
    close: int
    volume: int
    taker: Side

    def as_bar(self, minute: int) -> list[MarketEvent]:
        return [bar(minute, self.open, self.high, self.low, self.close, self.volume)]

    def as_book(self, minute: int) -> list[MarketEvent]:
        """A snapshot around the open, prints at the two extremes, a snapshot around the close."""
        ts = START + minute * MINUTE
        part = max(1, self.volume // 4)
        return [
            self._around(self.open, ts + 1, part),
            trade(ts + 2, self.high, part, self.taker),
            trade(ts + 3, self.low, part, self.taker),
            self._around(self.close, ts + 4, part + 1),
        ]

    @staticmethod
    def _around(mid: int, ts: int, part: int) -> Book:
        bids = [(mid - 1 - n, part + n) for n in range(3)]
        asks = [(mid + 1 + n, part + n) for n in range(3)]
        return snapshot(ts, bids, asks)


@dataclass(frozen=True)
class Act:
    """What we do before a move: submit, cancel the `index`-th order so far, or amend it to `price` and `quantity`."""

    kind: Literal["submit", "cancel", "amend"]
    order: NewOrder | None = None
    index: int = 0
    price: int = 0
    quantity: int = 0


Step = Act | Move


@dataclass(frozen=True)
class Answer:
    """What the model said to a cancel (of this order) or to an amendment (the order as it would be)."""

    kind: Literal["cancel", "amend"]
    order: NewOrder
    granted: bool


Log = list[tuple[int, Effect | Answer]]
"""(number of the step, effect or answer)"""


def play(model: MarketModel, steps: Sequence[Step], as_events: Callable[[Move, int], list[MarketEvent]]) -> Log:
    """Run the steps, one minute per move; cancels and amendments know what filled, as execution does."""
    log: Log = []
    orders: list[NewOrder] = []
    minute = 0
    for n, step in enumerate(steps):
        ts = START + minute * MINUTE
        if isinstance(step, Move):
            for event in as_events(step, minute):
                log += [(n, effect) for effect in model.on_market(event)]
            minute += 1
        elif step.kind == "submit":
            assert step.order is not None
            orders.append(step.order._replace(client_order_id=ClientOrderId(f"{len(orders):032x}")))
            log += [(n, effect) for effect in model.submit(orders[-1], ts)]
        elif orders:
            which = step.index % len(orders)
            order = orders[which]
            if step.kind == "cancel":
                log.append((n, Answer("cancel", order, model.cancel(order))))
            else:
                price = step.price if order.type.has_price else None
                amended = order._replace(price=price, quantity=step.quantity)
                effects = model.amend(amended, ts)
                log.append((n, Answer("amend", amended, effects is not None)))
                if effects is not None:
                    orders[which] = amended
                    log += [(n, effect) for effect in effects]
    return log


def filled(log: Log, name: ClientOrderId) -> int:
    return sum(e.quantity for _, e in log if isinstance(e, Match) and e.order.client_order_id == name)


def effects_of(log: Log) -> list[tuple[int, Effect]]:
    return [(n, e) for n, e in log if not isinstance(e, Answer)]


prices = st.integers(LOWEST + 5, HIGHEST - 5)
quantities = st.integers(1, 40)


@st.composite
def orders(draw: st.DrawFn) -> NewOrder:
    kind = draw(st.sampled_from(OrderType))
    tifs = [TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK]
    if kind.has_price or kind.sleeps:
        tifs.append(TimeInForce.GTD)
    if kind.has_price:
        tifs.append(TimeInForce.POST_ONLY)
    tif = draw(st.sampled_from(tifs))
    return new(
        0,
        draw(st.sampled_from(Side)),
        draw(quantities),
        draw(prices) if kind.has_price else None,
        type=kind,
        trigger=draw(prices) if kind.has_trigger else None,
        trail=draw(st.integers(1, 8)) if kind is OrderType.TRAILING_STOP else None,
        tif=tif,
        expires_at=START + draw(st.integers(1, 6)) * MINUTE if tif is TimeInForce.GTD else None,
    )


@st.composite
def moves(draw: st.DrawFn) -> Move:
    points = [draw(prices) for _ in range(4)]
    o, c = points[0], points[1]
    return Move(o, max(points), min(points), c, draw(st.sampled_from([0, 8, 40, 400, 4000])), draw(st.sampled_from(Side)))


acts = st.one_of(
    orders().map(lambda o: Act("submit", o)),
    orders().map(lambda o: Act("submit", o)),
    st.builds(lambda i: Act("cancel", index=i), st.integers(0, 9)),
    st.builds(lambda i, p, q: Act("amend", index=i, price=p, quantity=q), st.integers(0, 9), prices, quantities),
)
plays = st.lists(st.one_of(acts, moves()), min_size=1, max_size=16)
