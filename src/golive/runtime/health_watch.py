"""Probes every monitored venue, at the start, at intervals, and before each reference window ends.

The venue that is traded on is probed before anything is traded; the others while it goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from golive.model.clock import SECOND, Clock
from golive.observability.log_words import LogEvent
from golive.observability.measured import MeasuredProbe
from golive.observability.windows import ReferenceWindows
from golive.venues.adapter import VenueAdapter
from golive.venues.health import ProbeResult

from .log import Log

_BEFORE_END_NS = SECOND
PROBE_TIMEOUT_S = 15.0
_MOST_PROBES = 199
"""kept for the report beside the newest; the windows keep their own history"""


class HealthWatch:
    """Feeds the windows' health log.

    `names` are the monitored entrypoints, the one that trades first: its probes go into the report. `adapter` waits until
    an entrypoint's venue is open and gives its adapter, None when the venue did not come up: that one stays unmeasured.
    `log` is told when a venue is not well, and when it is well again.
    """

    def __init__(
        self,
        names: Sequence[str],
        adapter: Callable[[str], Awaitable[VenueAdapter | None]],
        windows: ReferenceWindows,
        clock: Clock,
        *,
        interval_s: float,
        log: Log,
    ) -> None:
        self._main, *self._others = names
        self._adapter = adapter
        self._windows = windows
        self._clock = clock
        self._interval_ns = int(interval_s * SECOND)
        self._log = log
        self._down_since: dict[str, int] = {}
        """wall clock, ns UTC, of the first failed probe, by entrypoint; without those that are well"""
        self.probes: list[MeasuredProbe] = []

    async def probe_main(self) -> None:
        """Probe the venue that is traded on."""
        await self._probe(self._main)

    async def probe(self) -> None:
        """Probe all venues once, side by side."""
        await asyncio.gather(*(self._probe(name) for name in (self._main, *self._others)))

    async def _probe(self, name: str) -> None:
        """A venue that does not answer must not hold up the end of a session: silence is a failed probe."""
        is_open = False
        try:
            async with asyncio.timeout(PROBE_TIMEOUT_S):
                adapter = await self._adapter(name)
                if adapter is None:
                    return
                is_open = True
                result = await adapter.probe()
        except TimeoutError:
            if not is_open:
                return
            result = ProbeResult(self._clock.now(), False, None, {"time": f"no answer within {PROBE_TIMEOUT_S:g} s"})
        self._windows.health.record(name, result.checked_at, result.ok)
        self._tell(name, result)
        if name == self._main:
            del self.probes[:-_MOST_PROBES]
            self.probes.append(MeasuredProbe(result.checked_at, result.ok, result.clock_skew_ms, dict(result.checks)))

    def _tell(self, name: str, result: ProbeResult) -> None:
        """Tell the log what has changed with this probe, once."""
        if not result.ok and name not in self._down_since:
            self._down_since[name] = result.checked_at
            reason = "; ".join(f"{check}: {said}" for check, said in result.checks.items() if said != "ok")
            self._log.say(LogEvent.VENUE_DOWN, entrypoint=name, reason=reason)
        elif result.ok and (since := self._down_since.pop(name, None)) is not None:
            self._log.say(LogEvent.VENUE_BACK, entrypoint=name, seconds=round((result.checked_at - since) / SECOND, 1))

    async def run(self) -> None:
        """Probe the others at once, then all of them again and again until cancelled."""
        await asyncio.gather(*(self._probe(name) for name in self._others))
        while True:
            now = self._clock.now()
            due = min(now + self._interval_ns, max(now, self._windows.next_end - _BEFORE_END_NS))
            await asyncio.sleep((due - now) / SECOND)
            await self.probe()
            if self._clock.now() >= self._windows.next_end - 2 * _BEFORE_END_NS:
                await asyncio.sleep(max(0.0, (self._windows.next_end - self._clock.now()) / SECOND))
                self._windows.advance(self._clock.now())
