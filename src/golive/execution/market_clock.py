"""The market clock: event time as far as the market has told it, and the timers that come due by it."""

from __future__ import annotations

import heapq

from golive.model.event import Timer


class MarketClock:
    """Moves forward only; `now` is ns UTC of event time, 0 before the first event."""

    def __init__(self) -> None:
        self.now = 0
        self._timers: list[tuple[int, int, str]] = []
        self._count = 0

    @property
    def has_timers(self) -> bool:
        return bool(self._timers)

    def set_timer(self, name: str, due: int) -> None:
        self._count += 1
        heapq.heappush(self._timers, (due, self._count, name))

    def advance(self, ts: int) -> list[Timer]:
        """Take a market time and return the timers due by it, oldest first; an earlier time changes nothing."""
        self.now = max(self.now, ts)
        if not self._timers:
            return []
        due = []
        while self._timers and self._timers[0][0] <= self.now:
            at, _, name = heapq.heappop(self._timers)
            due.append(Timer(name, at))
        return due
