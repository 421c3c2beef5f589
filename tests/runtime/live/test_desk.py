"""The live desk at one simulated venue, over sockets: from the first start to an order's end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from golive.model.order import OrderStatus
from support.live_desk import account_plan, live_plan, live_venue, trader, truth
from support.trading_desk import until
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration
NAMES = ("okx", "bybit", "kraken")


@pytest.fixture(scope="module", params=NAMES)
def venue(request: pytest.FixtureRequest) -> Iterator[tuple[str, VenueProcess]]:
    with live_venue(request.param) as running:
        yield request.param, running


async def test_an_order_rests_and_is_canceled(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running)])) as at:
        order = await at.sent()
        assert at.status(order) is OrderStatus.OPEN
        at.desk.cancel(order)
        await until(lambda: at.status(order) is OrderStatus.CANCELED)
        await at.settled()
        assert (at.events(order)[0], at.events(order)[-1]) == ("accepted", "canceled")
    assert len(truth(running, order)) == 1


async def test_a_market_order_is_filled(venue: tuple[str, VenueProcess], tmp_path: Path) -> None:
    name, running = venue
    async with trader(live_plan(tmp_path, [account_plan(name, running)])) as at:
        order = await at.sent(price=None)
        await until(lambda: at.status(order) is OrderStatus.FILLED)
        assert at.filled(order) == at.desk.router.order(order).intent.quantity
