"""What holds for a price-time book whatever happens to it, judged by an auditor that shares no code with it.

The auditor (`support/book_audit.py`) asserts after every operation: never filled beyond the quantity nor worse than the
limit, makers at their own price; price before time, anonymous depth before named orders; post-only never takes, FOK all or
nothing; no named order is crossed; levels are the sum of orders and depth; what is gone cannot be canceled or amended;
depth is not taken twice; a public trade fills no more than it traded, and at its price nobody before the queue has gone.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.book import BookOrder, OrderBook
from golive.matching.kernel_book import KernelBook
from golive.matching.price_time import PriceTimeBook
from golive.model.order import Side, TimeInForce
from support.book_audit import Audit
from support.order_flow import Operation, OrderFlow, Print, Statement, flows

PROOF = 10 if os.environ.get("GOLIVE_PROOF") == "1" else 1
LONG = 20_000 * PROOF
BUY, SELL = Side.BUY, Side.SELL
BOOKS = [OrderBook, KernelBook]
OPTIONS = list(product((False, True), repeat=2))
LOTS = st.integers(1, 30)


def audited(kind: Callable[..., PriceTimeBook], remembers_taken: bool, estimates_queue: bool) -> Audit:
    book = kind(remembers_taken=remembers_taken, estimates_queue=estimates_queue)
    return Audit(book, remembers_taken=remembers_taken, estimates_queue=estimates_queue)


def keen(kind: Callable[..., PriceTimeBook]) -> PriceTimeBook:
    return kind(remembers_taken=True, estimates_queue=True)


@pytest.mark.parametrize("kind", BOOKS)
@settings(max_examples=300 * PROOF, deadline=None)
@given(flows(), st.sampled_from(OPTIONS))
def test_every_rule_holds_over_short_flows(
    kind: Callable[..., PriceTimeBook], operations: list[Operation], options: tuple[bool, bool]
) -> None:
    audit = audited(kind, *options)
    for operation in operations:
        audit.apply(operation)


@pytest.mark.parametrize("kind", BOOKS)
@pytest.mark.parametrize(
    "make", [partial(OrderFlow, live=40), partial(OrderFlow, middle=15, live=25)], ids=["open", "low prices"]
)
def test_every_rule_holds_over_a_long_flow(kind: Callable[..., PriceTimeBook], make: Callable[[int], OrderFlow]) -> None:
    audit = audited(kind, True, True)
    for operation in make(11).take(LONG):
        audit.apply(operation)
    assert audit.executed > LONG // 10


@pytest.mark.parametrize("kind", BOOKS)
@given(st.lists(st.one_of(st.integers(0, 20), st.tuples(LOTS)), max_size=30))
def test_what_takers_get_at_a_level_is_never_more_than_its_statements_added(
    kind: Callable[..., PriceTimeBook], steps: list[int | tuple[int]]
) -> None:
    """Numbers are statements of one ask, tuples are takers of it."""
    book = keen(kind)
    shown = added = taken = 0
    for number, step in enumerate(steps, start=1):
        if isinstance(step, int):
            book.set_depth([], [(101, step)])
            added, taken = (added + max(0, step - shown), taken) if step else (0, 0)
            shown = step
        else:
            placed = book.submit(BookOrder(number, "me", BUY, 101, step[0]), TimeInForce.IOC)
            taken += sum(e.quantity for e in placed.executions)
        assert taken <= added
        assert book.quantity_at(SELL, 101) <= shown


@pytest.mark.parametrize("kind", BOOKS)
@given(st.integers(0, 60), LOTS, st.lists(st.one_of(LOTS, st.tuples(st.integers(0, 60))), max_size=12))
def test_prints_at_the_price_fill_an_order_exactly_by_what_they_trade_beyond_its_queue(
    kind: Callable[..., PriceTimeBook], depth: int, quantity: int, steps: list[int | tuple[int]]
) -> None:
    """Numbers are prints at the price of one order, tuples are statements of the depth there."""
    book = keen(kind)
    book.set_depth([(100, depth)], [])
    book.submit(BookOrder(1, "me", BUY, 100, quantity))
    filled, ahead = 0, depth
    for step in steps:
        if isinstance(step, int):
            filled += sum(e.quantity for e in book.trade_through(SELL, 100, step))
            ahead -= step
            assert filled == min(quantity, max(0, -ahead))
        else:
            book.set_depth([(100, step[0])], [])
            ahead = min(ahead, step[0])


@pytest.mark.parametrize("kind", BOOKS)
@given(st.lists(st.tuples(st.integers(0, 40), LOTS), min_size=1, max_size=5), st.lists(LOTS, max_size=10))
def test_orders_of_a_price_are_filled_by_prints_in_their_order(
    kind: Callable[..., PriceTimeBook], orders: list[tuple[int, int]], prints: list[int]
) -> None:
    """Before each order the market states a depth at its price; then it only trades there."""
    book = keen(kind)
    for number, (depth, quantity) in enumerate(orders, start=1):
        book.set_depth([(100, depth)], [])
        book.submit(BookOrder(number, "me", BUY, 100, quantity))
    for lots in prints:
        executions = book.trade_through(SELL, 100, lots)
        assert sum(e.quantity for e in executions) <= lots
        remaining = [resting.remaining if (resting := book.order(n)) else 0 for n in range(1, len(orders) + 1)]
        touched = [left < quantity for left, (_, quantity) in zip(remaining, orders, strict=True)]
        last_touched = max((index for index, was in enumerate(touched) if was), default=0)
        assert not any(remaining[:last_touched])


@pytest.mark.parametrize("kind", BOOKS)
@given(flows(max_size=25), st.sampled_from(OPTIONS))
def test_without_statements_and_prints_the_options_change_nothing(
    kind: Callable[..., PriceTimeBook], operations: list[Operation], options: tuple[bool, bool]
) -> None:
    plain, optional = kind(), kind(remembers_taken=options[0], estimates_queue=options[1])
    for operation in operations:
        if not isinstance(operation, Statement | Print):
            assert str(operation.apply(plain)) == str(operation.apply(optional))
