"""Signed order requests a second through one simulated venue process, beside a floor that only answers.

The load comes from this process: kept connections, one request under way on each, every request signed as OKX wants it,
placing and canceling in turn. The floor is a bare asyncio server that reads the same requests and sends one canned answer.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import os
import secrets
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import urlsplit

CONNECTIONS = 8
SECONDS = 4.0
_KEY = {"apiKey": "bench", "secret": secrets.token_hex(16), "password": "phrase"}
_FLOOR = """
import asyncio, sys
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}"
class Server(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport, self.held = transport, b""
    def data_received(self, data):
        self.held += data
        head, found, body = self.held.partition(b"\\r\\n\\r\\n")
        if found:
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\\r")[0])
            if len(body) >= length:
                self.held = body[length:]
                self.transport.write(ANSWER)
async def main():
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    print('{"rest": "http://127.0.0.1:%d"}' % server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
try:
    import uvloop
    uvloop.run(main())
except ImportError:
    asyncio.run(main())
"""


@dataclass(frozen=True)
class Load:
    """What one run answered: requests, those that carried out their order, wall seconds, CPU seconds of the server."""

    requests: int
    carried_out: int
    wall_s: float
    cpu_s: float

    @property
    def per_second(self) -> float:
        return self.requests / self.wall_s

    @property
    def per_core_second(self) -> float:
        return self.requests / self.cpu_s


def _request(path: str, document: dict[str, str], host: str) -> bytes:
    body = json.dumps(document, separators=(",", ":"))
    now = datetime.now(tz=timezone.utc)
    stamp = f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z"
    digest = hmac.digest(_KEY["secret"].encode(), f"{stamp}POST{path}{body}".encode(), hashlib.sha256)
    return (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nOK-ACCESS-KEY: {_KEY['apiKey']}\r\n"
        f"OK-ACCESS-SIGN: {base64.b64encode(digest).decode()}\r\nOK-ACCESS-TIMESTAMP: {stamp}\r\n"
        f"OK-ACCESS-PASSPHRASE: {_KEY['password']}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


class _Client(asyncio.Protocol):
    """One kept connection: sends the next request when the answer to the one before is whole."""

    def __init__(self, host: str, count: Callable[[bool], bool]) -> None:
        self._host = host
        self._count = count
        self._held = b""
        self._client_id = ""
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        named = {"instId": "BTC-USDT", "clOrdId": self._client_id}
        if self._client_id:
            path, document, self._client_id = "/api/v5/trade/cancel-order", named, ""
        else:
            self._client_id = secrets.token_hex(16)
            terms = {"tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001", "px": "20000"}
            path, document = "/api/v5/trade/order", named | terms | {"clOrdId": self._client_id}
        self._transport.write(_request(path, document, self._host))

    def data_received(self, data: bytes) -> None:
        self._held += data
        head, found, body = self._held.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        if len(body) < length:
            return
        self._held = body[length:]
        if self._count(b'"sCode":"0"' in body):
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)


async def _drive(rest: str, seconds: float) -> tuple[int, int, float]:
    host = urlsplit(rest).netloc
    port = int(host.rpartition(":")[2])
    counts = [0, 0]
    began = time.perf_counter()

    def count(carried_out: bool) -> bool:
        counts[0] += 1
        counts[1] += carried_out
        return time.perf_counter() - began < seconds

    loop = asyncio.get_running_loop()
    pairs = [await loop.create_connection(lambda: _Client(host, count), "127.0.0.1", port) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(client.done for _, client in pairs))
    return counts[0], counts[1], time.perf_counter() - began


@contextlib.contextmanager
def _process(command: list[str], stdin: bytes | None = None) -> Iterator[tuple[int, str]]:
    """Run a server; give its process id and address."""
    reader, writer = os.pipe()
    os.write(writer, stdin or b"")
    os.close(writer)
    with subprocess.Popen(command, stdin=reader, stdout=subprocess.PIPE) as process:
        os.close(reader)
        assert process.stdout is not None
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            if not selector.select(20):
                raise RuntimeError("the server did not become ready")
        yield process.pid, json.loads(process.stdout.readline())["rest"]
        process.terminate()


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _measure(command: list[str], stdin: bytes | None, seconds: float) -> Load:
    with _process(command, stdin) as (pid, rest):
        asyncio.run(_drive(rest, 0.5))
        before = _cpu_s(pid)
        requests, carried_out, wall_s = asyncio.run(_drive(rest, seconds))
        return Load(requests, carried_out, wall_s, _cpu_s(pid) - before)


def venue_and_floor(seconds: float = SECONDS) -> tuple[Load, Load]:
    """Measure the venue (no request limits, everything else as always) and the floor, one after the other."""
    flags = ["--dialect", "okx", "--speed", "max", "--no-limits", "--credentials-fd", "0"]
    keys = json.dumps({"keys": [_KEY]}).encode()
    ours = _measure([sys.executable, "-m", "simvenue", "serve", *flags], keys, seconds)
    return ours, _measure([sys.executable, "-c", _FLOOR], None, seconds)


def main() -> None:
    ours, floor = venue_and_floor()
    for name, load in (("venue", ours), ("floor", floor)):
        print(
            f"{name}: {load.per_second:,.0f} signed order requests/s ({load.carried_out} of {load.requests} carried out), "
            f"{load.per_core_second:,.0f} a core second"
        )


if __name__ == "__main__":
    main()
