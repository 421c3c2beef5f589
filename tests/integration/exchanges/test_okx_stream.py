"""The market stream against the simulated venue in lock-step, and what a killed venue looks like."""

from __future__ import annotations

import asyncio
from collections import Counter
from itertools import pairwise

import pytest

from golive.market.lockstep import LockStep
from golive.model.errors import VenueUnavailable
from golive.model.ids import InstrumentId
from golive.model.market import Book, Candle, MarketEvent, Trade
from support.adapters import okx_rig
from support.venue_process import venue_process

pytestmark = pytest.mark.integration

BTC = InstrumentId("okx", "BTC", "USDT")
STEPS = 120


async def walk(rest: str, steps: int) -> tuple[list[MarketEvent], list[int], Counter[str]]:
    """Follow the venue in lock-step to its end; return events, the number of events after each step, and the counts."""
    events: list[MarketEvent] = []
    after_step: list[int] = []
    async with okx_rig(rest) as rig:
        instrument = (await rig.adapter.load())[BTC]
        stream = rig.adapter.open_stream([instrument], timeframe="1m", book=True, trades=True, sink=events.append)
        await stream.start()
        due = Counter(stream.received)
        async with LockStep(rest) as lockstep:
            await lockstep.start()
            while (step := await lockstep.next()) is not None:
                due.update(step.published)
                await stream.wait_for(due)
                after_step.append(len(events))
                assert max(event.ts for event in events[-3:]) <= step.ts
                await lockstep.acknowledge(step)
        assert stream.received == due
        assert len(after_step) == steps
        assert [rig.errors(s) for s in ("warning", "error", "critical")] == [0, 0, 0]
        return events, after_step, stream.received


async def test_lock_step_delivers_every_published_message_before_the_step_is_acknowledged() -> None:
    with venue_process("--steps", str(STEPS), "--seed", "7") as venue:
        events, after_step, received = await walk(venue.rest, STEPS)
    candles = [event for event in events if isinstance(event, Candle)]
    books = [event for event in events if isinstance(event, Book)]
    assert len(candles) == STEPS
    assert all(later.opened_at == earlier.closed_at for earlier, later in pairwise(candles))
    assert received["candle1m:BTC-USDT"] == STEPS
    assert received["books:BTC-USDT"] == len(books) >= STEPS - 5
    assert all(book.bids[0][0] < book.asks[0][0] for book in books)
    assert any(isinstance(event, Trade) for event in events)
    assert after_step == sorted(after_step)


async def test_the_same_seed_gives_the_same_events_in_the_same_steps() -> None:
    """Candles come over a connection of their own, so within a step only the order of each kind is fixed."""
    runs = []
    for _ in range(2):
        with venue_process("--steps", "40", "--seed", "11") as venue:
            events, after_step, _ = await walk(venue.rest, 40)
        by_kind = [[event for event in events if isinstance(event, kind)] for kind in (Trade, Book, Candle)]
        runs.append((by_kind, after_step))
    assert runs[0] == runs[1]


async def test_a_venue_killed_in_mid_session_ends_the_stream_the_probe_and_the_health() -> None:
    with venue_process("--speed", "1") as venue:
        async with okx_rig(venue.rest) as rig:
            instrument = (await rig.adapter.load())[BTC]
            stream = rig.adapter.open_stream([instrument], timeframe="1m", book=True, trades=True, sink=lambda event: None)
            await stream.start()
            assert (await rig.adapter.probe()).ok
            await stream.wait_for({"books:BTC-USDT": stream.received["books:BTC-USDT"] + 1})
            venue.kill()
            with pytest.raises(VenueUnavailable):
                await asyncio.wait_for(stream.wait_for({"books:BTC-USDT": 10_000}), 10)
            assert isinstance(stream.failure, VenueUnavailable)
            result = await rig.adapter.probe()
            assert not result.ok
            assert (rig.health, rig.reconnect_required) == (0, 1)
            errors = [rig.errors(severity) for severity in ("error", "critical")]
            assert all(count is not None and count >= 1 for count in errors)
