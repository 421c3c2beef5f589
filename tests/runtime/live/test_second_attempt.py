"""Between a *not processed* answer and the second attempt much may happen: then that never leaves, and nothing is unknown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from golive.execution.live.route import Route
from golive.model.ids import ClientOrderId
from golive.model.order import OrderStatus
from support.live_desk import PLACE, Trader, account_plan, live_plan, live_venue, trader, truth
from support.venue_process import VenueProcess

OKX, BYBIT = "okx_spot", "bybit_spot"


def posts(venue: VenueProcess, name: ClientOrderId) -> int:
    """How many requests to place this order came."""
    return sum(name in each["body"] for each in venue.requests(2000))


def attempts(at: Trader) -> dict[str, float]:
    results = ("accepted", "rejected", "unknown", "not_processed", "not_sent")
    told = {each: at.counted("live_order_attempts_total", exchange="okx", route="main", result=each) for each in results}
    return {each: count for each, count in told.items() if count}


async def refused_first(at: Trader, venue: VenueProcess, retry_after: float) -> ClientOrderId:
    """Submit an order whose first attempt is answered as not processed; return its id when that answer has come."""
    venue.add_fault("throttle", match=PLACE["okx"], method="POST", count=1, retry_after=retry_after)
    order = at.order()
    name = order.order.client_order_id
    at.desk.submit(order)
    await until(lambda: posts(venue, name) == 1)
    await asyncio.sleep(0.1)
    return name


@pytest.mark.parametrize("meanwhile", ["canceled", "blocked"])
async def test_an_order_that_may_not_leave_any_more_is_not_sent_a_second_time(meanwhile: str, tmp_path: Path) -> None:
    with live_venue("okx") as venue:
        async with trader(live_plan(tmp_path, [account_plan("okx", venue)])) as at:
            name = await refused_first(at, venue, retry_after=1)
            if meanwhile == "canceled":
                at.desk.cancel(name)
            else:
                at.desk.account(OKX).parts.readiness.block("foreign", "an order that is not ours")
            await at.settled()
            assert at.status(name) is OrderStatus.ABSENT
            assert at.events(name) == ["not_sent"]
            assert posts(venue, name) == 1
            assert truth(venue, name) == []
            assert attempts(at) == {"not_processed": 1}
            assert not any("unknown" in alert.title for alert in at.alerts)


@pytest.mark.parametrize(("budget_ms", "retry_after"), [(3000, 8), (600, 2)], ids=["deadline", "budget"])
async def test_a_refusal_whose_second_attempt_comes_too_late_is_not_unknown_and_goes_nowhere_else(
    budget_ms: int, retry_after: float, tmp_path: Path
) -> None:
    with live_venue("okx") as okx, live_venue("bybit") as bybit:
        route = Route(name="main", adapters=(OKX, BYBIT), allow_fallback=True, attempt_budget_ms=budget_ms)
        accounts = [account_plan("okx", okx), account_plan("bybit", bybit)]
        async with trader(live_plan(tmp_path, accounts, routes=(route,))) as at:
            name = await refused_first(at, okx, retry_after)
            await at.settled()
            assert at.events(name) == ["not_sent"]
            assert at.codes(name)[-1] not in ("", "never_sent"), "the venue's own code"
            assert attempts(at) == {"not_processed": 1}
            assert at.alerts == []
            assert at.desk.router.frozen == {}
            assert okx.orders() == []
            assert bybit.orders() == []
        async with trader(live_plan(tmp_path, accounts, routes=(route,))) as at:
            assert at.desk.conditions[OKX].is_ready


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - bounded
            await asyncio.sleep(0.01)
