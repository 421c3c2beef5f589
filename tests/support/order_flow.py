"""Hostile order flow for one instrument: what participants and a market do to a price-time book, as values that apply themselves.

`OrderFlow` makes any number of operations from a seed, looking at no book: it walks a middle price, remembers what it stated
and what it submitted, and therefore also amends and cancels what is long gone. `flows` is the small form for hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypeAlias

from hypothesis import strategies as st

from golive.matching.book import BookOrder, Execution, Placement, SelfTrade
from golive.matching.price_time import PriceTimeBook
from golive.model.market import Level
from golive.model.order import Side, TimeInForce


@dataclass(frozen=True, slots=True)
class Submit:
    order_id: int
    owner: str
    side: Side
    price: int | None
    quantity: int
    time_in_force: TimeInForce = TimeInForce.GTC
    self_trade: SelfTrade = SelfTrade.CANCEL_RESTING

    def apply(self, book: PriceTimeBook) -> Placement | str:
        entry = BookOrder(self.order_id, self.owner, self.side, self.price, self.quantity)
        try:
            return book.submit(entry, self.time_in_force, self.self_trade)
        except ValueError:
            return "known id"


@dataclass(frozen=True, slots=True)
class Cancel:
    order_id: int

    def apply(self, book: PriceTimeBook) -> BookOrder | None:
        return book.cancel(self.order_id)


@dataclass(frozen=True, slots=True)
class Reduce:
    order_id: int
    remaining: int

    def apply(self, book: PriceTimeBook) -> str:
        try:
            book.reduce(self.order_id, self.remaining)
        except (KeyError, ValueError) as exc:
            return type(exc).__name__
        return "reduced"


@dataclass(frozen=True, slots=True)
class Amend:
    """New price and whole quantity (that filled included): a fall alone keeps the place, anything else is cancel and submit."""

    order_id: int
    price: int
    quantity: int
    time_in_force: TimeInForce = TimeInForce.GTC
    self_trade: SelfTrade = SelfTrade.CANCEL_RESTING

    def apply(self, book: PriceTimeBook) -> Placement | BookOrder | str | None:
        order = book.order(self.order_id)
        if order is None:
            return "gone"
        remaining = self.quantity - (order.quantity - order.remaining)
        if remaining <= 0:
            return book.cancel(self.order_id)
        if self.price == order.price and self.quantity <= order.quantity:
            book.reduce(self.order_id, remaining)
            return "reduced"
        book.cancel(self.order_id)
        entry = BookOrder(self.order_id, order.owner, order.side, self.price, self.quantity, remaining)
        return book.submit(entry, self.time_in_force, self.self_trade)


@dataclass(frozen=True, slots=True)
class Statement:
    """Depth of the market; `is_whole`: what is not named is gone."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    is_whole: bool = False

    def apply(self, book: PriceTimeBook) -> list[Execution]:
        return book.replace_depth(self.bids, self.asks) if self.is_whole else book.set_depth(self.bids, self.asks)


@dataclass(frozen=True, slots=True)
class Print:
    """A public trade; `side` is the aggressor's."""

    side: Side
    price: int
    quantity: int

    def apply(self, book: PriceTimeBook) -> list[Execution]:
        return book.trade_through(self.side, self.price, self.quantity)


Operation: TypeAlias = Submit | Cancel | Reduce | Amend | Statement | Print

OWNERS = "abcdefgh"
"""everybody who submits"""
_SIDES = (Side.BUY, Side.SELL)
_OPPOSITE = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}
_RESTING = (TimeInForce.GTC, TimeInForce.GTC, TimeInForce.GTC, TimeInForce.POST_ONLY, TimeInForce.GTD)
_AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
_POLICIES = tuple(SelfTrade)


