"""Probes every monitored venue, at the start, at intervals, and before each reference window ends."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from golive.model.clock import SECOND, Clock
from golive.observability.measured import MeasuredProbe
from golive.observability.windows import ReferenceWindows
from golive.venues.adapter import VenueAdapter
from golive.venues.health import ProbeResult

_BEFORE_END_NS = SECOND
PROBE_TIMEOUT_S = 15.0
_MOST_PROBES = 199
"""kept for the report beside the newest; the windows keep their own history"""


class HealthWatch:
    """Feeds the windows' health log; `main` names the entrypoint whose probes go into the report."""

    def __init__(
        self, adapters: Mapping[str, VenueAdapter], windows: ReferenceWindows, clock: Clock, *, main: str, interval_s: float
    ) -> None:
        self._adapters = adapters
        self._windows = windows
        self._clock = clock
        self._main = main
        self._interval_ns = int(interval_s * SECOND)
        self.probes: list[MeasuredProbe] = []

    async def probe(self) -> None:
        """Probe all venues once, side by side."""
        names = list(self._adapters)
        results = await asyncio.gather(*(self._bounded(self._adapters[name]) for name in names))
        for name, result in zip(names, results, strict=True):
            self._windows.health.record(name, result.checked_at, result.ok)
            if name == self._main:
                del self.probes[:-_MOST_PROBES]
                self.probes.append(MeasuredProbe(result.checked_at, result.ok, result.clock_skew_ms, dict(result.checks)))

    async def _bounded(self, adapter: VenueAdapter) -> ProbeResult:
        """A venue that does not answer must not hold up the end of a session: silence is a failed probe."""
        try:
            return await asyncio.wait_for(adapter.probe(), PROBE_TIMEOUT_S)
        except TimeoutError:
            return ProbeResult(self._clock.now(), False, None, {"time": f"no answer within {PROBE_TIMEOUT_S:g} s"})

    async def run(self) -> None:
        """Go on until cancelled."""
        while True:
            now = self._clock.now()
            due = min(now + self._interval_ns, max(now, self._windows.next_end - _BEFORE_END_NS))
            await asyncio.sleep((due - now) / SECOND)
            await self.probe()
            if self._clock.now() >= self._windows.next_end - 2 * _BEFORE_END_NS:
                await asyncio.sleep(max(0.0, (self._windows.next_end - self._clock.now()) / SECOND))
                self._windows.advance(self._clock.now())
