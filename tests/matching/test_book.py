"""The price-time order book: rules one by one, and its invariants against a naive reference."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.book import ANONYMOUS, BookOrder, Execution, OrderBook, SelfTrade
from golive.matching.kernel_book import KernelBook
from golive.matching.price_time import PriceTimeBook
from golive.model.order import Side, TimeInForce

BUY, SELL = Side.BUY, Side.SELL


BOOKS = (OrderBook, KernelBook)


@pytest.fixture(params=BOOKS)
def book(request: pytest.FixtureRequest) -> PriceTimeBook:
    """An empty book without options."""
    made: PriceTimeBook = request.param()
    return made


@pytest.fixture(params=BOOKS)
def keen(request: pytest.FixtureRequest) -> PriceTimeBook:
    """An empty book that remembers what was taken and estimates queues."""
    made: PriceTimeBook = request.param(remembers_taken=True, estimates_queue=True)
    return made


def order(number: int, side: Side, price: int | None, quantity: int, owner: str = "") -> BookOrder:
    return BookOrder(number, owner or f"owner{number}", side, price, quantity)


def test_a_better_price_is_matched_before_an_older_order(book: PriceTimeBook) -> None:
    book.submit(order(1, SELL, 102, 5))
    book.submit(order(2, SELL, 101, 5))
    placed = book.submit(order(3, BUY, 102, 7))
    assert placed.executions == [Execution(3, 2, BUY, 101, 5), Execution(3, 1, BUY, 102, 2)]
    assert not placed.rests


def test_at_one_price_the_older_order_is_matched_first(book: PriceTimeBook) -> None:
    book.submit(order(1, BUY, 100, 3))
    book.submit(order(2, BUY, 100, 3))
    assert [e.maker_id for e in book.submit(order(3, SELL, 99, 4)).executions] == [1, 2]
    assert book.quantity_at(BUY, 100) == 2


def test_anonymous_depth_stands_before_named_orders_of_its_price(book: PriceTimeBook) -> None:
    book.submit(order(1, SELL, 101, 2))
    book.set_depth([], [(101, 4)])
    assert [e.maker_id for e in book.submit(order(2, BUY, 101, 5)).executions] == [ANONYMOUS, 1]


def test_what_a_taker_took_is_gone_from_the_depth_until_it_is_set_again(book: PriceTimeBook) -> None:
    book.set_depth([], [(101, 4)])
    book.submit(order(1, BUY, 101, 3))
    assert book.levels(SELL, 5) == [(101, 1)]
    book.set_depth([], [(101, 4)])
    assert book.levels(SELL, 5) == [(101, 4)]


def test_orders_at_a_price_count_anonymous_depth_as_one(book: PriceTimeBook) -> None:
    assert book.orders_at(BUY, 100) == 0
    book.set_depth([(100, 4)], [])
    book.submit(order(1, BUY, 100, 2))
    book.submit(order(2, BUY, 100, 2))
    assert (book.orders_at(BUY, 100), book.quantity_at(BUY, 100)) == (3, 8)
    book.submit(order(3, SELL, 100, 5), TimeInForce.IOC)
    assert (book.orders_at(BUY, 100), book.quantity_at(BUY, 100)) == (2, 3)


def test_a_limit_order_rests_with_what_was_not_matched(book: PriceTimeBook) -> None:
    book.set_depth([], [(101, 4), (103, 9)])
    placed = book.submit(order(1, BUY, 102, 10))
    assert placed.rests
    assert book.levels(BUY, 1) == [(102, 6)]


def test_a_market_order_never_rests(book: PriceTimeBook) -> None:
    book.set_depth([], [(101, 4)])
    placed = book.submit(order(1, BUY, None, 10))
    assert (placed.rests, placed.dropped, book.best(BUY)) == (False, 6, None)


def test_ioc_drops_the_rest_of_what_it_could_not_take(book: PriceTimeBook) -> None:
    book.set_depth([], [(101, 4)])
    assert book.submit(order(1, BUY, 101, 10), TimeInForce.IOC).dropped == 6
    assert book.order(1) is None


def test_fok_takes_everything_or_nothing(book: PriceTimeBook) -> None:
    book.set_depth([], [(101, 4), (102, 4)])
    assert book.submit(order(1, BUY, 101, 5), TimeInForce.FOK).executions == []
    assert sum(e.quantity for e in book.submit(order(2, BUY, 102, 8), TimeInForce.FOK).executions) == 8


def test_fok_does_not_count_on_orders_of_its_own_owner(book: PriceTimeBook) -> None:
    book.submit(order(1, SELL, 101, 5, "me"))
    assert book.submit(order(2, BUY, 101, 5, "me"), TimeInForce.FOK).dropped == 5
    assert book.order(1) is not None


def test_post_only_that_would_match_leaves_no_trace(book: PriceTimeBook) -> None:
    book.set_depth([], [(101, 4)])
    placed = book.submit(order(1, BUY, 101, 1), TimeInForce.POST_ONLY)
    assert (placed.executions, placed.rests, placed.dropped) == ([], False, 1)
    assert book.submit(order(2, BUY, 100, 1), TimeInForce.POST_ONLY).rests


def test_an_order_never_trades_with_its_own_owner(book: PriceTimeBook) -> None:
    book.submit(order(1, SELL, 101, 5, "me"))
    book.submit(order(2, SELL, 101, 5, "you"))
    placed = book.submit(order(3, BUY, 101, 5, "me"))
    assert [o.order_id for o in placed.self_canceled] == [1]
    assert [e.maker_id for e in placed.executions] == [2]


def test_reducing_keeps_the_place_in_the_queue(book: PriceTimeBook) -> None:
    book.submit(order(1, BUY, 100, 5))
    book.submit(order(2, BUY, 100, 5))
    book.reduce(1, 2)
    assert book.order(1) == BookOrder(1, "owner1", BUY, 100, 2)
    for remaining in (3, 0):
        with pytest.raises(ValueError, match="not a reduction"):
            book.reduce(1, remaining)
    with pytest.raises(KeyError):
        book.reduce(9, 1)
    assert [(e.maker_id, e.quantity) for e in book.submit(order(3, SELL, 100, 3)).executions] == [(1, 2), (2, 1)]


def test_depth_that_arrives_beyond_a_resting_order_fills_it_at_its_own_price(book: PriceTimeBook) -> None:
    book.submit(order(1, BUY, 100, 5))
    assert book.set_depth([], [(99, 3)]) == [Execution(ANONYMOUS, 1, SELL, 100, 3)]
    assert book.levels(BUY, 1) == [(100, 2)]
    assert book.best(SELL) is None


def test_depth_that_moves_in_one_update_is_not_met_half_way(book: PriceTimeBook) -> None:
    book.set_depth([(100, 5)], [(101, 5)])
    assert book.set_depth([(100, 0), (104, 5)], [(101, 0), (105, 5)]) == []
    assert (book.best(BUY), book.best(SELL)) == (104, 105)


def test_a_trade_through_fills_only_orders_strictly_better_than_its_price(book: PriceTimeBook) -> None:
    book.submit(order(1, BUY, 101, 5))
    book.submit(order(2, BUY, 100, 5))
    assert book.trade_through(SELL, 100, 9) == [Execution(ANONYMOUS, 1, SELL, 101, 5)]
    assert book.trade_through(SELL, 100, 9) == []


def test_an_id_that_rests_is_not_accepted_twice(book: PriceTimeBook) -> None:
    book.submit(order(1, BUY, 100, 5))
    with pytest.raises(ValueError, match="rests already"):
        book.submit(order(1, BUY, 100, 5))


def test_an_order_without_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        order(1, BUY, 100, 0)


def test_changed_prices_are_told_once(book: PriceTimeBook) -> None:
    book.set_depth([(100, 5), (99, 5)], [])
    assert book.take_changed(BUY) == {99, 100}
    book.submit(order(1, SELL, 100, 2))
    assert book.take_changed(BUY) == {100}
    assert book.take_changed(BUY) == set()


def test_post_only_without_a_price_never_takes(book: PriceTimeBook) -> None:
    book.set_depth([], [(101, 4)])
    placed = book.submit(order(1, BUY, None, 1), TimeInForce.POST_ONLY)
    assert (placed.executions, placed.rests, placed.dropped) == ([], False, 1)


def test_an_order_with_an_expiry_rests_because_the_book_has_no_clock(book: PriceTimeBook) -> None:
    assert book.submit(order(1, BUY, 100, 1), TimeInForce.GTD).rests


def test_self_trade_policies_end_the_arriving_the_resting_both_or_none(book: PriceTimeBook) -> None:
    outcomes = {}
    for number, policy in enumerate(SelfTrade):
        book.submit(order(10 + number, SELL, 101, 2, "me"))
        placed = book.submit(order(20 + number, BUY, 101, 3, "me"), self_trade=policy)
        outcomes[policy] = (len(placed.executions), len(placed.self_canceled), placed.stopped, placed.rests)
        book.cancel(10 + number)
        book.cancel(20 + number)
    assert outcomes == {
        SelfTrade.CANCEL_RESTING: (0, 1, False, True),
        SelfTrade.CANCEL_ARRIVING: (0, 0, True, False),
        SelfTrade.CANCEL_BOTH: (0, 1, True, False),
        SelfTrade.ALLOW: (1, 0, False, True),
    }


def test_a_statement_of_the_whole_book_removes_what_it_does_not_name(book: PriceTimeBook) -> None:
    book.set_depth([(100, 5), (99, 5)], [(101, 5)])
    book.submit(order(1, BUY, 99, 2))
    assert book.replace_depth([(98, 1)], [(101, 7)]) == []
    assert book.levels(BUY, 5) == [(99, 2), (98, 1)]
    assert book.levels(SELL, 5) == [(101, 7)]


def test_an_impossible_statement_changes_nothing(book: PriceTimeBook) -> None:
    book.set_depth([(100, 5)], [])
    for bad in ([(99, 1), (100, -1)], [(100, 0), (0, 1)]):
        with pytest.raises(ValueError, match="not possible"):
            book.set_depth(bad, [])
    assert book.levels(BUY, 5) == [(100, 5)]


def test_depth_that_is_used_up_at_once_leaves_no_changed_price(book: PriceTimeBook) -> None:
    book.submit(order(1, BUY, 100, 5))
    book.take_changed(BUY)
    book.set_depth([], [(100, 3)])
    assert (book.take_changed(BUY), book.take_changed(SELL)) == ({100}, set())


# ── memory of liquidity taken ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("statements", "offered"),
    [
        ([10], 4),
        ([10, 10], 4),
        ([13], 7),
        ([8], 2),
        ([6], 0),
        ([5], 0),
        ([5, 10], 5),
        ([0, 10], 10),
        ([8, 11], 5),
    ],
)
def test_after_six_of_ten_were_taken_only_what_a_statement_adds_is_new(
    keen: PriceTimeBook, statements: list[int], offered: int
) -> None:
    keen.set_depth([], [(101, 10)])
    assert keen.submit(order(1, BUY, 101, 6), TimeInForce.IOC).dropped == 0
    for shown in statements:
        keen.set_depth([], [(101, shown)])
    assert keen.quantity_at(SELL, 101) == offered
    assert sum(e.quantity for e in keen.submit(order(2, BUY, 101, 99), TimeInForce.IOC).executions) == offered


def test_depth_that_filled_a_crossed_order_is_not_offered_again(keen: PriceTimeBook) -> None:
    keen.submit(order(1, BUY, 100, 5))
    assert keen.set_depth([], [(99, 7)]) == [Execution(ANONYMOUS, 1, SELL, 100, 5)]
    assert keen.quantity_at(SELL, 99) == 2
    keen.submit(order(2, BUY, 99, 2), TimeInForce.IOC)
    keen.submit(order(3, BUY, 99, 9))
    assert keen.set_depth([], [(99, 7)]) == []
    assert keen.set_depth([], [(99, 8)]) == [Execution(ANONYMOUS, 3, SELL, 99, 1)]


def test_a_level_that_was_taken_whole_is_forgotten_when_a_whole_statement_leaves_it_out(keen: PriceTimeBook) -> None:
    keen.set_depth([], [(101, 4), (102, 4)])
    keen.submit(order(1, BUY, 101, 4), TimeInForce.IOC)
    keen.replace_depth([], [(101, 4), (102, 4)])
    assert keen.best(SELL) == 102
    keen.replace_depth([], [(102, 4)])
    keen.replace_depth([], [(101, 4), (102, 4)])
    assert keen.best(SELL) == 101


# ── queue position ──────────────────────────────────────────────────────────────────────────────────────────────────


def filled_by(book: PriceTimeBook, *prints: int) -> list[list[tuple[int, int]]]:
    """The (order, quantity) each print of so many lots at 100 fills."""
    return [[(e.maker_id, e.quantity) for e in book.trade_through(SELL, 100, lots)] for lots in prints]


def test_a_print_at_the_price_fills_nothing_without_a_queue_estimate(book: PriceTimeBook) -> None:
    book.submit(order(1, BUY, 100, 5))
    assert filled_by(book, 50) == [[]]


def test_an_order_is_filled_at_its_price_once_what_stood_before_it_was_traded(keen: PriceTimeBook) -> None:
    keen.set_depth([(100, 7)], [])
    keen.submit(order(1, BUY, 100, 5))
    resting = keen.order(1)
    assert resting is not None
    assert resting.ahead == 7
    assert filled_by(keen, 4, 3, 2, 9) == [[], [], [(1, 2)], [(1, 3)]]


def test_depth_that_came_later_stands_behind_and_depth_that_left_stood_before(keen: PriceTimeBook) -> None:
    keen.set_depth([(100, 7)], [])
    keen.submit(order(1, BUY, 100, 5))
    keen.set_depth([(100, 30)], [])
    keen.set_depth([(100, 3)], [])
    keen.set_depth([(100, 30)], [])
    assert filled_by(keen, 4) == [[(1, 1)]]


def test_one_print_fills_the_orders_of_a_price_in_their_order_and_never_more_than_its_quantity(keen: PriceTimeBook) -> None:
    keen.set_depth([(100, 2)], [])
    keen.submit(order(1, BUY, 100, 3))
    keen.set_depth([(100, 6)], [])
    keen.submit(order(2, BUY, 100, 3))
    assert filled_by(keen, 7, 1) == [[(1, 3)], [(2, 1)]]


def test_what_a_print_filled_at_better_prices_is_not_traded_at_its_own(keen: PriceTimeBook) -> None:
    keen.submit(order(1, BUY, 101, 4))
    keen.submit(order(2, BUY, 100, 5))
    assert filled_by(keen, 6) == [[(1, 4), (2, 2)]]


def test_a_print_of_the_same_side_moves_no_queue(keen: PriceTimeBook) -> None:
    keen.set_depth([(100, 2)], [])
    keen.submit(order(1, BUY, 100, 3))
    assert keen.trade_through(BUY, 100, 50) == []
    assert filled_by(keen, 3) == [[(1, 1)]]


def test_a_later_order_never_stands_before_an_earlier_one(keen: PriceTimeBook) -> None:
    keen.set_depth([(100, 10)], [])
    keen.submit(order(1, BUY, 100, 3))
    keen.submit(order(2, SELL, 100, 8), TimeInForce.IOC)
    keen.submit(order(3, BUY, 100, 3))
    assert filled_by(keen, 5, 7) == [[], [(1, 2)]]


def test_a_reduced_order_keeps_its_place_and_one_that_comes_again_goes_to_the_end(keen: PriceTimeBook) -> None:
    keen.set_depth([(100, 2)], [])
    keen.submit(order(1, BUY, 100, 3))
    keen.set_depth([(100, 9)], [])
    keen.reduce(1, 2)
    assert filled_by(keen, 3) == [[(1, 1)]]
    keen.cancel(1)
    keen.submit(order(1, BUY, 100, 1))
    assert filled_by(keen, 9, 1) == [[], [(1, 1)]]


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
