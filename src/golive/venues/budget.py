"""Request budgets: never more calls than a venue publishes, in any window.

A call counts from the moment it may leave until a full window after it ended, because the venue sees it somewhere in
between; so no placing of the calls on the wire can exceed a limit. Several rules take all or nothing. The budget here
lives in one process; the one shared by all processes of a host stands behind the same port.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Protocol

from golive.model.clock import SECOND, Clock

from .profile import BudgetRule


class RequestBudget(Protocol):
    """Where calls ask whether they may leave."""

    def take(self, scopes: Mapping[str, int]) -> AbstractAsyncContextManager[float]:
        """Wait until every rule named in `scopes` has room for its weight; yield the seconds waited."""
        ...


class _Window:
    """The calls of one rule that still count."""

    def __init__(self, rule: BudgetRule) -> None:
        self.limit = rule.limit
        self.length = int(rule.window_s * SECOND)
        self.running = 0
        self.counted = 0
        """weight of the calls that ended less than a window ago"""
        self.ended: deque[tuple[int, int]] = deque()
        """(when, weight)"""

    def wait_ns(self, now: int, weight: int) -> int | None:
        """Nanoseconds until there is room, 0 when there is, None when only the end of a running call can tell."""
        while self.ended and self.ended[0][0] + self.length <= now:
            self.counted -= self.ended.popleft()[1]
        if self.running + self.counted + weight <= self.limit:
            return 0
        return self.ended[0][0] + self.length - now if self.ended else None

    def end(self, now: int, weight: int) -> None:
        self.running -= weight
        self.counted += weight
        self.ended.append((now, weight))


class WindowBudget:
    """All rules of one venue within this process; callers are served in the order they came."""

    def __init__(self, rules: Sequence[BudgetRule], clock: Clock) -> None:
        self._clock = clock
        self._rules = tuple((rule.scope, _Window(rule)) for rule in rules)
        self._turn = asyncio.Lock()
        self._call_ended = asyncio.Event()

    @asynccontextmanager
    async def take(self, scopes: Mapping[str, int]) -> AsyncIterator[float]:
        begun = self._clock.monotonic()
        windows = [(window, scopes[scope]) for scope, window in self._rules if scope in scopes]
        async with self._turn:
            while (wait := self._longest_wait(windows)) != 0:
                await self._pause(wait)
            for window, weight in windows:
                window.running += weight
        try:
            yield (self._clock.monotonic() - begun) / SECOND
        finally:
            now = self._clock.monotonic()
            for window, weight in windows:
                window.end(now, weight)
            self._call_ended.set()

    def _longest_wait(self, windows: Sequence[tuple[_Window, int]]) -> int | None:
        now = self._clock.monotonic()
        waits = [window.wait_ns(now, weight) for window, weight in windows]
        if any(wait is None for wait in waits):
            return None
        return max((wait for wait in waits if wait is not None), default=0)

    async def _pause(self, wait: int | None) -> None:
        if wait is not None:
            await asyncio.sleep(wait / SECOND)
            return
        self._call_ended.clear()
        await self._call_ended.wait()
