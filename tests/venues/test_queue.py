"""Both bounds of the I/O queue under real concurrency, cancellation, and what a wait reports."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field

import pytest

from golive.model.errors import ConfigError
from golive.venues.queue import IoQueue
from support.wall_clock import WallClock


@dataclass
class Gauges:
    seen: list[tuple[int, int]] = field(default_factory=list)
    waits: list[tuple[float, float]] = field(default_factory=list)

    def queue_changed(self, inflight: int, pending: int) -> None:
        self.seen.append((inflight, pending))

    def queue_waited(self, admission_s: float, slot_s: float) -> None:
        self.waits.append((admission_s, slot_s))


def queue_of(max_concurrency: int, burst: int) -> tuple[IoQueue, Gauges]:
    gauges = Gauges()
    return IoQueue(max_concurrency, burst, clock=WallClock(), observer=gauges), gauges


async def test_forty_callers_never_exceed_three_running_and_six_admitted_and_reach_both() -> None:
    queue, gauges = queue_of(3, 6)
    rng = random.Random(1)
    running = peak = 0

    async def call() -> None:
        nonlocal running, peak
        async with queue.slot():
            running += 1
            peak = max(peak, running)
            await asyncio.sleep(rng.random() / 200)
            running -= 1

    await asyncio.gather(*(call() for _ in range(40)))
    assert peak == 3
    assert max(inflight for inflight, _ in gauges.seen) == 3
    assert max(pending for _, pending in gauges.seen) == 6
    assert gauges.seen[-1] == (0, 0)


async def test_the_seventh_caller_waits_outside_and_its_wait_is_admission() -> None:
    queue, gauges = queue_of(3, 6)
    release = asyncio.Event()

    async def call() -> None:
        async with queue.slot():
            await release.wait()

    tasks = [asyncio.create_task(call()) for _ in range(7)]
    await asyncio.sleep(0.02)
    assert (queue.inflight, queue.pending) == (3, 6)
    release.set()
    await asyncio.gather(*tasks)
    assert len(gauges.waits) == 4
    assert sum(admission >= 0.01 for admission, _ in gauges.waits) == 1
    assert sum(slot >= 0.01 for _, slot in gauges.waits) == 3


async def test_an_uncontended_call_reports_no_wait() -> None:
    queue, gauges = queue_of(1, 1)
    for _ in range(3):
        async with queue.slot():
            pass
    assert gauges.waits == []


async def test_cancelled_waiters_free_their_places_at_every_point() -> None:
    queue, _ = queue_of(1, 2)
    release = asyncio.Event()

    async def call() -> None:
        async with queue.slot():
            await release.wait()

    tasks = [asyncio.create_task(call()) for _ in range(4)]
    await asyncio.sleep(0.01)
    for task in tasks:  # one running, one waiting for a slot, two outside
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert (queue.inflight, queue.pending) == (0, 0)
    release.set()
    await asyncio.wait_for(asyncio.gather(call(), call(), call()), 1)
    queue.configure(2, 4)


async def test_limits_change_only_when_nothing_is_pending() -> None:
    queue, _ = queue_of(1, 1)
    async with queue.slot():
        with pytest.raises(ConfigError, match="nothing is pending"):
            queue.configure(2, 2)
    queue.configure(2, 2)
    assert (queue.max_concurrency, queue.burst) == (2, 2)
    with pytest.raises(ConfigError, match="at least 1"):
        queue.configure(0, 2)
