"""WebSocket v2 over real sockets: acknowledgements, snapshots and updates, checksums, sequences, sessions, heartbeats."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from golive.matching.book import OrderBook
from golive.model.order import Side
from simvenue.kraken.book import DepthView, checksum
from simvenue.kraken.number import Grid
from support.kraken_client import KEY, READ_KEY, TRADE_KEY, KrakenClient, kraken_process, private
from support.venue_process import VenueKey, VenueProcess

pytestmark = pytest.mark.integration
SYMBOL = "BTC/USD"
ASKS = """45285.2/0.00100000 45286.4/1.54571953 45286.6/1.54571109 45289.6/1.54560911 45290.2/0.15890660
45291.8/1.54553491 45294.7/0.04454749 45296.1/0.35380000 45297.5/0.09945542 45299.5/0.18772827"""
BIDS = """45283.5/0.10000000 45283.4/1.54582015 45282.1/0.10000000 45281.0/0.10000000 45280.3/1.54592586
45279.0/0.07990000 45277.6/0.03310103 45277.5/0.30000000 45277.3/1.54602737 45276.6/0.15445238"""


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    with kraken_process("--speed=20", speed="20") as process:
        yield process


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened


class Wire:
    """One WebSocket of the test; numbers are read as exact decimals with their digits."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.request = 0

    async def ask(self, method: str, **params: Any) -> int:
        self.request += 1
        await self.socket.send_str(json.dumps({"method": method, "params": params, "req_id": self.request}))
        return self.request

    async def next(self) -> dict[str, Any]:
        text = (await asyncio.wait_for(self.socket.receive(), 5)).data
        return dict(json.loads(text, parse_float=Decimal))

    async def next_of(self, channel: str) -> dict[str, Any]:
        """The next message of one channel; what else comes is passed over."""
        while (message := await self.next()).get("channel") != channel:
            pass
        return message

    async def answer(self, number: int) -> dict[str, Any]:
        while (message := await self.next()).get("req_id") != number:
            pass
        return message

    async def subscribe(self, channel: str, **params: Any) -> dict[str, Any]:
        return await self.answer(await self.ask("subscribe", channel=channel, **params))


async def wire(session: aiohttp.ClientSession, venue: VenueProcess) -> Wire:
    made = Wire(await session.ws_connect(venue.ws))
    greeting = await made.next()
    assert (greeting["channel"], greeting["type"]) == ("status", "update")
    assert (greeting["data"][0]["system"], greeting["data"][0]["api_version"]) == ("online", "v2")
    return made


async def token(session: aiohttp.ClientSession, venue: VenueProcess, key: VenueKey = KEY) -> str:
    return str((await private(session, venue, "GetWebSocketsToken", key))["token"])


def levels(text: str) -> list[tuple[str, str]]:
    return [(price, quantity) for price, _, quantity in (level.partition("/") for level in text.split())]


def test_the_published_checksum_is_reproduced() -> None:
    assert checksum(levels(ASKS), levels(BIDS)) == 3310070434


def summed(asks: dict[Decimal, Decimal], bids: dict[Decimal, Decimal]) -> int:
    """The checksum as a client makes it: from the numbers' own digits."""
    rows = [*sorted(asks.items())[:10], *sorted(bids.items(), reverse=True)[:10]]
    return zlib.crc32("".join(f"{number}".replace(".", "").lstrip("0") for row in rows for number in row).encode())


def test_a_level_pushed_out_of_the_depth_is_not_taken_back_and_is_sent_again_when_it_returns() -> None:
    client = KrakenClient()
    grid = Grid(client.exchange.markets[SYMBOL].listing)
    book = OrderBook()
    book.set_depth([(100 - at, 5) for at in range(10)], [])
    view = DepthView(book, grid, 10)
    book.set_depth([(101, 7)], [])
    assert view.update()[Side.BUY] == [(101, 7)]
    book.set_depth([(101, 0)], [])
    assert view.update()[Side.BUY] == [(101, 0), (91, 5)]
    assert view.changed(SYMBOL, "") is None


