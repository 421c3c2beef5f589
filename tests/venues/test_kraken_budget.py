"""The windows of the profile keep Kraken's decaying counters below their ceilings, however calls are placed in them."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderStatus, OrderType, Side
from golive.venues.budget import WindowBudget
from golive.venues.dialect import OrderSighting, Request
from golive.venues.kraken import PROFILE
from golive.venues.kraken_dialect import ENGINE, PUBLIC, REST, KrakenDialect
from support.wall_clock import WallClock

DIALECT = KrakenDialect()
BTC = Instrument.from_text(
    "kraken:BTC/USD", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="10000000000"
)
ID = ClientOrderId("ab" * 16)
WORKING = [OrderSighting(ID, VenueOrderId(f"O{n}"), OrderStatus.OPEN, 5, 0, "", 1) for n in range(DIALECT.cancel_batch)]
COUNTERS = {PUBLIC: (20.0, 1.0), REST: (20.0, 0.5), ENGINE: (125.0, 2.34)}
"""scope → (ceiling, decay per second), Intermediate tier. Source: VENUES §7"""
REQUESTS: Sequence[tuple[str, Request]] = [
    ("time", DIALECT.time()),
    ("instruments", DIALECT.instruments()),
    ("book", DIALECT.book(BTC, 50)),
    ("candles", DIALECT.candles(BTC, "1", 5)),
    ("account", DIALECT.account()),
    ("balances", DIALECT.balances()),
    ("place", DIALECT.place(NewOrder(ID, BTC.id, Side.BUY, OrderType.LIMIT, 5, 5), BTC)),
    ("amend", DIALECT.amend(ID, BTC, quantity=5, price=5)),
    ("cancel", DIALECT.cancel(ID, BTC)),
    ("cancel_many", DIALECT.cancel_many(WORKING, BTC)),
    ("dead_man_switch", DIALECT.dead_man_switch(60)),
    ("open_orders", DIALECT.open_orders(BTC, "")),
    ("closed_orders", DIALECT.closed_orders(BTC, "")),
    ("fills", DIALECT.fills(BTC, "")),
    ("by id", DIALECT.order_requests(ID, BTC)[0]),
]


@pytest.mark.parametrize(("name", "request_"), REQUESTS, ids=[name for name, _ in REQUESTS])
async def test_every_request_counts_somewhere_and_fits_an_empty_budget(name: str, request_: Request) -> None:
    scopes = request_.scopes
    assert scopes["*"] == (2 if request_.private else 1)
    assert (PUBLIC in scopes) == (not request_.private)
    if request_.private:
        assert REST in scopes or ENGINE in scopes, name
    budget = WindowBudget(PROFILE.budget, WallClock())
    async with asyncio.timeout(1), budget.take(scopes, patience_s=0.0) as waited:
        assert waited < 0.1


def test_the_points_are_those_kraken_publishes_for_the_youngest_orders() -> None:
    points = {name: request.charges.get(ENGINE, 0) for name, request in REQUESTS}
    assert (points["place"], points["amend"], points["cancel"]) == (1, 1 + 3, 8)
    assert points["cancel_many"] == 8 * DIALECT.cancel_batch
    rest = {name: request.charges.get(REST, 0) for name, request in REQUESTS}
    assert (rest["place"], rest["cancel"], rest["balances"], rest["fills"]) == (0, 0, 1, 4)


def worst_counter(limit: int, window_s: float, decay: float, gaps: Sequence[float], lags: Sequence[float]) -> float:
    """The highest a decaying counter gets when every call leaves as soon as its window has room.

    A call is admitted at one moment, ends a little later (`lags`), and the venue counts it somewhere in between.
    """
    ended: list[float] = []
    arrivals: list[float] = []
    now = 0.0
    for gap, lag in zip(gaps, lags, strict=True):
        now += gap
        if len(ended) >= limit:
            now = max(now, heapq.heappop(ended) + window_s)
        arrivals.append(now + lag / 2)
        heapq.heappush(ended, now + lag)
    counter = peak = last = 0.0
    for at in sorted(arrivals):
        counter = max(0.0, counter - (at - last) * decay) + 1
        last, peak = at, max(peak, counter)
    return peak


@pytest.mark.parametrize("scope", list(COUNTERS))
@given(calls=st.lists(st.tuples(st.sampled_from([0.0, 0.0, 0.1, 3.0, 30.0]), st.sampled_from([0.0, 0.2, 5.0])), max_size=400))
def test_no_placing_of_calls_reaches_the_ceiling(scope: str, calls: list[tuple[float, float]]) -> None:
    (rule,) = (rule for rule in PROFILE.budget if rule.scope == scope)
    ceiling, decay = COUNTERS[scope]
    peak = worst_counter(rule.limit, rule.window_s, decay, [gap for gap, _ in calls], [lag for _, lag in calls])
    assert peak <= ceiling


@pytest.mark.parametrize("scope", list(COUNTERS))
def test_a_window_a_quarter_wider_open_would_pass_the_ceiling(scope: str) -> None:
    """So the property above is not idle: full bursts back to back do come near."""
    (rule,) = (rule for rule in PROFILE.budget if rule.scope == scope)
    ceiling, decay = COUNTERS[scope]

    def burst(limit: int) -> float:
        return worst_counter(limit, rule.window_s, decay, [0.0] * 5000, [0.0] * 5000)

    assert burst(rule.limit) <= ceiling < burst(int(1.25 * rule.limit) + 1)


def test_entries_leave_room_for_cancels() -> None:
    limits = {rule.scope: rule.limit for rule in PROFILE.budget if rule.scope not in ("*", PUBLIC, REST)}
    entries = min(limits.values())
    assert limits[ENGINE] - entries >= 9 * 8, "nine orders can be canceled at once after all the entries there may be"
