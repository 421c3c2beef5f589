"""Absence is the venue's word alone: whatever clock is set, and whenever its time is told, an order that it has is found."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from golive.model.clock import SECOND, Nanos
from golive.model.order import OrderStatus
from golive.venues.profile import VenueProfile
from support.adapters import unhurried
from support.live_desk import PLACE, Trader, account_plan, live_plan, live_venue, trader, truth
from support.venue_process import VenueProcess

TIME = "/api/v5/public/time"


@dataclass
class SetClock:
    """A wall clock that can be set; what is monotonic goes on."""

    ahead_s: float = 0.0

    def now(self) -> Nanos:
        return Nanos(time.time_ns() + int(self.ahead_s * SECOND))

    def monotonic(self) -> int:
        return time.monotonic_ns()


def hasty() -> VenueProfile:
    return replace(unhurried("okx"), order_deadline_s=2.0, absence_lag_s=0.5, lookup_pause_s=0.05, time_tolerance_s=1.0)


async def nothing(at: Trader, venue: VenueProcess, clock: SetClock) -> None:
    pass


async def wall_forward(at: Trader, venue: VenueProcess, clock: SetClock) -> None:
    clock.ahead_s = 8.0


async def wall_back(at: Trader, venue: VenueProcess, clock: SetClock) -> None:
    clock.ahead_s = -8.0


async def time_told_late(at: Trader, venue: VenueProcess, clock: SetClock) -> None:
    """A question for the time that takes long to get there, so that the middle of its trip is long before it was answered."""
    venue.add_fault("queue", match=TIME, seconds=4, count=1)
    await at.desk.account("okx_spot").parts.adapter.connection.path.resync_clock()


async def venue_back(at: Trader, venue: VenueProcess, clock: SetClock) -> None:
    venue.add_fault("clock_skew", seconds=-20)


BEFORE = {"time told late": time_told_late, "venue's clock set back": venue_back}
AFTER = {"wall clock set forward": wall_forward, "wall clock set back": wall_back}
KEPT_S = {"time told late": 3.0, "venue's clock set back": 3.0, "wall clock set forward": 1.6, "wall clock set back": 1.6}
"""how long the venue keeps an order before its engine: a false proof of absence would come before that"""


@pytest.mark.parametrize("trouble", KEPT_S)
async def test_an_order_that_is_kept_before_the_engine_is_never_falsely_proved_absent(trouble: str, tmp_path: Path) -> None:
    clock = SetClock()
    with live_venue("okx") as venue:
        plan = live_plan(tmp_path, [account_plan("okx", venue, profile=hasty())], clock=clock)
        async with trader(plan) as at:
            await BEFORE.get(trouble, nothing)(at, venue, clock)
            venue.add_fault("queue", match=PLACE["okx"], seconds=KEPT_S[trouble], count=1)
            venue.add_fault("drop_after", match=PLACE["okx"], count=1)
            order = at.order(price=None)
            name = order.order.client_order_id
            at.desk.submit(order)
            carried_out = time.monotonic() + KEPT_S[trouble] + 0.5
            await until(lambda: at.desk.router.order(name).status is not OrderStatus.PLANNED)
            await asyncio.sleep(0.2)
            await AFTER.get(trouble, nothing)(at, venue, clock)
            await at.settled()
            await until(lambda: time.monotonic() > carried_out)
            if trouble == "time told late":  # the deadline was not late, so the venue has dropped it
                assert truth(venue, name) == []
                assert at.status(name) is OrderStatus.ABSENT
            else:
                assert [row["state"] for row in truth(venue, name)] == ["filled"]
                assert at.status(name) is OrderStatus.FILLED


async def test_an_order_that_never_came_is_absent_after_one_more_question_for_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with live_venue("okx") as venue:
        plan = live_plan(tmp_path, [account_plan("okx", venue, profile=hasty())])
        async with trader(plan) as at:
            venue.add_fault("drop_before", match=PLACE["okx"], count=1)
            told = at.desk.account("okx_spot").parts.adapter.connection.path.venue_time
            asked = []
            learn = told.learn

            def counted(told_ms: int, sent: int, received: int) -> None:
                asked.append(told_ms)
                learn(told_ms, sent, received)

            monkeypatch.setattr(told, "learn", counted)
            name = await at.sent()
            assert at.status(name) is OrderStatus.ABSENT
            assert len(asked) == 1
            assert asked[0] > at.desk.account("okx_spot").parts.roster[name].deadline_ms + 500


@pytest.mark.parametrize("seconds", [-20, 20])
async def test_nothing_leaves_after_the_venues_clock_was_set_until_it_has_told_its_time_again(
    seconds: int, tmp_path: Path
) -> None:
    with live_venue("okx") as venue:
        plan = live_plan(tmp_path, [account_plan("okx", venue, profile=hasty())])
        async with trader(plan) as at:
            path = at.desk.account("okx_spot").parts.adapter.connection.path
            venue.add_fault("clock_skew", seconds=seconds)
            await path.resync_clock()
            at.desk.submit(order := at.order())
            await until(lambda: at.status(order.order.client_order_id) is OrderStatus.ABSENT)
            assert truth(venue, order.order.client_order_id) == []
            await until(lambda: any("the venue's clock was set" in alert.title for alert in at.alerts))
            await until(lambda: at.desk.conditions["okx_spot"].is_ready)
            assert at.status(await at.sent()) is OrderStatus.OPEN
            assert sum("the venue's clock was set" in alert.title for alert in at.alerts) == 1


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not holds():  # noqa: ASYNC110 - bounded
            await asyncio.sleep(0.01)
