"""What is particular to the compiled book: it grows, it keeps track, it refuses; its rules are tested against the oracle."""

from __future__ import annotations

import pytest

from golive.matching.book import BookOrder, Execution, OrderBook
from golive.matching.kernel.growth import grown
from golive.matching.kernel.layout import (
    ALLOW,
    CANCEL_RESTING,
    GTC,
    IMPOSSIBLE,
    IOC,
    KNOWN_ID,
    NO_ROOM,
    ONE_EVENT,
    ORDER_CAPACITY,
    POST_ONLY,
    RESTS,
    new_book,
)
from golive.matching.kernel.level import best_price, quantity_at
from golive.matching.kernel.match import cancel, reduce, submit
from golive.matching.kernel.statement import print_trade, set_level
from golive.matching.kernel_book import KernelBook
from golive.model.order import Side, TimeInForce
from support.order_flow import OrderFlow

BUY, SELL = Side.BUY, Side.SELL


@pytest.mark.parametrize("remembers_taken", [False, True])
@pytest.mark.parametrize("estimates_queue", [False, True])
def test_a_book_that_starts_tiny_grows_and_stays_equal_to_the_oracle(remembers_taken: bool, estimates_queue: bool) -> None:
    oracle = OrderBook(remembers_taken=remembers_taken, estimates_queue=estimates_queue)
    kernel = KernelBook(remembers_taken=remembers_taken, estimates_queue=estimates_queue, room=1)
    for operation in OrderFlow(7, live=200, width=100, is_broken=True).take(4_000):
        assert operation.apply(oracle) == operation.apply(kernel), operation
    for side in Side:
        assert oracle.levels(side, 10_000) == kernel.levels(side, 10_000)
        assert oracle.take_changed(side) == kernel.take_changed(side)


def test_growing_keeps_queues_and_what_was_taken() -> None:
    book = KernelBook(remembers_taken=True, estimates_queue=True, room=1)
    book.set_depth([(1_000, 10)], [(1_001, 10)])
    book.submit(BookOrder(1, "a", BUY, 1_001, 4), TimeInForce.IOC)
    for number in range(2, 40):
        book.submit(BookOrder(number, "b", BUY, 1_000, 1))
    book.set_depth([(999 - i, 1) for i in range(600)], [])
    assert book.set_depth([], [(1_001, 10)]) == []
    assert book.levels(SELL, 2) == [(1_001, 6)]
    assert book.trade_through(SELL, 1_000, 12) == [Execution(0, 2, SELL, 1_000, 1), Execution(0, 3, SELL, 1_000, 1)]
    assert book.quantity_at(BUY, 1_000) == 10 + 36


def test_changed_prices_are_kept_however_many_they_are() -> None:
    book = KernelBook(room=1)
    for price in range(1, 3_000):
        book.set_depth([(price, 1)], [])
        book.set_depth([(price, 0)], [])
    assert book.take_changed(BUY) == set(range(1, 3_000))
    assert book.take_changed(BUY) == set()


def test_offers_are_complete_beyond_the_first_look() -> None:
    book = KernelBook()
    levels = [(100 + i, i + 1) for i in range(100)]
    book.set_depth([], levels)
    assert list(book.offers(BUY, None)) == levels
    assert list(book.offers(BUY, 115)) == levels[:16]


@pytest.mark.parametrize("row", [(100, -1), (0, 5), (-3, 5)])
def test_an_impossible_statement_changes_nothing(row: tuple[int, int]) -> None:
    book = KernelBook()
    book.set_depth([(100, 5)], [])
    for statement in ([row], [(100, 9), (99, 1), row]):
        with pytest.raises(ValueError, match="not possible"):
            book.set_depth(statement, [])
    assert book.levels(BUY, 5) == [(100, 5)]


def test_an_id_that_rests_is_refused() -> None:
    book = KernelBook()
    book.submit(BookOrder(1, "a", BUY, 100, 5))
    with pytest.raises(ValueError, match="rests already"):
        book.submit(BookOrder(1, "a", BUY, 100, 5))


# ── as compiled strategies meet it ──────────────────────────────────────────────────────────────────────────────


def test_a_full_book_says_so_and_does_nothing() -> None:
    book = new_book(2, 2)
    assert submit(book, 1, 0, 1, 100, 5, GTC, ALLOW) == RESTS
    assert submit(book, 2, 0, 1, 99, 5, GTC, ALLOW) == RESTS
    assert submit(book, 3, 0, -1, 99, 7, GTC, ALLOW) == NO_ROOM
    assert set_level(book, 1, 98, 1) == NO_ROOM
    assert (best_price(book, 1), quantity_at(book, 1, 100)) == (100, 5)
    larger = grown(book, 1)
    assert larger[ORDER_CAPACITY] == 4
    assert submit(larger, 3, 0, -1, 99, 7, GTC, ALLOW) == 2 * ONE_EVENT
    assert set_level(larger, 1, 98, 1) == 0


def test_wrong_arguments_are_answered_with_a_code() -> None:
    book = new_book(4, 4)
    assert submit(book, 1, 0, 1, 100, 5, GTC, ALLOW) == RESTS
    assert submit(book, 1, 0, 1, 100, 5, GTC, ALLOW) == KNOWN_ID
    assert submit(book, 0, 0, 1, 100, 5, GTC, ALLOW) == IMPOSSIBLE
    assert submit(book, 2, 0, 1, -1, 5, GTC, ALLOW) == IMPOSSIBLE
    assert reduce(book, 1, 6) == IMPOSSIBLE
    assert reduce(book, 9, 1) == IMPOSSIBLE
    assert cancel(book, 9) == 0
    assert (reduce(book, 1, 2), cancel(book, 1)) == (3, 2)


def test_a_print_uses_up_what_stands_ahead_before_it_fills() -> None:
    book = new_book(4, 4, estimates_queue=True)
    set_level(book, 1, 100, 10)
    submit(book, 1, 0, 1, 100, 5, POST_ONLY, CANCEL_RESTING)
    assert print_trade(book, -1, 100, 10) == 0
    assert print_trade(book, -1, 100, 2) == 1
    assert cancel(book, 1) == 3


def test_ids_that_share_a_slot_are_all_found() -> None:
    book = new_book(4, 64)
    ids = [1 + 128 * i for i in range(40)] + [(1 << 62) + i for i in range(20)]
    for order_id in ids:
        assert submit(book, order_id, 0, 1, 100, order_id % 97 + 1, GTC, ALLOW) == RESTS
    for order_id in ids[::2] + ids[1::2]:
        assert cancel(book, order_id) == order_id % 97 + 1
    assert best_price(book, 1) == 0


def test_a_market_order_never_rests_in_the_array() -> None:
    book = new_book(4, 4)
    set_level(book, -1, 101, 2)
    assert submit(book, 1, 0, 1, 0, 5, IOC, ALLOW) == ONE_EVENT
    assert submit(book, 2, 0, 1, 0, 5, GTC, ALLOW) == 0
    assert best_price(book, 1) == best_price(book, -1) == 0


@pytest.mark.parametrize("sizes", [(0, 1), (1, 0), (-1, 5)])
def test_a_book_without_room_cannot_be_made(sizes: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="not possible"):
        new_book(*sizes)
