"""Values of the exchange as the JSON objects OKX sends; every number is a text."""

from __future__ import annotations

from collections.abc import Iterable

from ..exchange.account import Account
from ..exchange.candle import Row
from ..exchange.listing import Listing
from ..exchange.market import Market, PublicTrade
from ..exchange.order import Ended, Liquidity, OrderType, SelfTrade, Side, State, TimeInForce, VenueFill, VenueOrder
from ..exchange.text import decimal_text
from .code import Json

JsonObject = dict[str, Json]
CANCEL_SOURCE = {
    Ended.NO: "",
    Ended.USER: "1",
    Ended.NOT_WHOLE: "13",
    Ended.NOT_AT_ONCE: "14",
    Ended.POST_ONLY: "31",
    Ended.SELF_TRADE: "36",
    Ended.EXPIRED: "0",
    Ended.SWITCH: "20",
}
SELF_TRADE = {
    "cancel_maker": SelfTrade.CANCEL_RESTING,
    "cancel_taker": SelfTrade.CANCEL_ARRIVING,
    "cancel_both": SelfTrade.CANCEL_BOTH,
}
_STP_MODES = {value: name for name, value in SELF_TRADE.items()}

_NOT_SPOT = [
    "uly",
    "instFamily",
    "settleCcy",
    "ctVal",
    "ctMult",
    "ctValCcy",
    "ctType",
    "optType",
    "stk",
    "expTime",
    "lever",
    "auctionEndTime",
]
"""fields that are empty for a spot instrument"""


def inst_id(symbol: str) -> str:
    """`BTC/USDT` → `BTC-USDT`."""
    return symbol.replace("/", "-")


def symbol_of(instrument: str) -> str:
    """`BTC-USDT` → `BTC/USDT`; empty text for what cannot be an instrument of OKX."""
    return "" if "/" in instrument else instrument.replace("-", "/")


