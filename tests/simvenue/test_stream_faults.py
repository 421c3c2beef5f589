"""Faults of streams: each does to the messages what it says, on the channel it names, and leaves the rest alone."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from itertools import pairwise
from typing import Any

import aiohttp
import pytest

from support.simvenue_process import VenueProcess, venue_process
from support.venue_process import venue_process as any_venue_process

pytestmark = pytest.mark.integration
BOOKS = {"channel": "books", "instId": "BTC-USDT"}
TICKERS = {"channel": "tickers", "instId": "BTC-USDT"}


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    with venue_process("--speed=20", "--no-limits") as process:
        yield process


@pytest.fixture(autouse=True)
def no_faults(venue: VenueProcess) -> Iterator[None]:
    yield
    venue.clear_faults()


@contextlib.asynccontextmanager
async def subscribed(venue: VenueProcess, *arguments: dict[str, str]) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """A public connection with these channels acknowledged."""
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{venue.ws}/public", autoping=False) as socket:
        await socket.send_str(json.dumps({"op": "subscribe", "args": arguments}))
        acknowledged = 0
        while acknowledged < len(arguments):
            acknowledged += "event" in await told(socket)
        yield socket


async def told(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    return dict(json.loads((await socket.receive(timeout=5)).data))


async def quiet(socket: aiohttp.ClientWebSocketResponse) -> None:
    """Wait until nothing comes any more; what was under way still arrives."""
    for _ in range(50):
        try:
            await socket.receive(timeout=0.3)
        except TimeoutError:
            return
    raise AssertionError("the connection goes on")


async def updates(socket: aiohttp.ClientWebSocketResponse, count: int, channel: str = "books") -> list[dict[str, Any]]:
    """Return the next book updates, past a snapshot that is still under way."""
    found: list[dict[str, Any]] = []
    while len(found) < count:
        message = await told(socket)
        if message.get("arg", {}).get("channel") == channel and message.get("action", "update") == "update":
            found.append(message["data"][0])
    return found


def links(rows: list[dict[str, Any]]) -> list[bool]:
    """Say of each update whether it follows the one before it."""
    return [after["prevSeqId"] == before["seqId"] for before, after in pairwise(rows)]


async def test_without_a_fault_the_updates_are_a_chain(venue: VenueProcess) -> None:
    async with subscribed(venue, BOOKS) as socket:
        assert all(links(await updates(socket, 6)))


async def test_a_gap_loses_exactly_one_message(venue: VenueProcess) -> None:
    async with subscribed(venue, BOOKS) as socket:
        before = await updates(socket, 2)
        venue.add_fault("ws_gap", match="books:*", count=1)
        assert links(before + await updates(socket, 8)).count(False) == 1


async def test_a_duplicate_comes_twice(venue: VenueProcess) -> None:
    async with subscribed(venue, BOOKS) as socket:
        await updates(socket, 2)
        venue.add_fault("ws_duplicate", match="books:*", count=1)
        rows = await updates(socket, 8)
        assert sum(a == b for a, b in pairwise(rows)) == 1


async def test_two_messages_change_places(venue: VenueProcess) -> None:
    async with subscribed(venue, BOOKS) as socket:
        await updates(socket, 2)
        venue.add_fault("ws_reorder", match="books:*", count=1)
        rows = await updates(socket, 8)
    assert not all(links(rows))
    assert all(links(sorted(rows, key=lambda row: int(row["seqId"]))))


async def test_another_channel_is_spared(venue: VenueProcess) -> None:
    async with subscribed(venue, BOOKS, TICKERS) as socket:
        await updates(socket, 2)
        venue.add_fault("ws_gap", match="tickers:*")
        assert all(links(await updates(socket, 5)))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await updates(socket, 1, "tickers")


async def test_a_close_has_its_code(venue: VenueProcess) -> None:
    async with subscribed(venue, BOOKS) as socket:
        venue.add_fault("ws_close", code="1012", count=1)
        while not socket.closed:
            await socket.receive(timeout=5)
        assert socket.close_code == 1012


async def test_an_abort_has_none(venue: VenueProcess) -> None:
    async with subscribed(venue, BOOKS) as socket:
        venue.add_fault("ws_abort", count=1)
        while not socket.closed:
            await socket.receive(timeout=5)
        assert socket.close_code == 1006


async def test_silence_is_whole_and_only_on_the_connection_that_was_struck(venue: VenueProcess) -> None:
    async with subscribed(venue, BOOKS) as struck:
        venue.add_fault("ws_silence", count=1)
        await quiet(struck)
        async with subscribed(venue, BOOKS) as other:
            await updates(other, 2)
        await struck.send_str("ping")
        await struck.ping()
        with pytest.raises(TimeoutError):
            await struck.receive(timeout=0.5)
        assert not struck.closed


async def test_no_pong_withholds_both_kinds_of_pong_but_not_the_data(venue: VenueProcess) -> None:
    async with subscribed(venue, BOOKS) as socket:
        await socket.send_str("ping")
        await socket.ping()
        kinds = [await socket.receive(timeout=5) for _ in range(12)]
        assert any(m.data == "pong" for m in kinds)
        assert any(m.type is aiohttp.WSMsgType.PONG for m in kinds)
        venue.add_fault("ws_no_pong")
        await socket.send_str("ping")
        await socket.ping()
        kinds = [await socket.receive(timeout=5) for _ in range(12)]
        assert all(m.type is aiohttp.WSMsgType.TEXT and m.data != "pong" for m in kinds)


async def test_a_subscription_is_refused_in_the_venues_words_and_the_next_one_accepted(venue: VenueProcess) -> None:
    venue.add_fault("ws_reject", match="*tickers*", count=1)
    async with subscribed(venue, BOOKS) as socket:
        for expected in ("error", "subscribe"):
            await socket.send_str(json.dumps({"op": "subscribe", "args": [TICKERS]}))
            while "event" not in (message := await told(socket)):
                pass
            assert message["event"] == expected
            assert message.get("code") == ("60018" if expected == "error" else None)


@pytest.mark.parametrize("dialect", ["kraken", "bybit"])
async def test_the_other_dialects_streams_are_struck_alike(dialect: str) -> None:
    asks = {
        "kraken": ("/v2", {"method": "subscribe", "params": {"channel": "ticker", "symbol": ["BTC/USD"]}}, "ticker:*"),
        "bybit": ("/v5/public/spot", {"op": "subscribe", "args": ["tickers.BTCUSDT"]}, "tickers:*"),
    }
    path, subscription, key = asks[dialect]
    with any_venue_process("--no-limits", dialect=dialect, speed="20") as other:
        url = other.rest.replace("http", "ws") + path
        async with aiohttp.ClientSession() as session, session.ws_connect(url) as socket:
            other.add_fault("ws_reject", count=1)
            await socket.send_str(json.dumps(subscription))
            refused = await told(socket)
            while "false" not in json.dumps(refused):
                refused = await told(socket)
            await socket.send_str(json.dumps(subscription))
            while "data" not in await told(socket):
                pass
            other.add_fault("ws_close", match=key, code="1012", count=1)
            while not socket.closed:
                await socket.receive(timeout=5)
            assert socket.close_code == 1012