class OrderFlow:
    """An endless iterator of operations, the same for the same arguments.

    `live` bounds how many orders it believes to rest, `unit` scales all quantities, `middle` (ticks) is where prices start,
    and `width` is how many ticks from there they reach. The source of a flow that `is_broken` also states bids beyond asks, and a price twice at once.
    """

    def __init__(
        self, seed: int, *, middle: int = 5_000, live: int = 60, unit: int = 1, width: int = 10, is_broken: bool = False
    ) -> None:
        self._rng = Random(seed)
        self.middle = middle
        self._live = live
        self._width = width
        self._unit = unit
        self._is_broken = is_broken
        self._shown: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
        self._orders: list[Submit] = []
        self.last_id = 0
        """the highest order id so far"""
        kinds: dict[Callable[[], Operation], int] = {
            self._passive: 32,
            self._aggressive: 6,
            self._at_once: 5,
            self._market_order: 2,
            self._cancel: 10,
            self._amend: 10,
            self._reduce: 3,
            self._states_some: 12,
            self._moves: 2,
            self._states_all: 1,
            self._prints: 8,
        }
        self._kinds = [kind for kind, weight in kinds.items() for _ in range(weight)]

    def __iter__(self) -> Iterator[Operation]:
        return self

    def __next__(self) -> Operation:
        if len(self._orders) > self._live:
            return Cancel(self._orders.pop(0).order_id)
        return self._kinds[int(self._rng.random() * len(self._kinds))]()

    def take(self, count: int) -> Iterator[Operation]:
        """Yield the next `count` operations."""
        return (next(self) for _ in range(count))

    # ── participants ────────────────────────────────────────────────────────────────────────────────────────────

    def _submit(self, side: Side, price: int | None, time_in_force: TimeInForce) -> Submit:
        rng = self._rng
        if self._orders and rng.random() < 0.005:
            order_id = self._any_order().order_id  # in use, if it still rests
        else:
            self.last_id += 1
            order_id = self.last_id
        policy = SelfTrade.CANCEL_RESTING if rng.random() < 0.6 else _POLICIES[int(rng.random() * 4)]
        order = Submit(order_id, OWNERS[int(rng.random() * len(OWNERS))], side, price, self._quantity(), time_in_force, policy)
        if time_in_force in _RESTING and price is not None and order_id == self.last_id:
            self._orders.append(order)
        return order

    def _passive(self) -> Submit:
        side = self._side()
        return self._submit(side, self._price(side, -1 - self._near()), _RESTING[int(self._rng.random() * 5)])

    def _aggressive(self) -> Submit:
        side = self._side()
        return self._submit(side, self._price(side, self._near() - 1), _RESTING[int(self._rng.random() * 5)])

    def _at_once(self) -> Submit:
        side = self._side()
        return self._submit(side, self._price(side, self._near() - 2), _AT_ONCE[int(self._rng.random() * 2)])

    def _market_order(self) -> Submit:
        time_in_force = (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.POST_ONLY)[int(self._rng.random() * 4)]
        return self._submit(self._side(), None, time_in_force)

    def _cancel(self) -> Cancel:
        rng = self._rng
        if not self._orders or rng.random() < 0.1:
            return Cancel(1 + int(rng.random() * (self.last_id + 1)))
        index = int(rng.random() * len(self._orders))
        order_id = self._orders[index].order_id
        if rng.random() < 0.9:
            del self._orders[index]  # else it is canceled again, or amended after its end
        return Cancel(order_id)

    def _amend(self) -> Operation:
        if not self._orders:
            return self._cancel()
        rng = self._rng
        index = int(rng.random() * len(self._orders))
        order = self._orders[index]
        assert order.price is not None
        draw = rng.random()
        price = order.price if draw < 0.6 else self._price(order.side, self._near() - 6)
        if draw < 0.3 or 0.6 <= draw < 0.7:
            quantity = max(1, int(order.quantity * rng.random()))
        elif draw < 0.8:
            quantity = order.quantity + self._quantity()
        else:
            quantity = order.quantity
        self._orders[index] = replace(order, price=price, quantity=quantity)
        return Amend(order.order_id, price, quantity, order.time_in_force, order.self_trade)

    def _reduce(self) -> Operation:
        if not self._orders:
            return self._cancel()
        order = self._any_order()
        return Reduce(order.order_id, int(order.quantity * self._rng.random() * 1.1))

    # ── the market ──────────────────────────────────────────────────────────────────────────────────────────────

    def _states_some(self) -> Statement:
        """A few levels grow, shrink, stay or vanish."""
        rows: dict[Side, list[Level]] = {Side.BUY: [], Side.SELL: []}
        for _ in range(1 + int(self._rng.random() * 4)):
            side = self._side()
            price = self._price(side, (self._near() if self._is_broken and self._rng.random() < 0.1 else -1 - self._near()))
            rows[side].append((price, self._restated(side, price)))
        return self._statement(rows)

    def _moves(self) -> Statement:
        """The middle moves: what stands in its way vanishes, and new levels stand beyond it, over resting orders as well."""
        rng = self._rng
        self.middle = max(20, self.middle + int(rng.random() * 9) - 4)
        rows: dict[Side, list[Level]] = {Side.BUY: [], Side.SELL: []}
        for side in _SIDES:
            shown = self._shown[side]
            gone = [price for price in shown if (price - self.middle) * side.sign >= 0]
            for price in gone:
                del shown[price]
                if not (self._is_broken and rng.random() < 0.1):
                    rows[side].append((price, 0))
            for offset in range(1, 1 + int(rng.random() * 4)):
                price = self._price(side, -offset)
                rows[side].append((price, self._restated(side, price)))
        return self._statement(rows)

    def _statement(self, rows: dict[Side, list[Level]]) -> Statement:
        bids, asks = (rows[side] if self._is_broken else dict(rows[side]).items() for side in _SIDES)
        return Statement(tuple(bids), tuple(asks))

    def _states_all(self) -> Statement:
        for side in _SIDES:
            kept = [price for price in self._shown[side] if self._rng.random() < 0.7]
            near = [self._price(side, -1 - int(self._rng.random() * self._width)) for _ in range(6)]
            self._shown[side] = {price: lots for price in kept + near if (lots := self._restated(side, price))}
        bids, asks = (tuple(sorted(self._shown[side].items(), reverse=side is Side.BUY)) for side in _SIDES)
        return Statement(bids, asks, is_whole=True)

    def _restated(self, side: Side, price: int) -> int:
        """What the market says of this level now; remembered."""
        rng, shown = self._rng, self._shown[side]
        before, draw = shown.get(price, 0), rng.random()
        if draw < 0.15:
            lots = 0
        elif draw < 0.3:
            lots = before
        elif draw < 0.55:
            lots = int(before * rng.random())
        else:
            lots = before // 2 + self._quantity()
        if lots:
            shown[price] = lots
        else:
            shown.pop(price, None)
        return lots

    def _prints(self) -> Print:
        """At, through or away from an order of the flow, or anywhere near."""
        rng = self._rng
        if self._orders and rng.random() < 0.75:
            order = self._any_order()
            assert order.price is not None
            away = (0, 0, 0, -1, -2, 1)[int(rng.random() * 6)] * order.side.sign
            side = _OPPOSITE[order.side] if rng.random() < 0.95 else order.side
            return Print(side, max(1, order.price + away), self._quantity() + self._quantity())
        side = self._side()
        return Print(side, self._price(side, self._near() - 1), self._quantity())

    # ── draws ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _side(self) -> Side:
        return _SIDES[self._rng.random() < 0.5]

    def _near(self) -> int:
        """A distance of fewer ticks than the width, the near ones more often."""
        draw = self._rng.random()
        return int(draw * draw * self._width)

    def _price(self, side: Side, towards: int) -> int:
        return max(1, self.middle + towards * side.sign)

    def _quantity(self) -> int:
        draw = self._rng.random()
        return (1 + int(draw * 12) if draw < 0.95 else 20 + int((draw - 0.95) * 4_000)) * self._unit

    def _any_order(self) -> Submit:
        return self._orders[int(self._rng.random() * len(self._orders))]


