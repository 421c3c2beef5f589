"""What subscribers are told after a step: running and closed candles, top of book, own orders in the public book."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from simvenue.face.connection import Connection
from support.okx_client import OkxClient


class Inbox:
    """A transport that keeps what is sent."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []
        self.closed_with: int | None = None

    async def send(self, message: bytes) -> None:
        self.messages.append(json.loads(message))

    async def close(self, code: int, reason: str) -> None:
        self.closed_with = code


class Subscriber:
    """A connection with its writer, and the channels it asked for."""

    def __init__(self, client: OkxClient, *channels: str) -> None:
        self.inbox = Inbox()
        self.connection = Connection("test", "public", self.inbox, 0, address="127.0.0.1")
        self.client = client
        for channel in channels:
            client.face.hub.subscribe(self.connection, channel, "BTC-USDT", {"channel": channel, "instId": "BTC-USDT"})

    async def got(self) -> list[dict[str, Any]]:
        """Return what arrived since the last call."""
        writer = asyncio.create_task(self.connection.write(self.client.clock.monotonic))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        writer.cancel()
        arrived, self.inbox.messages = self.inbox.messages, []
        return arrived


async def step(client: OkxClient, *, running: bool) -> dict[str, int]:
    advanced = next(client.driver._steps)
    client.venue.exchange.advance(advanced.ts, advanced.updates)
    return client.face.hub.publish(advanced.updates, running=running)


async def test_running_candles_are_unconfirmed_and_closed_ones_are_confirmed_once() -> None:
    client = OkxClient()
    subscriber = Subscriber(client, "candle5m")
    rows = []
    for _ in range(14):
        await step(client, running=True)
        rows += [row for message in await subscriber.got() for row in message["data"]]
    confirmed = [row for row in rows if row[8] == "1"]
    assert len(confirmed) == len({row[0] for row in confirmed}) == 3
    for row in confirmed:
        running = [other for other in rows if other[0] == row[0] and other[8] == "0"]
        assert all(float(other[2]) <= float(row[2]) and float(other[5]) <= float(row[5]) for other in running)
    assert any(row[8] == "0" for row in rows)


async def test_in_lock_step_only_closed_candles_are_published() -> None:
    client = OkxClient()
    subscriber = Subscriber(client, "candle5m")
    published = [await step(client, running=False) for _ in range(10)]
    rows = [row for message in await subscriber.got() for row in message["data"]]
    assert {row[8] for row in rows} == {"1"}
    assert sum(counts.get("candle5m:BTC-USDT", 0) for counts in published) == len(rows) == 2


async def test_a_clients_own_resting_order_is_in_the_published_book() -> None:
    client = OkxClient()
    subscriber = Subscriber(client, "books")
    await subscriber.got()
    bid, _ = client.top()
    price = str(bid + 0).replace(".0", "")
    before = client.get("market/books?instId=BTC-USDT&sz=1")[1]["data"][0]["bids"][0]
    client.order(px=price, sz="0.5", ordType="post_only")
    client.face.hub.publish(["BTC/USDT"], running=False)
    changed = (await subscriber.got())[0]["data"][0]["bids"]
    assert [row[0] for row in changed] == [before[0]]
    assert float(changed[0][1]) == float(before[1]) + 0.5
    assert changed[0][3] == "2"


async def test_nothing_is_published_when_nothing_changed_and_nobody_gets_what_he_left() -> None:
    client = OkxClient()
    subscriber = Subscriber(client, "books", "books5", "trades")
    assert client.face.hub.publish(["BTC/USDT"], running=False).keys() <= {"trades:BTC-USDT"}
    assert client.face.hub.publish(["BTC/USDT"], running=False) == {}
    client.face.hub.drop(subscriber.connection)
    assert await step(client, running=False) == {}


async def test_a_client_that_does_not_read_is_cut_off() -> None:
    client = OkxClient()
    subscriber = Subscriber(client)
    for _ in range(20_001):
        subscriber.connection.put(b"{}")
    await subscriber.got()
    assert subscriber.inbox.closed_with == 1008
