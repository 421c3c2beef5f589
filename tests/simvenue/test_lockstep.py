"""Lock-step: the market moves only when the client has finished, and the same seed gives the same bytes."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import pytest

from support.okx_client import data_file
from support.simvenue_process import VenueProcess, venue_process

pytestmark = pytest.mark.integration
CHANNELS = {"public": ("books", "trades"), "business": ("candle1m",)}


async def steered(
    session: aiohttp.ClientSession, venue: VenueProcess, channels: dict[str, tuple[str, ...]]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Walk the whole market; return the step events and every market message after the snapshot."""
    got: list[dict[str, Any]] = []
    arrived = asyncio.Event()

    async def read(socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            document = json.loads(message.data)
            if "data" in document:
                got.append(document)
                arrived.set()

    readers = []
    for face, names in channels.items():
        socket = await session.ws_connect(f"{venue.ws}/{face}")
        args = [{"channel": name, "instId": i.replace("/", "-")} for name in names for i in venue.ready["instruments"]]
        await socket.send_str(json.dumps({"op": "subscribe", "args": args}))
        for _ in args:
            assert json.loads((await socket.receive()).data).get("event", "subscribe") == "subscribe"
        readers.append(asyncio.create_task(read(socket)))
    await asyncio.sleep(0.1)
    got.clear()
    steering = await session.ws_connect(f"{venue.rest}/sim/v1/lockstep")
    hello = json.loads((await steering.receive()).data)
    assert hello == {"event": "hello", "market": venue.ready["market"]}
    await steering.send_str('{"op": "start"}')
    steps: list[dict[str, Any]] = []
    expected: dict[str, int] = {}
    async for message in steering:
        event = json.loads(message.data)
        steps.append(event)
        if event["event"] == "end":
            break
        for name, count in event["published"].items():
            expected[name] = expected.get(name, 0) + count
        while sum(expected.values()) > len(got):
            arrived.clear()
            await asyncio.wait_for(arrived.wait(), 5)
        await steering.send_str(json.dumps({"op": "ack", "step": event["step"]}))
    counts: dict[str, int] = {}
    for document in got:
        name = f"{document['arg']['channel']}:{document['arg']['instId']}"
        counts[name] = counts.get(name, 0) + 1
    assert counts == expected
    for reader in readers:
        reader.cancel()
    return steps, got


async def test_every_step_says_exactly_what_was_published_and_ends_with_its_closed_candle() -> None:
    with venue_process("--speed=max", "--steps=60", "--symbol=BTC/USDT", "--symbol=ETH/USDT") as venue:
        async with aiohttp.ClientSession() as session:
            steps, got = await steered(session, venue, CHANNELS)
    assert steps[-1] == {"event": "end", "step": 60}
    assert [event["step"] for event in steps[:-1]] == list(range(1, 61))
    start = 1_704_067_200_000_000_000
    assert [int(event["ts"]) for event in steps[:-1]] == [start + k * 60_000_000_000 for k in range(1, 61)]
    assert all(set(event["published"].values()) == {1} for event in steps[:-1])
    candles = [m["data"] for m in got if m["arg"] == {"channel": "candle1m", "instId": "BTC-USDT"}]
    assert [(rows[0][0], rows[0][8], len(rows)) for rows in candles] == [
        (str((start // 10**6) + k * 60_000), "1", 1) for k in range(60)
    ]
    for rows, trades in zip(
        candles, (m["data"] for m in got if m["arg"] == {"channel": "trades", "instId": "BTC-USDT"}), strict=False
    ):
        prices = [float(item["px"]) for item in trades]
        assert [float(v) for v in rows[0][1:5]] == [prices[0], max(prices), min(prices), prices[-1]]


async def test_the_same_seed_gives_the_same_messages_and_another_seed_does_not() -> None:
    seen = []
    for seed in (11, 11, 12):
        with venue_process("--speed=max", "--steps=20", f"--seed={seed}") as venue:
            async with aiohttp.ClientSession() as session:
                seen.append(await steered(session, venue, {"public": ("books", "trades")}))
    assert seen[0] == seen[1]
    assert seen[0] != seen[2]


async def test_the_market_waits_for_its_client_and_goes_on_with_the_next_one() -> None:
    with venue_process("--speed=max", "--steps=5") as venue:
        async with aiohttp.ClientSession() as session:
            url = f"{venue.rest}/sim/v1/lockstep"

            async def step() -> int:
                async with session.get(f"{venue.rest}/sim/v1/info") as answer:
                    return int((await answer.json())["step"])

            first = await session.ws_connect(url)
            await first.receive()
            assert await step() == 0
            await first.send_str('{"op": "start"}')
            assert json.loads((await first.receive()).data)["step"] == 1
            await asyncio.sleep(0.1)
            assert await step() == 1
            second = await session.ws_connect(url)
            assert "another client" in json.loads((await second.receive()).data)["message"]
            await first.close()
            await asyncio.sleep(0.1)
            third = await session.ws_connect(url)
            await third.receive()
            await third.send_str('{"op": "start"}')
            assert json.loads((await third.receive()).data)["step"] == 2
            await third.send_str('{"op": "ack", "step": 7}')
            assert "expected" in json.loads((await third.receive()).data)["message"]


async def test_a_market_of_the_wall_clock_cannot_be_steered() -> None:
    with venue_process("--speed=1") as venue:
        async with aiohttp.ClientSession() as session:
            socket = await session.ws_connect(f"{venue.rest}/sim/v1/lockstep")
            assert "--speed max" in json.loads((await socket.receive()).data)["message"]


async def test_recorded_candles_are_published_as_recorded(tmp_path: Any) -> None:
    rows = "".join(f"2024-01-01 00:{n:02d}:00,{100 + n},{101 + n}.5,{99 + n},{100 + n}.25,{n + 1}\n" for n in range(10))
    path = data_file(tmp_path, "candles.csv", "timestamp,open,high,low,close,volume\n" + rows)
    with venue_process("--speed=max", f"--data={path}", "--symbol=XBT/USD") as venue:
        market = venue.ready["market"]
        assert (market["source"], market["fill_model"], market["steps"], market["data"]) == ("candles", "bar", 10, "candles.csv")
        async with aiohttp.ClientSession() as session:
            _, got = await steered(session, venue, {"business": ("candle1m", "candle5m")})
    one = [row for m in got if m["arg"]["channel"] == "candle1m" for row in m["data"]]
    assert [row[1:6] for row in one] == [
        [str(100 + n), f"{101 + n}.5", str(99 + n), f"{100 + n}.25", str(n + 1)] for n in range(10)
    ]
    five = [row for m in got if m["arg"]["channel"] == "candle5m" for row in m["data"]]
    assert [row[1:6] for row in five] == [["100", "105.5", "99", "104.25", "15"], ["105", "110.5", "104", "109.25", "40"]]
