"""A venue's decaying counter, computed exactly, and a client that leaves as soon as one of our gauges allows."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from golive.model.clock import SECOND
from golive.venues.gauge import Gauge

Wanted = tuple[int, int, int, int]
"""a call to come: ms after the one before, weight, length in ms, and after which percentage of it the venue counts it"""


@dataclass(frozen=True)
class Call:
    """A call that was let out: ns; the venue counts it at `seen`."""

    left: int
    seen: int
    ended: int
    weight: int


def venue_peak(calls: Iterable[Call], per_second: float) -> Fraction:
    """The highest the venue's own counter gets, exactly."""
    level, peak, last = Fraction(0), Fraction(0), 0
    for call in sorted(calls, key=lambda call: call.seen):
        decayed = Fraction(str(per_second)) * (call.seen - last) / SECOND
        level, last = max(Fraction(0), level - decayed) + call.weight, call.seen
        peak = max(peak, level)
    return peak


def let_out(gauge: Gauge, wanted: Sequence[Wanted]) -> list[Call]:
    """Let calls out in this order as soon as the gauge allows; they overlap."""
    now, calls, running = 0, list[Call](), list[tuple[int, int]]()
    for gap, weight, length, place in wanted:
        now += gap * 1_000_000
        while True:
            while running and running[0][0] <= now:
                gauge.end(*heapq.heappop(running))
            wait = gauge.wait_ns(now, weight)
            if wait == 0:
                break
            ends = running[0][0] if running else None
            assert wait is not None or ends is not None
            now = min(at for at in (ends, None if wait is None else now + wait) if at is not None)
        gauge.running += weight
        ended = now + length * 1_000_000
        calls.append(Call(now, now + (ended - now) * place // 100, ended, weight))
        heapq.heappush(running, (ended, weight))
    return calls
