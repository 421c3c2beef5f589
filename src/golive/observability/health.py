"""The history of health probes, per entrypoint, in wall-clock order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HealthReading:
    """What the probes say about a span of time: the lowest result in it and the last probe before its end."""

    lowest: float
    """1.0 or 0.0; of the last probe before the span when none fell into it"""
    checked_at: int
    """wall clock, ns UTC, of the last probe"""


class HealthLog:
    """Every completed probe; a probe that has not answered yet is not in here."""

    def __init__(self) -> None:
        self._probes: dict[str, list[tuple[int, bool]]] = {}

    def record(self, entrypoint: str, checked_at: int, ok: bool) -> None:
        """Keep one completed probe; `checked_at` is wall clock, ns UTC. Late arrivals are put in their place."""
        insort(self._probes.setdefault(entrypoint, []), (checked_at, ok))

    def probed(self, entrypoint: str) -> bool:
        """Say whether the entrypoint has had a completed probe at all."""
        return bool(self._probes.get(entrypoint))

    def reading(self, entrypoint: str, started_at: int, ended_at: int, *, first: bool) -> HealthReading | None:
        """Return the reading of the span (started_at, ended_at], of [started_at, ended_at] for the first window.

        None when no probe had completed by `ended_at`. A probe on a boundary belongs to the window it ends.
        """
        probes = self._probes.get(entrypoint, [])
        end = bisect_right(probes, (ended_at, True))
        if end == 0:
            return None
        start = bisect_left(probes, (started_at, False)) if first else bisect_right(probes, (started_at, True))
        inside = probes[start:end] or [probes[end - 1]]
        return HealthReading(lowest=min(float(ok) for _, ok in inside), checked_at=probes[end - 1][0])
