"""Unmodified third-party clients judge the venue over real HTTP: CCXT (async and pro) and the exchange's own SDK."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from support.simvenue_process import DEMO_KEY, KEY, VenueProcess, venue_process

pytestmark = pytest.mark.integration
SYMBOL = "BTC/USDT"


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    flags = ("--symbol=BTC/USDT", "--symbol=ETH/USDT", "--balance=USDT=1000000", "--balance=BTC=20", "--speed=20")
    with venue_process(*flags) as process:
        yield process


@pytest.fixture
async def client(venue: VenueProcess) -> AsyncIterator[Any]:
    import ccxt.pro

    exchange = ccxt.pro.okx(
        {
            **KEY,
            "number": str,
            "enableRateLimit": False,
            "options": {"fetchMarkets": {"types": ["spot"]}, "createOrder": "privatePostTradeOrder"},
        }
    )
    exchange.urls["api"] = {"rest": venue.rest, "ws": venue.ws}
    yield exchange
    await exchange.close()


async def test_ccxt_reads_the_market(client: Any) -> None:
    markets = await client.load_markets()
    assert set(markets) == {"BTC/USDT", "ETH/USDT"}
    assert markets[SYMBOL]["precision"] == {"amount": "0.00000001", "price": "0.1"}
    ticker = await client.fetch_ticker(SYMBOL)
    assert Decimal(ticker["low"]) <= Decimal(ticker["last"]) <= Decimal(ticker["high"])
    assert Decimal(ticker["bid"]) < Decimal(ticker["ask"])
    book = await client.fetch_order_book(SYMBOL, 10)
    assert len(book["bids"]) == len(book["asks"]) == 10
    candles = await client.fetch_ohlcv(SYMBOL, "1m", limit=100)
    assert [b[0] - a[0] for a, b in pairwise(candles)] == [60_000] * 99
    trades = await client.fetch_trades(SYMBOL, limit=50)
    assert len(trades) == 50
    assert (await client.fetch_status())["status"] == "ok"
    assert abs(await client.fetch_time() - client.milliseconds()) < 5_000
    fee = await client.fetch_trading_fee(SYMBOL)
    assert (fee["maker"], fee["taker"]) == ("0.0008", "0.001")


async def test_ccxt_trades(client: Any) -> None:
    await client.load_markets()
    before = await client.fetch_balance()
    resting = await client.create_order(SYMBOL, "limit", "buy", "0.5", "20000", {"clientOrderId": "a" * 32})
    taken = await client.create_order(SYMBOL, "market", "buy", "0.1")
    order = await client.fetch_order(taken["id"], SYMBOL)
    assert (order["status"], order["filled"], order["fee"]["currency"]) == ("closed", "0.1", "BTC")
    assert Decimal(order["fee"]["cost"]) == Decimal("0.0001")
    by_client_id = await client.fetch_order(None, SYMBOL, {"clientOrderId": "a" * 32})
    assert (by_client_id["id"], by_client_id["status"]) == (resting["id"], "open")
    assert [o["id"] for o in await client.fetch_open_orders(SYMBOL)] == [resting["id"]]
    await client.edit_order(resting["id"], SYMBOL, "limit", "buy", "0.25", "21000")
    edited = await client.fetch_order(resting["id"], SYMBOL)
    assert (edited["amount"], edited["price"]) == ("0.25", "21000")
    balance = await client.fetch_balance()
    assert Decimal(balance["used"]["USDT"]) == Decimal("5250")
    await client.cancel_order(resting["id"], SYMBOL)
    assert (await client.fetch_order(resting["id"], SYMBOL))["status"] == "canceled"
    mine = [t for t in await client.fetch_my_trades(SYMBOL) if t["order"] == taken["id"]]
    cost = sum(Decimal(t["cost"]) for t in mine)
    assert taken["id"] in {o["id"] for o in await client.fetch_closed_orders(SYMBOL)}
    after = await client.fetch_balance()
    assert Decimal(after["total"]["USDT"]) == Decimal(before["total"]["USDT"]) - cost
    assert Decimal(after["total"]["BTC"]) == Decimal(before["total"]["BTC"]) + Decimal("0.0999")


async def test_ccxt_sees_every_refusal_as_its_own_error(client: Any) -> None:
    import ccxt

    await client.load_markets()
    with pytest.raises(ccxt.InsufficientFunds):
        await client.create_order(SYMBOL, "limit", "sell", "1000", "90000")
    with pytest.raises(ccxt.OrderNotFound):
        await client.cancel_order("1", SYMBOL)
    with pytest.raises(ccxt.OrderNotFound):
        await client.fetch_order("1", SYMBOL)
    client.markets[SYMBOL]["limits"]["amount"]["min"] = None
    with pytest.raises(ccxt.InvalidOrder):
        await client.create_order(SYMBOL, "limit", "buy", "0.000001", "30000")
    client.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        await client.fetch_balance()


async def test_ccxt_watches_book_trades_candles_and_its_own_orders(client: Any) -> None:
    await client.load_markets()

    async def soon(call: Any) -> Any:
        return await asyncio.wait_for(call, 10)

    first = dict(await soon(client.watch_order_book(SYMBOL)))
    nonce = first["nonce"]
    for _ in range(5):
        book = await soon(client.watch_order_book(SYMBOL))
        assert book["bids"][0][0] < book["asks"][0][0]
    assert book["nonce"] > nonce
    assert (await soon(client.watch_trades(SYMBOL)))[-1]["symbol"] == SYMBOL
    assert len((await soon(client.watch_ohlcv(SYMBOL, "1m")))[-1]) == 6
    assert (await soon(client.watch_ticker(SYMBOL)))["last"] is not None
    balance = await soon(client.watch_balance())
    assert Decimal(str(balance["total"]["USDT"])) > 0
    watching = asyncio.create_task(soon(client.watch_orders(SYMBOL)))
    await asyncio.sleep(0.3)
    placed = await client.create_order(SYMBOL, "limit", "buy", "0.01", "20000")
    assert (await watching)[-1]["id"] == placed["id"]
    await client.cancel_order(placed["id"], SYMBOL)
    for _ in range(10):
        if client.orders and list(client.orders)[-1]["status"] == "canceled":
            break
        await asyncio.sleep(0.05)
    assert list(client.orders)[-1]["status"] == "canceled"


async def test_ccxt_is_told_that_a_bad_secret_does_not_log_in(client: Any) -> None:
    import ccxt

    await client.load_markets()
    await asyncio.sleep(1)  # the venue admits three WebSocket connections a second
    client.secret = "wrong"
    with pytest.raises(ccxt.AuthenticationError):
        await asyncio.wait_for(client.watch_orders(SYMBOL), 10)


async def test_ccxt_in_sandbox_mode_needs_a_demo_key(client: Any, venue: VenueProcess) -> None:
    import ccxt

    client.set_sandbox_mode(True)
    client.urls["api"] = {"rest": venue.rest, "ws": venue.ws}
    with pytest.raises(ccxt.AuthenticationError, match="50101"):
        await client.fetch_balance()
    client.apiKey, client.secret, client.password = (str(DEMO_KEY[name]) for name in ("apiKey", "secret", "password"))
    assert (await client.fetch_balance())["total"]["USDT"] == "1000000"


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # how the SDK calls httpx
def test_the_official_sdk_reads_and_trades(venue: VenueProcess) -> None:
    from okx import Account, MarketData, PublicData, Trade

    keys = (str(KEY["apiKey"]), str(KEY["secret"]), str(KEY["password"]))
    market = MarketData.MarketAPI(flag="0", domain=venue.rest, debug=False)
    account = Account.AccountAPI(*keys, flag="0", domain=venue.rest, debug=False)
    trade = Trade.TradeAPI(*keys, flag="0", domain=venue.rest, debug=False)
    public = PublicData.PublicAPI(flag="0", domain=venue.rest, debug=False)
    try:
        assert public.get_instruments(instType="SPOT", instId="BTC-USDT")["data"][0]["tickSz"] == "0.1"
        assert market.get_ticker("BTC-USDT")["data"][0]["instId"] == "BTC-USDT"
        assert len(market.get_candlesticks("BTC-USDT", bar="1m", limit="10")["data"]) == 10
        assert account.get_account_config()["data"][0]["perm"] == "read_only,trade"
        assert account.get_account_balance("USDT")["data"][0]["details"][0]["ccy"] == "USDT"
        order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01"}
        placed = trade.place_order(**order, px="25000", clOrdId="sdk1")["data"][0]
        assert placed["sCode"] == "0"
        assert trade.get_order("BTC-USDT", clOrdId="sdk1")["data"][0]["state"] == "live"
        assert trade.amend_order("BTC-USDT", ordId=placed["ordId"], newSz="0.02")["data"][0]["sCode"] == "0"
        assert [o["sz"] for o in trade.get_order_list(instType="SPOT")["data"] if o["clOrdId"] == "sdk1"] == ["0.02"]
        batch = trade.place_multiple_orders([{**order, "px": "25000"}, {**order, "px": "25000.05"}])
        assert (batch["code"], [row["sCode"] for row in batch["data"]]) == ("2", ["0", "51006"])
        canceled = trade.cancel_multiple_orders(
            [{"instId": "BTC-USDT", "ordId": row} for row in (placed["ordId"], batch["data"][0]["ordId"])]
        )
        assert canceled["code"] == "0"
        assert trade.cancel_order("BTC-USDT", ordId=placed["ordId"])["data"][0]["sCode"] == "51401"
    finally:
        for api in (market, account, trade, public):
            api.close()


def test_the_official_sdk_is_refused_with_a_bad_secret(venue: VenueProcess) -> None:
    from okx import Account

    account = Account.AccountAPI(str(KEY["apiKey"]), "wrong", str(KEY["password"]), flag="0", domain=venue.rest, debug=False)
    try:
        assert account.get_account_balance()["code"] == "50113"
    finally:
        account.close()
