"""Lock-step: the market moves when the one client that steers it has finished with the step before.

Server `hello`; client `{"op":"start"}`; then `step` k, client `{"op":"ack","step":k}`, step k+1 …; finally `end`.
A client that left may be followed by another one, which goes on where the market stands.
"""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from aiohttp import WSMsgType, web

from .driver import Driver


class Lockstep:
    """The steering of one venue."""

    def __init__(self, driver: Driver, market: Mapping[str, object]) -> None:
        self._driver = driver
        self._market = market
        self._is_taken = False

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one steering client."""
        socket = web.WebSocketResponse(compress=False, autoping=True)
        await socket.prepare(request)
        refusal = "another client steers" if self._is_taken else ""
        if self._driver.speed is not None:
            refusal = "the market runs by the wall clock; start the venue with --speed max"
        if refusal:
            await _send(socket, {"event": "error", "message": refusal})
            await socket.close()
            return socket
        self._is_taken = True
        try:
            await self._serve(socket)
        finally:
            self._is_taken = False
        return socket

    async def _serve(self, socket: web.WebSocketResponse) -> None:
        await _send(socket, {"event": "hello", "market": self._market})
        if not await self._await(socket, {"op": "start"}):
            return
        while (stepped := self._driver.step()) is not None:
            number = stepped.number
            await _send(socket, {"event": "step", "step": number, "ts": str(stepped.ts), "published": stepped.published})
            if not await self._await(socket, {"op": "ack", "step": number}):
                return
        await _send(socket, {"event": "end", "step": self._driver.steps_done})
        await socket.close()

    @staticmethod
    async def _await(socket: web.WebSocketResponse, expected: Mapping[str, object]) -> bool:
        """Wait for exactly this message; False when the client left or said something else (it is told so)."""
        message = await socket.receive()
        if message.type is not WSMsgType.TEXT:
            return False
        try:
            if orjson.loads(message.data) == expected:
                return True
        except orjson.JSONDecodeError:
            pass
        await _send(socket, {"event": "error", "message": f"expected {orjson.dumps(expected).decode()}"})
        await socket.close()
        return False


async def _send(socket: web.WebSocketResponse, value: Mapping[str, object]) -> None:
    await socket.send_frame(orjson.dumps(value), WSMsgType.TEXT)
