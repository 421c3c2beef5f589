"""A relay on loopback that cuts a connection at an exact byte of one order request, or of its response.

It reads no more of HTTP than it must: where a request begins, whether it is the one to cut, and how long it is.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Cut:
    """After `offset` bytes of the order request (else of its response); by reset or by an orderly end.

    `is_early`: only the client's side, as soon as its request is through; the venue is left to carry it out when it likes.
    """

    in_request: bool
    offset: int
    is_reset: bool
    is_early: bool = False


@dataclass
class Cutter:
    """Relays to `port`; the next request whose first line contains `order_path` is cut as `armed` says, once."""

    port: int
    order_path: bytes
    armed: Cut | None = None
    url: str = ""
    request_bytes: int = 0
    """length of the last order request that was seen whole"""
    response_bytes: int = 0
    cuts: int = 0
    orders: int = 0
    """order requests of which at least one byte was seen"""

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                there, back = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    while await self._exchange(reader, writer, there, back):
                        pass
                finally:
                    back.transport.abort()
        finally:
            writer.transport.abort()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, there: asyncio.StreamReader, back: asyncio.StreamWriter
    ) -> bool:
        """Relay one request and its answer; False when the connection was cut."""
        request = await _message(reader)
        cut = None
        if self.order_path in request.split(b"\r\n", 1)[0]:
            self.orders += 1
            self.request_bytes = len(request)
            cut, self.armed = self.armed, None
        if cut is not None and cut.in_request:
            back.write(request[: cut.offset])
            await back.drain()
            return await self._end(cut, writer, back)
        back.write(request)
        if cut is not None and cut.is_early:
            await back.drain()
            await self._end(cut, writer)
            await _message(there)
            return False
        answer = await _message(there)
        if self.order_path in request.split(b"\r\n", 1)[0]:
            self.response_bytes = len(answer)
        if cut is None:
            writer.write(answer)
            await writer.drain()
            return True
        writer.write(answer[: cut.offset])
        await writer.drain()
        return await self._end(cut, writer, back)

    async def _end(self, cut: Cut, *writers: asyncio.StreamWriter) -> bool:
        self.cuts += 1
        for writer in writers:
            if cut.is_reset:
                writer.transport.abort()
            else:
                writer.close()
        return False


async def _message(reader: asyncio.StreamReader) -> bytes:
    """Read one HTTP message with a content length."""
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line[15:] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return head + await reader.readexactly(int(lengths[0]) if lengths else 0)


@contextlib.asynccontextmanager
async def cutter(port: int, order_path: str) -> AsyncIterator[Cutter]:
    """Serve a cutter in front of `port` until the block ends."""
    made = Cutter(port, f" {order_path} ".encode())
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(made.accept(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        listener.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
