"""Unmodified third-party clients judge simulated Kraken over real sockets: CCXT, krakenex and python-kraken-sdk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from support.kraken_client import kraken_process
from support.venue_process import VenueKey, VenueProcess, new_key

pytestmark = pytest.mark.integration
SYMBOL = "BTC/USD"
CLIENT_ID = "0123456789abcdef0123456789abcdef"
CCXT_KEY, EX_KEY, SDK_KEY = (new_key(dialect="kraken") for _ in range(3))
"""one key for each client: their nonces differ in scale"""


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    with kraken_process("--no-limits", keys=(CCXT_KEY, EX_KEY, SDK_KEY)) as process:
        yield process


def ccxt_kraken(venue: VenueProcess, key: VenueKey = CCXT_KEY, **options: Any) -> Any:
    """The unmodified exchange class of CCXT, its addresses replaced."""
    import ccxt.pro

    exchange = ccxt.pro.kraken({"apiKey": key.api_key, "secret": key.secret, "enableRateLimit": False, **options})
    version_1 = venue.ws.removesuffix("/v2") + "/v1"
    streams = {"public": version_1, "private": version_1, "beta": version_1, "beta-private": version_1}
    streams |= {"publicV2": venue.ws, "privateV2": venue.ws}
    exchange.urls["api"].update(public=venue.rest, private=venue.rest, ws=streams)
    return exchange


@pytest.fixture
async def client(venue: VenueProcess) -> AsyncIterator[Any]:
    exchange = ccxt_kraken(venue, number=str)
    yield exchange
    await exchange.close()


@pytest.fixture
async def watcher(venue: VenueProcess) -> AsyncIterator[Any]:
    """With floats: the books of CCXT's stream cannot be kept with texts."""
    exchange = ccxt_kraken(venue)
    yield exchange
    await exchange.close()


# ── CCXT ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_ccxt_reads_the_market(client: Any) -> None:
    markets = await client.load_markets()
    assert set(markets) == {"BTC/USD", "ETH/USD"}
    market = markets[SYMBOL]
    assert (market["id"], market["precision"]) == ("XXBTZUSD", {"amount": "0.00000001", "price": "0.1"})
    assert (market["limits"]["amount"]["min"], market["limits"]["cost"]["min"]) == ("0.00001", "0.5")
    ticker = await client.fetch_ticker(SYMBOL)
    assert Decimal(ticker["low"]) <= Decimal(ticker["last"]) <= Decimal(ticker["high"])
    assert Decimal(ticker["bid"]) < Decimal(ticker["ask"])
    book = await client.fetch_order_book(SYMBOL, 10)
    assert len(book["bids"]) == len(book["asks"]) == 10
    candles = await client.fetch_ohlcv(SYMBOL, "1m", limit=100)
    assert [b[0] - a[0] for a, b in pairwise(candles)] == [60_000] * 99
    since = candles[-10][0]
    assert [row[0] for row in (await client.fetch_ohlcv(SYMBOL, "1m", since=since))[:2]] == [since, since + 60_000]
    assert len(await client.fetch_trades(SYMBOL, limit=50)) == 50
    assert (await client.fetch_status())["status"] == "ok"
    assert abs(await client.fetch_time() - client.milliseconds()) < 5_000
    fee = await client.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == ("0.0025", "0.004")


async def test_ccxt_trades(client: Any) -> None:
    await client.load_markets()
    before = await client.fetch_balance()
    resting = await client.create_order(SYMBOL, "limit", "buy", "0.5", "20000", {"clientOrderId": CLIENT_ID})
    taken = await client.create_order(SYMBOL, "market", "buy", "0.1")
    order = await client.fetch_order(taken["id"], SYMBOL)
    assert (order["status"], order["filled"], order["fee"]["currency"]) == ("closed", "0.10000000", "USD")
    assert [o["id"] for o in await client.fetch_open_orders(SYMBOL, params={"clientOrderId": CLIENT_ID})] == [resting["id"]]
    assert [o["id"] for o in await client.fetch_open_orders(SYMBOL)] == [resting["id"]]
    await client.edit_order(resting["id"], SYMBOL, "limit", "buy", "0.25", "21000")
    edited = await client.fetch_order(resting["id"], SYMBOL)
    assert (edited["amount"], edited["price"], edited["clientOrderId"]) == ("0.25000000", "21000.0", CLIENT_ID)
    balance = await client.fetch_balance()
    assert Decimal(balance["used"]["USD"]) == Decimal("5250") * Decimal("1.004")
    await client.cancel_order(None, None, {"clientOrderId": CLIENT_ID})
    assert (await client.fetch_order(resting["id"], SYMBOL))["status"] == "canceled"
    (closed,) = await client.fetch_closed_orders(SYMBOL, params={"clientOrderId": CLIENT_ID})
    assert closed["id"] == resting["id"]
    mine = [t for t in await client.fetch_my_trades(SYMBOL) if t["order"] == taken["id"]]
    cost = sum(Decimal(t["cost"]) + Decimal(t["fee"]["cost"]) for t in mine)
    after = await client.fetch_balance()
    assert Decimal(after["total"]["USD"]) == Decimal(before["total"]["USD"]) - cost
    assert Decimal(after["total"]["BTC"]) == Decimal(before["total"]["BTC"]) + Decimal("0.1")


