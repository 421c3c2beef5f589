"""How long callbacks hold the event loop: wall time and CPU time of each, by what was called.

Wall time on a busy machine is also the time others ran; CPU time is the thread's own, so what blocks without computing (disk,
locks) shows as wall time alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass
class LoopProbe:
    """The longest callbacks so far."""

    calls: int = 0
    longest_wall_s: float = 0.0
    longest_cpu_s: float = 0.0
    slow: list[tuple[float, float, str]] = field(default_factory=list)
    """wall seconds, CPU seconds and name of each callback above a millisecond of CPU or five of wall time"""


@contextlib.contextmanager
def loop_probe() -> Iterator[LoopProbe]:
    """Measure every callback of every loop of this process until the block ends."""
    probe = LoopProbe()
    handles: Any = asyncio.events.Handle  # there is no public place between loop and callback
    run = handles._run

    def measured(handle: Any) -> None:
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            run(handle)
        finally:
            wall, cpu = time.perf_counter() - wall, time.thread_time() - cpu
            probe.calls += 1
            probe.longest_wall_s = max(probe.longest_wall_s, wall)
            probe.longest_cpu_s = max(probe.longest_cpu_s, cpu)
            if cpu > 0.001 or wall > 0.005:
                probe.slow.append((wall, cpu, repr(handle)[:200]))

    handles._run = measured
    try:
        yield probe
    finally:
        handles._run = run
