"""Bybit's WebSocket over real sockets: forms of answers, books, candles, private streams, disconnect protection."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from support.bybit_client import BOUND_KEY, KEY, READ_KEY, headers_of, sign
from support.venue_process import VenueKey, VenueProcess, venue_process

pytestmark = pytest.mark.integration
PUBLIC, PRIVATE = "/v5/public/spot", "/v5/private"


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    keys = [KEY, READ_KEY, BOUND_KEY]
    with venue_process("--symbol=BTC/USDT", "--symbol=ETH/USDT", keys=keys, dialect="bybit", speed="20") as process:
        yield process


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


class Wire:
    """One WebSocket of the test."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: str, *args: object, **more: object) -> None:
        await self.socket.send_str(json.dumps({"op": op, "args": list(args), **more}))

    async def next(self) -> dict[str, Any]:
        return dict(json.loads((await asyncio.wait_for(self.socket.receive(), 5)).data))

    async def ask(self, op: str, *args: object, **more: object) -> dict[str, Any]:
        """Send, and return the next message that is an answer."""
        await self.send(op, *args, **more)
        while "topic" in (message := await self.next()):
            pass
        return message

    async def until(self, topic: str) -> dict[str, Any]:
        while (message := await self.next()).get("topic") != topic:
            pass
        return message


async def connect(session: aiohttp.ClientSession, venue: VenueProcess, path: str) -> Wire:
    return Wire(await session.ws_connect(venue.ws + path))


def login_arguments(key: VenueKey = KEY, expires: int | None = None) -> list[object]:
    at = int(time.time() * 1000) + 10_000 if expires is None else expires
    return [key.api_key, at, sign(key.secret, f"GET/realtime{at}")]


async def logged_in(session: aiohttp.ClientSession, venue: VenueProcess, key: VenueKey = KEY) -> Wire:
    client = await connect(session, venue, PRIVATE)
    assert (await client.ask("auth", *login_arguments(key)))["success"] is True
    return client


async def post(session: aiohttp.ClientSession, venue: VenueProcess, path: str, document: object) -> dict[str, Any]:
    body = json.dumps(document)
    headers = headers_of(KEY, int(time.time() * 1000), body)
    async with session.post(f"{venue.rest}/v5/{path}", data=body, headers=headers) as response:
        return dict(await response.json())


async def create(session: aiohttp.ClientSession, venue: VenueProcess, **changes: str) -> str:
    order = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "35000"}
    answer = await post(session, venue, "order/create", order | changes)
    assert answer["retCode"] == 0, answer
    return str(answer["result"]["orderId"])


