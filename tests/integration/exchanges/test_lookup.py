"""Finding an order by our id at a venue that remembers much, shows orders late, or has forgotten them."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from golive.model.errors import OutcomeUnknown
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.order import OrderStatus, Side, TimeInForce
from golive.venues import profile_named
from golive.venues.dialect import OrderSighting
from golive.venues.lookup import told_of
from support.adapters import ADAPTERS, unhurried
from support.long_form import only_in_proof
from support.trading_desk import Desk, desk
from support.venue_process import VenueProcess, venue_process

pytestmark = pytest.mark.integration

VENUES = ("okx", "kraken", "bybit")
QUOTE = {"okx": "USDT", "kraken": "USD", "bybit": "USDT"}
MANY = {"okx": 2010, "kraken": 1010, "bybit": 1010}
"""more ended orders than a list that is read whole may have: 20 pages of 100, 50 and 50"""
NOBODY = ClientOrderId("0" * 32)
HOUR_MS = 3_600_000


@dataclass
class At:
    name: str
    venue: VenueProcess


@pytest.fixture(scope="module", params=VENUES)
def at(request: pytest.FixtureRequest) -> Iterator[At]:
    """A venue whose market runs with the clock, as real ones do."""
    name = str(request.param)
    money = ("--balance", f"{QUOTE[name]}=1000000", "--balance", "BTC=10")
    with venue_process("--no-limits", *money, dialect=name, speed="1") as running:
        yield At(name, running)


def now_ms() -> int:
    return time.time_ns() // 1_000_000


async def ended(d: Desk, count: int, *, filled: bool = False) -> None:
    """Place orders that end at once, with or without a fill."""
    price = None if filled else "1000"
    for _ in range(count):
        await d.placed(price=price, quantity="0.001", time_in_force=TimeInForce.GTC if filled else TimeInForce.IOC)


async def test_an_order_is_found_and_absence_proven_however_much_the_account_traded_before_and_since(at: At) -> None:
    async with desk(at.name, at.venue) as d:
        lots = (await d.rig.adapter.order_book(d.instrument, 5)).asks[0][1]
        mine = d.instrument.quantity_text(lots + d.instrument.lots("0.5"))
        old = await d.placed(price=await d.best(Side.BUY), quantity=mine)
        before = await d.seen(old)
        assert before.status in (OrderStatus.PARTIAL, OrderStatus.FILLED)
        half = MANY[at.name] // 2
        await asyncio.sleep(1.1)  # the market's clock moves by seconds
        await ended(d, half)
        await ended(d, 110, filled=True)
        await asyncio.sleep(2.2)
        await ended(d, 110, filled=True)
        await ended(d, half)
        newest = await d.placed(time_in_force=TimeInForce.IOC)
        assert len(await d.trading.closed_orders(d.instrument)) > MANY[at.name], "page after page"
        for name in (old, newest):
            found = await d.trading.resolve(name, d.instrument, now_ms(), lag_s=0.0, since_ms=now_ms())
            truth = d.truth(name)[0]
            assert found.order is not None
            assert found.order.filled == sum(d.instrument.lots(fill["quantity"]) for fill in truth["fills"])
            assert sum(seen.fill.quantity for seen in found.fills) == found.order.filled
            assert {seen.fill.client_order_id for seen in found.fills} <= {name}
        assert (await d.trading.resolve(NOBODY, d.instrument, now_ms(), lag_s=0.0, since_ms=now_ms())).is_absent


@pytest.mark.parametrize("name", ["okx", *only_in_proof("kraken", "bybit")])
async def test_absence_beyond_the_venues_memory_is_no_proof_and_a_person_is_asked(name: str) -> None:
    with venue_process("--no-limits", dialect=name, speed="1") as venue:
        await _ask_after_a_month(At(name, venue))


async def _ask_after_a_month(at: At) -> None:
    async with desk(at.name, at.venue) as d:
        memory_s = profile_named(ADAPTERS[at.name]).memory_s
        month_ago = now_ms() - 720 * HOUR_MS
        if memory_s is None:
            assert at.name == "kraken"
            assert (await d.trading.resolve(NOBODY, d.instrument, month_ago, lag_s=0.0)).is_absent
            return
        assert memory_s <= {"okx": 2, "bybit": 24}[at.name] * 3600
        with pytest.raises(OutcomeUnknown, match="no longer be proven") as told:
            await d.trading.resolve(NOBODY, d.instrument, month_ago, lag_s=0.0)
        assert told.value.client_order_id == NOBODY
        just_now = now_ms() - int(memory_s * 1000) + HOUR_MS
        assert (await d.trading.resolve(NOBODY, d.instrument, just_now, lag_s=0.0)).is_absent
        name = await d.placed()
        assert not (await d.trading.resolve(name, d.instrument, month_ago, lag_s=0.0)).is_absent, "what is found is known"
        await d.trading.cancel(name, d.instrument)


PLACE = {"okx": "/api/v5/trade/order", "kraken": "/0/private/AddOrder", "bybit": "/v5/order/create"}
BY_ID: dict[str, Callable[[dict[str, Any]], bool]] = {
    "okx": lambda row: row["method"] == "GET" and "/trade/order?" in row["target"],
    "kraken": lambda row: row["target"].endswith("/OpenOrders") and "cl_ord_id" in row["body"],
    "bybit": lambda row: "/order/realtime?" in row["target"] and "orderLinkId" in row["target"],
}
"""the request with which a look-up begins"""


@pytest.mark.parametrize("name", VENUES)
async def test_an_order_that_lists_show_only_after_its_deadline_is_found_and_never_taken_for_absent(name: str) -> None:
    lag_s = 1.5
    profile = unhurried(name)
    profile = replace(profile, absence_lag_s=lag_s, order_deadline_s=profile.least_deadline_s + 1.0)
    with venue_process("--no-limits", dialect=name) as venue:
        async with desk(name, venue, profile=profile) as d:
            approved = d.order()
            order_id = approved.order.client_order_id
            venue.add_fault("late", method="POST", match=PLACE[name], count=1, seconds=profile.order_deadline_s + 0.9 * lag_s)
            with pytest.raises(OutcomeUnknown):
                await d.submit(approved)
            assert len(d.truth(order_id)) == 1, "the venue has it"
            assert (await d.lookup(order_id)).is_absent, "and shows it to nobody"
            found = await d.trading.resolve(order_id, d.instrument, d.attempts.deadlines()[-1])
            assert found.order is not None
            assert found.order.status is OrderStatus.OPEN


def test_the_lag_that_is_waited_for_is_not_shorter_than_each_venue_needs() -> None:
    lags = {name: profile_named(ADAPTERS[name]).absence_lag_s for name in VENUES}
    assert lags["okx"] >= 2
    assert lags["kraken"] >= 2
    assert lags["bybit"] >= 30, "nothing but time bounds an order behind Bybit's gateway"


@pytest.mark.parametrize("name", VENUES)
async def test_absence_needs_two_look_ups_that_began_after_deadline_and_lag(name: str) -> None:
    with venue_process("--no-limits", dialect=name) as venue:
        async with desk(name, venue, profile=replace(unhurried(name), absence_lag_s=0.4)) as d:
            deadline_ms = now_ms() + 600
            assert (await d.trading.resolve(NOBODY, d.instrument, deadline_ms)).is_absent
            begun = [int(row["at"]) // 1_000_000 for row in venue.requests(5000) if BY_ID[name](row)]
            assert len([at for at in begun if at > deadline_ms + 400 - 50]) >= 2  # Kraken tells its time half a second exact


@pytest.mark.parametrize("is_working", [True, False], ids=["working", "ended"])
async def test_an_order_that_the_look_up_by_id_does_not_know_is_found_in_the_lists(is_working: bool) -> None:
    with venue_process("--no-limits", dialect="okx") as venue:
        async with desk("okx", venue) as d:
            name = await d.placed(time_in_force=TimeInForce.GTC if is_working else TimeInForce.IOC)
            venue.add_fault("error", method="GET", match=PLACE["okx"], code="51603", status=200)
            found = await d.trading.resolve(name, d.instrument, now_ms(), lag_s=0.0)
            assert found.order is not None
            assert found.order.status is (OrderStatus.OPEN if is_working else OrderStatus.CANCELED)


def test_of_several_sightings_the_furthest_counts_in_whatever_order_they_come() -> None:
    def sighting(ts: int, filled: int, status: OrderStatus) -> OrderSighting:
        return OrderSighting(NOBODY, VenueOrderId("v"), status, 5, filled, "", ts)

    seen = [
        sighting(1, 0, OrderStatus.OPEN),
        sighting(2, 2, OrderStatus.PARTIAL),
        sighting(3, 5, OrderStatus.PARTIAL),
        sighting(3, 5, OrderStatus.FILLED),
    ]
    for order in itertools.permutations(seen):
        assert told_of(NOBODY, order, ()).order is seen[-1]
