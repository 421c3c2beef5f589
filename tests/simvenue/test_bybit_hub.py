"""What a step of the market sends: one message per topic at most, counted by the keys that lock-step waits for."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from simvenue.face.connection import Connection
from support.bybit_client import BybitClient

TOPICS = [
    f"{channel}.{symbol}"
    for symbol in ("BTCUSDT", "ETHUSDT")
    for channel in ("orderbook.1", "orderbook.50", "orderbook.1000", "publicTrade", "tickers", "kline.1", "kline.60")
]


class Inbox:
    """A transport that keeps what is sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    async def send(self, message: bytes) -> None:
        self.messages.append(json.loads(message))

    async def close(self, code: int, reason: str) -> None:
        raise AssertionError(f"closed with {code} {reason}")


class Subscriber:
    """A public connection with its writer."""

    def __init__(self, client: BybitClient, *topics: str) -> None:
        self.inbox = Inbox()
        self.client = client
        self.connection = Connection(f"c{id(self)}", "/v5/public/spot", self.inbox, 0, address="127.0.0.1")
        for part in (topics[:10], topics[10:]):
            request = json.dumps({"op": "subscribe", "args": part})
            if part:
                client.face.received(self.connection, request, client.clock.now(), client.clock.monotonic())

    async def got(self) -> list[dict[str, Any]]:
        """Return what arrived since the last call."""
        writer = asyncio.create_task(self.connection.write(self.client.clock.monotonic))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        writer.cancel()
        arrived, self.inbox.messages = self.inbox.messages, []
        return arrived


def step(client: BybitClient, *, running: bool) -> dict[str, int]:
    advanced = next(client.driver._steps)
    client.venue.exchange.advance(advanced.ts, advanced.updates)
    return client.face.publish(advanced.updates, running=running)


def key_of(topic: str) -> str:
    channel, _, symbol = topic.rpartition(".")
    return f"{channel}:{symbol}"


@pytest.mark.parametrize("running", [True, False])
async def test_what_is_announced_is_what_arrives(running: bool) -> None:
    client = BybitClient(steps=150)
    first, second = Subscriber(client, *TOPICS), Subscriber(client, "kline.1.BTCUSDT")
    await first.got()
    await second.got()
    seen: Counter[str] = Counter()
    for _ in range(140):
        announced = step(client, running=running)
        arrived = Counter(key_of(message["topic"]) for message in await first.got())
        assert arrived == announced
        assert set(arrived.values()) <= {1}
        assert len(await second.got()) == announced.get("kline.1:BTCUSDT", 0)
        seen += arrived
    assert set(seen) == {key_of(topic) for topic in TOPICS}
    hourly = seen["kline.60:BTCUSDT"]
    assert hourly == (140 if running else 2)


async def test_a_candle_is_confirmed_once_after_it_ran_unconfirmed() -> None:
    client = BybitClient(steps=20)
    subscriber = Subscriber(client, "kline.5.BTCUSDT")
    await subscriber.got()
    rows = []
    for _ in range(12):
        step(client, running=True)
        (message,) = await subscriber.got()
        rows += message["data"]
    assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)
    confirmed = [row["start"] for row in rows if row["confirm"]]
    assert len(confirmed) == len(set(confirmed)) == 2
    assert confirmed[1] in {row["start"] for row in rows if not row["confirm"]}


async def test_a_dropped_connection_gets_nothing_more() -> None:
    client = BybitClient()
    staying, leaving = Subscriber(client, "tickers.BTCUSDT"), Subscriber(client, "tickers.BTCUSDT", "orderbook.1.BTCUSDT")
    await staying.got()
    await leaving.got()
    client.face.closed(leaving.connection, client.clock.wall)
    assert step(client, running=False)["tickers:BTCUSDT"] == 1
    assert len(await staying.got()) == 1
    assert await leaving.got() == []
