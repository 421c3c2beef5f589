"""Probes every monitored venue, at the start, at intervals, and before each reference window ends.

The venue that is traded on is probed before anything is traded; the others while it goes on. Each has a schedule of its own, and
the windows end by theirs: one that hangs keeps nobody else from being measured.
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
LAST_PROBE_S = 5.0
"""a session that has ended waits so long for its last probes, all side by side"""
_SHARE_OF_MARGIN = 0.9
"""the rest is for taking in the result"""
_MOST_PROBES = 199
"""kept for the report beside the newest; the windows keep their own history"""


def probe_timeout_s(interval_s: float, stale_after_s: float) -> float:
    """Return how long a probe may take: so long that its result is there before the one before it is stale."""
    return min(PROBE_TIMEOUT_S, (stale_after_s - interval_s) * _SHARE_OF_MARGIN)


class HealthWatch:
    """Feeds the windows' health log.

    `names` are the monitored entrypoints, the one that trades first: its probes go into the report. `adapter` waits until
    an entrypoint's venue is open and gives its adapter, None when the venue did not come up: that one stays unmeasured.
    `log` is told when a venue is not well, and when it is well again. A probe that takes longer than `timeout_s` has failed.
    """

    def __init__(
        self,
        names: Sequence[str],
        adapter: Callable[[str], Awaitable[VenueAdapter | None]],
        windows: ReferenceWindows,
        clock: Clock,
        *,
        interval_s: float,
        timeout_s: float = PROBE_TIMEOUT_S,
        log: Log,
    ) -> None:
        self._main, *self._others = names
        self._adapter = adapter
        self._windows = windows
        self._clock = clock
        self._interval_ns = int(interval_s * SECOND)
        self._timeout_s = timeout_s
        self._log = log
        self._down_since: dict[str, int] = {}
        """wall clock, ns UTC, of the first failed probe, by entrypoint; without those that are well"""
        self.probes: list[MeasuredProbe] = []

    async def probe_main(self) -> None:
        """Probe the venue that is traded on."""
        await self._probe(self._main, self._timeout_s)

    async def probe_last(self) -> None:
        """Probe all venues once more, side by side, when the session has ended."""
        within_s = min(LAST_PROBE_S, self._timeout_s)
        await asyncio.gather(*(self._probe(name, within_s) for name in (self._main, *self._others)))

    async def _probe(self, name: str, timeout_s: float) -> None:
        """A venue that does not answer must not hold up the end of a session: silence is a failed probe."""
        is_open = False
        try:
            async with asyncio.timeout(timeout_s):
                adapter = await self._adapter(name)
                if adapter is None:
                    return
                is_open = True
                result = await adapter.probe()
        except TimeoutError:
            if not is_open:
                return
            result = ProbeResult(self._clock.now(), False, None, {"time": f"no answer within {timeout_s:g} s"})
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
        """Probe the others at once, then each of all again and again, and end the windows in time, until cancelled."""
        everyone = [self._follow(self._main, is_due=False), *(self._follow(name, is_due=True) for name in self._others)]
        tasks = [asyncio.ensure_future(each) for each in (*everyone, self._end_windows())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, name: str, *, is_due: bool) -> None:
        """Probe one venue at its own times; at once where it `is_due`."""
        began = self._clock.now()
        while True:
            if is_due:
                began = self._clock.now()
                await self._probe(name, self._timeout_s)
            is_due = True
            await asyncio.sleep(self._pause_s(began))

    def _pause_s(self, began: int) -> float:
        """Return how long to wait for the next probe, after one that began at `began`: a window ends with one of its own."""
        now, before_end = self._clock.now(), self._windows.next_end - _BEFORE_END_NS
        due = now + self._interval_ns
        if began < before_end:
            due = min(due, max(now, before_end))
        return (due - now) / SECOND

    async def _end_windows(self) -> None:
        while True:
            await asyncio.sleep(max(0.0, (self._windows.next_end - self._clock.now()) / SECOND))
            self._windows.advance(self._clock.now())