@pytest.mark.parametrize("depth", [10, 25])
async def test_a_client_that_truncates_to_its_depth_agrees_with_every_checksum(
    session: aiohttp.ClientSession, venue: VenueProcess, depth: int
) -> None:
    client = await wire(session, venue)
    ack = await client.subscribe("book", symbol=[SYMBOL], depth=depth)
    assert ack["result"] == {"channel": "book", "symbol": SYMBOL, "depth": depth, "snapshot": True}
    book: dict[str, dict[Decimal, Decimal]] = {"bids": {}, "asks": {}}
    for number in range(60):
        message = await client.next_of("book")
        assert message["type"] == ("update" if number else "snapshot")
        (data,) = message["data"]
        for side, held in book.items():
            for level in data[side]:
                if level["qty"]:
                    held[level["price"]] = level["qty"]
                else:
                    del held[level["price"]]
            for price in sorted(held, reverse=side == "bids")[depth:]:
                del held[price]
        assert len(book["bids"]) == len(book["asks"]) == depth
        assert data["checksum"] == summed(book["asks"], book["bids"])


async def test_every_symbol_is_acknowledged_by_itself(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    number = await client.ask("subscribe", channel="ticker", symbol=[SYMBOL, "XBT/USD", "ETH/USD"])
    answers = [await client.answer(number) for _ in range(3)]
    assert [a["success"] for a in answers] == [True, False, True]
    assert answers[1]["error"] == "Currency pair not supported XBT/USD"
    assert answers[1]["symbol"] == "XBT/USD"
    assert answers[0]["result"]["symbol"] == SYMBOL
    assert answers[0]["time_in"].endswith("Z")


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"channel": "book", "symbol": [SYMBOL], "depth": 11}, "Subscription book depth not supported"),
        ({"channel": "ohlc", "symbol": [SYMBOL], "interval": 2}, "Subscription ohlc interval not supported"),
        ({"channel": "ticker", "symbol": [SYMBOL], "event_trigger": "x"}, "Subscription ticker event_trigger not supported"),
        ({"channel": "book", "symbol": [SYMBOL], "depth": True}, "EGeneral:Invalid arguments:depth"),
        ({"channel": "ticker"}, "Currency pair not supported None"),
        ({"channel": "nothing", "symbol": [SYMBOL]}, "Channel not supported nothing"),
        ({"channel": "executions"}, "Token(s) not found"),
        ({"channel": "balances", "token": "wrong"}, "ESession:Invalid session"),
        ({"channel": "executions", "token": 5}, "Token(s) not found"),
    ],
)
async def test_a_subscription_that_cannot_be_is_refused(
    session: aiohttp.ClientSession, venue: VenueProcess, params: dict[str, Any], error: str
) -> None:
    client = await wire(session, venue)
    answer = await client.answer(await client.ask("subscribe", **params))
    assert (answer["success"], answer["error"], answer["method"]) == (False, error, "subscribe")


