"""The dialect's faces on aiohttp: REST requests and WebSocket connections."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

import orjson
from aiohttp import WSMsgType, web

from golive.model.clock import Clock

from ..okx.auth import RawRequest
from ..okx.code import MESSAGES
from ..okx.connection import Connection, Face
from ..okx.hub import Hub
from ..okx.limit import CONNECTIONS, Limiter
from ..okx.rest import Rest
from ..okx.socket import Socket

NO_DATA = 4004
"""close code of a connection that was silent too long"""


class _Transport:
    """A connection's socket."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self._socket = socket

    async def send(self, message: bytes) -> None:
        await self._socket.send_frame(message, WSMsgType.TEXT)

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode())


class Faces:
    """Serves REST and WebSocket; keeps the open connections."""

    def __init__(self, rest: Rest, socket: Socket, hub: Hub, limiter: Limiter, clock: Clock, *, idle_s: float) -> None:
        self._rest = rest
        self._socket = socket
        self._hub = hub
        self._limiter = limiter
        self._clock = clock
        self._idle_s = idle_s
        self._connections: dict[str, Connection] = {}

    async def rest(self, request: web.Request) -> web.StreamResponse:
        """Answer one REST request from its raw bytes."""
        raw = RawRequest(
            method=request.method,
            target=request.raw_path.encode("utf-8", "surrogateescape"),
            headers={name.lower(): value for name, value in request.headers.items()},
            body=await request.read(),
            address=request.remote or "",
        )
        status, body = self._rest.answer(raw, self._clock.now(), self._clock.monotonic())
        return web.Response(status=status, body=body, content_type="application/json")

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket connection until either side closes it."""
        if not self._limiter.admit("connections", CONNECTIONS, request.remote or "", self._clock.monotonic()):
            document = {"code": "50011", "data": [], "msg": MESSAGES["50011"]}
            return web.Response(status=429, body=orjson.dumps(document), content_type="application/json")
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        demo = request.query.get("brokerId") == "9999"
        face = Face(request.match_info["face"])
        connection = Connection(secrets.token_hex(4), face, _Transport(socket), self._clock.monotonic(), demo=demo)
        self._connections[connection.id] = connection
        writer = asyncio.create_task(self._write(connection))
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._socket.received(connection, message.data, self._clock.now(), self._clock.monotonic())
        finally:
            del self._connections[connection.id]
            self._hub.drop(connection)
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    async def _write(self, connection: Connection) -> None:
        # A client that went away is noticed by its reader, which ends the connection.
        with contextlib.suppress(ConnectionError):
            await connection.write(self._clock.monotonic)

    async def close_silent(self) -> None:
        """Close connections that were silent in both directions for too long; runs for ever."""
        while True:
            await asyncio.sleep(min(1.0, self._idle_s / 4))
            oldest = self._clock.monotonic() - int(self._idle_s * 1e9)
            for connection in tuple(self._connections.values()):
                if connection.last_alive < oldest:
                    connection.close(NO_DATA, "No data received in 30s.")

    def close_all(self) -> None:
        """Begin to close every connection: the process ends."""
        for connection in tuple(self._connections.values()):
            connection.close(1001, "going away")
