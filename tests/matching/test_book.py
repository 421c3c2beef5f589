"""The price-time order book: rules one by one, and its invariants against a naive reference."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.book import ANONYMOUS, BookOrder, Execution, OrderBook
from golive.model.order import Side, TimeInForce

BUY, SELL = Side.BUY, Side.SELL


def order(number: int, side: Side, price: int | None, quantity: int, owner: str = "") -> BookOrder:
    return BookOrder(number, owner or f"owner{number}", side, price, quantity)


def test_a_better_price_is_matched_before_an_older_order() -> None:
    book = OrderBook()
    book.submit(order(1, SELL, 102, 5))
    book.submit(order(2, SELL, 101, 5))
    placed = book.submit(order(3, BUY, 102, 7))
    assert placed.executions == [Execution(3, 2, BUY, 101, 5), Execution(3, 1, BUY, 102, 2)]
    assert not placed.rests


def test_at_one_price_the_older_order_is_matched_first() -> None:
    book = OrderBook()
    book.submit(order(1, BUY, 100, 3))
    book.submit(order(2, BUY, 100, 3))
    assert [e.maker_id for e in book.submit(order(3, SELL, 99, 4)).executions] == [1, 2]
    assert book.quantity_at(BUY, 100) == 2


def test_anonymous_depth_stands_before_named_orders_of_its_price() -> None:
    book = OrderBook()
    book.submit(order(1, SELL, 101, 2))
    book.set_depth([], [(101, 4)])
    assert [e.maker_id for e in book.submit(order(2, BUY, 101, 5)).executions] == [ANONYMOUS, 1]


def test_what_a_taker_took_is_gone_from_the_depth_until_it_is_set_again() -> None:
    book = OrderBook()
    book.set_depth([], [(101, 4)])
    book.submit(order(1, BUY, 101, 3))
    assert book.levels(SELL, 5) == [(101, 1)]
    book.set_depth([], [(101, 4)])
    assert book.levels(SELL, 5) == [(101, 4)]


def test_a_limit_order_rests_with_what_was_not_matched() -> None:
    book = OrderBook()
    book.set_depth([], [(101, 4), (103, 9)])
    placed = book.submit(order(1, BUY, 102, 10))
    assert placed.rests
    assert book.levels(BUY, 1) == [(102, 6)]


def test_a_market_order_never_rests() -> None:
    book = OrderBook()
    book.set_depth([], [(101, 4)])
    placed = book.submit(order(1, BUY, None, 10))
    assert (placed.rests, placed.dropped, book.best(BUY)) == (False, 6, None)


def test_ioc_drops_the_rest_of_what_it_could_not_take() -> None:
    book = OrderBook()
    book.set_depth([], [(101, 4)])
    assert book.submit(order(1, BUY, 101, 10), TimeInForce.IOC).dropped == 6
    assert book.order(1) is None


def test_fok_takes_everything_or_nothing() -> None:
    book = OrderBook()
    book.set_depth([], [(101, 4), (102, 4)])
    assert book.submit(order(1, BUY, 101, 5), TimeInForce.FOK).executions == []
    assert sum(e.quantity for e in book.submit(order(2, BUY, 102, 8), TimeInForce.FOK).executions) == 8


def test_fok_does_not_count_on_orders_of_its_own_owner() -> None:
    book = OrderBook()
    book.submit(order(1, SELL, 101, 5, "me"))
    assert book.submit(order(2, BUY, 101, 5, "me"), TimeInForce.FOK).dropped == 5
    assert book.order(1) is not None


def test_post_only_that_would_match_leaves_no_trace() -> None:
    book = OrderBook()
    book.set_depth([], [(101, 4)])
    placed = book.submit(order(1, BUY, 101, 1), TimeInForce.POST_ONLY)
    assert (placed.executions, placed.rests, placed.dropped) == ([], False, 1)
    assert book.submit(order(2, BUY, 100, 1), TimeInForce.POST_ONLY).rests


def test_an_order_never_trades_with_its_own_owner() -> None:
    book = OrderBook()
    book.submit(order(1, SELL, 101, 5, "me"))
    book.submit(order(2, SELL, 101, 5, "you"))
    placed = book.submit(order(3, BUY, 101, 5, "me"))
    assert [o.order_id for o in placed.self_canceled] == [1]
    assert [e.maker_id for e in placed.executions] == [2]


def test_reducing_keeps_the_place_in_the_queue() -> None:
    book = OrderBook()
    book.submit(order(1, BUY, 100, 5))
    book.submit(order(2, BUY, 100, 5))
    book.reduce(1, 2)
    assert [(e.maker_id, e.quantity) for e in book.submit(order(3, SELL, 100, 3)).executions] == [(1, 2), (2, 1)]


def test_depth_that_arrives_beyond_a_resting_order_fills_it_at_its_own_price() -> None:
    book = OrderBook()
    book.submit(order(1, BUY, 100, 5))
    assert book.set_depth([], [(99, 3)]) == [Execution(ANONYMOUS, 1, SELL, 100, 3)]
    assert book.levels(BUY, 1) == [(100, 2)]
    assert book.best(SELL) is None


def test_depth_that_moves_in_one_update_is_not_met_half_way() -> None:
    book = OrderBook()
    book.set_depth([(100, 5)], [(101, 5)])
    assert book.set_depth([(100, 0), (104, 5)], [(101, 0), (105, 5)]) == []
    assert (book.best(BUY), book.best(SELL)) == (104, 105)


def test_a_trade_through_fills_only_orders_strictly_better_than_its_price() -> None:
    book = OrderBook()
    book.submit(order(1, BUY, 101, 5))
    book.submit(order(2, BUY, 100, 5))
    assert book.trade_through(SELL, 100, 9) == [Execution(ANONYMOUS, 1, SELL, 101, 5)]
    assert book.trade_through(SELL, 100, 9) == []


def test_an_id_that_rests_is_not_accepted_twice() -> None:
    book = OrderBook()
    book.submit(order(1, BUY, 100, 5))
    with pytest.raises(ValueError, match="rests already"):
        book.submit(order(1, BUY, 100, 5))


def test_an_order_without_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        order(1, BUY, 100, 0)


class NaiveBook:
    """The same rules over plain lists, as slow and as obvious as possible."""

    def __init__(self) -> None:
        self.depth: dict[Side, dict[int, int]] = {BUY: {}, SELL: {}}
        self.resting: list[BookOrder] = []

    def queue(self, side: Side) -> list[tuple[int, BookOrder | None]]:
        """Everything that stands on `side` in priority: price, then the order (None: depth)."""
        named = [(o.price or 0, 1, index, o) for index, o in enumerate(self.resting) if o.side is side]
        anonymous: list[tuple[int, int, int, BookOrder | None]] = [(p, 0, 0, None) for p, q in self.depth[side].items() if q]
        every = sorted([*named, *anonymous], key=lambda row: (-side.sign * row[0], row[1], row[2]))
        return [(price, entry) for price, _, _, entry in every]

    def submit(self, taker: BookOrder, rests: bool) -> list[Execution]:
        done: list[Execution] = []
        other = SELL if taker.side is BUY else BUY
        for price, maker in self.queue(other):
            if taker.remaining == 0 or (taker.price is not None and (price - taker.price) * taker.side.sign > 0):
                break
            if maker is not None and maker.owner == taker.owner:
                self.resting.remove(maker)
                continue
            part = min(taker.remaining, maker.remaining if maker else self.depth[other][price])
            taker.remaining -= part
            if maker is None:
                self.depth[other][price] -= part
            else:
                maker.remaining -= part
                if not maker.remaining:
                    self.resting.remove(maker)
            done.append(Execution(taker.order_id, maker.order_id if maker else ANONYMOUS, taker.side, price, part))
        if rests and taker.remaining and taker.price is not None:
            self.resting.append(taker)
        return done

    def totals(self, side: Side) -> dict[int, int]:
        found: dict[int, int] = {}
        for price, maker in self.queue(side):
            found[price] = found.get(price, 0) + (maker.remaining if maker else self.depth[side][price])
        return found


PRICES, QUANTITIES = st.integers(95, 105), st.integers(1, 9)
SIDES = st.sampled_from([BUY, SELL])
ACTIONS = st.one_of(
    st.tuples(st.just("limit"), SIDES, PRICES, QUANTITIES, st.sampled_from("abc")),
    st.tuples(st.just("ioc"), SIDES, PRICES, QUANTITIES, st.sampled_from("abc")),
    st.tuples(st.just("market"), SIDES, PRICES, QUANTITIES, st.sampled_from("abc")),
    st.tuples(st.just("cancel"), SIDES, st.integers(1, 30), QUANTITIES, st.just("a")),
    st.tuples(st.just("depth"), SIDES, PRICES, st.integers(0, 9), st.just("a")),
)


@settings(max_examples=250, deadline=None)
@given(st.lists(ACTIONS, max_size=40))
def test_the_book_does_what_the_naive_book_does_and_is_never_crossed(actions: list[tuple[str, Side, int, int, str]]) -> None:
    book, naive = OrderBook(), NaiveBook()
    for number, (kind, side, price, quantity, owner) in enumerate(actions, start=1):
        if kind == "cancel":
            gone = book.cancel(price)
            before = len(naive.resting)
            naive.resting = [o for o in naive.resting if o.order_id != price]
            assert (gone is not None) == (len(naive.resting) < before)
        elif kind == "depth":
            best = book.best(SELL if side is BUY else BUY)
            if best is not None and (price - best) * side.sign >= 0:
                continue  # sources do not cross the market; what they do to resting orders has its own tests
            assert book.set_depth(*([(price, quantity)], []) if side is BUY else ([], [(price, quantity)])) == []
            naive.depth[side][price] = quantity
        else:
            at = None if kind == "market" else price
            placed = book.submit(
                BookOrder(number, owner, side, at, quantity), TimeInForce.GTC if kind == "limit" else TimeInForce.IOC
            )
            assert placed.executions == naive.submit(BookOrder(number, owner, side, at, quantity), kind == "limit")
            matched = sum(e.quantity for e in placed.executions)
            resting = book.order(number)
            assert matched + placed.dropped + (resting.remaining if resting else 0) == quantity
        for half in (BUY, SELL):
            assert dict(book.levels(half, 100)) == naive.totals(half)
        bid, ask = book.best(BUY), book.best(SELL)
        assert bid is None or ask is None or bid < ask


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(SIDES, PRICES, QUANTITIES), max_size=12),
    st.lists(st.tuples(PRICES, st.integers(0, 9)), max_size=8),
    st.lists(st.tuples(PRICES, st.integers(0, 9)), max_size=8),
)
def test_depth_that_crosses_orders_conserves_quantity_and_leaves_no_named_order_crossed(
    orders: list[tuple[Side, int, int]], bids: list[tuple[int, int]], asks: list[tuple[int, int]]
) -> None:
    book = OrderBook()
    entries = [BookOrder(number, "me", *entry) for number, entry in enumerate(orders, start=1)]
    for entry in entries:
        book.submit(entry)
    resting = {entry.order_id: entry.remaining for entry in entries if book.order(entry.order_id)}
    executions = book.set_depth(dict(bids).items(), dict(asks).items())
    for execution in executions:
        resting[execution.maker_id] -= execution.quantity
    for number, left in resting.items():
        found = book.order(number)
        assert left == (found.remaining if found else 0)
        if found is not None:
            assert found.price is not None
            other = SELL if found.side is BUY else BUY
            depth = [price for price, lots in (asks if found.side is BUY else bids) if book.quantity_at(other, price) and lots]
            assert all((found.price - price) * found.side.sign < 0 for price in depth)
    used: dict[Side, int] = {BUY: 0, SELL: 0}
    for execution in executions:
        used[execution.side] += execution.quantity
    offered = {BUY: sum(dict(bids).values()), SELL: sum(dict(asks).values())}
    assert all(used[side] <= offered[side] for side in used)


def test_changed_prices_are_told_once() -> None:
    book = OrderBook()
    book.set_depth([(100, 5), (99, 5)], [])
    assert book.take_changed(BUY) == {99, 100}
    book.submit(order(1, SELL, 100, 2))
    assert book.take_changed(BUY) == {100}
    assert book.take_changed(BUY) == set()
