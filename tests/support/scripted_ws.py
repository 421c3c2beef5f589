"""An OKX-shaped WebSocket server on loopback: acknowledges subscriptions, sends what a test tells it to."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web


def book(action: str, sequence: int, previous: int, bids: list[list[str]], asks: list[list[str]], ts: int = 1000) -> str:
    row = {"bids": bids, "asks": asks, "ts": str(ts), "seqId": sequence, "prevSeqId": previous, "checksum": 0}
    return json.dumps({"arg": {"channel": "books", "instId": "BTC-USDT"}, "action": action, "data": [row]})


SNAPSHOT = book("snapshot", 10, -1, [["99.9", "1", "0", "1"], ["99.8", "2", "0", "1"]], [["100.1", "1", "0", "1"]])


def trade(trade_id: int, price: str = "100", size: str = "0.5", side: str = "buy", ts: int = 1000) -> str:
    row = {"instId": "BTC-USDT", "tradeId": str(trade_id), "px": price, "sz": size, "side": side, "ts": str(ts)}
    return json.dumps({"arg": {"channel": "trades", "instId": "BTC-USDT"}, "data": [row]})


def candle(opened_ms: int, confirm: str, close: str = "100.5") -> str:
    row = [str(opened_ms), "100", "101", "99.5", close, "12.5", "12.5", "1250", confirm]
    return json.dumps({"arg": {"channel": "candle1m", "instId": "BTC-USDT"}, "data": [row]})


@dataclass
class ScriptedWs:
    """`acknowledge` and `snapshot` say how subscriptions are answered; `sockets` are the open connections by access."""

    base_url: str = ""
    acknowledge: bool = True
    refuse_code: str = ""
    snapshot: str | None = SNAPSHOT
    after_subscription: str | None = None
    """sent once everything asked for is confirmed"""
    cut: int = 0
    """so many connections are ended right after the handshake, before a word was said"""
    handshake: asyncio.Event | None = None
    """while it is not set, connections are accepted and not answered"""
    asked: int = 0
    """connections that came, answered or not"""
    connections: int = 0
    sockets: dict[str, web.WebSocketResponse] = field(default_factory=dict)
    subscriptions: list[dict[str, Any]] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        self.asked += 1
        if self.handshake is not None:
            await self.handshake.wait()
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.connections += 1
        if self.connections <= self.cut:
            assert request.transport is not None
            request.transport.close()
            return socket
        self.sockets[request.match_info["access"]] = socket
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and frame.data == "ping":
                await socket.send_str("pong")
            elif frame.type is WSMsgType.TEXT:
                await self._answer(socket, json.loads(frame.data))
        return socket

    async def _answer(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        for arg in message["args"]:
            self.subscriptions.append(arg)
            if self.refuse_code:
                await socket.send_json(
                    {"event": "error", "code": self.refuse_code, "msg": f"channel {arg['channel']} no", "connId": "x"}
                )
            elif self.acknowledge:
                await socket.send_json({"event": "subscribe", "arg": arg, "connId": "x"})
                if arg["channel"] == "books" and self.snapshot is not None:
                    await socket.send_str(self.snapshot)
        if self.after_subscription is not None:
            await socket.send_str(self.after_subscription)

    async def say(self, text: str, access: str = "public") -> None:
        await self.sockets[access].send_str(text)

    def drop(self, access: str = "public") -> None:
        """Cut the connection as a crash would."""
        transport = self.sockets[access]._req.transport  # type: ignore[union-attr]  # no public way to abort
        assert transport is not None
        transport.abort()


@contextlib.asynccontextmanager
async def scripted_ws(port: int = 0) -> AsyncIterator[ScriptedWs]:
    server = ScriptedWs()
    app = web.Application()
    app.router.add_get("/ws/v5/{access}", server.serve)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port)
    await site.start()
    server.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield server
    finally:
        for socket in server.sockets.values():
            await socket.close()
        await runner.cleanup()
        await asyncio.sleep(0)