async def test_public_answers_have_the_form_of_the_public_address(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await connect(session, venue, PUBLIC)
    pong = await client.ask("ping", req_id="7")
    connection = pong.pop("conn_id")
    assert pong == {"success": True, "ret_msg": "pong", "req_id": "7", "op": "ping"}
    await client.socket.send_str('{"op":"ping"}')
    assert (await client.next())["req_id"] == ""
    ack = await client.ask("subscribe", "publicTrade.BTCUSDT", req_id="8")
    assert ack == {"success": True, "ret_msg": "subscribe", "conn_id": connection, "req_id": "8", "op": "subscribe"}


async def test_private_answers_have_the_form_of_the_private_address(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await connect(session, venue, PRIVATE)
    pong = await client.ask("ping", req_id="7")
    assert abs(int(pong.pop("args")[0]) / 1000 - time.time()) < 5
    connection = pong.pop("conn_id")
    assert pong == {"req_id": "7", "op": "pong"}
    assert "req_id" not in await client.ask("ping")
    answer = await client.ask("auth", *login_arguments())
    assert answer == {"success": True, "ret_msg": "", "conn_id": connection, "op": "auth"}
    ack = await client.ask("subscribe", "order", "wallet", req_id="a")
    assert ack == {"success": True, "ret_msg": "", "conn_id": connection, "req_id": "a", "op": "subscribe"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["orderbook.25.BTCUSDT"], "error:handler not found,topic:orderbook.25.BTCUSDT"),
        (["publicTrade.NOPE"], "error:handler not found,topic:publicTrade.NOPE"),
        (["tickers.ETHUSDT", "kline.2.ETHUSDT"], "error:handler not found,topic:kline.2.ETHUSDT"),
        (["order"], "error:handler not found,topic:order"),
        ([f"orderbook.{n}.BTCUSDT" for n in range(11)], "args size >10"),
        ([], "error:args invalid"),
        ([1], "error:args invalid"),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused_whole(
    session: aiohttp.ClientSession, venue: VenueProcess, arguments: list[object], said: str
) -> None:
    client = await connect(session, venue, PUBLIC)
    refused = await client.ask("subscribe", *arguments, req_id="1")
    assert (refused["success"], refused["ret_msg"], refused["req_id"], refused["op"]) == (False, said, "1", "subscribe")
    assert (await client.ask("ping"))["ret_msg"] == "pong"


async def test_a_topic_is_subscribed_once_and_unsubscribed(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await connect(session, venue, PUBLIC)
    await client.ask("subscribe", "tickers.BTCUSDT")
    again = await client.ask("subscribe", "tickers.BTCUSDT")
    assert (again["success"], again["ret_msg"]) == (False, "error:already subscribed,topic:tickers.BTCUSDT")
    assert (await client.ask("unsubscribe", "tickers.BTCUSDT"))["success"] is True
    with pytest.raises(asyncio.TimeoutError):
        await asyncio.wait_for(client.socket.receive(), 0.3)
    assert (await client.ask("subscribe", "tickers.BTCUSDT"))["success"] is True


@pytest.mark.parametrize("text", ["hello", "[]", '{"op":"dance"}', "{}"])
async def test_what_is_no_operation_is_refused_and_the_connection_stays(
    session: aiohttp.ClientSession, venue: VenueProcess, text: str
) -> None:
    client = await connect(session, venue, PUBLIC)
    await client.socket.send_str(text)
    assert (await client.next())["success"] is False
    assert (await client.ask("ping"))["ret_msg"] == "pong"


def apply(book: dict[str, dict[str, str]], data: dict[str, Any]) -> None:
    for side in ("b", "a"):
        for price, size in data[side]:
            assert size != "0" or price in book[side]
            book[side].pop(price, None)
            if size != "0":
                book[side][price] = size


async def test_a_book_is_a_snapshot_and_deltas_without_a_gap(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await connect(session, venue, PUBLIC)
    await client.ask("subscribe", "orderbook.50.BTCUSDT", "orderbook.1.BTCUSDT", "orderbook.200.BTCUSDT")
    books: dict[str, tuple[dict[str, dict[str, str]], list[int]]] = {}
    while min((len(ids) for _, ids in books.values()), default=0) < 8 or len(books) < 3:
        message = await client.next()
        topic, data = message["topic"], message["data"]
        assert data["s"] == "BTCUSDT"
        if topic not in books:
            assert (message["type"], data["u"]) == ("snapshot", 1)
            books[topic] = ({side: dict(data[side]) for side in ("b", "a")}, [1])
            continue
        book, ids = books[topic]
        assert (message["type"], data["u"]) == ("delta", ids[-1] + 1)
        ids.append(data["u"])
        apply(book, data)
        assert max(map(Decimal, book["b"])) < min(map(Decimal, book["a"]))
        assert max(len(book["b"]), len(book["a"])) <= int(topic.split(".")[1])
    late = await connect(session, venue, PUBLIC)
    await late.send("subscribe", "orderbook.50.BTCUSDT")
    fresh = (await late.until("orderbook.50.BTCUSDT"))["data"]
    book, ids = books["orderbook.50.BTCUSDT"]
    while ids[-1] < fresh["u"]:
        data = (await client.until("orderbook.50.BTCUSDT"))["data"]
        apply(book, data)
        ids.append(data["u"])
    assert book == {side: dict(fresh[side]) for side in ("b", "a")}


async def test_a_book_goes_on_counting_when_its_subscribers_return(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    last = 0
    for kind in ("first", "second"):
        client = await connect(session, venue, PUBLIC)
        await client.send("subscribe", "orderbook.50.ETHUSDT")
        snapshot = await client.until("orderbook.50.ETHUSDT")
        assert (snapshot["type"], snapshot["data"]["u"]) == ("snapshot", last + 1), kind
        last = (await client.until("orderbook.50.ETHUSDT"))["data"]["u"]
        await client.ask("unsubscribe", "orderbook.50.ETHUSDT")


async def test_candles_are_confirmed_once_and_in_order(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await connect(session, venue, PUBLIC)
    await client.ask("subscribe", "kline.1.BTCUSDT", "kline.5.BTCUSDT")
    confirmed: list[dict[str, Any]] = []
    running: set[int] = set()
    while len(confirmed) < 2:
        for row in (await client.until("kline.1.BTCUSDT"))["data"]:
            assert (row["interval"], row["end"]) == ("1", row["start"] + 59_999)
            assert not confirmed or row["start"] > confirmed[-1]["start"]
            if row["confirm"]:
                confirmed.append(row)
            else:
                running.add(row["start"])
    assert confirmed[1]["start"] - confirmed[0]["start"] == 60_000
    assert confirmed[1]["start"] in running
    query = f"category=spot&symbol=BTCUSDT&interval=1&start={confirmed[0]['start']}&limit=2"
    async with session.get(f"{venue.rest}/v5/market/kline?{query}") as response:
        rest = (await response.json())["result"]["list"]
    names = ("start", "open", "high", "low", "close", "volume", "turnover")
    assert [[str(row[name]) for name in names] for row in reversed(confirmed)] == rest


async def test_public_trades_and_tickers_agree_with_rest(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await connect(session, venue, PUBLIC)
    await client.ask("subscribe", "publicTrade.BTCUSDT", "tickers.BTCUSDT")
    ticker = (await client.until("tickers.BTCUSDT"))["data"]
    assert "bid1Price" not in ticker
    assert Decimal(ticker["lowPrice24h"]) <= Decimal(ticker["lastPrice"]) <= Decimal(ticker["highPrice24h"])
    pushed = (await client.until("publicTrade.BTCUSDT"))["data"]
    async with session.get(f"{venue.rest}/v5/market/recent-trade?category=spot&symbol=BTCUSDT") as response:
        rest = {row["execId"]: row for row in (await response.json())["result"]["list"]}
    for row in pushed:
        same = rest[row["i"]]
        assert (row["p"], row["v"], row["S"], str(row["T"])) == (same["price"], same["size"], same["side"], same["time"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (lambda: login_arguments(expires=int(time.time() * 1000) - 1), "Params Error"),
        (lambda: [*login_arguments()[:2], "0" * 64], "Params Error"),
        (lambda: ["nobody", *login_arguments()[1:]], "API key is invalid."),
        (lambda: login_arguments(BOUND_KEY), "Unmatched IP, please check your API key's bound IP addresses."),
        (lambda: [], "Params Error"),
    ],
)
async def test_a_login_that_fails_opens_nothing(
    session: aiohttp.ClientSession, venue: VenueProcess, arguments: Any, said: str
) -> None:
    client = await connect(session, venue, PRIVATE)
    refused = await client.ask("auth", *arguments())
    assert (refused["success"], refused["ret_msg"], refused["op"]) == (False, said, "auth")
    closed = await client.ask("subscribe", "order")
    assert (closed["success"], closed["ret_msg"]) == (False, "Request not authorized")


async def test_private_topics_are_those_of_the_private_address(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await logged_in(session, venue, READ_KEY)
    assert (await client.ask("subscribe", "tickers.BTCUSDT"))["ret_msg"] == "error:handler not found,topic:tickers.BTCUSDT"
    for topic in ("order", "order.spot", "execution", "execution.spot", "wallet", "order.linear", "position", "dcp.future"):
        assert (await client.ask("subscribe", topic))["success"] is True


async def test_an_orders_life_is_pushed_as_orders_executions_and_balances(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    client = await logged_in(session, venue)
    await client.ask("subscribe", "order", "execution.spot", "wallet")
    order_id = await create(session, venue, qty="0.01", orderLinkId=f"life{time.time_ns()}")
    message = await client.until("order")
    row = message["data"][0]
    assert (row["category"], row["orderId"], row["orderStatus"], row["leavesQty"]) == ("spot", order_id, "New", "0.01")
    assert message["creationTime"] > 0
    assert message["id"]
    wallet = (await client.until("wallet"))["data"][0]
    assert (wallet["accountType"], {row["coin"] for row in wallet["coin"]}) == ("UNIFIED", {"USDT"})
    await post(session, venue, "order/cancel", {"category": "spot", "symbol": "BTCUSDT", "orderId": order_id})
    assert (await client.until("order"))["data"][0]["orderStatus"] == "Cancelled"
    taken = await create(session, venue, orderType="Market", qty="500")
    orders: list[dict[str, Any]] = []
    fills: list[dict[str, Any]] = []
    while not orders or orders[-1]["orderStatus"] != "Filled" or len(fills) < 1 or fills[-1]["leavesQty"] != "0":
        message = await client.next()
        if message["topic"] == "order":
            orders += message["data"]
        elif message["topic"] == "execution.spot":
            fills += message["data"]
    statuses = [row["orderStatus"] for row in orders]
    assert (statuses[0], {fill["orderId"] for fill in fills}) == ("New", {taken})
    assert {(fill["feeCurrency"], fill["execType"], fill["category"]) for fill in fills} == {("BTC", "Trade", "spot")}
    truth = next(row for row in venue.orders() if row["venue_order_id"] == taken)
    assert sum(Decimal(fill["execQty"]) for fill in fills) == Decimal(truth["filled"])
    assert sum(Decimal(fill["execFee"]) for fill in fills) == Decimal(truth["fee"])


async def states(venue: VenueProcess, *order_ids: str) -> list[tuple[str, str]]:
    rows = {row["venue_order_id"]: row for row in await asyncio.to_thread(venue.orders)}
    return [(rows[order_id]["state"], rows[order_id]["ended"]) for order_id in order_ids]


async def test_disconnect_protection_cancels_once_the_guarding_connection_is_gone_for_its_window(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    setting = {"product": "SPOT", "timeWindow": 3}
    assert (await post(session, venue, "order/disconnected-cancel-all", setting))["retCode"] == 0
    guard, watcher = await logged_in(session, venue), await logged_in(session, venue)
    await guard.ask("subscribe", "dcp")
    await watcher.ask("subscribe", "order")
    orders = [await create(session, venue), await create(session, venue, symbol="ETHUSDT", price="2200", qty="0.1")]
    await guard.socket.close()
    await asyncio.sleep(2)
    assert await states(venue, *orders) == [("live", ""), ("live", "")]
    back = await logged_in(session, venue)
    await back.ask("subscribe", "dcp.spot")
    await asyncio.sleep(1.7)
    assert await states(venue, *orders) == [("live", ""), ("live", "")]
    await back.socket.close()
    await asyncio.sleep(3.6)
    assert await states(venue, *orders) == [("canceled", "switch"), ("canceled", "switch")]
    cancel_types: set[tuple[str, str]] = set()
    with contextlib.suppress(asyncio.TimeoutError):
        while len(cancel_types) < 2:
            row = (await asyncio.wait_for(watcher.until("order"), 1))["data"][0]
            if row["orderStatus"] == "Cancelled":
                cancel_types.add((row["symbol"], row["cancelType"]))
    assert cancel_types == {("BTCUSDT", "CancelByDCP"), ("ETHUSDT", "CancelByDCP")}


async def test_disconnect_protection_needs_the_topic_the_product_and_the_last_guard_to_go(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    assert (await post(session, venue, "order/disconnected-cancel-all", {"product": "SPOT", "timeWindow": 3}))["retCode"] == 0
    order_id = await create(session, venue)
    plain = await logged_in(session, venue)
    await plain.ask("subscribe", "order")
    left = await logged_in(session, venue)
    await left.ask("subscribe", "dcp")
    await left.ask("unsubscribe", "dcp")
    standing, going = await logged_in(session, venue), await logged_in(session, venue)
    await standing.ask("subscribe", "dcp")
    await going.ask("subscribe", "dcp")
    for gone in (plain, left, going):
        await gone.socket.close()
    await asyncio.sleep(3.6)
    assert await states(venue, order_id) == [("live", "")]
    for setting in ({"timeWindow": 2}, {"timeWindow": 301}, {"timeWindow": "10"}, {"product": "SPOTS", "timeWindow": 10}, {}):
        assert (await post(session, venue, "order/disconnected-cancel-all", setting))["retCode"] == 10001
    await post(session, venue, "order/cancel-all", {"category": "spot"})


async def test_faults_of_streams_strike_bybits_messages(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await connect(session, venue, PUBLIC)
    venue.add_fault("ws_reject", match="*orderbook*", count=1)
    refused = await client.ask("subscribe", "orderbook.50.BTCUSDT", req_id="5")
    said = "error:handler not found,topic:orderbook.50.BTCUSDT"
    assert (refused["success"], refused["ret_msg"], refused["req_id"]) == (False, said, "5")
    await client.ask("subscribe", "orderbook.50.BTCUSDT", req_id="6")
    ids = [(await client.until("orderbook.50.BTCUSDT"))["data"]["u"] for _ in range(3)]
    venue.add_fault("ws_gap", match="orderbook.50:BTCUSDT", count=1)
    while ids[-1] - ids[-2] == 1:
        ids.append((await client.until("orderbook.50.BTCUSDT"))["data"]["u"])
    assert ids[-1] - ids[-2] == 2
    venue.clear_faults()


async def test_a_batch_can_be_answered_as_failed_in_part(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    venue.add_fault("partial_batch", match="/v5/order/create-batch", count=1)
    order = {"symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": "35000"}
    answer = await post(session, venue, "order/create-batch", {"category": "spot", "request": [order, order]})
    assert [row["code"] for row in answer["retExtInfo"]["list"]] == [170149, 0]
    assert [bool(row["orderId"]) for row in answer["result"]["list"]] == [False, True]
    ended = await post(session, venue, "order/cancel-all", {"category": "spot"})
    assert len(ended["result"]["list"]) == 2
