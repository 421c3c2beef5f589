"""What a venue may never do to us on a private stream: a push that cannot be trusted ends the connection, and moves nothing."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import WSMsgType, web

from golive.model.instrument import Instrument
from golive.model.secret import Credentials, Secret
from golive.venues.dialect import AccountEvent
from support.adapters import Rig, okx_rig
from support.trading_desk import until

pytestmark = pytest.mark.integration

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.0001", min_quantity="0.001", max_quantity="1000")
CREDENTIALS = Credentials({"apiKey": Secret("k"), "secret": Secret("s"), "password": Secret("p")})
ORDER = {
    "instId": "BTC-USDT", "ordId": "7", "clOrdId": "a" * 32, "sz": "0.02", "accFillSz": "0", "state": "live", "avgPx": "",
    "uTime": "2000", "tgtCcy": "", "side": "buy", "tradeId": "", "fillPx": "", "fillSz": "", "fillTime": "", "fillFee": "",
    "fillFeeCcy": "", "fee": "0", "feeCcy": "BTC", "execType": "", "px": "100",
}  # fmt: skip
PUSH = json.dumps({"arg": {"channel": "orders", "instType": "SPOT", "instId": "BTC-USDT"}, "data": [ORDER]})


def with_field(more: str) -> str:
    return PUSH.replace("{", "{" + more + ",", 1)


HOSTILE: dict[str, str | bytes] = {
    "a key twice": with_field('"arg":{"channel":"account"}'),
    "NaN": with_field('"more":NaN'),
    "infinity": with_field('"more":-Infinity'),
    "1e400": with_field('"more":1e400'),
    "an integer of a hundred thousand digits": with_field('"more":' + "9" * 100_000),
    "deep nesting": with_field('"more":' + "[" * 200_000 + "]" * 200_000),
    "nesting that is a little too deep": with_field('"more":' + "[" * 64 + "]" * 64),
    "more than a megabyte": with_field('"more":"' + "x" * (1 << 20) + '"'),
    "not UTF-8": with_field('"more":"|"').encode().replace(b"|", b"\xff"),
    "a binary message": PUSH.encode(),
    "not JSON": "pong pong",
    "no object": f"[{PUSH}]",
}


@dataclass
class Venue:
    """As much of OKX as an account stream needs, with nothing on the account."""

    socket: web.WebSocketResponse | None = None
    connections: int = 0
    asked: list[str] = field(default_factory=list)

    async def rest(self, request: web.Request) -> web.Response:
        self.asked.append(request.path)
        now = str(int(time.time() * 1000))
        rows = {"/api/v5/public/time": [{"ts": now}], "/api/v5/account/balance": [{"details": []}]}.get(request.path, [])
        return web.json_response({"code": "0", "msg": "", "data": rows})

    async def stream(self, request: web.Request) -> web.WebSocketResponse:
        self.socket = socket = web.WebSocketResponse()
        self.connections += 1
        await socket.prepare(request)
        async for frame in socket:
            if frame.type is WSMsgType.TEXT and frame.data == "ping":
                await socket.send_str("pong")
            elif frame.type is WSMsgType.TEXT:
                await self._answer(socket, json.loads(frame.data))
        return socket

    async def _answer(self, socket: web.WebSocketResponse, message: dict[str, Any]) -> None:
        if message["op"] == "login":
            await socket.send_json({"event": "login", "code": "0", "msg": "", "connId": "x"})
            return
        for arg in message["args"]:
            await socket.send_json({"event": "subscribe", "arg": arg, "connId": "x"})

    async def push(self, message: str | bytes, *, text: bool = True) -> None:
        assert self.socket is not None
        if isinstance(message, str):
            await self.socket.send_str(message)
        else:
            writer = self.socket._writer  # no public way to send text that is none
            assert writer is not None
            await writer.send_frame(message, WSMsgType.TEXT if text else WSMsgType.BINARY)


@contextlib.asynccontextmanager
async def venue() -> AsyncIterator[tuple[Venue, Rig]]:
    made = Venue()
    app = web.Application()
    app.router.add_get("/ws/v5/private", made.stream)
    app.router.add_route("*", "/{path:.*}", made.rest)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        async with okx_rig(f"http://127.0.0.1:{runner.addresses[0][1]}", CREDENTIALS) as rig:
            yield made, rig
    finally:
        await runner.cleanup()


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_push_that_cannot_be_trusted_ends_the_connection_and_tells_nothing(what: str) -> None:
    events: list[AccountEvent] = []
    async with venue() as (at, rig):
        stream = rig.adapter.open_account_stream([BTC], events.append)
        await stream.start()
        await at.push(HOSTILE[what], text=what != "a binary message")
        await until(lambda: at.connections == 2)
        await stream.standing(5.0)
        assert events == []
        assert stream.failure is None
        assert (rig.requests("malformed") or 0) + (rig.requests("network_error") or 0) == 1
        assert rig.errors("warning") == 1, "a loss that was repaired"


async def test_the_same_push_without_malice_is_told() -> None:
    events: list[AccountEvent] = []
    async with venue() as (at, rig):
        stream = rig.adapter.open_account_stream([BTC], events.append)
        await stream.start()
        await at.push(with_field('"more":[1,0.5,"x"]'))
        await until(lambda: events)
        assert at.connections == 1
