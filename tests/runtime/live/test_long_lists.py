"""Starts over long lists, page by page from a slow venue over sockets."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from golive.execution.reconciliation import DifferenceKind
from golive.model.instrument import Instrument
from golive.model.verdict import ExitCode
from golive.runtime.live.plan import LivePlan
from golive.runtime.live.reconcile_run import examined
from golive.venues.dialect import Payload, Request
from golive.venues.okx_dialect import OkxDialect
from support.adapters import unhurried
from support.by_hand import placed_by_hand
from support.live_desk import account_plan, live_plan, live_venue, swept
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration
PAGE = 2
ORDERS = 20
DELAY_S = 0.3
HISTORIES = "*s-history*"


class SmallPages(OkxDialect):
    """OKX, asked for two rows a page; counts the pages that were asked for."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()

    def closed_orders(self, instrument: Instrument, after: str) -> Request:
        return self._small(super().closed_orders(instrument, after))

    def fills(self, instrument: Instrument, after: str) -> Request:
        return self._small(super().fills(instrument, after))

    def next_page(self, payload: Payload, after: str) -> str:
        rows = payload["data"] if isinstance(payload, dict) else []
        if not isinstance(rows, list) or len(rows) < PAGE:
            return ""
        last = rows[-1]
        assert isinstance(last, dict)
        return str(last.get("billId", last["ordId"]))

    def _small(self, request: Request) -> Request:
        self.asked[request.path] += 1
        return request.adding(params={"limit": str(PAGE)})


@pytest.fixture(scope="module")
def started() -> Iterator[VenueProcess]:
    with live_venue("okx") as running:
        yield running


@pytest.fixture
async def venue(started: VenueProcess) -> AsyncIterator[VenueProcess]:
    yield started
    await swept("okx", started)


def slow_plan(home: Path, venue: VenueProcess, dialect: OkxDialect) -> LivePlan:
    """A plan that waits for three seconds; what is new since the last look stands on the newest page."""
    profile = replace(unhurried("okx"), dialect=dialect, list_overlap_s=0.001)
    plan = live_plan(home, [account_plan("okx", venue, profile=profile)])
    return replace(plan, timing=replace(plan.timing, recovery_s=3.0))


async def newer_order(venue: VenueProcess) -> None:
    """Place an order in a later moment of the venue's market than those before it: its time goes on by whole seconds."""
    before = {str(row["created_at"]) for row in await asyncio.to_thread(venue.orders)}
    async with asyncio.timeout(20):
        while {str(row["created_at"]) for row in await asyncio.to_thread(venue.orders)} == before:
            await asyncio.to_thread(placed_by_hand, venue, "okx", side="buy", quantity="0.01", price=None)
            await asyncio.sleep(0.2)


async def test_a_start_goes_on_while_pages_come_and_reads_each_of_them_once(venue: VenueProcess, tmp_path: Path) -> None:
    """Twenty fills since the last agreement are ten pages of each list: together they take twice as long as a start waits."""
    dialect = SmallPages()
    plan = slow_plan(tmp_path, venue, dialect)
    assert (await examined(plan)).exit_code is ExitCode.OK
    for _ in range(ORDERS):
        await asyncio.to_thread(placed_by_hand, venue, "okx", side="buy", quantity="0.01", price=None)
    await newer_order(venue)
    await asyncio.to_thread(venue.add_fault, "delay", match=HISTORIES, seconds=DELAY_S)
    dialect.asked.clear()
    found = (await examined(plan)).accounts[0]
    assert {row.kind for row in found.differences} == {DifferenceKind.BALANCE_DIFFERS}, found.problem
    assert min(dialect.asked.values()) >= ORDERS // PAGE
    assert max(dialect.asked.values()) < 3 * (ORDERS // PAGE), "three comparisons, and the second and third read the newest page"
