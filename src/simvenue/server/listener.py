"""The listening socket, which faults may close for a while, and the cutting of connections.

A fault of the whole venue strikes before whoever gave it hears that it was taken: nobody is let in any more, and who is
to be cut off is cut off. A connection that was accepted at that very moment is cut as soon as it shows.
"""

from __future__ import annotations

import asyncio
from collections.abc import Container, Iterator

from aiohttp import web

from ..errors import UsageError
from .clock import VenueClock
from .fault import Fault, FaultBook, FaultKind

_SWEEP_S = 0.01


class Listener:
    """Listens on one address and carries out the faults that strike the venue as a whole.

    `dialect` and `control` hold the sockets on which somebody spoke to the dialect or to the control routes. An outage
    cuts all but those that served the control routes alone; refusing cuts nobody who was in before.
    """

    def __init__(
        self,
        host: str,
        port: int,
        faults: FaultBook,
        clock: VenueClock,
        dialect: Container[asyncio.Transport],
        control: Container[asyncio.Transport],
    ) -> None:
        self.host = host
        self.port = port
        self._faults = faults
        self._clock = clock
        self._dialect = dialect
        self._control = control
        self._runner: web.AppRunner | None = None
        self._server: asyncio.Server | None = None
        self._kept: set[asyncio.Transport] = set()
        """while the venue is away: who stays connected"""
        self._is_out = False
        """while the venue is away: nobody is served"""
        self._back_at = 0.0
        self._return: asyncio.Task[None] | None = None
        self.failure: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """carries the error when the venue cannot listen again"""

    async def open(self, runner: web.AppRunner) -> None:
        """Begin to listen; UsageError when the port is taken."""
        self._runner = runner
        await self._listen()

    async def _listen(self) -> None:
        assert self._runner is not None
        assert self._runner.server is not None
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._runner.server, self.host, self.port, backlog=128)
        except OSError as exc:
            raise UsageError(f"--port {self.port}: {exc.strerror or exc}; take another or 0") from exc
        self.port = self._server.sockets[0].getsockname()[1]

    def serves(self, transport: asyncio.Transport | None) -> bool:
        """Say whether a request of the dialect that came over `transport` (None: cut already) is served at present."""
        return self._return is None or (not self._is_out and transport in self._kept)

    def strike(self, fault: Fault) -> None:
        """Carry out a fault of the whole venue, at once; its end comes in the background."""
        if fault.kind is FaultKind.CLOCK_SKEW:
            self.set_clock()
            return
        self._stop_listening()
        if self._return is None:
            self._kept = set(self._connected())
        if fault.kind is FaultKind.OUTAGE:
            self._is_out = True
            self._kept = {t for t in self._kept if t in self._control and t not in self._dialect}
            self._sweep()
        loop = asyncio.get_running_loop()
        self._back_at = max(self._back_at, loop.time() + fault.seconds)
        if self._return is None:
            self._return = asyncio.create_task(self._come_back())
            self._return.add_done_callback(self._returned)

    def set_clock(self) -> None:
        """Put the wall clock where the faults in force say."""
        self._clock.skew_ns = int(self._faults.skew_s * 1e9)

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _connected(self) -> Iterator[asyncio.Transport]:
        """Yield the transports of all that were accepted, whether they have sent anything or not."""
        assert self._runner is not None
        assert self._runner.server is not None
        for connection in self._runner.server.connections:
            if connection.transport is not None:
                yield connection.transport

    def _sweep(self) -> None:
        """Cut everybody who is not to stay."""
        for transport in self._connected():
            if transport not in self._kept:
                transport.abort()

    async def _come_back(self) -> None:
        loop = asyncio.get_running_loop()
        while (left := self._back_at - loop.time()) > 0:
            await asyncio.sleep(min(left, _SWEEP_S))
            self._sweep()
        await self._listen()

    def _returned(self, task: asyncio.Task[None]) -> None:
        self._return = None
        self._is_out = False
        self._kept = set()
        if not task.cancelled() and (error := task.exception()) is not None and not self.failure.done():
            self.failure.set_exception(error)

    def cancel(self) -> None:
        """Stop listening for good."""
        self._stop_listening()
        if self._return is not None:
            self._return.cancel()
        self.failure.cancel()
