"""Unmodified third-party clients judge simulated Bybit over real sockets: CCXT (async and pro) and the exchange's own SDK."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import time
from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from support.bybit_judges import ccxt_client, pybit_session
from support.ccxt_conformance import meanwhile
from support.venue_process import VenueProcess, venue_process

pytestmark = pytest.mark.integration
SYMBOL = "BTC/USDT"


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    flags = ("--symbol=BTC/USDT", "--symbol=ETH/USDT", "--balance=USDT=1000000", "--balance=BTC=20")
    with venue_process(*flags, dialect="bybit", speed="20") as process:
        yield process


@pytest.fixture
async def client(venue: VenueProcess) -> AsyncIterator[Any]:
    async with ccxt_client(venue) as exchange:
        await exchange.load_markets()
        yield exchange


async def low_price(client: Any) -> str:
    """Return a whole price well below the market, within what Bybit takes."""
    return str(int(Decimal((await client.fetch_ticker(SYMBOL))["bid"]) * 9 // 10))


async def test_ccxt_reads_the_market(client: Any) -> None:
    assert set(client.markets) == {"BTC/USDT", "ETH/USDT"}
    market = client.markets[SYMBOL]
    assert market["precision"] == {"amount": "0.00000001", "price": "0.1"}
    assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == ("0.00001", "1")
    ticker = await client.fetch_ticker(SYMBOL)
    assert Decimal(ticker["low"]) <= Decimal(ticker["last"]) <= Decimal(ticker["high"])
    assert Decimal(ticker["bid"]) < Decimal(ticker["ask"])
    assert set(await client.fetch_tickers()) == {"BTC/USDT", "ETH/USDT"}
    book = await client.fetch_order_book(SYMBOL, 10)
    assert len(book["bids"]) == len(book["asks"]) == 10
    candles = await client.fetch_ohlcv(SYMBOL, "1m", limit=100)
    assert [b[0] - a[0] for a, b in pairwise(candles)] == [60_000] * 99
    since = candles[10][0]
    assert [row[0] for row in await client.fetch_ohlcv(SYMBOL, "1m", since, 20)] == [row[0] for row in candles[10:30]]
    assert len(await client.fetch_trades(SYMBOL, limit=50)) == 50
    assert (await client.fetch_status())["status"] == "ok"
    assert abs(await client.fetch_time() - client.milliseconds()) < 5_000
    fee = await client.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == ("0.001", "0.001")


async def test_ccxt_trades(client: Any) -> None:
    before, link = await client.fetch_balance(), f"{time.time_ns():032x}"
    low = await low_price(client)
    resting = await client.create_order(SYMBOL, "limit", "buy", "0.5", low, {"clientOrderId": link})
    taken = await client.create_order(SYMBOL, "market", "buy", "0.1")
    order = await client.fetch_order(taken["id"], SYMBOL)
    assert (order["status"], order["filled"], order["fee"]) == ("closed", "0.1", {"cost": "0.0001", "currency": "BTC"})
    (by_link,) = await client.fetch_open_orders(SYMBOL, params={"orderLinkId": link})
    assert (by_link["id"], by_link["status"], by_link["clientOrderId"]) == (resting["id"], "open", link)
    assert resting["id"] in {o["id"] for o in await client.fetch_open_orders(SYMBOL)}
    await client.edit_order(resting["id"], SYMBOL, "limit", "buy", "0.25", low)
    edited = await client.fetch_order(resting["id"], SYMBOL)
    assert (edited["amount"], edited["price"]) == ("0.25", low)
    balance = await client.fetch_balance()
    assert Decimal(balance["used"]["USDT"]) == Decimal(low) / 4
    await client.cancel_order(None, SYMBOL, {"orderLinkId": link})
    assert (await client.fetch_order(resting["id"], SYMBOL))["status"] == "canceled"
    mine = [t for t in await client.fetch_my_trades(SYMBOL) if t["order"] == taken["id"]]
    assert taken["id"] in {o["id"] for o in await client.fetch_closed_orders(SYMBOL)}
    assert resting["id"] in {o["id"] for o in await client.fetch_canceled_orders(SYMBOL)}
    after = await client.fetch_balance()
    assert Decimal(after["total"]["USDT"]) == Decimal(before["total"]["USDT"]) - sum(Decimal(t["cost"]) for t in mine)
    assert Decimal(after["total"]["BTC"]) == Decimal(before["total"]["BTC"]) + Decimal("0.0999")


async def test_ccxt_places_every_type_of_order(client: Any) -> None:
    low = await low_price(client)
    high = str(int(Decimal((await client.fetch_ticker(SYMBOL))["ask"]) * 102 // 100))
    orders = {
        "post only": await client.create_order(SYMBOL, "limit", "buy", "0.01", low, {"postOnly": True}),
        "post only crossing": await client.create_order(SYMBOL, "limit", "buy", "0.01", high, {"postOnly": True}),
        "ioc": await client.create_order(SYMBOL, "limit", "buy", "0.01", low, {"timeInForce": "IOC"}),
        "fok": await client.create_order(SYMBOL, "limit", "buy", "0.01", high, {"timeInForce": "FOK"}),
        "by cost": await client.create_market_buy_order_with_cost(SYMBOL, "250"),
        "sell": await client.create_order(SYMBOL, "market", "sell", "0.01"),
    }
    assert {order["status"] for order in orders.values()} == {None}
    found = {kind: await client.fetch_order(order["id"], SYMBOL) for kind, order in orders.items()}
    assert {kind: order["status"] for kind, order in found.items()} == {
        "post only": "open",
        "post only crossing": "rejected",
        "ioc": "canceled",
        "fok": "closed",
        "by cost": "closed",
        "sell": "closed",
    }
    assert 249 < Decimal(found["by cost"]["cost"]) <= 250
    assert found["sell"]["fee"]["currency"] == "USDT"
    order = {"symbol": SYMBOL, "type": "limit", "side": "buy", "price": low}
    batch = await client.create_orders([{**order, "amount": amount} for amount in ("0.01", "0.00001")])
    assert [(bool(order["id"]), order["status"]) for order in batch] == [(True, None), (False, "rejected")]
    await client.cancel_orders([batch[0]["id"]], SYMBOL)
    await client.cancel_all_orders(SYMBOL)
    assert await client.fetch_open_orders(SYMBOL) == []


async def test_ccxt_sees_every_refusal_as_its_own_error(client: Any) -> None:
    import ccxt

    low = await low_price(client)
    with pytest.raises(ccxt.InsufficientFunds):
        await client.create_order(SYMBOL, "limit", "sell", "21", str(int(low) * 2))
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order("1", SYMBOL)
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order("1", SYMBOL)
    with pytest.raises(ccxt.InvalidOrder, match="170193"):
        await client.create_order(SYMBOL, "limit", "buy", "0.01", str(int(low) * 2))
    with pytest.raises(ccxt.InvalidOrder, match="170140"):
        await client.create_order(SYMBOL, "limit", "buy", "0.00002", low)
    client.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        await client.fetch_balance()


async def test_ccxt_watches_book_trades_candles_and_its_own_orders(client: Any) -> None:
    async def soon(call: Any) -> Any:
        return await asyncio.wait_for(call, 10)

    for _ in range(5):
        book = await soon(client.watch_order_book(SYMBOL))
        assert book["bids"][0][0] < book["asks"][0][0]
    assert (await soon(client.watch_trades(SYMBOL)))[-1]["symbol"] == SYMBOL
    assert len((await soon(client.watch_ohlcv(SYMBOL, "1m")))[-1]) == 6
    assert (await soon(client.watch_ticker(SYMBOL)))["last"] is not None
    low, placed = await low_price(client), []

    async def trade() -> None:
        resting = await client.create_order(SYMBOL, "limit", "buy", "0.01", low)
        await client.cancel_order(resting["id"], SYMBOL)
        placed.append(resting["id"])
        placed.append((await client.create_order(SYMBOL, "market", "buy", "0.01"))["id"])

    async with meanwhile(trade):
        watching = (client.watch_orders(SYMBOL), client.watch_balance(), client.watch_my_trades(SYMBOL))
        _, balance, trades = await soon(asyncio.gather(*watching))
        while len({order["status"] for order in client.orders}) < 2:
            await soon(client.watch_orders(SYMBOL))
    assert Decimal(str(balance["total"]["USDT"])) > 0
    assert trades[-1]["order"] in placed
    found = {order["id"]: (order["type"], order["status"]) for order in client.orders}
    assert {("limit", "canceled"), ("market", "closed")} <= set(found.values())


async def test_ccxt_is_told_that_a_bad_secret_does_not_log_in(client: Any) -> None:
    import ccxt

    await client.fetch_balance()  # learns the kind of account, which it asks over REST
    client.secret = "wrong"
    with pytest.raises(ccxt.ExchangeError, match="Params Error"):
        await asyncio.wait_for(client.watch_orders(SYMBOL), 10)


def test_the_official_sdk_reads_and_trades(venue: VenueProcess) -> None:
    from pybit.exceptions import InvalidRequestError

    with pybit_session(venue) as session:
        assert abs(int(session.get_server_time()["result"]["timeSecond"]) - time.time()) < 5
        wallet = session.get_wallet_balance(accountType="UNIFIED", coin="USDT")["result"]["list"][0]
        assert wallet["coin"][0]["coin"] == "USDT"
        assert session.get_api_key_information()["result"]["readOnly"] == 0
        bid = session.get_orderbook(category="spot", symbol="BTCUSDT")["result"]["b"][0][0]
        price = str(int(Decimal(bid) * 9 // 10))
        order = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Limit", "qty": "0.01", "price": price}
        placed = session.place_order(**order, orderLinkId="sdk-1")["result"]
        (opened,) = session.get_open_orders(category="spot", symbol="BTCUSDT", orderLinkId="sdk-1")["result"]["list"]
        assert (opened["orderId"], opened["orderStatus"]) == (placed["orderId"], "New")
        session.amend_order(category="spot", symbol="BTCUSDT", orderId=placed["orderId"], qty="0.02")
        (amended,) = session.get_open_orders(category="spot", orderId=placed["orderId"])["result"]["list"]
        assert amended["qty"] == "0.02"
        session.cancel_order(category="spot", symbol="BTCUSDT", orderId=placed["orderId"])
        with pytest.raises(InvalidRequestError, match="170213"):
            session.cancel_order(category="spot", symbol="BTCUSDT", orderId=placed["orderId"])
        (ended,) = session.get_order_history(category="spot", orderId=placed["orderId"])["result"]["list"]
        assert ended["cancelType"] == "CancelByUser"
        bought = session.place_order(category="spot", symbol="BTCUSDT", side="Buy", orderType="Market", qty="100")["result"]
        fills = session.get_executions(category="spot", orderId=bought["orderId"])["result"]["list"]
        assert 99 < sum(Decimal(fill["execValue"]) for fill in fills) <= 100


def test_the_official_sdk_is_refused_with_a_bad_secret(venue: VenueProcess) -> None:
    from pybit.exceptions import InvalidRequestError

    with pybit_session(venue, api_secret="wrong") as session, pytest.raises(InvalidRequestError, match="10004"):
        session.get_wallet_balance(accountType="UNIFIED")


def _subscribed(
    connect: Callable[[], Any], subscribe: Callable[[Any, Callable[[Any], None]], None], wake: Callable[[], object]
) -> tuple[Any, queue.Queue[Any]]:
    """Return an SDK connection whose subscription stands, and its messages.

    The SDK notes a subscription after it has sent it: an acknowledgement that is faster, as on loopback, ends its
    connection with a KeyError. Then a fresh one is made.
    """
    for _ in range(8):
        socket, messages = connect(), queue.Queue[Any]()
        subscribe(socket, messages.put)
        for _ in range(10):
            wake()
            with contextlib.suppress(queue.Empty):
                messages.put(messages.get(timeout=0.3))
                return socket, messages
        socket.exit()
    raise AssertionError("no subscription of the SDK stood")


def test_the_official_sdk_follows_book_and_orders(venue: VenueProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    from pybit import unified_trading

    monkeypatch.setattr(unified_trading, "PUBLIC_WSS", f"{venue.ws}/v5/public/{{CHANNEL_TYPE}}")
    monkeypatch.setattr(unified_trading, "PRIVATE_WSS", f"{venue.ws}/v5/private")
    keys = {"api_key": venue.key.api_key, "api_secret": venue.key.secret}
    order = {"category": "spot", "symbol": "BTCUSDT", "side": "Buy", "orderType": "Market", "qty": "50"}
    with contextlib.ExitStack() as stack:
        session = stack.enter_context(pybit_session(venue))
        public, books = _subscribed(
            lambda: unified_trading.WebSocket(testnet=False, channel_type="spot", retries=2),
            lambda socket, take: socket.orderbook_stream(50, "BTCUSDT", take),
            lambda: None,
        )
        stack.callback(public.exit)
        for _ in range(5):
            data = books.get(timeout=10)["data"]
            assert Decimal(data["b"][0][0]) < Decimal(data["a"][0][0])
        private, orders = _subscribed(
            lambda: unified_trading.WebSocket(testnet=False, channel_type="private", retries=2, **keys),
            lambda socket, take: socket.order_stream(take),
            lambda: session.place_order(**order),
        )
        stack.callback(private.exit)
        placed = session.place_order(**order)["result"]
        seen: list[str] = []
        while not seen or seen[-1] != "Filled":
            row = orders.get(timeout=10)["data"][0]
            if row["orderId"] == placed["orderId"]:
                seen.append(row["orderStatus"])
        assert seen[0] == "New"
