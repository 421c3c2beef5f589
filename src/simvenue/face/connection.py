"""One WebSocket connection: its outgoing messages, what it subscribed to, whose it is, when it was last alive."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from typing import Protocol

from golive.model.json import JsonValue

from ..keys import ApiKey

MAX_WAITING = 20_000
"""messages; a client that reads slower than this is cut off"""

Tamper = Callable[[str, bytes], Iterable[bytes]]
"""(message key, message) → what really leaves: the seam where stream faults strike"""


class Transport(Protocol):
    """What a connection needs of the socket below it."""

    async def send(self, message: bytes) -> None:
        """Send one text frame."""
        ...

    async def close(self, code: int, reason: str) -> None: ...


class NowNs(Protocol):
    """Monotonic now, ns."""

    def __call__(self) -> int: ...


class Connection:
    """Messages put here leave in order through one writer task, so that nobody waits for a slow client."""

    def __init__(self, connection_id: str, access: str, transport: Transport, now: int, *, address: str, query: str = "") -> None:
        self.id = connection_id
        self.access = access
        """which of the dialect's WebSocket addresses this is: the route's `{access}`, else the path"""
        self.address = address
        self.query = query
        """raw query string of the upgrade request"""
        self.key: ApiKey | None = None
        """whose connection this is, once the dialect has checked a login or a token"""
        self.topics: dict[tuple[str, str], dict[str, JsonValue]] = {}
        """subscribed (channel, scope) → the argument as the client gave it, or what the dialect keeps of it"""
        self.sequence = 0
        """for dialects that number the messages of a connection"""
        self.last_alive = now
        self.tamper: Tamper | None = None
        self._transport = transport
        self._waiting: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._closing: tuple[int, str] | None = None

    def put(self, message: bytes, key: str = "") -> None:
        """Queue a message; `key` is `channel:instrument` for data. A client too far behind is closed."""
        if self._closing is not None:
            return
        if len(self._waiting) >= MAX_WAITING:
            self.close(1008, "slow consumer")
            return
        if self.tamper is None:
            self._waiting.append(message)
        else:
            self._waiting.extend(self.tamper(key, message))
        self._wake.set()

    def close(self, code: int, reason: str) -> None:
        """Close after what waits has left."""
        self._closing = self._closing or (code, reason)
        self._wake.set()

    async def write(self, clock_now: NowNs) -> None:
        """Send until the connection is to be closed; run as one task."""
        while True:
            while self._waiting:
                await self._transport.send(self._waiting.popleft())
                self.last_alive = clock_now()
            if self._closing is not None:
                await self._transport.close(*self._closing)
                return
            self._wake.clear()
            await self._wake.wait()