async def test_ccxt_places_every_type_it_offers(client: Any) -> None:
    await client.load_markets()
    book = await client.fetch_order_book(SYMBOL, 1)
    ask = book["asks"][0][0]

    async def status(*order: Any, **params: Any) -> tuple[str, bool]:
        made = await client.create_order(SYMBOL, *order, params=params)
        found = await client.fetch_order(made["id"], SYMBOL)
        return found["status"], Decimal(found["filled"]) > 0

    assert await status("limit", "buy", "0.01", "20000", postOnly=True) == ("open", False)
    assert await status("limit", "buy", "0.01", "20000", timeInForce="IOC") == ("canceled", False)
    assert await status("limit", "buy", "0.001", str(Decimal(ask) * 2 // 1), timeInForce="FOK") == ("closed", True)
    assert await status("limit", "sell", "0.001", "20000") == ("closed", True)
    assert await status("market", "sell", "0.001") == ("closed", True)
    bought = await client.create_market_buy_order_with_cost(SYMBOL, "100")
    assert Decimal("99.9") < Decimal((await client.fetch_order(bought["id"], SYMBOL))["cost"]) <= 100
    pair = [{"symbol": SYMBOL, "type": "limit", "side": "buy", "amount": "0.01", "price": price} for price in ("20000", "20001")]
    placed = await client.create_orders(pair)
    assert len(placed) == 2
    assert await client.cancel_orders([order["id"] for order in placed], SYMBOL)
    await client.cancel_all_orders()
    assert await client.fetch_open_orders() == []
    await client.cancel_all_orders_after(60_000)
    await client.cancel_all_orders_after(0)


async def test_ccxt_sees_every_refusal_as_its_own_error(client: Any) -> None:
    import ccxt

    await client.load_markets()
    client.markets[SYMBOL]["limits"]["amount"]["min"] = None
    for error, order in (
        (ccxt.InsufficientFunds, ("limit", "sell", "1000", "90000")),
        (ccxt.InvalidOrder, ("limit", "buy", "0.000001", "30000")),
    ):
        with pytest.raises(error):
            await client.create_order(SYMBOL, *order)
    with pytest.raises(ccxt.ExchangeError, match="EOrder:Post only order"):
        await client.create_order(SYMBOL, "limit", "buy", "0.01", "99999", {"postOnly": True})
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order("OAAAAA-AAAAA-AAAAAA", SYMBOL)
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order("OAAAAA-AAAAA-AAAAAA", SYMBOL)
    client.secret = new_key(dialect="kraken").secret
    with pytest.raises(ccxt.ExchangeError, match="EAPI:Invalid signature"):
        await client.fetch_balance()
    client.apiKey = "unknown"
    with pytest.raises(ccxt.AuthenticationError, match="EAPI:Invalid key"):
        await client.fetch_balance()


async def test_ccxt_watches_book_trades_candles_and_its_own_orders(watcher: Any) -> None:
    await watcher.load_markets()

    async def soon(call: Any) -> Any:
        return await asyncio.wait_for(call, 10)

    for _ in range(5):
        book = await soon(watcher.watch_order_book(SYMBOL, 25))
        assert book["bids"][0][0] < book["asks"][0][0]
        assert len(book["bids"]) == 25
    assert (await soon(watcher.watch_ticker(SYMBOL)))["last"] is not None
    assert (await soon(watcher.watch_trades(SYMBOL)))[-1]["symbol"] == SYMBOL
    assert len((await soon(watcher.watch_ohlcv(SYMBOL, "1m")))[-1]) == 6
    assert (await soon(watcher.watch_balance()))["total"]["USD"] > 0
    watching = asyncio.create_task(soon(watcher.watch_orders(SYMBOL)))
    await asyncio.sleep(0.3)
    placed = await watcher.create_order(SYMBOL, "limit", "buy", 0.01, 20000)
    assert (await watching)[-1]["id"] == placed["id"]
    await watcher.cancel_order(placed["id"], SYMBOL)
    for _ in range(20):
        if list(watcher.orders)[-1]["status"] == "canceled":
            break
        await asyncio.sleep(0.05)
    assert list(watcher.orders)[-1]["status"] == "canceled"
    watching = asyncio.create_task(soon(watcher.watch_my_trades(SYMBOL)))
    await asyncio.sleep(0.3)
    taken = await watcher.create_order(SYMBOL, "market", "buy", 0.01)
    trade = (await watching)[-1]
    assert (trade["order"], trade["takerOrMaker"], trade["fee"]["currency"]) == (taken["id"], "taker", "USD")


# ── krakenex ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_krakenex_reads_and_trades(venue: VenueProcess) -> None:
    import krakenex

    api = krakenex.API(key=EX_KEY.api_key, secret=EX_KEY.secret)
    api.uri = venue.rest
    try:
        assert api.query_public("Time")["result"]["unixtime"] > 1_700_000_000
        assert "XXBTZUSD" in api.query_public("Ticker", {"pair": "XBTUSD"})["result"]
        assert set(api.query_private("BalanceEx")["result"]["ZUSD"]) == {"balance", "hold_trade"}
        order = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "20000", "cl_ord_id": "ex-1"}
        placed = api.query_private("AddOrder", order)
        (txid,) = placed["result"]["txid"]
        assert txid in api.query_private("OpenOrders")["result"]["open"]
        assert api.query_private("CancelOrder", {"txid": txid})["result"] == {"count": 1}
        assert api.query_private("CancelOrder", {"txid": txid})["error"] == ["EOrder:Unknown order"]
        assert txid in api.query_private("ClosedOrders")["result"]["closed"]
        api.secret = new_key(dialect="kraken").secret
        assert api.query_private("Balance") == {"error": ["EAPI:Invalid signature"]}
    finally:
        api.close()


# ── python-kraken-sdk ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_sdk_reads_and_trades(venue: VenueProcess) -> None:
    from kraken.spot import Market, Trade, User

    keys: dict[str, Any] = {"key": SDK_KEY.api_key, "secret": SDK_KEY.secret, "url": venue.rest}
    with Market(url=venue.rest) as market, User(**keys) as user, Trade(**keys) as trade:
        assert "XXBTZUSD" in market.get_ticker(pair="XBTUSD")
        assert market.get_asset_pairs(pair="XBTUSD")["XXBTZUSD"]["wsname"] == "XBT/USD"
        assert Decimal(user.get_account_balance()["XXBT"]) > 0
        order: dict[str, Any] = {"ordertype": "limit", "side": "buy", "pair": "XBTUSD", "volume": "0.01", "price": "20000"}
        txid = trade.create_order(**order, cl_ord_id="sdk-1")["txid"][0]
        assert user.get_open_orders(cl_ord_id="sdk-1")["open"][txid]["status"] == "open"
        assert trade.amend_order(txid=txid, order_qty="0.02")["amend_id"]
        assert trade.cancel_order(txid=txid) == {"count": 1}
        assert user.get_orders_info(txid=txid)[txid]["status"] == "canceled"
        rows = [{"ordertype": "limit", "type": "buy", "volume": "0.01", "price": price} for price in ("20000", "20001")]
        batch = trade.create_order_batch(orders=rows, pair="XBTUSD")["orders"]
        assert trade.cancel_order_batch(orders=[row["txid"] for row in batch]) == {"count": 2}
        assert trade.cancel_all_orders() == {"count": 0}


def test_the_sdk_raises_typed_errors(venue: VenueProcess) -> None:
    from kraken.exceptions import (
        KrakenInsufficientFundsError,
        KrakenInvalidAPIKeyError,
        KrakenInvalidSignatureError,
        KrakenUnknownAssetError,
        KrakenUnknownOrderError,
    )
    from kraken.spot import Market, Trade, User

    with Market(url=venue.rest) as market, pytest.raises(KrakenUnknownAssetError):
        market.get_ticker(pair="NOPAIR")
    wrong = new_key(dialect="kraken")
    with User(key=SDK_KEY.api_key, secret=wrong.secret, url=venue.rest) as user, pytest.raises(KrakenInvalidSignatureError):
        user.get_account_balance()
    with User(key=wrong.api_key, secret=wrong.secret, url=venue.rest) as user, pytest.raises(KrakenInvalidAPIKeyError):
        user.get_account_balance()
    with Trade(key=SDK_KEY.api_key, secret=SDK_KEY.secret, url=venue.rest) as trade:
        with pytest.raises(KrakenUnknownOrderError):
            trade.cancel_order(txid="OAAAAA-AAAAA-AAAAAA")
        with pytest.raises(KrakenInsufficientFundsError):
            trade.create_order(ordertype="limit", side="sell", pair="XBTUSD", volume="1000", price="99999")


async def test_the_sdk_streams_a_book_and_its_executions(venue: VenueProcess) -> None:
    from kraken.spot import SpotWSClient

    received: list[Any] = []

    class Client(SpotWSClient):  # type: ignore[misc] # the SDK does not show its types
        async def on_message(self, message: Any) -> None:
            received.append(message)

    root = venue.ws.removesuffix("/v2")
    client = Client(key=SDK_KEY.api_key, secret=SDK_KEY.secret, rest_url=venue.rest, ws_url=root, auth_ws_url=root)
    try:
        await client.start()
        await client.subscribe(params={"channel": "book", "depth": 10, "symbol": [SYMBOL]})
        await client.subscribe(params={"channel": "executions"})
        for _ in range(100):
            if {"book", "executions"} <= {m.get("channel") for m in received if isinstance(m, dict)}:
                break
            await asyncio.sleep(0.05)
        book = [m for m in received if m.get("channel") == "book"]
        assert book[0]["type"] == "snapshot"
        assert len(book[0]["data"][0]["bids"]) == 10
        assert [m["type"] for m in received if m.get("channel") == "executions"] == ["snapshot"]
    finally:
        await client.close()
