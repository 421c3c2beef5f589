"""The I/O queue of one adapter: how many calls run, how many are admitted, and how long each waited.

`burst` is the largest number of admitted calls, running plus waiting slots; the next caller waits outside.
Source: START-HERE, CONTRACT "I/O queue".
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from golive.model.clock import SECOND, Clock
from golive.model.errors import ConfigError

from .admission import NotAdmitted


class QueueObserver(Protocol):
    """Told about every change of the gauges and every wait; must not block."""

    def queue_changed(self, inflight: int, pending: int) -> None: ...

    def queue_waited(self, admission_s: float, slot_s: float) -> None: ...


class IoQueue:
    """Admits at most `burst` calls, of which at most `max_concurrency` run; first come, first served."""

    def __init__(self, max_concurrency: int, burst: int, *, clock: Clock, observer: QueueObserver) -> None:
        self._clock = clock
        self._observer = observer
        self._inflight = 0
        self._pending = 0
        self._outside = 0
        self._slot = _Slot(self)
        self._configure(max_concurrency, burst)

    @property
    def inflight(self) -> int:
        return self._inflight

    @property
    def pending(self) -> int:
        """Admitted calls, running and waiting."""
        return self._pending

    def configure(self, max_concurrency: int, burst: int) -> None:
        """Set new limits; raise ConfigError while any call is admitted or waits outside."""
        if self._pending or self._outside:
            raise ConfigError(f"queue limits change only when nothing is pending; {self._pending + self._outside} calls are")
        self._configure(max_concurrency, burst)

    def _configure(self, max_concurrency: int, burst: int) -> None:
        if max_concurrency < 1 or burst < 1:
            raise ConfigError(f"max_concurrency ({max_concurrency}) and burst ({burst}) must be at least 1")
        self.max_concurrency = max_concurrency
        self.burst = burst
        self._admitted = asyncio.Semaphore(burst)
        self._running = asyncio.Semaphore(max_concurrency)

    def slot(self, patience_s: float | None = None) -> AbstractAsyncContextManager[None]:
        """Hold one running slot; a cancelled waiter leaves no trace.

        Raises NotAdmitted when it is not had within `patience_s`; None waits for as long as it takes.
        """
        return self._slot if patience_s is None else _Slot(self, patience_s)

    async def enter(self, patience_s: float | None = None) -> None:
        begun = self._clock.monotonic()
        if self._admitted.locked() or self._running.locked():
            try:
                async with asyncio.timeout(patience_s):
                    await self._wait_for_slot(begun)
            except TimeoutError:
                running = f"{self._inflight} calls run and {self._pending - self._inflight} are before it"
                raise NotAdmitted(f"no slot of the I/O queue became free in time ({running}): not sent", 0.0) from None
        else:  # nobody is before us: both are free, and acquiring does not wait
            await self._admitted.acquire()
            await self._running.acquire()
            self._change(1, 1)

    def leave(self) -> None:
        self._change(-1, -1)
        self._running.release()
        self._admitted.release()

    async def _wait_for_slot(self, begun: int) -> None:
        self._outside += 1
        try:
            await self._admitted.acquire()
        finally:
            self._outside -= 1
        admitted = self._clock.monotonic()
        self._change(0, 1)
        try:
            await self._running.acquire()
        except BaseException:
            self._change(0, -1)
            self._admitted.release()
            raise
        self._change(1, 0)
        now = self._clock.monotonic()
        self._observer.queue_waited((admitted - begun) / SECOND, (now - admitted) / SECOND)

    def _change(self, inflight: int, pending: int) -> None:
        self._inflight += inflight
        self._pending += pending
        self._observer.queue_changed(self._inflight, self._pending)


class _Slot(AbstractAsyncContextManager[None]):
    """What a caller enters; without a patience it keeps nothing of a caller, so all share one."""

    __slots__ = ("_patience_s", "_queue")

    def __init__(self, queue: IoQueue, patience_s: float | None = None) -> None:
        self._queue = queue
        self._patience_s = patience_s

    async def __aenter__(self) -> None:
        await self._queue.enter(self._patience_s)

    async def __aexit__(self, *_: object) -> None:
        self._queue.leave()