def millis(ns: int) -> str:
    return str(ns // 1_000_000)


def instrument(listing: Listing, listed_at: int) -> JsonObject:
    grid = listing.instrument
    largest = listing.quantity_text(grid.max_quantity)
    empty = dict.fromkeys(_NOT_SPOT, "")
    return {
        **empty,
        "instType": "SPOT",
        "instId": inst_id(listing.symbol),
        "baseCcy": listing.base,
        "quoteCcy": listing.quote,
        "tickSz": listing.tick_text,
        "lotSz": listing.lot_text,
        "minSz": listing.quantity_text(grid.min_quantity),
        "maxLmtSz": largest,
        "maxMktSz": "1000000",
        "maxLmtAmt": "20000000",
        "maxMktAmt": "1000000",
        "maxTwapSz": largest,
        "maxIcebergSz": largest,
        "maxTriggerSz": largest,
        "maxStopSz": "1000000",
        "listTime": millis(listed_at),
        "category": "1",
        "alias": "",
        "ruleType": "normal",
        "state": "live",
    }


def currency(asset: str) -> JsonObject:
    return {
        "ccy": asset,
        "name": asset,
        "chain": f"{asset}-Simulated",
        "canDep": False,
        "canWd": False,
        "canInternal": False,
        "mainNet": True,
        "wdTickSz": "8",
        "minDep": "0",
        "minWd": "0",
        "maxWd": "0",
        "fee": "0",
        "minFee": "0",
        "maxFee": "0",
    }


def ticker(market: Market, now: int) -> JsonObject:
    listing, book, day = market.listing, market.book, market.day
    day.expire(now)
    bids, asks = book.levels(Side.BUY, 1), book.levels(Side.SELL, 1)
    last = market.last

    def price(ticks: int | None) -> str:
        return "" if ticks is None else listing.price_text(ticks)

    return {
        "instType": "SPOT",
        "instId": inst_id(listing.symbol),
        "last": price(last.price if last else None),
        "lastSz": listing.quantity_text(last.quantity) if last else "",
        "askPx": price(asks[0][0] if asks else None),
        "askSz": listing.quantity_text(asks[0][1]) if asks else "",
        "bidPx": price(bids[0][0] if bids else None),
        "bidSz": listing.quantity_text(bids[0][1]) if bids else "",
        "open24h": price(day.open),
        "high24h": price(day.high),
        "low24h": price(day.low),
        "vol24h": listing.quantity_text(day.volume),
        "volCcy24h": listing.notional_text(day.notional),
        "sodUtc0": "",
        "sodUtc8": "",
        "ts": millis(now),
    }


def trade(listing: Listing, item: PublicTrade) -> JsonObject:
    return {
        "instId": inst_id(listing.symbol),
        "tradeId": str(item.trade_id),
        "px": listing.price_text(item.price),
        "sz": listing.quantity_text(item.quantity),
        "side": item.side.value,
        "ts": millis(item.ts),
    }


def level_texts(market: Market, side: Side, levels: Iterable[tuple[int, int]]) -> list[list[str]]:
    """Levels as `[price, size, "0", orders]`; size 0 removes a level."""
    price, quantity, orders = market.listing.price_text, market.listing.quantity_text, market.book.orders_at
    return [[price(at), quantity(lots), "0", str(orders(side, at))] for at, lots in levels]


def candle(listing: Listing, row: Row, *, closed: bool) -> list[Json]:
    opened, first, high, low, last, volume, notional = row
    quote = listing.notional_text(notional)
    price = listing.price_text
    return [
        millis(opened),
        price(first),
        price(high),
        price(low),
        price(last),
        listing.quantity_text(volume),
        quote,
        quote,
        "1" if closed else "0",
    ]


def order_type(order: VenueOrder) -> str:
    if order.type is OrderType.MARKET:
        return "market"
    return {
        TimeInForce.GTC: "limit",
        TimeInForce.POST_ONLY: "post_only",
        TimeInForce.IOC: "ioc",
        TimeInForce.FOK: "fok",
    }[order.time_in_force]


def _fee(units: int, asset: str, account: Account) -> str:
    return decimal_text(-units, account.scales[asset])


def order(item: VenueOrder, account: Account, fill: VenueFill | None = None) -> JsonObject:
    """An order object; with `fill` (WebSocket pushes) also what this push reports."""
    listing = item.listing
    last = fill or (item.fills[-1] if item.fills else None)
    made: JsonObject = {
        "instType": "SPOT",
        "instId": inst_id(listing.symbol),
        "ccy": "",
        "ordId": str(item.order_id),
        "clOrdId": item.client_id,
        "tag": item.tag,
        "px": listing.price_text(item.price) if item.price is not None else "",
        "sz": item.size_text,
        "notionalUsd": "",
        "ordType": order_type(item),
        "side": item.side.value,
        "posSide": "net",
        "tdMode": "cash",
        "tgtCcy": ("quote_ccy" if item.quote_budget is not None else "base_ccy") if item.type is OrderType.MARKET else "",
        "accFillSz": listing.quantity_text(item.filled),
        "avgPx": listing.average_text(item.notional, item.filled),
        "fillPx": listing.price_text(last.price) if last else "",
        "fillSz": listing.quantity_text(last.quantity) if last else "0",
        "fillTime": millis(last.ts) if last else "",
        "tradeId": str(last.trade_id) if last else "",
        "state": item.state.value,
        "lever": "",
        "fee": _fee(item.fee, item.fee_asset, account),
        "feeCcy": item.fee_asset,
        "rebate": "0",
        "rebateCcy": item.given_asset,
        "pnl": "0",
        "source": "",
        "category": "normal",
        "cancelSource": CANCEL_SOURCE[item.ended],
        "cancelSourceReason": item.ended.value,
        "reduceOnly": "false",
        "stpMode": _STP_MODES[item.self_trade],
        "algoId": "",
        "algoClOrdId": "",
        "cTime": millis(item.created_at),
        "uTime": millis(item.updated_at),
    }
    return made


def order_push(item: VenueOrder, account: Account, fill: VenueFill | None) -> JsonObject:
    """An order object as the `orders` channel sends it; a push without a fill names none."""
    made = order(item, account, fill)
    if fill is None:
        made.update(fillPx="", fillSz="0", fillTime="", tradeId="", fillFee="0", fillFeeCcy="", execType="", fillNotionalUsd="")
    else:
        made.update(
            fillFee=_fee(fill.fee, fill.fee_asset, account),
            fillFeeCcy=fill.fee_asset,
            execType=_exec_type(fill),
            fillNotionalUsd="",
        )
    made.update(code="0", msg="", amendResult="", reqId="")
    return made


def _exec_type(fill: VenueFill) -> str:
    return "M" if fill.liquidity is Liquidity.MAKER else "T"


def fill_object(item: VenueOrder, fill: VenueFill, account: Account) -> JsonObject:
    listing = item.listing
    return {
        "instType": "SPOT",
        "instId": inst_id(listing.symbol),
        "tradeId": str(fill.trade_id),
        "ordId": str(item.order_id),
        "clOrdId": item.client_id,
        "billId": str(fill.bill_id),
        "tag": item.tag,
        "fillPx": listing.price_text(fill.price),
        "fillSz": listing.quantity_text(fill.quantity),
        "side": item.side.value,
        "posSide": "net",
        "execType": _exec_type(fill),
        "feeCcy": fill.fee_asset,
        "fee": _fee(fill.fee, fill.fee_asset, account),
        "fillTime": millis(fill.ts),
        "ts": millis(fill.ts),
    }


def balance(account: Account, assets: Iterable[str], now: int) -> JsonObject:
    """The account object of REST and of the `account` channel; assets without a balance are left out."""
    details: list[Json] = []
    for asset in assets:
        if account.total(asset):
            details.append(_balance_detail(account, asset, now))
    return {
        "uTime": millis(now),
        "totalEq": "",
        "isoEq": "0",
        "adjEq": "",
        "ordFroz": "",
        "imr": "",
        "mmr": "",
        "details": details,
    }


def _balance_detail(account: Account, asset: str, now: int) -> JsonObject:
    scale = account.scales[asset]
    total, locked = decimal_text(account.total(asset), scale), decimal_text(account.locked(asset), scale)
    return {
        "ccy": asset,
        "eq": total,
        "cashBal": total,
        "availBal": decimal_text(account.available(asset), scale),
        "availEq": "",
        "frozenBal": locked,
        "ordFrozen": locked,
        "isoEq": "0",
        "disEq": "",
        "eqUsd": "",
        "uTime": millis(account.updated_at or now),
    }


def is_finished(item: VenueOrder) -> bool:
    return item.state in (State.FILLED, State.CANCELED)


def balance_change(account: Account, assets: Iterable[str], fill: VenueFill, now: int) -> JsonObject:
    """What the `balance_and_position` channel sends after a fill."""
    rows = [
        {"ccy": asset, "cashBal": decimal_text(account.total(asset), account.scales[asset]), "uTime": millis(now)}
        for asset in assets
    ]
    trades = [{"instId": "", "tradeId": str(fill.trade_id)}]
    return {"pTime": millis(now), "eventType": "filled", "balData": rows, "posData": [], "trades": trades}
