"""Who waits for which rules of a budget within this process: first come, first served for each rule, nobody waits for another's.

A call stays behind an earlier one only at the rules for which that one really waits, so a read that waits for a slow
counter holds up no order that does not use it. Orders and cancels also go before reads that wait for the same rule.
A call that needs several rules holds none while it waits: it could in theory be passed at one while it waits for
another, but it is asked first whenever something changed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from golive.model.clock import SECOND

from .admission import NotAdmitted
from .gauge import Gauge

NOTHING: Final[frozenset[int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Use:
    """What a call uses: the positions of its rules, and whether it is one of those that leave room for others."""

    rules: frozenset[int]
    is_read: bool


@dataclass(frozen=True, slots=True)
class Shortage:
    """Why a call cannot leave yet."""

    rules: frozenset[int]
    """positions of the rules at which it waits"""
    wait_ns: int | None
    """how long at least; None when only an event can tell"""
    full: frozenset[int] = NOTHING
    """those of them that have no room, while nobody is before it"""
    elsewhere: bool = False
    """another process is before it"""


def shortage(charged: Iterable[tuple[int, Gauge, int]], now: int) -> Shortage | None:
    """Return what keeps a call from leaving, None when there is room; `charged`: position, gauge, weight."""
    waits: dict[int, int | None] = {}
    for at, gauge, weight in charged:
        wait = gauge.wait_ns(now, weight)
        if wait != 0:
            waits[at] = wait
    if not waits:
        return None
    known = [wait for wait in waits.values() if wait is not None]
    full = frozenset(waits)
    return Shortage(full, max(known) if len(known) == len(waits) else None, full)


class _Waiter:
    __slots__ = ("behind", "full", "use")

    def __init__(self, use: Use) -> None:
        self.use = use
        self.behind = use.rules
        self.full = NOTHING


class Line:
    """The waiting calls in the order in which they came; `changed` is told whenever somebody waits for other rules."""

    def __init__(self, *, now: Callable[[], int], describe: Callable[[Shortage], str], changed: Callable[[], None]) -> None:
        self._now = now
        self._describe = describe
        self._changed = changed
        self._waiters: list[_Waiter] = []
        self._event = asyncio.Event()

    def holds_up(self, use: Use) -> bool:
        """Return whether somebody waits whom a new call of this use must not overtake."""
        return bool(self._waiters) and any(_before(each, use) for each in self._waiters)

    def full(self, *, is_read: bool) -> frozenset[int]:
        """Return the rules without room for which somebody here is next: reads, or the others."""
        return NOTHING.union(*(each.full for each in self._waiters if each.use.is_read == is_read))

    def wake(self) -> None:
        """Something changed that is not a matter of time: let those who wait for it try again."""
        if self._waiters:
            event, self._event = self._event, asyncio.Event()
            event.set()

    async def wait(self, use: Use, patience_s: float, attempt: Callable[[float], Shortage | None], poll_s: float | None) -> None:
        """Call `attempt` with the seconds left, each time the call may go, until it returns None.

        `poll_s`: how often to try when only an event can tell, where events of other processes are not heard. Raises
        NotAdmitted when the patience is spent, or surely will not do.
        """
        until = self._now() + int(patience_s * SECOND)
        waiter = _Waiter(use)
        self._waiters.append(waiter)
        try:
            while (lack := self._lack(waiter, attempt, until)) is not None:
                waiter.behind, waiter.full = lack.rules, lack.full
                self._changed()
                left = until - self._now()
                if left <= 0 or (lack.wait_ns or 0) > left:
                    why = f"it cannot leave within {patience_s:.1f} s: {self._describe(lack)}: not sent"
                    raise NotAdmitted(why, (lack.wait_ns or 0) / SECOND)
                await self._sleep(lack.wait_ns, left / SECOND, poll_s)
        finally:
            self._waiters.remove(waiter)
            self._changed()
            self.wake()

    def _lack(self, waiter: _Waiter, attempt: Callable[[float], Shortage | None], until: int) -> Shortage | None:
        ahead, is_earlier = NOTHING, True
        for each in self._waiters:
            if each is waiter:
                is_earlier = False
            elif is_earlier or (waiter.use.is_read and not each.use.is_read):
                ahead |= _before(each, waiter.use)
        if ahead:
            return Shortage(ahead, None)
        return attempt(max(0.0, (until - self._now()) / SECOND))

    async def _sleep(self, wait_ns: int | None, left_s: float, poll_s: float | None) -> None:
        if wait_ns is not None:
            await asyncio.sleep(wait_ns / SECOND)
            return
        event = self._event
        try:
            async with asyncio.timeout(left_s if poll_s is None else min(left_s, poll_s)):
                await event.wait()
        except TimeoutError:
            return


def _before(earlier: _Waiter, use: Use) -> frozenset[int]:
    """Return the rules at which a call of this use stays behind the earlier one."""
    return NOTHING if earlier.use.is_read and not use.is_read else earlier.behind & use.rules
