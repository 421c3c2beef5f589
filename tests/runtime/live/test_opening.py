"""Cancels leave also from an account that could not be compared with its venue."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from golive.runtime.live.order_run import withdraw
from golive.runtime.live.reconcile_run import examined
from support.live_desk import account_plan, live_plan, live_venue, swept, trader, truth
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def started() -> Iterator[VenueProcess]:
    with live_venue("okx") as running:
        yield running


@pytest.fixture
async def venue(started: VenueProcess) -> AsyncIterator[VenueProcess]:
    yield started
    await swept("okx", started)


async def test_an_order_is_canceled_also_where_the_account_cannot_be_read(venue: VenueProcess, tmp_path: Path) -> None:
    plan = live_plan(tmp_path, [account_plan("okx", venue)])
    plan = replace(plan, timing=replace(plan.timing, recovery_s=3.0))
    async with trader(plan) as here:
        ours = await here.sent()
    await asyncio.to_thread(venue.add_fault, "http_503", match="*account/balance*")
    found = (await examined(plan)).accounts[0]
    assert (found.differences, bool(found.problem)) == ((), True), "there is no table to tell"
    async with trader(replace(plan, opens_blocked=True)) as here:
        refused = here.order()
        here.desk.submit(refused)
        await withdraw(here.desk, ours, lambda step: None, wait_s=10, stop=asyncio.Event())
        assert here.refused() == 1, "a blocked account takes no orders"
    assert [row["state"] for row in truth(venue, ours)] == ["canceled"]
    assert truth(venue, refused.order.client_order_id) == []
