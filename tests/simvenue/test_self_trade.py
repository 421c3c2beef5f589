"""An order that meets one of its own account, in each venue's words: by its default, and by every value of the field."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from golive.model.order import Side
from simvenue.exchange.order import SelfTrade
from simvenue.server.build import Venue
from support.bybit_client import BybitClient
from support.kraken_client import KrakenClient
from support.okx_client import OkxClient

RESTING_ENDS = [("canceled", "self_trade", "0"), ("live", "", "0")]
ARRIVING_ENDS = [("live", "", "0"), ("canceled", "self_trade", "0")]
BOTH_END = [("canceled", "self_trade", "0"), ("canceled", "self_trade", "0")]
TRADED = [("filled", "", "0.1"), ("filled", "", "0.1")]
RICH: dict[str, Any] = {"balances": {"USD": Decimal(100_000), "USDT": Decimal(100_000), "BTC": Decimal(2)}}


def okx(**field: str) -> Venue:
    """A resting sell of 0.1 alone inside the spread, then a buy of 0.1 at its price with these fields."""
    client = OkxClient(has_limits=False)
    price = inside(client.venue)
    for fields in ({"side": "sell"}, {"side": "buy", **field}):
        row = client.order(sz="0.1", px=price, **fields)
        assert row["sCode"] == "0", row
    return client.venue


def kraken(**field: str) -> Venue:
    client = KrakenClient(has_limits=False, **RICH)
    price = inside(client.venue)
    for fields in ({"type": "sell"}, {"type": "buy", **field}):
        client.placed(volume="0.1", price=price, **fields)
    return client.venue


def bybit(**field: str) -> Venue:
    client = BybitClient(has_limits=False, **RICH)
    price = inside(client.venue)
    for fields in ({"side": "Sell"}, {"side": "Buy", **field}):
        client.placed(qty="0.1", price=price, **fields)
    return client.venue


def inside(venue: Venue) -> str:
    """Return a price between the best bid and offer."""
    market = next(iter(venue.exchange.markets.values()))
    bid, ask = market.book.best(Side.BUY), market.book.best(Side.SELL)
    assert bid is not None
    assert ask is not None
    assert bid < ask - 1
    return market.listing.price_text(ask - 1)


@pytest.mark.parametrize(
    ("placed", "field", "ends"),
    [
        (okx, {}, RESTING_ENDS),
        (okx, {"stpMode": "cancel_maker"}, RESTING_ENDS),
        (okx, {"stpMode": "cancel_taker"}, ARRIVING_ENDS),
        (okx, {"stpMode": "cancel_both"}, BOTH_END),
        (kraken, {}, ARRIVING_ENDS),
        (kraken, {"stptype": "cancel-newest"}, ARRIVING_ENDS),
        (kraken, {"stptype": "cancel-oldest"}, RESTING_ENDS),
        (kraken, {"stptype": "cancel-both"}, BOTH_END),
        (bybit, {}, TRADED),
        (bybit, {"smpType": "None"}, TRADED),
        (bybit, {"smpType": "CancelMaker"}, RESTING_ENDS),
        (bybit, {"smpType": "CancelTaker"}, ARRIVING_ENDS),
        (bybit, {"smpType": "CancelBoth"}, BOTH_END),
    ],
)
def test_who_ends_when_an_account_meets_itself(
    placed: Callable[..., Venue], field: dict[str, str], ends: list[tuple[str, str, str]]
) -> None:
    exchange = placed(**field).exchange
    orders = list(exchange.orders.values())
    assert [(o.state.value, o.ended.value, o.listing.quantity_text(o.filled)) for o in orders] == ends
    held = exchange.accounts["main"]
    working = [o for o in orders if o.is_working]
    assert sum(held.locked(a) for a in ("BTC", orders[0].listing.quote)) == sum(o.locked for o in working)


def test_a_self_trade_moves_nothing_but_the_fees() -> None:
    orders = list(bybit().exchange.orders.values())
    bought, sold = orders[1].fills[0], orders[0].fills[0]
    assert (bought.liquidity, sold.liquidity) == ("taker", "maker")
    assert (bought.trade_id, bought.price, bought.quantity) == (sold.trade_id, sold.price, sold.quantity)


def test_a_wrong_value_is_refused_and_the_value_is_shown() -> None:
    client = OkxClient()
    assert client.order(stpMode="cancel_all")["sMsg"] == "Parameter stpMode error"
    assert client.find(client.order(stpMode="cancel_taker")["ordId"])["stpMode"] == "cancel_taker"
    other = BybitClient(**RICH)
    assert other.create(smpType="CancelAll")["retCode"] == 170130
    assert other.find(other.placed(smpType="CancelBoth"))["smpType"] == "CancelBoth"
    assert other.find(other.placed())["smpType"] == "None"
    assert KrakenClient(**RICH).refused(stptype="cancel-all") == "EGeneral:Invalid arguments:stptype"


@pytest.mark.parametrize(
    ("fields", "ended"),
    [
        ({"ordType": "market", "tgtCcy": "base_ccy", "px": None}, "self_trade"),
        ({"ordType": "ioc"}, "self_trade"),
        ({"ordType": "fok"}, "not_whole"),
    ],
)
def test_an_arriving_order_that_gives_way_takes_only_what_stands_before_its_own(fields: dict[str, Any], ended: str) -> None:
    """The best offer is the market's own, the next one ours: an order for both gets the first, and FOK nothing."""
    client = OkxClient(has_limits=False)
    market = client.venue.exchange.markets["BTC/USDT"]
    (best, lots), (second, _) = market.book.levels(Side.SELL, 2)
    assert second - best > 1, "room for ours"
    ours = market.listing.price_text(best + 1)
    assert client.order(side="sell", sz="0.1", px=ours)["sCode"] == "0"
    size = market.listing.quantity_text(lots + 1000)
    client.order(**{"side": "buy", "sz": size, "px": ours, "stpMode": "cancel_taker"} | fields)
    sold, bought = client.venue.exchange.orders.values()
    assert (sold.state.value, sold.filled) == ("live", 0)
    assert (bought.state.value, bought.ended.value) == ("canceled", ended)
    assert bought.filled == (0 if ended == "not_whole" else lots)


def test_what_an_order_says_about_itself_outlives_an_amendment() -> None:
    client = KrakenClient(has_limits=False, **RICH)
    price = inside(client.venue)
    client.placed(type="sell", volume="0.1", price=price)
    ours = client.placed(type="buy", volume="0.1", price="30000", stptype="cancel-newest")
    client.ask("AmendOrder", txid=ours, limit_price=price)
    sold, bought = client.exchange.orders.values()
    assert (sold.state.value, bought.state.value, bought.ended.value) == ("live", "canceled", "self_trade")
    assert bought.self_trade is SelfTrade.CANCEL_ARRIVING
