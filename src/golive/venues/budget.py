"""Request budgets: never more calls than a venue publishes, wherever they are on the wire; none while it wants to be left alone.

How full each rule is says `gauge.py`. Several rules take all or nothing. `ProcessBudget` lives in one process; the one
shared by all processes of a host stands behind the same port (`host_budget.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from golive.model.clock import SECOND, Clock

from .gauge import Gauge, gauge, impossible, longest_wait
from .profile import RateRule


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


def refuse_impossible(rules: Sequence[RateRule], scopes: Mapping[str, int]) -> None:
    """Raise NotAdmitted for a call that weighs more than a whole rule: it would wait for ever."""
    if reason := impossible(rules, scopes):
        raise NotAdmitted(reason, None)


class ProcessBudget:
    """All rules of one venue within this process; callers are served in the order they came."""

    def __init__(self, rules: Sequence[RateRule], clock: Clock) -> None:
        self._clock = clock
        self._rules = tuple(rules)
        self._gauges = tuple((rule.scope, gauge(rule)) for rule in rules)
        self._turn = asyncio.Lock()
        self._call_ended = asyncio.Event()
        self._pause = NO_PAUSE

    @asynccontextmanager
    async def take(self, scopes: Mapping[str, int], *, patience_s: float) -> AsyncIterator[float]:
        begun = self._clock.monotonic()
        refuse_impossible(self._rules, scopes)
        gauges = [(each, scopes[scope]) for scope, each in self._gauges if scope in scopes]
        async with self._turn:
            while (wait := self._wait(gauges, patience_s)) != 0:
                await self._sleep(wait)
            for each, weight in gauges:
                each.running += weight
        try:
            yield (self._clock.monotonic() - begun) / SECOND
        finally:
            now = self._clock.monotonic()
            for each, weight in gauges:
                each.end(now, weight)
            self._call_ended.set()

    def _wait(self, gauges: Sequence[tuple[Gauge, int]], patience_s: float) -> int | None:
        now = self._clock.monotonic()
        quiet = self._pause.wait_ns(now, patience_s)
        return quiet or longest_wait(gauges, now)

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
