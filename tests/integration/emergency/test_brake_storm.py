"""The brake of `golive panic` alone, with no session, while half of all calls are throttled at three venues."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.runtime.panic.brake import brake
from support.live_desk import WORKING, account_plan, live_plan, live_venue, trader, venue_says
from support.venue_process import VenueProcess

TRIALS = 3
GONE_S = 5.0


def working(running: VenueProcess) -> list[str]:
    return [row["client_order_id"] for row in running.orders() if row["state"] in WORKING]


@pytest.mark.parametrize("name", ["okx", "kraken", "bybit"])
async def test_all_entries_are_gone_and_read_back_within_5_s(name: str, tmp_path: Path) -> None:
    took: list[float] = []
    with live_venue(name) as running:
        plan = live_plan(tmp_path, [account_plan(name, running)])
        for _ in range(TRIALS):
            async with trader(plan) as at:
                await at.sent()
                await at.sent(price="1001")
            await venue_says(running, "faults", method="POST", body={"kind": "throttle", "probability": 0.5})
            braked = await brake(plan, plan.accounts[0], also_sales=False, limit_s=15.0)
            assert not working(running)
            assert (braked.canceled, braked.problem) == (2, "")
            assert braked.shown is not None
            took.append(braked.took_s)
            await venue_says(running, "faults", method="DELETE")
    assert max(took) <= GONE_S, took


async def test_what_a_venue_says_to_wait_is_kept_and_the_brake_goes_on_after_it(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)])
        async with trader(plan) as at:
            await at.sent()
        await venue_says(running, "faults", method="POST", body={"kind": "http_429", "count": 2, "retry_after": 1})
        braked = await brake(plan, plan.accounts[0], also_sales=False, limit_s=15.0)
        assert not working(running)
        assert (braked.canceled, braked.problem) == (1, "")
        assert 2.0 <= braked.took_s <= GONE_S


async def test_faults_while_reading_back_are_met_again(tmp_path: Path) -> None:
    with live_venue("okx") as running:
        plan = live_plan(tmp_path, [account_plan("okx", running)])
        async with trader(plan) as at:
            await at.sent()
        await venue_says(running, "faults", method="POST", body={"kind": "throttle", "count": 25, "match": "*/account/balance"})
        braked = await brake(plan, plan.accounts[0], also_sales=False, limit_s=15.0)
        assert braked.problem == ""
        assert braked.shown is not None
        assert braked.canceled == 1
