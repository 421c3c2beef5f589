"""An HTTP server on loopback that answers exactly what a test tells it to, byte for byte, and remembers what it got."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

DROP = object()
HANG = object()


@dataclass
class Received:
    method: str
    target: str
    headers: dict[str, str]
    body: bytes


def answer(status: int, body: bytes | str, **headers: str) -> bytes:
    """Return a whole HTTP answer; header names use `_` for `-`."""
    raw = body.encode() if isinstance(body, str) else body
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(raw)}", *(f"{n.replace('_', '-')}: {v}" for n, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + raw


def ok(data: str) -> bytes:
    """A success in OKX's envelope."""
    return answer(200, f'{{"code":"0","msg":"","data":{data}}}')


@dataclass
class ScriptedHttp:
    """`script(received)` returns the raw answer, DROP (close without answering), HANG, or a coroutine function that writes."""

    script: Callable[[Received], object]
    base_url: str = ""
    received: list[Received] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
                while await self._one(reader, writer):
                    pass
        finally:
            writer.transport.abort()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        line, *rows = head.strip().split("\r\n")
        method, target, _ = line.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (row.partition(":") for row in rows)}
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Received(method, target, headers, body)
        self.received.append(request)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        reply = self.script(request)
        self.at_once -= 1
        if reply is HANG:
            await asyncio.sleep(3600)
        if callable(reply):
            await reply(writer)
        if not isinstance(reply, bytes):
            return False
        writer.write(reply)
        await writer.drain()
        length = len(reply.partition(b"\r\n\r\n")[2])
        complete = f"Content-Length: {length}".encode() in reply
        if not complete:
            writer.write_eof()
        return complete


@contextlib.asynccontextmanager
async def scripted_http(script: Callable[[Received], object]) -> AsyncIterator[ScriptedHttp]:
    """Serve `script` on a free port of 127.0.0.1."""
    server = ScriptedHttp(script)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(server.serve(reader, writer))
        tasks.add(task)

    listener = await asyncio.start_server(accept, "127.0.0.1", 0)
    server.base_url = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
    try:
        yield server
    finally:
        listener.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)
