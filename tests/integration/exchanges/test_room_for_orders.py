"""What an order or a cancel may have to wait for before it leaves, and for how long: not for reads, and never beyond its time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from golive.model.errors import RateLimited, VenueUnavailable
from golive.model.ids import ClientOrderId
from golive.model.verdict import Stage
from golive.venues import VenueProfile, profile_named
from golive.venues.kraken_dialect import REST
from golive.venues.nonce import NonceTurn
from golive.venues.profile import BudgetRule, DecayRule, RateRule
from golive.venues.trading import TradingClient
from support.adapters import ADAPTERS, okx_rig, quick, unhurried
from support.attempts import KeptAttempts
from support.scripted_http import Received, answer, ok, scripted_http
from support.trading_desk import Desk, desk
from support.venue_process import VenueProcess, venue_process

INSTRUMENTS = ok(
    '[{"instType":"SPOT","instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT","tickSz":"0.1","lotSz":"0.00000001",'
    '"minSz":"0.00001","maxLmtSz":"9999999999","state":"live"}]'
)
pytestmark = pytest.mark.integration


@pytest.fixture(params=["okx", "kraken", "bybit"])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def venue(name: str) -> Iterator[VenueProcess]:
    with rich(name) as process:
        yield process


def rich(name: str) -> AbstractContextManager[VenueProcess]:
    quote = "USD" if name == "kraken" else "USDT"
    return venue_process("--no-limits", "--balance", f"{quote}=1000000", "--balance", "BTC=10", dialect=name)


def limited(name: str, *rules: RateRule, **changes: object) -> VenueProfile:
    return replace(quick(profile_named(ADAPTERS[name])), budget=rules, **changes)  # type: ignore[arg-type]


def patient(name: str, seconds: float) -> VenueProfile:
    """The venue without limits; an order waits for so long before it leaves."""
    profile = unhurried(name)
    return replace(profile, order_deadline_s=profile.least_deadline_s + seconds)


async def spend(at: Desk, calls: int) -> None:
    for _ in range(calls):
        await at.trading.cancel(ClientOrderId("0" * 32), at.instrument)


async def test_reads_that_wait_for_a_slow_counter_hold_up_no_cancel_and_no_order(tmp_path: Path) -> None:
    profile = limited("kraken", BudgetRule("*", 200, 1.0), DecayRule(REST, 2, 0.2))
    with rich("kraken") as venue:
        async with desk("kraken", venue, profile=profile, state_directory=tmp_path) as at:
            placed = await at.placed()
            reads = [asyncio.create_task(at.trading.open_orders(at.instrument)) for _ in range(8)]
            await asyncio.sleep(0.5)
            assert sum(not read.done() for read in reads) >= 5, "they wait for Kraken's counter"
            queue = {"queue": "kraken_spot", "environment": "kraken_paper"}
            assert at.rig.recorder.value("exchange_io_inflight", **queue) == 0, "and occupy no slot meanwhile"
            begun = time.monotonic()
            assert await at.trading.cancel(placed, at.instrument)
            assert await at.placed()
            assert time.monotonic() - begun < 4.0
            for read in reads:
                read.cancel()
            await asyncio.gather(*reads, return_exceptions=True)


async def test_reads_at_full_speed_leave_room_for_orders_in_the_house_budget(name: str, venue: VenueProcess) -> None:
    async with desk(name, venue, profile=limited(name, BudgetRule("*", 20, 30.0))) as at:
        reads = [asyncio.create_task(at.rig.adapter.order_book(at.instrument, 5)) for _ in range(40)]
        await asyncio.sleep(0.5)
        assert any(not read.done() for read in reads)
        begun = time.monotonic()
        await at.placed()
        assert time.monotonic() - begun < 5.0
        for read in reads:
            read.cancel()
        await asyncio.gather(*reads, return_exceptions=True)


async def test_an_order_without_room_in_its_time_is_refused_at_once_as_not_sent(name: str, venue: VenueProcess) -> None:
    async with desk(name, venue, profile=limited(name, BudgetRule("*", 20, 30.0))) as at:
        await at.placed()
        await spend(at, 8 if name == "kraken" else 17)
        at.attempts.lines.clear()
        approved = at.order()
        begun = time.monotonic()
        with pytest.raises(RateLimited, match="not sent") as caught:
            await at.submit(approved)
        assert caught.value.code == ""
        assert time.monotonic() - begun < 5.0
        assert at.attempts.deadlines() == [], "no attempt was written down as leaving"
        assert at.truth(approved.order.client_order_id) == []
        assert "RATE_LIMIT" in at.rig.guardrails.names()
        begun = time.monotonic()
        with pytest.raises(RateLimited, match=r"cannot leave within 10\.0 s"):
            await at.trading.cancel(ClientOrderId("0" * 32), at.instrument)
        assert time.monotonic() - begun < 5.0


async def test_the_deadline_counts_from_submit_and_not_from_the_end_of_the_wait(name: str, venue: VenueProcess) -> None:
    profile = limited(name, BudgetRule("*", 8, 1.0))
    async with desk(name, venue, profile=profile) as at:
        await at.placed()
        await spend(at, 2 if name == "kraken" else 5)
        submitted = time.time()
        await at.placed()
        waited = time.time() - submitted
        assert waited > 0.4
        theirs = submitted + at.rig.adapter.connection.path.clock_offset_ms / 1000
        assert abs(at.attempts.deadlines()[-1] / 1000 - theirs - profile.order_deadline_s) < 0.3 < waited


async def test_what_the_call_for_the_venues_time_had_to_wait_is_not_taken_for_a_wrong_clock(
    name: str, venue: VenueProcess
) -> None:
    async with desk(name, venue, profile=limited(name, BudgetRule("*", 1, 3.0))) as at:
        begun = time.monotonic()
        assert abs(await at.rig.adapter.connection.path.resync_clock()) < 700, "Kraken tells whole seconds"
        assert time.monotonic() - begun > 2.5


@dataclass
class SlowAttempts(KeptAttempts):
    """A journal on a slow disk."""

    seconds: float = 0.5

    async def record_attempt(self, client_order_id: ClientOrderId, n: int, deadline_ms: int) -> None:
        await asyncio.sleep(self.seconds)
        await super().record_attempt(client_order_id, n, deadline_ms)


async def test_an_order_whose_journal_took_too_long_does_not_leave(name: str, venue: VenueProcess) -> None:
    async with desk(name, venue, profile=patient(name, 0.3)) as at:
        at.attempts = SlowAttempts()
        approved = at.order()
        with pytest.raises(RateLimited, match="not ready to leave within"):
            await at.submit(approved)
        assert at.truth(approved.order.client_order_id) == []
        assert at.attempts.lines[-1][-1] == "not_sent:paused"


async def test_an_order_whose_process_stood_still_after_it_was_signed_does_not_leave(name: str, venue: VenueProcess) -> None:
    """Bybit counts its window from the signature, so one that is signed late would be taken after the deadline it has."""
    stalls = [0.5]

    def stall() -> None:
        time.sleep(stalls.pop() if stalls else 0.0)

    async with desk(name, venue, profile=patient(name, 0.3)) as at:
        await at.placed()
        at.trading = TradingClient(at.rig.adapter, Stage.REHEARSAL, fence=stall)
        approved = at.order()
        with pytest.raises(RateLimited, match="not ready to leave within"):
            await at.submit(approved)
        assert at.truth(approved.order.client_order_id) == []
        assert at.attempts.lines[-1][-1] == "not_sent:paused"
        assert await at.placed(), "the next one leaves"


async def test_a_turn_that_never_comes_is_waited_for_no_longer_than_a_call_may_and_told(tmp_path: Path) -> None:
    with rich("kraken") as venue:
        profile = patient("kraken", 0.6)
        async with desk("kraken", venue, profile=profile, state_directory=tmp_path, timeout_s=0.8) as at:
            key = at.rig.adapter.settings.key_digest
            sibling = NonceTurn(lambda: 0, folder=tmp_path, adapter="kraken_spot", key=key)
            async with sibling.held():
                for call, limit_s in (
                    (at.submit(at.order()), 0.6),
                    (at.trading.cancel(ClientOrderId("0" * 32), at.instrument), 0.8),
                ):
                    begun = time.monotonic()
                    with pytest.raises(RateLimited, match=r"the turn of this key .*kraken_spot\.lock: not sent"):
                        await call
                    assert limit_s - 0.1 < time.monotonic() - begun < limit_s + 3.0
                assert at.rig.guardrails.names().count("RATE_LIMIT") == 2
            assert await at.placed()
            sibling.close()


async def test_an_order_stuck_in_the_queue_is_refused_in_time(name: str, venue: VenueProcess) -> None:
    profile = patient(name, 0.5)
    async with desk(name, venue, profile=profile, max_concurrency=1, burst=1) as at:
        await at.placed()
        venue.add_fault("delay", seconds=2.0)
        slow = asyncio.create_task(at.rig.adapter.order_book(at.instrument, 5))
        await asyncio.sleep(0.1)
        approved = at.order()
        begun = time.monotonic()
        with pytest.raises(RateLimited, match="no slot of the I/O queue became free in time"):
            await at.submit(approved)
        assert time.monotonic() - begun < 1.7
        await slow
        assert at.truth(approved.order.client_order_id) == []


async def test_a_pause_that_begins_while_calls_stand_in_the_queue_holds_them_too() -> None:
    arrivals: list[float] = []

    def script(request: Received) -> object:
        arrivals.append(time.monotonic())
        return answer(429, "slow down", Retry_After="1") if len(arrivals) == 1 else INSTRUMENTS

    async with scripted_http(script) as server, okx_rig(server.base_url, max_concurrency=1, burst=1) as made:
        await asyncio.gather(*(made.adapter.load() for _ in range(3)))
        assert arrivals[1] - arrivals[0] > 0.95


@pytest.mark.parametrize("damage", ["nonces", "lock"])
async def test_damaged_nonces_are_one_clear_error_that_names_the_file(tmp_path: Path, damage: str) -> None:
    if damage == "nonces":
        (tmp_path / "kraken_spot.nonces").write_bytes(b"\xff" * 32768)
    else:
        (tmp_path / "kraken_spot.lock").mkdir()
    with rich("kraken") as venue:
        async with desk("kraken", venue, state_directory=tmp_path / "x") as at:
            assert await at.rig.adapter.balances()
        profile = unhurried("kraken")
        async with desk("kraken", venue, profile=profile) as healthy:
            assert await healthy.rig.adapter.balances()
        with pytest.raises(VenueUnavailable, match=rf"kraken_spot\.{damage}.* not sent; check its disk, or .*delete it"):
            async with desk("kraken", venue, state_directory=tmp_path) as at:
                await at.rig.adapter.balances()
