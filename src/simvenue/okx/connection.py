"""One WebSocket connection: its outgoing messages, what it subscribed to, whose it is, when it was last alive."""

from __future__ import annotations

import asyncio
from collections import deque
from enum import StrEnum
from typing import Protocol

from ..keys import ApiKey
from .code import Json
from .limit import OPERATIONS, Window

MAX_WAITING = 20_000
"""messages; a client that reads slower than this is cut off"""


class Face(StrEnum):
    """The three WebSocket addresses."""

    PUBLIC = "public"
    PRIVATE = "private"
    BUSINESS = "business"


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

    def __init__(self, connection_id: str, face: Face, transport: Transport, now: int, *, demo: bool) -> None:
        self.id = connection_id
        self.face = face
        self.demo = demo
        self.key: ApiKey | None = None
        self.topics: dict[tuple[str, str], dict[str, Json]] = {}
        """subscribed (channel, instId or instType) → the argument as the client gave it"""
        self.operations = Window(OPERATIONS)
        self.last_alive = now
        self._transport = transport
        self._waiting: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._closing: tuple[int, str] | None = None

    def put(self, message: bytes) -> None:
        """Queue a message; a client too far behind is closed."""
        if self._closing is not None:
            return
        if len(self._waiting) >= MAX_WAITING:
            self.close(1008, "slow consumer")
            return
        self._waiting.append(message)
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
