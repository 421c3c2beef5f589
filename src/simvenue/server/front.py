"""The dialect's WebSocket connections on aiohttp, and the beat of everything that happens by time alone."""

from __future__ import annotations

import asyncio
import contextlib
import secrets

from aiohttp import WSMessage, WSMsgType, web

from golive.model.clock import Clock

from ..face.connection import Connection
from ..face.face import Face
from ..face.request import Answer
from .fault import FaultBook
from .stream import StreamFaults

_HEARTBEAT_S = 0.1


class _Transport:
    """A connection's socket."""

    def __init__(self, socket: web.WebSocketResponse, request: web.Request) -> None:
        self._socket = socket
        self._request = request

    async def send(self, message: bytes) -> None:
        await self._socket.send_frame(message, WSMsgType.TEXT)

    async def close(self, code: int, reason: str) -> None:
        await self._socket.close(code=code, message=reason.encode())

    def abort(self) -> None:
        """Cut the connection without a word."""
        if self._request.transport is not None:
            self._request.transport.abort()


class Front:
    """Serves WebSocket connections; keeps the open ones. `idle_s` None takes the dialect's own."""

    def __init__(self, face: Face, faults: FaultBook, clock: Clock, *, idle_s: float | None) -> None:
        self._face = face
        self._faults = faults
        self._clock = clock
        self._idle_s = face.idle_s if idle_s is None else idle_s
        self._connections: dict[str, Connection] = {}

    async def websocket(self, request: web.Request) -> web.StreamResponse:
        """Serve one WebSocket connection until either side closes it."""
        refusal = self._face.refuse_connection(request.remote or "", self._clock.monotonic())
        if refusal is not None:
            return response_of(refusal)
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 20, autoping=False)
        await socket.prepare(request)
        transport = _Transport(socket, request)
        connection = Connection(
            secrets.token_hex(4),
            request.match_info.get("access", request.path),
            transport,
            self._clock.monotonic(),
            address=request.remote or "",
            query=request.query_string,
        )
        faults = StreamFaults(self._faults, connection, transport.abort)
        self._connections[connection.id] = connection
        self._face.opened(connection, self._clock.now(), self._clock.monotonic())
        writer = asyncio.create_task(self._write(connection))
        try:
            async for message in socket:
                await self._take(message, socket, connection, faults)
        finally:
            del self._connections[connection.id]
            self._face.closed(connection, self._clock.now())
            writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await writer
        return socket

    async def _take(
        self, message: WSMessage, socket: web.WebSocketResponse, connection: Connection, faults: StreamFaults
    ) -> None:
        if message.type is WSMsgType.PING:
            connection.last_alive = self._clock.monotonic()
            if not faults.withholds_pong():
                await socket.pong(message.data)
        if message.type is not WSMsgType.TEXT:
            return
        faults.heard(message.data)
        refusal = self._face.subscription_refused(message.data) if self._faults.has_streams else None
        if refusal is not None and faults.rejects(message.data):
            connection.put(refusal)
        else:
            self._face.received(connection, message.data, self._clock.now(), self._clock.monotonic())

    async def _write(self, connection: Connection) -> None:
        # A client that went away is noticed by its reader, which ends the connection.
        with contextlib.suppress(ConnectionError):
            await connection.write(self._clock.monotonic)

    async def beat(self) -> None:
        """Let the dialect do what happens by time alone, and close silent connections; runs for ever."""
        while True:
            await asyncio.sleep(_HEARTBEAT_S)
            self._face.heartbeat(self._clock.now(), self._clock.monotonic())
            self._close_silent()

    def _close_silent(self) -> None:
        oldest = self._clock.monotonic() - int(self._idle_s * 1e9)
        for connection in tuple(self._connections.values()):
            if connection.last_alive < oldest:
                connection.close(*self._face.idle_close)

    def close_all(self) -> None:
        """Begin to close every connection: the process ends."""
        for connection in tuple(self._connections.values()):
            connection.close(1001, "going away")


def response_of(answer: Answer) -> web.Response:
    """Return a dialect's answer as aiohttp sends it."""
    return web.Response(status=answer.status, body=answer.body, headers=answer.headers, content_type=answer.content_type)
