"""Our requests beside those of the pinned CCXT, which are known to work at Bybit: same path, same fields, same texts."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from golive.venues.bybit import PROFILE
from golive.venues.dialect import Request
from support.adapters import unhurried

BTC = Instrument.from_text(
    "bybit:BTC/USDT", tick_size="0.01", lot_size="0.000001", min_quantity="0.000048", max_quantity="71", min_notional="1"
)
DIALECT = PROFILE.dialect
ID = ClientOrderId("ab" * 16)
MARKET = {
    "symbol": "BTCUSDT",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "status": "Trading",
    "marginTrading": "none",
    "lotSizeFilter": {"basePrecision": "0.000001", "minOrderQty": "0.000048", "maxOrderQty": "71", "minOrderAmt": "1"},
    "priceFilter": {"tickSize": "0.01"},
}


async def sent_by_ccxt(call: Callable[[Any], Awaitable[Any]]) -> tuple[str, str, dict[str, Any]]:
    """Method, path and parameters of the one request that `call` makes of CCXT's client, which is not sent."""
    import ccxt.async_support

    client: Any = ccxt.async_support.bybit(
        {"apiKey": "k", "secret": "s", "number": str, "enableRateLimit": False, "options": dict(PROFILE.ccxt_options)}
    )
    caught: list[tuple[str, str, dict[str, Any]]] = []

    async def fetch(url: str, method: str = "GET", headers: Any = None, body: str | None = None) -> Any:
        parts = urlsplit(url)
        if parts.path.endswith("instruments-info"):
            return {"retCode": 0, "result": {"category": "spot", "list": [MARKET], "nextPageCursor": ""}, "time": 1}
        caught.append((method, parts.path.lstrip("/"), dict(parse_qsl(parts.query)) if body is None else json.loads(body)))
        return {"retCode": 0, "retMsg": "OK", "result": {"list": []}, "retExtInfo": {}, "time": 1}

    client.fetch = fetch
    client.has["fetchCurrencies"] = False
    try:
        await call(client)
    finally:
        await client.close()
    (request,) = caught
    return request


def ours(request: Request) -> tuple[str, str, dict[str, Any]]:
    return request.method, request.path, dict(request.params)


def order(kind: OrderType, side: Side, time_in_force: TimeInForce = TimeInForce.GTC) -> NewOrder:
    price = BTC.ticks("30000.05") if kind is OrderType.LIMIT else None
    return NewOrder(ID, BTC.id, side, kind, BTC.lots("0.0123"), price, time_in_force)


LIMITS: list[tuple[TimeInForce, dict[str, Any]]] = [
    (TimeInForce.GTC, {"timeInForce": "GTC"}),
    (TimeInForce.IOC, {"timeInForce": "IOC"}),
    (TimeInForce.FOK, {"timeInForce": "FOK"}),
    (TimeInForce.POST_ONLY, {"postOnly": True}),
]


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(("time_in_force", "params"), LIMITS)
async def test_a_limit_order_leaves_as_ccxt_would_send_it(time_in_force: TimeInForce, params: dict[str, Any], side: Side) -> None:
    given = {**params, "orderLinkId": ID}
    theirs = await sent_by_ccxt(lambda c: c.create_order("BTC/USDT", "limit", side.value, "0.0123", "30000.05", given))
    assert ours(DIALECT.place(order(OrderType.LIMIT, side, time_in_force), BTC)) == theirs


@pytest.mark.parametrize("side", Side)
async def test_a_market_order_in_the_base_asset_leaves_as_ccxt_would_send_it(side: Side) -> None:
    given = {"orderLinkId": ID, "marketUnit": "baseCoin"}
    options = {"createMarketBuyOrderRequiresPrice": False}

    async def place(client: Any) -> None:
        client.options |= options
        await client.create_order("BTC/USDT", "market", side.value, "0.0123", None, given)

    method, path, params = await sent_by_ccxt(place)
    params.pop("timeInForce", None)  # a market order is one at once; Bybit takes it with and without saying so
    assert ours(DIALECT.place(order(OrderType.MARKET, side), BTC)) == (method, path, params)


async def test_a_cancel_by_our_id_leaves_as_ccxt_would_send_it() -> None:
    theirs = await sent_by_ccxt(lambda c: c.cancel_order(None, "BTC/USDT", {"orderLinkId": ID}))
    theirs[2].pop("orderId", None)  # CCXT adds an empty one
    assert ours(DIALECT.cancel(ID, BTC)) == theirs


async def test_an_amendment_leaves_as_ccxt_would_send_it() -> None:
    given = {"orderLinkId": ID}
    theirs = await sent_by_ccxt(lambda c: c.edit_order(None, "BTC/USDT", "limit", "buy", "0.0123", "30000.05", given))
    theirs[2].pop("orderId", None)
    assert ours(DIALECT.amend(ID, BTC, quantity=BTC.lots("0.0123"), price=BTC.ticks("30000.05"))) == theirs


READS: list[tuple[Request, Callable[[Any], Awaitable[Any]], frozenset[str]]] = [
    (DIALECT.time(), lambda c: c.fetch_time(), frozenset()),
    (DIALECT.book(BTC, 50), lambda c: c.fetch_order_book("BTC/USDT", 50), frozenset()),
    (DIALECT.candles(BTC, "1", 99), lambda c: c.fetch_ohlcv("BTC/USDT", "1m", None, 100), frozenset()),
    (DIALECT.balances(), lambda c: c.fetch_balance(), frozenset()),
    (DIALECT.open_orders(BTC, ""), lambda c: c.fetch_open_orders("BTC/USDT", None, 50), frozenset({"openOnly"})),
    (DIALECT.closed_orders(BTC, ""), lambda c: c.fetch_canceled_and_closed_orders("BTC/USDT", None, 20), frozenset()),
    (DIALECT.fills(BTC, ""), lambda c: c.fetch_my_trades("BTC/USDT", None, 20), frozenset()),
]


@pytest.mark.parametrize(("request_of_ours", "call", "added"), READS, ids=[row[0].path for row in READS])
async def test_a_read_leaves_as_ccxt_would_send_it(
    request_of_ours: Request, call: Callable[[Any], Awaitable[Any]], added: frozenset[str]
) -> None:
    """`added` is what we say beside it: that only working orders are wanted, which is Bybit's default."""
    method, path, params = ours(request_of_ours)
    plain = {name: str(value) for name, value in params.items() if name not in added}
    assert (method, path, plain) == await sent_by_ccxt(call)


def test_the_profile_has_every_bar_of_ccxt_up_to_a_day_under_the_same_name() -> None:
    import ccxt

    theirs: Any = ccxt.bybit().timeframes
    assert {name: bar.name for name, bar in unhurried("bybit").timeframes.items()} == {
        name: code for name, code in theirs.items() if code not in ("W", "M")
    }
