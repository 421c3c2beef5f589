"""The rules of the profile keep Kraken's decaying counters below their ceilings, however calls are placed in them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import SECOND
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderStatus, OrderType, Side
from golive.venues.budget import ProcessBudget
from golive.venues.dialect import OrderSighting, Request
from golive.venues.gauge import gauge
from golive.venues.kraken import PROFILE
from golive.venues.kraken_dialect import ENGINE, ENTRIES, PUBLIC, REST, KrakenDialect
from golive.venues.profile import DecayRule, RateRule
from support.venue_counter import Wanted, let_out, venue_peak
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
    budget = ProcessBudget(PROFILE.budget, WallClock())
    async with asyncio.timeout(1), budget.take(scopes, patience_s=0.0) as waited:
        assert waited < 0.1


def test_the_points_are_those_kraken_publishes_for_the_youngest_orders() -> None:
    points = {name: request.charges.get(ENGINE, 0) for name, request in REQUESTS}
    assert (points["place"], points["amend"], points["cancel"]) == (1, 1 + 3, 8)
    assert points["cancel_many"] == 8 * DIALECT.cancel_batch
    rest = {name: request.charges.get(REST, 0) for name, request in REQUESTS}
    assert (rest["place"], rest["cancel"], rest["balances"], rest["fills"]) == (0, 0, 1, 4)


def the_rule(scope: str) -> RateRule:
    (rule,) = (rule for rule in PROFILE.budget if rule.scope == scope)
    return rule


WANTED = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 100, 3000, 30_000]),
        st.sampled_from([1, 1, 4, 8]),
        st.sampled_from([0, 200, 5000]),
        st.integers(0, 100),
    ),
    max_size=120,
)


@pytest.mark.parametrize("scope", list(COUNTERS))
@given(wanted=WANTED)
def test_no_placing_of_calls_reaches_the_ceiling(scope: str, wanted: list[Wanted]) -> None:
    ceiling, decay = COUNTERS[scope]
    assert venue_peak(let_out(gauge(the_rule(scope)), wanted), decay) <= ceiling


@pytest.mark.parametrize("scope", list(COUNTERS))
def test_a_rule_a_quarter_wider_open_would_pass_the_ceiling(scope: str) -> None:
    """So the property above is not idle: full bursts back to back do come near."""
    ceiling, decay = COUNTERS[scope]
    wider = replace(the_rule(scope), limit=int(1.25 * the_rule(scope).limit) + 1)
    burst: list[Wanted] = [(0, 1, 0, 0)] * 1000
    assert venue_peak(let_out(gauge(the_rule(scope)), burst), decay) <= ceiling < venue_peak(let_out(gauge(wider), burst), decay)


def test_entries_leave_room_for_cancels() -> None:
    cancel = DIALECT.cancel(ID, BTC).charges[ENGINE]
    batch = DIALECT.cancel_batch * cancel
    entries, engine = the_rule(ENTRIES), the_rule(ENGINE)
    assert engine.limit - entries.limit >= batch, "a whole batch can be canceled at once after all the entries there may be"
    assert isinstance(entries, DecayRule)
    assert isinstance(engine, DecayRule)
    assert engine.per_second - entries.per_second > 1.5, "and while entries go on, cancels have most of the decay"


def test_a_second_look_up_right_after_the_first_waits_for_nothing_and_a_third_only_for_the_decay() -> None:
    """One look-up asks four to five times; here only the counter that used to hold the second one up for 40 s."""
    asked = [
        *DIALECT.order_requests(ID, BTC),
        DIALECT.open_orders(BTC, ""),
        DIALECT.closed_orders(BTC, ""),
        DIALECT.fills(BTC, ""),
    ]
    points = [request.charges[REST] for request in asked]
    assert sum(points) == 8
    calls = let_out(gauge(the_rule(REST)), [(0, weight, 20, 0) for weight in points * 3])
    left_s = [call.left / SECOND for call in calls]
    assert left_s[2 * len(points) - 1] == 0, "two at once"
    missing = 3 * sum(points) - the_rule(REST).limit
    assert missing / 0.5 <= left_s[-1] <= missing / 0.5 + 0.02
