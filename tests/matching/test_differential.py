"""The compiled book and the simulated venue against the oracle: the same flow, and every result and every level compared."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from functools import partial
from itertools import product
from random import SystemRandom

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.book import OrderBook, SelfTrade
from golive.matching.kernel_book import KernelBook
from golive.matching.price_time import PriceTimeBook
from golive.model.order import Side
from simvenue.exchange.book import BookKind
from support.order_flow import OWNERS, Operation, OrderFlow, flows
from support.venue_desk import VenueDesk

PROOF = 10 if os.environ.get("GOLIVE_PROOF") == "1" else 1
EVENTS = 84_000 * PROOF
"""of each of the twelve flows below: 1,008,000 in all"""
VENUE_EVENTS = 20_000 * PROOF
SEED = SystemRandom().randrange(1 << 32) if PROOF > 1 else 0
"""the long form draws new flows every time, and names the seed of one that failed"""
EVERY = 1_000
"""operations between two comparisons of everything"""
OPTIONS = [dict(zip(("remembers_taken", "estimates_queue"), pair, strict=True)) for pair in product((False, True), repeat=2)]
FLOWS: dict[str, Callable[[int], OrderFlow]] = {
    "narrow": partial(OrderFlow, live=150),
    "wide": partial(OrderFlow, live=1_500, width=600),
    "broken source, few ticks, large lots": partial(OrderFlow, middle=20, live=40, unit=10**12, is_broken=True),
}


def whole(book: PriceTimeBook, ids: range, middle: int) -> list[object]:
    """Everything the book shows, the resting ones of `ids`, and what some orders could take."""
    found: list[object] = [book.take_changed(side) for side in Side]
    for side in Side:
        levels = book.levels(side, 1_000_000)
        assert book.levels(side, 3) == levels[:3]
        found += [levels, book.best(side)]
        found += [(book.orders_at(side, price), book.quantity_at(side, price)) for price, _ in levels]
        found += [book.quantity_at(side, middle), book.orders_at(side, middle)]
        found += [list(book.offers(side, price, "a", policy)) for policy in SelfTrade for price in (None, middle)]
    found += [book.order(order_id) for order_id in ids]
    return found


def compare(oracle: PriceTimeBook, other: PriceTimeBook, operations: Iterable[Operation], where: str = "") -> None:
    """Apply `operations` to both books; AssertionError names the first one they do differently."""
    for number, operation in enumerate(operations):
        expected, got = operation.apply(oracle), operation.apply(other)
        assert expected == got, f"{where} operation {number}: {operation}"


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "+".join(k for k, on in options.items() if on) or "plain")
@pytest.mark.parametrize("shape", FLOWS)
def test_the_compiled_book_does_what_the_oracle_does_over_a_long_flow(shape: str, options: dict[str, bool]) -> None:
    seed = SEED + OPTIONS.index(options)
    flow = FLOWS[shape](seed)
    oracle, kernel = OrderBook(**options), KernelBook(**options)
    for start in range(0, EVENTS, EVERY):
        where = f"seed {seed}, from {start}"
        compare(oracle, kernel, flow.take(EVERY), where)
        ids = range(max(1, flow.last_id - 2_000), flow.last_id + 2)
        assert whole(oracle, ids, flow.middle) == whole(kernel, ids, flow.middle), where


@settings(max_examples=300 * PROOF, deadline=None)
@given(flows(), st.sampled_from(OPTIONS))
def test_the_compiled_book_does_what_the_oracle_does_over_short_flows(
    operations: list[Operation], options: dict[str, bool]
) -> None:
    oracle, kernel = OrderBook(**options), KernelBook(**options, room=4)
    for operation in operations:
        compare(oracle, kernel, [operation])
        ids = range(1, len(operations) + 1)
        assert whole(oracle, ids, 5) == whole(kernel, ids, 5)


@pytest.mark.parametrize("states_depth", [False, True])
@pytest.mark.parametrize(("kind", "middle"), [(BookKind.PLAIN, 40), (BookKind.COMPILED, 400_000)])
def test_the_simulated_venue_reports_what_the_oracle_does_over_a_long_flow(
    kind: BookKind, middle: int, states_depth: bool
) -> None:
    desk = VenueDesk(OWNERS, kind, states_depth=states_depth)
    for number, operation in enumerate(OrderFlow(SEED, middle=middle).take(VENUE_EVENTS), start=1):
        desk.apply(operation)
        if number % (EVERY * PROOF) == 0:
            desk.check_everything()
    assert desk.fills > VENUE_EVENTS // 10


@settings(max_examples=200 * PROOF, deadline=None)
@given(flows(), st.sampled_from(BookKind), st.booleans())
def test_the_simulated_venue_reports_what_the_oracle_does_over_short_flows(
    operations: list[Operation], kind: BookKind, states_depth: bool
) -> None:
    desk = VenueDesk(OWNERS, kind, states_depth=states_depth)
    for operation in operations:
        desk.apply(operation)
        desk.check_everything()
