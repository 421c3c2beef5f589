"""A WebSocket on which nobody says anything is closed as the venue closes it, and one that is pinged stays."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import pytest

from simvenue.bybit.face import BybitFace
from simvenue.kraken.face import KrakenFace
from simvenue.okx.face import OkxFace
from support.venue_process import venue_process

ADDRESS = {"okx": "/public", "kraken": "", "bybit": "/v5/public/spot"}
PING = {"okx": "ping", "kraken": '{"method":"ping"}', "bybit": '{"op":"ping"}'}
CLOSE = {"okx": 4004, "kraken": 1001, "bybit": 1000}


def test_how_long_each_venue_waits() -> None:
    assert (OkxFace.idle_s, KrakenFace.idle_s, BybitFace.idle_s) == (30, 60, 600)


@pytest.mark.integration
@pytest.mark.parametrize("dialect", ADDRESS)
async def test_a_silent_connection_is_closed_and_a_pinged_one_stays(dialect: str) -> None:
    with venue_process("--ws-idle=0.6", dialect=dialect) as venue:
        async with aiohttp.ClientSession() as session:
            address = _address(venue.ws, venue.rest, dialect)
            silent = await session.ws_connect(address)
            alive = await session.ws_connect(address)
            began, pings = time.monotonic(), 0
            told = asyncio.create_task(_closed(silent))
            while not told.done() and time.monotonic() - began < 3:
                await alive.send_str(PING[dialect])
                pings += 1
                await asyncio.sleep(0.1)
            assert await asyncio.wait_for(told, 1) == CLOSE[dialect]
            assert 0.5 < time.monotonic() - began < 3
            await alive.send_str(PING[dialect])
            assert await asyncio.wait_for(_pongs(alive, pings + 1), 2) == pings + 1


def _address(ws: str, rest: str, dialect: str) -> str:
    return rest.replace("http", "ws", 1) + ADDRESS[dialect] if dialect == "bybit" else ws + ADDRESS[dialect]


async def _closed(socket: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read until the other side closes; return its code."""
    while (await socket.receive(timeout=3)).type is aiohttp.WSMsgType.TEXT:
        pass
    return socket.close_code


async def _pongs(socket: aiohttp.ClientWebSocketResponse, expected: int) -> int:
    """Count the pongs that come, until there are so many or the connection has ended."""
    count = 0
    while count < expected and (message := await socket.receive()).type is aiohttp.WSMsgType.TEXT:
        count += "pong" in str(message.data)
    return count
