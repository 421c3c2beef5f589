"""A cancel that a venue acknowledges and does not carry out is sent again until the order has ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from golive.execution.live.degradation import DegradePolicy
from golive.model.order import OrderStatus
from support.live_desk import account_plan, live_plan, live_venue, trader, truth
from support.trading_desk import until
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration


@pytest.fixture(params=["okx", "kraken", "bybit"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def venue(name: str) -> Iterator[VenueProcess]:
    with live_venue(name) as running:
        yield running


async def test_a_cancel_without_effect_is_sent_again_until_the_order_has_ended(
    name: str, venue: VenueProcess, tmp_path: Path
) -> None:
    async with trader(live_plan(tmp_path, [account_plan(name, venue)])) as at:
        order = await at.sent()
        venue.add_fault("lost_cancel", count=3)
        at.desk.cancel(order)
        await at.settled()
        assert at.status(order) is OrderStatus.CANCELED
        assert [row["state"] for row in truth(venue, order)] == ["canceled"]
        assert [alert.title for alert in at.alerts] == [f"Order {order} goes on working after its cancel"]


async def test_a_cancel_at_the_end_of_live_trading_is_sent_again_as_well(tmp_path: Path) -> None:
    with live_venue("okx") as venue:
        plan = live_plan(tmp_path, [account_plan("okx", venue)], degrade=DegradePolicy.AUTO, degrade_after_s=0.2)
        async with trader(plan) as at:
            order = await at.sent()
            venue.add_fault("lost_cancel", count=1)
            venue.add_fault("outage", seconds=1)
            await until(lambda: at.desk.router.is_degraded)
            await at.settled(60)
            assert at.status(order) is OrderStatus.CANCELED
            assert [row["state"] for row in truth(venue, order)] == ["canceled"]
            assert [fault["struck"] for fault in venue.control("faults")["faults"]] == [1, 1]