async def test_what_is_no_request_is_answered_as_such(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    for text in ("{", "[]", "ping"):
        await client.socket.send_str(text)
        answer = await client.next()
        assert (answer["error"], answer["method"], answer["success"]) == ("Malformed request", "error", False)
    answer = await client.answer(await client.ask("add_order"))
    assert (answer["success"], answer["error"]) == (False, "Unsupported method")


async def test_a_ping_is_answered_with_its_number(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    pong = await client.answer(await client.ask("ping"))
    assert pong["method"] == "pong"


async def test_a_subscription_ends_when_it_is_taken_back(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    assert (await client.subscribe("book", symbol=[SYMBOL]))["success"]
    assert (await client.subscribe("book", symbol=[SYMBOL]))["error"] == "Already subscribed"
    ended = await client.answer(await client.ask("unsubscribe", channel="book", symbol=[SYMBOL]))
    assert ended["result"] == {"channel": "book", "symbol": SYMBOL, "depth": 10}
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(client.socket.receive(), 0.5)
    again = await client.answer(await client.ask("unsubscribe", channel="book", symbol=[SYMBOL]))
    assert again["error"] == "Subscription Not Found"


async def test_trades_come_with_ids_without_gaps_or_snapshot_unless_asked(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    client = await wire(session, venue)
    assert (await client.subscribe("trade", symbol=[SYMBOL]))["result"]["snapshot"] is False
    first = await client.next_of("trade")
    assert first["type"] == "update"
    ids = [row["trade_id"] for row in first["data"]]
    for _ in range(3):
        ids += [row["trade_id"] for row in (await client.next_of("trade"))["data"]]
    assert ids == list(range(ids[0], ids[0] + len(ids)))
    other = await wire(session, venue)
    assert (await other.subscribe("trade", symbol=[SYMBOL], snapshot=True))["success"]
    snapshot = await other.next_of("trade")
    assert (snapshot["type"], len(snapshot["data"])) == ("snapshot", 50)


async def test_a_ticker_follows_trades_or_the_best_prices(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    for trigger in ("trades", "bbo"):
        assert (await client.subscribe("ticker", symbol=[SYMBOL], event_trigger=trigger))["success"]
        snapshot = await client.next_of("ticker")
        assert snapshot["type"] == "snapshot"
        update = await client.next_of("ticker")
        (row,) = update["data"]
        assert (update["type"], row["symbol"]) == ("update", SYMBOL)
        assert row["low"] <= row["last"] <= row["high"]
        assert row["bid"] < row["ask"]
        await client.answer(await client.ask("unsubscribe", channel="ticker", symbol=[SYMBOL], event_trigger=trigger))


async def test_a_finished_candle_is_followed_by_the_next_one_in_the_same_message(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    client = await wire(session, venue)
    assert (await client.subscribe("ohlc", symbol=[SYMBOL], interval=1))["result"]["interval"] == 1
    snapshot = await client.next_of("ohlc")
    begins = [row["interval_begin"] for row in snapshot["data"]]
    assert (snapshot["type"], begins) == ("snapshot", sorted(set(begins)))
    deadline = time.monotonic() + 20
    while len((message := await client.next_of("ohlc"))["data"]) == 1:
        assert time.monotonic() < deadline
    finished, begun = message["data"][-2:]
    assert finished["timestamp"] == begun["interval_begin"]
    assert begun["interval"] == 1
    assert finished["volume"] > 0


async def test_a_session_needs_a_key_that_may_read(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    assert (await client.subscribe("executions", token=await token(session, venue, READ_KEY)))["success"]
    with pytest.raises(AssertionError, match="Permission denied"):
        await token(session, venue, TRADE_KEY)


async def test_an_order_is_told_from_its_coming_to_its_end(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    ack = await client.subscribe("executions", token=await token(session, venue), snap_orders=True, ratecounter=True)
    assert ack["result"] == {"channel": "executions", "maxratecount": 125, "snap_orders": True, "snap_trades": False}
    snapshot = await client.next_of("executions")
    assert (snapshot["type"], snapshot["sequence"], snapshot["data"]) == ("snapshot", 1, [])
    body: dict[str, Any] = {
        "pair": "XBTUSD",
        "type": "buy",
        "ordertype": "limit",
        "volume": "0.5",
        "price": "20000",
        "cl_ord_id": "c" * 32,
    }
    txid = (await private(session, venue, "AddOrder", **body))["txid"][0]
    await private(session, venue, "AmendOrder", txid=txid, order_qty="0.25")
    await private(session, venue, "CancelOrder", txid=txid)
    messages = [await client.next_of("executions") for _ in range(4)]
    assert [m["sequence"] for m in messages] == [2, 3, 4, 5]
    rows = [row for message in messages for row in message["data"]]
    assert [row["exec_type"] for row in rows] == ["pending_new", "new", "amended", "canceled"]
    assert [row["order_status"] for row in rows] == ["pending_new", "new", "new", "canceled"]
    assert {(row["order_id"], row["cl_ord_id"], row["symbol"]) for row in rows} == {(txid, "c" * 32, SYMBOL)}
    assert [row["order_qty"] for row in rows[:3]] == [Decimal("0.50000000")] * 2 + [Decimal("0.25000000")]
    assert (rows[0]["limit_price"], rows[0]["time_in_force"], rows[3]["reason"]) == (Decimal("20000.0"), "GTC", "User requested")
    assert rows[3]["ratecount"] >= 1


async def test_fills_are_told_one_by_one_and_end_with_filled(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    session_token = await token(session, venue)
    await client.subscribe("executions", token=session_token, snap_orders=False)
    await client.subscribe("balances", token=session_token)
    before = {row["asset"]: row["balance"] for row in (await client.next_of("balances"))["data"]}
    body: dict[str, Any] = {"pair": "XBTUSD", "type": "buy", "ordertype": "market", "volume": "3"}
    txid = (await private(session, venue, "AddOrder", **body))["txid"][0]
    events: list[dict[str, Any]] = []
    bookings: list[dict[str, Any]] = []
    sequence = 1
    while not events or events[-1]["exec_type"] != "filled":
        message = await client.next()
        if message.get("channel") == "executions":
            assert len(message["data"]) == 1
            events += message["data"]
        elif message.get("channel") == "balances":
            sequence += 1
            assert (message["type"], message["sequence"]) == ("update", sequence)
            bookings += message["data"]
    trades = [event for event in events if event["exec_type"] == "trade"]
    assert [event["exec_type"] for event in events] == ["pending_new", "new", *["trade"] * len(trades), "filled"]
    assert {event["order_status"] for event in trades} == {"partially_filled"}
    assert sum(event["last_qty"] for event in trades) == 3 == events[-1]["cum_qty"] == trades[-1]["cum_qty"]
    assert sum(event["cost"] for event in trades) == events[-1]["cum_cost"]
    fee = sum(event["fees"][0]["qty"] for event in trades)
    assert fee == events[-1]["fee_usd_equiv"] > 0
    assert {event["liquidity_ind"] for event in trades} == {"t"}
    while len(bookings) < 2 * len(trades):
        bookings += (await client.next_of("balances"))["data"]
    assert bookings[-2]["balance"] == before["BTC"] + 3
    assert bookings[-1]["balance"] == before["USD"] - events[-1]["cum_cost"] - fee
    assert sum(row["amount"] for row in bookings if row["asset"] == "USD") == -events[-1]["cum_cost"]
    assert len({row["ledger_id"] for row in bookings}) == len(bookings)
    history = await private(session, venue, "QueryTrades", txid=",".join(event["exec_id"] for event in trades[:20]))
    assert {row["ordertxid"] for row in history.values()} == {txid}


async def test_a_later_session_begins_with_open_orders_and_last_fills(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    body: dict[str, Any] = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.5", "price": "20000"}
    txid = (await private(session, venue, "AddOrder", **body))["txid"][0]
    taken: dict[str, Any] = {"pair": "XBTUSD", "type": "sell", "ordertype": "market", "volume": "0.01"}
    filled = (await private(session, venue, "AddOrder", **taken))["txid"][0]
    client = await wire(session, venue)
    await client.subscribe("executions", token=await token(session, venue), snap_orders=True, snap_trades=True)
    orders, fills = await client.next_of("executions"), await client.next_of("executions")
    assert [(m["type"], m["sequence"]) for m in (orders, fills)] == [("snapshot", 1), ("snapshot", 2)]
    assert [(row["order_id"], row["exec_type"], row["order_status"]) for row in orders["data"]] == [(txid, "new", "new")]
    assert fills["data"][-1]["order_id"] == filled
    assert {row["exec_type"] for row in fills["data"]} == {"trade"}
    await private(session, venue, "CancelOrder", txid=txid)


async def test_without_order_status_only_beginnings_fills_and_ends_are_told(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    client = await wire(session, venue)
    await client.subscribe("executions", token=await token(session, venue), snap_orders=False, order_status=False)
    body: dict[str, Any] = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.5", "price": "20000"}
    txid = (await private(session, venue, "AddOrder", **body))["txid"][0]
    await private(session, venue, "AmendOrder", txid=txid, order_qty="0.25")
    await private(session, venue, "CancelOrder", txid=txid)
    assert [(await client.next_of("executions"))["data"][0]["exec_type"] for _ in range(2)] == ["new", "canceled"]


async def test_a_quiet_subscriber_hears_a_heartbeat_every_second(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    await client.subscribe("balances", token=await token(session, venue), snapshot=False)
    started = time.monotonic()
    assert [await client.next() for _ in range(2)] == [{"channel": "heartbeat"}] * 2
    assert 1.5 < time.monotonic() - started < 3.5
    idle = await wire(session, venue)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(idle.socket.receive(), 1.5)


async def test_a_busy_subscriber_hears_no_heartbeat(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    client = await wire(session, venue)
    await client.subscribe("book", symbol=[SYMBOL])
    until = time.monotonic() + 2.5
    channels = set()
    while time.monotonic() < until:
        channels.add((await client.next())["channel"])
    assert channels == {"book"}


async def test_clients_are_told_when_the_venue_changes_its_mode() -> None:
    with kraken_process() as venue:
        async with aiohttp.ClientSession() as session:
            client = await wire(session, venue)
            venue.control("mode", method="POST", body={"mode": "cancel_only"})
            assert (await client.next_of("status"))["data"][0]["system"] == "cancel_only"
