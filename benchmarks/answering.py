"""A process in front of a simulated venue that takes every order at once, without looking at it: what is left is our own share.

Everything but the placing of an order (OKX's, one order a request) goes through to the venue. The orders it has "taken" are
nowhere, so no news come of them.

`python -m benchmarks.answering HOST PORT`; prints its port.
"""

from __future__ import annotations

import asyncio
import itertools
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final
from urllib.parse import urlsplit

_PLACE: Final = b"POST /api/v5/trade/order "
_numbers = itertools.count(1)


class _Front(asyncio.Protocol):
    """One connection of a client: requests come one at a time, each in few pieces."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._client: asyncio.Transport | None = None
        self._behind: asyncio.Transport | None = None
        self._waiting: list[bytes] | None = None
        self._is_raw = False
        self._order = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._client = transport

    def data_received(self, data: bytes) -> None:
        if self._order or (not self._is_raw and data.startswith(_PLACE)):
            self._place(data)
        elif self._behind is not None:
            self._is_raw = self._is_raw or b"upgrade: websocket" in data.lower()
            self._behind.write(data)
        elif self._waiting is not None:
            self._waiting.append(data)
        else:
            self._waiting = [data]
            self._is_raw = b"upgrade: websocket" in data.lower()
            self._task = asyncio.get_running_loop().create_task(self._connect())

    def _place(self, data: bytes) -> None:
        self._order += data
        head, end, body = self._order.partition(b"\r\n\r\n")
        if not end or len(body) < int(head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]):
            return
        name = body.partition(b'"clOrdId":"')[2][:32]
        self._order = b""
        answer = b'{"code":"0","data":[{"clOrdId":"%b","ordId":"%d","sCode":"0","sMsg":"","tag":""}],"msg":""}'
        text = answer % (name, next(_numbers))
        assert self._client is not None
        self._client.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(text) + text)

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        self._behind, _ = await loop.create_connection(lambda: _Back(self), self._host, self._port)
        waiting, self._waiting = self._waiting or [], None
        for data in waiting:
            self._behind.write(data)

    def answered(self, data: bytes) -> None:
        assert self._client is not None
        self._client.write(data)

    def over(self) -> None:
        if self._client is not None:
            self._client.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._behind is not None:
            self._behind.close()


class _Back(asyncio.Protocol):
    def __init__(self, front: _Front) -> None:
        self._front = front

    def data_received(self, data: bytes) -> None:
        self._front.answered(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self._front.over()


@contextmanager
def answering(url: str) -> Iterator[str]:
    """Run it in front of a venue's base URL; yield its own."""
    place = urlsplit(url)
    command = [sys.executable, "-m", "benchmarks.answering", str(place.hostname), str(place.port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


async def _serve(host: str, port: int) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Front(host, port), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(sys.argv[1], int(sys.argv[2])))
