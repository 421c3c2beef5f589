"""Request budgets: never more calls than a venue publishes, in any window, and none while the venue wants to be left alone.

A call counts from the moment it may leave until a full window after it ended, because the venue sees it somewhere in
between; so no placing of the calls on the wire can exceed a limit. Several rules take all or nothing. `WindowBudget`
lives in one process; the one shared by all processes of a host stands behind the same port (`host_budget.py`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from golive.model.clock import SECOND, Clock

from .profile import BudgetRule


class NotAdmitted(Exception):
    """The call may not leave now, and waiting for it is not wanted: nothing was sent.

    `remaining_s` is how long the venue still wants to be left alone, None when the budget itself could not be read.
    """

    def __init__(self, reason: str, remaining_s: float | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remaining_s = remaining_s


@dataclass(frozen=True, slots=True)
class Pause:
    """The venue told us to be quiet until `until` (ns of the budget's clock); a ban is not waited out by any call."""

    until: int
    reason: str
    ban: bool

    def remaining_s(self, now: int) -> float:
        return max(0.0, (self.until - now) / SECOND)

    def wait_ns(self, now: int, patience_s: float) -> int:
        """Nanoseconds a call must still wait; raise NotAdmitted when that is a ban or more than its patience."""
        remaining = self.remaining_s(now)
        if remaining > 0 and (self.ban or remaining > patience_s):
            raise NotAdmitted(f"the venue wants to be left alone for {remaining:.1f} s more ({self.reason}): not sent", remaining)
        return max(0, self.until - now)


NO_PAUSE = Pause(0, "", False)


def longer(first: Pause, second: Pause) -> Pause:
    """Return the pause that ends later."""
    return first if first.until >= second.until else second


class RequestBudget(Protocol):
    """Where calls ask whether they may leave."""

    def take(self, scopes: Mapping[str, int], *, patience_s: float) -> AbstractAsyncContextManager[float]:
        """Wait until every rule named in `scopes` has room for its weight; yield the seconds waited.

        Raises NotAdmitted at once when the venue is to be left alone for longer than `patience_s`, or banned us, and
        when a shared budget cannot be read.
        """
        ...

    def refuse_if_paused(self, patience_s: float) -> None:
        """Raise NotAdmitted as `take` would for a pause that is known here; costs next to nothing."""
        ...

    def pause(self, seconds: float, reason: str, *, ban: bool) -> None:
        """Let no call leave for `seconds`, here and wherever the budget is shared."""
        ...

    @property
    def paused(self) -> tuple[float, str]:
        """Seconds for which no call may leave, and why; (0, '') when calls may."""
        ...

    async def close(self) -> None: ...


class Window:
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


def longest_wait(windows: Sequence[tuple[Window, int]], now: int) -> int | None:
    """Return how long a call of these weights must wait, None when only the end of a running call can tell."""
    longest = 0
    for window, weight in windows:
        wait = window.wait_ns(now, weight)
        if wait is None:
            return None
        longest = max(longest, wait)
    return longest


def refuse_impossible(rules: Sequence[BudgetRule], scopes: Mapping[str, int]) -> None:
    """Raise NotAdmitted for a call that weighs more than a whole rule: it would wait for ever."""
    for rule in rules:
        if scopes.get(rule.scope, 0) > rule.limit:
            raise NotAdmitted(f"the call weighs {scopes[rule.scope]} of {rule.scope!r}, the whole rule is {rule.limit}", None)


class WindowBudget:
    """All rules of one venue within this process; callers are served in the order they came."""

    def __init__(self, rules: Sequence[BudgetRule], clock: Clock) -> None:
        self._clock = clock
        self._rules = tuple(rules)
        self._windows = tuple((rule.scope, Window(rule)) for rule in rules)
        self._turn = asyncio.Lock()
        self._call_ended = asyncio.Event()
        self._pause = NO_PAUSE

    @asynccontextmanager
    async def take(self, scopes: Mapping[str, int], *, patience_s: float) -> AsyncIterator[float]:
        begun = self._clock.monotonic()
        refuse_impossible(self._rules, scopes)
        windows = [(window, scopes[scope]) for scope, window in self._windows if scope in scopes]
        async with self._turn:
            while (wait := self._wait(windows, patience_s)) != 0:
                await self._sleep(wait)
            for window, weight in windows:
                window.running += weight
        try:
            yield (self._clock.monotonic() - begun) / SECOND
        finally:
            now = self._clock.monotonic()
            for window, weight in windows:
                window.end(now, weight)
            self._call_ended.set()

    def _wait(self, windows: Sequence[tuple[Window, int]], patience_s: float) -> int | None:
        now = self._clock.monotonic()
        quiet = self._pause.wait_ns(now, patience_s)
        return quiet or longest_wait(windows, now)

    async def _sleep(self, wait: int | None) -> None:
        if wait is not None:
            await asyncio.sleep(wait / SECOND)
            return
        self._call_ended.clear()
        await self._call_ended.wait()

    def refuse_if_paused(self, patience_s: float) -> None:
        self._pause.wait_ns(self._clock.monotonic(), patience_s)

    def pause(self, seconds: float, reason: str, *, ban: bool) -> None:
        until = self._clock.monotonic() + int(seconds * SECOND)
        self._pause = longer(self._pause, Pause(until, reason, ban))

    @property
    def paused(self) -> tuple[float, str]:
        remaining = self._pause.remaining_s(self._clock.monotonic())
        return (remaining, self._pause.reason) if remaining else (0.0, "")

    async def close(self) -> None:
        """Nothing to give back."""
