"""Counting of requests over a sliding window of time; the limits themselves are each dialect's data."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a limit is counted by."""

    ADDRESS = "address"
    USER = "user"
    USER_INSTRUMENT = "user+instrument"


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` requests in `window_s` seconds for each member of the scope."""

    count: int
    window_s: float
    scope: Scope


class Window:
    """Counts events against one limit."""

    __slots__ = ("_limit", "_times", "_window_ns")

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._window_ns = int(limit.window_s * 1e9)
        self._times: deque[int] = deque()

    def admit(self, now: int, cost: int = 1) -> bool:
        """Take `cost` events at monotonic `now` (ns); False, and nothing taken, when they do not fit."""
        self._expire(now)
        if len(self._times) + cost > self._limit.count:
            return False
        self._times.extend([now] * cost)
        return True

    def left(self, now: int) -> int:
        """Return how many events still fit at monotonic `now` (ns)."""
        self._expire(now)
        return self._limit.count - len(self._times)

    def free_at(self, now: int) -> int:
        """Return when the oldest counted event leaves the window (monotonic ns), `now` when there is none."""
        self._expire(now)
        return self._times[0] + self._window_ns if self._times else now

    def _expire(self, now: int) -> None:
        times = self._times
        while times and times[0] <= now - self._window_ns:
            times.popleft()


class Limiter:
    """All windows of the venue, made on first use. With `is_enforced` False it admits everything and counts nothing."""

    def __init__(self) -> None:
        self.is_enforced = True
        self._windows: dict[tuple[str, str], Window] = {}

    def window(self, name: str, limit: Limit, member: str) -> Window:
        """Return the window of one member of the scope."""
        window = self._windows.get((name, member))
        if window is None:
            window = self._windows[(name, member)] = Window(limit)
        return window

    def admit(self, name: str, limit: Limit, member: str, now: int, cost: int = 1) -> bool:
        return not self.is_enforced or self.window(name, limit, member).admit(now, cost)
