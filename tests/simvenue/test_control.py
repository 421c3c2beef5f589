"""The control routes tell the same truth in the same words for every dialect."""

from __future__ import annotations

from decimal import Decimal

import aiohttp
import ccxt.async_support
import pytest

from support.okx_requests import signed_post
from support.simvenue_process import venue_process
from support.venue_process import VenueProcess
from support.venue_process import venue_process as any_venue_process

pytestmark = pytest.mark.integration

ORDER_FIELDS = [
    "account",
    "venue_order_id",
    "client_order_id",
    "symbol",
    "tick_size",
    "lot_size",
    "side",
    "type",
    "time_in_force",
    "price",
    "quantity",
    "quote_budget",
    "filled",
    "notional",
    "average",
    "fee",
    "fee_asset",
    "state",
    "ended",
    "created_at",
    "updated_at",
    "fills",
]
FILL_FIELDS = ["trade_id", "bill_id", "price", "quantity", "notional", "fee", "fee_asset", "liquidity", "ts"]


def client_of(venue: VenueProcess, dialect: str) -> ccxt.async_support.Exchange:
    options = {"fetchMarkets": {"types": ["spot"]}, "defaultType": "spot", "enableUnifiedMargin": False}
    options |= {"enableUnifiedAccount": True, "unifiedMarginStatus": 6}
    exchange = getattr(ccxt.async_support, dialect)(
        {"apiKey": venue.key.api_key, "secret": venue.key.secret, "password": venue.key.password, "options": options}
    )
    names = {"okx": ("rest",), "kraken": ("public", "private"), "bybit": ("spot", "futures", "v2", "public", "private")}
    exchange.urls["api"] |= dict.fromkeys(names[dialect], venue.rest)
    return exchange


@pytest.mark.parametrize(
    ("dialect", "symbol", "fee_in"), [("okx", "BTC/USDT", "BTC"), ("kraken", "BTC/USD", "USD"), ("bybit", "BTC/USDT", "BTC")]
)
async def test_orders_and_balances_read_alike_and_add_up(dialect: str, symbol: str, fee_in: str) -> None:
    quote = symbol.partition("/")[2]
    with any_venue_process("--no-limits", dialect=dialect) as venue:
        exchange = client_of(venue, dialect)
        try:
            resting = await exchange.create_order(symbol, "limit", "buy", 0.01, 30_000)
            await exchange.create_order(symbol, "limit", "buy", 0.02, 47_500)
            await exchange.cancel_order(resting["id"], symbol)
            await exchange.create_order(symbol, "limit", "buy", 0.01, 30_000)
        finally:
            await exchange.close()
        orders, balances = venue.orders(), venue.balances()
    assert all(list(order) == ORDER_FIELDS for order in orders)
    assert [(o["state"], o["ended"], o["price"], o["quantity"], o["filled"]) for o in orders] == [
        ("canceled", "user", "30000", "0.01", "0"),
        ("filled", "", "47500", "0.02", "0.02"),
        ("live", "", "30000", "0.01", "0"),
    ]
    filled = orders[1]
    assert (filled["symbol"], filled["account"], filled["fee_asset"]) == (symbol, "main", fee_in)
    assert all(list(fill) == FILL_FIELDS for fill in filled["fills"])
    for name in ("quantity", "notional", "fee"):
        assert sum(Decimal(fill[name]) for fill in filled["fills"]) == Decimal(filled["filled" if name == "quantity" else name])
    fees = {fee_in: Decimal(filled["fee"])}
    assert fees[fee_in] > 0
    held = balances["main"]
    assert Decimal(held["BTC"]["total"]) == Decimal("0.02") - fees.get("BTC", Decimal(0))
    assert Decimal(held[quote]["total"]) == 100_000 - Decimal(filled["notional"]) - fees.get(quote, Decimal(0))
    assert Decimal(held[quote]["locked"]) == Decimal("300") * (Decimal("1.004") if fee_in == quote else 1)
    for asset in held.values():
        assert Decimal(asset["available"]) == Decimal(asset["total"]) - Decimal(asset["locked"])


async def test_without_limits_nothing_is_counted_and_everything_else_stays() -> None:
    order = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.001", "px": "20000"}
    codes = {}
    for flags in ((), ("--no-limits",)):
        with venue_process("--speed=max", *flags) as venue:
            async with aiohttp.ClientSession() as session:
                answers = [await signed_post(session, venue.rest, "trade/order", order) for _ in range(70)]
                too_small = await signed_post(session, venue.rest, "trade/order", order | {"instId": "BTC-USD"})
            codes[flags] = ({answer["code"] for answer in answers}, too_small["code"], venue.info()["limits"])
    assert codes == {(): ({"0", "50011"}, "1", True), ("--no-limits",): ({"0"}, "1", False)}


async def test_a_page_in_a_browser_cannot_steer_the_venue() -> None:
    """A request with an Origin, or for a name that merely resolves to this machine, is refused on every control route."""
    with venue_process("--speed=max") as venue:
        async with aiohttp.ClientSession() as session:
            port = venue.ready["port"]
            for headers, status in (
                ({"Origin": "http://127.0.0.1"}, 403),
                ({"Host": f"rebound.example:{port}"}, 403),
                ({"Host": f"localhost:{port}"}, 200),
                ({"Host": f"[::1]:{port}"}, 200),
                ({}, 200),
            ):
                async with session.get(f"{venue.rest}/sim/v1/orders", headers=headers) as answer:
                    assert answer.status == status
            async with session.post(f"{venue.rest}/sim/v1/faults", json={"kind": "ban"}, headers={"Origin": "null"}) as answer:
                assert (answer.status, venue.control("faults")["faults"]) == (403, [])
