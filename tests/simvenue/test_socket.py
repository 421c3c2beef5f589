"""WebSocket rules over real sockets: subscriptions, refusals, sequence, silence."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import aiohttp
import pytest

from support.okx_client import sign
from support.simvenue_process import DEMO_KEY, KEY, VenueProcess, venue_process

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    with venue_process("--speed=20", "--ws-idle=1") as process:
        yield process


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened
    await asyncio.sleep(0.35)  # the venue admits three connections a second


class Wire:
    """One WebSocket of the test."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: str, *args: dict[str, Any]) -> None:
        await self.socket.send_str(json.dumps({"op": op, "args": list(args)}))

    async def next(self) -> dict[str, Any]:
        return dict(json.loads((await asyncio.wait_for(self.socket.receive(), 5)).data))


async def wire(session: aiohttp.ClientSession, venue: VenueProcess, face: str) -> Wire:
    return Wire(await session.ws_connect(f"{venue.ws}/{face}"))


def login_argument(key: dict[str, Any] = KEY, **changes: Any) -> dict[str, Any]:
    timestamp = str(int(time.time()))
    signature = sign(str(key["secret"]), f"{timestamp}GET/users/self/verify")
    return {"apiKey": key["apiKey"], "passphrase": key["password"], "timestamp": timestamp, "sign": signature} | changes


BOOKS = {"channel": "books", "instId": "BTC-USDT"}


async def test_a_book_is_a_snapshot_and_updates_in_sequence(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue, "public")
    await client.send("subscribe", BOOKS)
    ack = await client.next()
    assert (ack["event"], ack["arg"]) == ("subscribe", BOOKS)
    snapshot = await client.next()
    assert (snapshot["action"], snapshot["data"][0]["prevSeqId"]) == ("snapshot", -1)
    book = {side: {row[0]: row[1] for row in snapshot["data"][0][side]} for side in ("bids", "asks")}
    sequence = snapshot["data"][0]["seqId"]
    for _ in range(20):
        data = (await client.next())["data"][0]
        assert data["prevSeqId"] == sequence
        sequence = data["seqId"]
        for side in ("bids", "asks"):
            for price, size, _, _ in data[side]:
                assert size != "0" or price in book[side]
                book[side].pop(price, None)
                if size != "0":
                    book[side][price] = size
        assert max(map(float, book["bids"])) < min(map(float, book["asks"]))
    late = await wire(session, venue, "public")
    await late.send("subscribe", BOOKS)
    await late.next()
    fresh = (await late.next())["data"][0]
    while sequence < fresh["seqId"]:
        data = (await client.next())["data"][0]
        sequence = data["seqId"]
        for side in ("bids", "asks"):
            for price, size, _, _ in data[side]:
                book[side].pop(price, None)
                if size != "0":
                    book[side][price] = size
    assert sequence == fresh["seqId"]
    assert {side: {row[0]: row[1] for row in fresh[side]} for side in ("bids", "asks")} == book


@pytest.mark.parametrize(
    ("face", "argument", "code"),
    [
        ("public", {"channel": "books", "instId": "NO-PAIR"}, "60018"),
        ("public", {"channel": "candle1m", "instId": "BTC-USDT"}, "60018"),
        ("public", {"channel": "nothing", "instId": "BTC-USDT"}, "60018"),
        ("business", {"channel": "books", "instId": "BTC-USDT"}, "60018"),
        ("private", {"channel": "orders", "instType": "SPOT"}, "60011"),
    ],
)
async def test_what_cannot_be_subscribed_is_refused(
    session: aiohttp.ClientSession, venue: VenueProcess, face: str, argument: dict[str, str], code: str
) -> None:
    client = await wire(session, venue, face)
    await client.send("subscribe", argument)
    answer = await client.next()
    assert (answer["event"], answer["code"]) == ("error", code)


async def test_nonsense_is_refused_and_the_connection_lives_on(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue, "public")
    for text, code in (("{", "60012"), ("[]", "60012"), ('{"op":"dance","args":[]}', "60012"), ('{"op":"subscribe"}', "60013")):
        await client.socket.send_str(text)
        assert (await client.next())["code"] == code
    await client.socket.send_str("ping")
    assert (await client.socket.receive()).data == "pong"


async def test_orders_and_balances_are_pushed_after_login(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue, "private")
    await client.send("login", login_argument(sign="AAAA"))
    assert (await client.next())["code"] == "60007"
    await client.send("login", login_argument(DEMO_KEY))
    assert (await client.next())["code"] == "50101"
    await client.send("login", login_argument())
    assert (await client.next())["event"] == "login"
    await client.send("subscribe", {"channel": "orders", "instType": "SPOT"}, {"channel": "account"})
    found = [await client.next() for _ in range(3)]
    assert [m.get("event") for m in found] == ["subscribe", "subscribe", None]
    assert found[2]["data"][0]["details"][0]["ccy"] == "USDT"
    body = json.dumps({"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "market", "sz": "1000"})
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime()) + ".000Z"
    headers = {
        "OK-ACCESS-KEY": str(KEY["apiKey"]),
        "OK-ACCESS-PASSPHRASE": str(KEY["password"]),
        "OK-ACCESS-TIMESTAMP": stamp,
        "OK-ACCESS-SIGN": sign(str(KEY["secret"]), f"{stamp}POST/api/v5/trade/order{body}"),
        "Content-Type": "application/json",
    }
    async with session.post(f"{venue.rest}/api/v5/trade/order", data=body, headers=headers) as answer:
        order_id = (await answer.json())["data"][0]["ordId"]
    states: list[str] = []
    balance: dict[str, float] | None = None
    while states[-1:] != ["filled"] or balance is None:
        push = await client.next()
        if push["arg"]["channel"] == "orders":
            assert push["data"][0]["ordId"] == order_id
            states.append(push["data"][0]["state"])
            balance = None
        else:
            balance = {row["ccy"]: float(row["eq"]) for row in push["data"][0]["details"]}
    assert states[0] == "live"
    assert balance["USDT"] == pytest.approx(99_000, abs=1)
    assert balance["BTC"] > 0


async def test_an_unsubscribed_channel_is_silent(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue, "public")
    await client.send("subscribe", BOOKS)
    await client.next()
    await client.send("unsubscribe", BOOKS)
    while (await client.next()).get("event") != "unsubscribe":
        pass
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.socket.receive(), 0.4)


async def test_a_silent_connection_is_closed_and_a_pinging_one_is_not(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    silent, alive = await wire(session, venue, "private"), await wire(session, venue, "private")

    async def ping() -> None:
        while True:
            await alive.socket.send_str("ping")
            await asyncio.sleep(0.3)

    pinging = asyncio.create_task(ping())
    message = await asyncio.wait_for(silent.socket.receive(), 5)
    assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 4004)
    assert not alive.socket.closed
    pinging.cancel()


async def test_a_fourth_connection_within_a_second_is_refused(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    await asyncio.sleep(1)
    for _ in range(3):
        await wire(session, venue, "public")
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await wire(session, venue, "public")
    assert caught.value.status == 429
    await asyncio.sleep(1)
