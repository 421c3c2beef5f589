"""The listening socket, which faults may close for a while, and the cutting of all connections."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from aiohttp import web

from ..errors import UsageError
from .clock import VenueClock
from .fault import Fault, FaultBook, FaultKind


class Listener:
    """Listens on one address and carries out the faults that strike the venue as a whole.

    `transports` are the sockets of the dialect's clients: an outage cuts them all; those of the control routes stay.
    """

    def __init__(
        self, host: str, port: int, faults: FaultBook, clock: VenueClock, transports: Iterable[asyncio.Transport]
    ) -> None:
        self.host = host
        self.port = port
        self._faults = faults
        self._clock = clock
        self._transports = transports
        self._runner: web.AppRunner | None = None
        self._site: web.TCPSite | None = None
        self._away = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """carries the error when the venue cannot listen again"""

    async def open(self, runner: web.AppRunner) -> None:
        """Begin to listen; UsageError when the port is taken."""
        self._runner = runner
        await self._listen()
        self.port = runner.addresses[0][1]

    async def _listen(self) -> None:
        assert self._runner is not None
        site = web.TCPSite(self._runner, self.host, self.port)
        try:
            await site.start()
        except OSError as exc:
            raise UsageError(f"--port {self.port}: {exc.strerror or exc}; take another or 0") from exc
        self._site = site

    def strike(self, fault: Fault) -> None:
        """Carry out a fault of the whole venue; what takes time goes on in the background."""
        if fault.kind is FaultKind.CLOCK_SKEW:
            self.set_clock()
            return
        task = asyncio.create_task(self._stay_away(fault.seconds, cuts=fault.kind is FaultKind.OUTAGE))
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def set_clock(self) -> None:
        """Put the wall clock where the faults in force say."""
        self._clock.skew_ns = int(self._faults.skew_s * 1e9)

    async def _stay_away(self, seconds: float, *, cuts: bool) -> None:
        async with self._away:
            assert self._site is not None
            await self._site.stop()
            if cuts:
                for transport in tuple(self._transports):
                    transport.abort()
            await asyncio.sleep(seconds)
            await self._listen()

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None and not self.failure.done():
            self.failure.set_exception(error)

    def cancel(self) -> None:
        for task in tuple(self._tasks):
            task.cancel()
        self.failure.cancel()