# ── for hypothesis ──────────────────────────────────────────────────────────────────────────────────────────────

_PRICES, _LOTS, _IDS = st.integers(1, 9), st.integers(1, 9), st.integers(1, 12)


def _levels(prices: tuple[int, int], lots: tuple[int, int]) -> st.SearchStrategy[tuple[Level, ...]]:
    rows = st.dictionaries(st.integers(*prices), st.integers(*lots), max_size=3)
    return rows.map(lambda levels: tuple(levels.items()))


_SUBMITS = st.builds(
    Submit,
    st.just(0),
    st.sampled_from("ab"),
    st.sampled_from(_SIDES),
    st.one_of(_PRICES, _PRICES, _PRICES, st.none()),
    _LOTS,
    st.sampled_from([TimeInForce.GTC, TimeInForce.GTC, *TimeInForce]),
    st.sampled_from(_POLICIES),
)
_OPERATIONS: st.SearchStrategy[Operation] = st.one_of(
    _SUBMITS,
    _SUBMITS,
    st.builds(Statement, _levels((1, 6), (0, 9)), _levels((4, 9), (0, 9))),
    st.builds(Print, st.sampled_from(_SIDES), _PRICES, st.integers(1, 15)),
    st.builds(Amend, _IDS, _PRICES, _LOTS, st.sampled_from([TimeInForce.GTC, TimeInForce.POST_ONLY]), st.sampled_from(_POLICIES)),
    st.builds(Cancel, _IDS),
    st.builds(Reduce, _IDS, st.integers(0, 9)),
    st.builds(Statement, _levels((1, 6), (1, 9)), _levels((4, 9), (1, 9)), st.just(True)),
)


def _numbered(operations: Sequence[Operation]) -> list[Operation]:
    """Give the submitted orders the ids 1, 2, 3 …"""
    ids = iter(range(1, len(operations) + 1))
    return [replace(op, order_id=next(ids)) if isinstance(op, Submit) else op for op in operations]


def flows(max_size: int = 30) -> st.SearchStrategy[list[Operation]]:
    """Short flows in a narrow market, which shrink well; lists alone would mostly be a handful long."""
    sizes = st.integers(0, max_size)
    return sizes.flatmap(lambda size: st.lists(_OPERATIONS, min_size=size, max_size=size)).map(_numbered)
