"""Values of the exchange as the data rows of Kraken's WebSocket v2 channels; amounts are numbers with all their digits."""

from __future__ import annotations

from collections import Counter

import orjson

from golive.model.clock import to_iso

from ..exchange.account import Account
from ..exchange.bar import Bar
from ..exchange.candle import Row
from ..exchange.market import Market, PublicTrade
from ..exchange.order import Liquidity, Side, State, TimeInForce, VenueFill, VenueOrder
from . import wire
from .code import Json
from .number import Grid, bare, fixed, grid_of
from .txid import LEDGER, ORDER, TRADE, txid

JsonObject = dict[str, Json]
_PERCENT_DECIMALS = 2


def moment(ns: int) -> str:
    """RFC 3339 with microseconds."""
    text = to_iso(ns // 1000 * 1000)
    head, _, fraction = text.removesuffix("Z").partition(".")
    return f"{head}.{fraction.ljust(6, '0')}Z"


def message(channel: str, kind: str, data: list[JsonObject], **more: Json) -> bytes:
    """Return a data message; `kind` is `snapshot` or `update`."""
    return orjson.dumps({"channel": channel, "type": kind, "data": data, **more})


# ── the market ──────────────────────────────────────────────────────────────────────────────────────────────────────


def ticker(market: Market, now: int) -> JsonObject:
    """The ticker; a side without orders and a market without trades show zero."""
    grid, day = grid_of(market.listing), market.day
    day.expire(now)
    bids, asks = market.book.levels(Side.BUY, 1), market.book.levels(Side.SELL, 1)
    last = market.last.price if market.last else 0
    opened = last if day.open is None else day.open
    (bid, bid_lots), (ask, ask_lots) = (levels[0] if levels else (0, 0) for levels in (bids, asks))
    percent = round(10_000 * (last - opened) / opened) if opened else 0
    return {
        "symbol": market.listing.symbol,
        "bid": bare(grid.price(bid)),
        "bid_qty": bare(grid.quantity(bid_lots)),
        "ask": bare(grid.price(ask)),
        "ask_qty": bare(grid.quantity(ask_lots)),
        "last": bare(grid.price(last)),
        "volume": bare(grid.quantity(day.volume)),
        "vwap": bare(wire.vwap(grid, day.notional, day.volume)),
        "low": bare(grid.price(last if day.low is None else day.low)),
        "high": bare(grid.price(last if day.high is None else day.high)),
        "change": bare(grid.price(last - opened)),
        "change_pct": bare(fixed(percent, _PERCENT_DECIMALS)),
        "timestamp": moment(now),
    }


def trade(grid: Grid, item: PublicTrade) -> JsonObject:
    return {
        "symbol": grid.listing.symbol,
        "side": item.side.value,
        "price": bare(grid.price(item.price)),
        "qty": bare(grid.quantity(item.quantity)),
        "ord_type": "market",
        "trade_id": item.trade_id,
        "timestamp": moment(item.ts),
    }


def candle(grid: Grid, row: Row, bar: Bar, counts: Counter[int]) -> JsonObject:
    opened, first, high, low, last, volume, notional = row
    return {
        "symbol": grid.listing.symbol,
        "open": bare(grid.price(first)),
        "high": bare(grid.price(high)),
        "low": bare(grid.price(low)),
        "close": bare(grid.price(last)),
        "trades": wire.count_in(row, counts),
        "volume": bare(grid.quantity(volume)),
        "vwap": bare(wire.vwap(grid, notional, volume)),
        "interval_begin": moment(opened),
        "interval": bar.period // (60 * wire.SECOND),
        "timestamp": moment(bar.next(opened)),
    }


# ── one account ─────────────────────────────────────────────────────────────────────────────────────────────────────


def order_status(item: VenueOrder, *, is_new: bool = False) -> str:
    if item.state is State.FILLED:
        return "filled"
    if item.state is State.CANCELED:
        return "expired" if wire.status(item) == "expired" else "canceled"
    return "pending_new" if is_new else ("partially_filled" if item.filled else "new")


def _identity(item: VenueOrder) -> JsonObject:
    made: JsonObject = {"order_id": txid(ORDER, item.order_id), "order_userref": wire.userref(item) or 0}
    if item.client_id:
        made["cl_ord_id"] = item.client_id
    return made


def order(item: VenueOrder, exec_type: str, ts: int) -> JsonObject:
    """The terms and the state of an order, as it is told when it is new, amended, or in a snapshot."""
    grid = grid_of(item.listing)
    made: JsonObject = {
        **_identity(item),
        "symbol": item.listing.symbol,
        "side": item.side.value,
        "order_type": item.type.value,
        "exec_type": exec_type,
        "order_status": order_status(item, is_new=exec_type == "pending_new"),
        "time_in_force": _time_in_force(item),
        "cum_qty": bare(grid.quantity(item.filled)),
        "cum_cost": bare(grid.cost(item.notional)),
        "avg_price": bare(grid.average(item.notional, item.filled)),
        "fee_ccy_pref": "fciq",
        "post_only": item.time_in_force is TimeInForce.POST_ONLY,
        "timestamp": moment(ts),
    }
    if item.quote_budget is not None:
        made["cash_order_qty"] = bare(grid.cost(item.quote_budget))
    else:
        made["order_qty"] = bare(grid.quantity(item.quantity))
    if item.price is not None:
        made.update(limit_price=bare(grid.price(item.price)), limit_price_type="static")
    return made | _fee_in_usd(item, item.fee)


def execution(item: VenueOrder, fill: VenueFill, account: Account, filled: int, notional: int) -> JsonObject:
    """One fill; `filled` and `notional` are the order's sums up to it. Its status never says `filled`: that follows."""
    grid = grid_of(item.listing)
    return {
        **_identity(item),
        "exec_id": txid(TRADE, fill.bill_id),
        "exec_type": "trade",
        "trade_id": fill.trade_id,
        "symbol": item.listing.symbol,
        "side": item.side.value,
        "last_qty": bare(grid.quantity(fill.quantity)),
        "last_price": bare(grid.price(fill.price)),
        "liquidity_ind": "m" if fill.liquidity is Liquidity.MAKER else "t",
        "cost": bare(grid.cost(fill.notional)),
        "order_status": "partially_filled",
        "order_type": item.type.value,
        "cum_qty": bare(grid.quantity(filled)),
        "cum_cost": bare(grid.cost(notional)),
        "avg_price": bare(grid.average(notional, filled)),
        "fees": [{"asset": fill.fee_asset, "qty": bare(fixed(fill.fee, account.scales[fill.fee_asset]))}],
        "timestamp": moment(fill.ts),
        **_fee_in_usd(item, fill.fee),
    }


def ending(item: VenueOrder) -> JsonObject:
    """The last word about an order: filled, canceled or expired."""
    grid, status = grid_of(item.listing), order_status(item)
    made: JsonObject = {
        **_identity(item),
        "symbol": item.listing.symbol,
        "exec_type": status,
        "order_status": status,
        "cum_qty": bare(grid.quantity(item.filled)),
        "cum_cost": bare(grid.cost(item.notional)),
        "avg_price": bare(grid.average(item.notional, item.filled)),
        "timestamp": moment(item.updated_at),
        **_fee_in_usd(item, item.fee),
    }
    if status != "filled":
        made.update(cancel_reason=wire.REASONS[item.ended], reason=wire.REASONS[item.ended])
    return made


def _fee_in_usd(item: VenueOrder, fee: int) -> JsonObject:
    """A fee in US dollars where it is charged in them; another quote has no rate here, and the field is left out."""
    if item.fee_asset != "USD":
        return {}
    return {"fee_usd_equiv": bare(fixed(fee // item.listing.quote_factor, item.listing.instrument.quote_scale))}


def _time_in_force(item: VenueOrder) -> str:
    if item.expires_at is not None:
        return "GTD"
    return {TimeInForce.IOC: "IOC", TimeInForce.FOK: "FOK"}.get(item.time_in_force, "GTC")


def balance(account: Account, asset: str) -> JsonObject:
    total = bare(fixed(account.total(asset), account.scales[asset]))
    return {
        "asset": asset,
        "asset_class": "currency",
        "balance": total,
        "wallets": [{"type": "spot", "id": "main", "balance": total}],
    }


def ledger_entries(item: VenueOrder, fill: VenueFill, account: Account) -> list[JsonObject]:
    """The two bookings of a fill, base and quote; `balance` is what is there after it."""
    base, quote = item.listing.base, item.listing.quote
    base_units = item.listing.base_units(fill.quantity) * item.side.sign
    quote_units = -item.listing.quote_units(fill.notional) * item.side.sign
    rows: list[JsonObject] = []
    for index, (asset, amount) in enumerate(((base, base_units), (quote, quote_units))):
        scale = account.scales[asset]
        rows.append(
            {
                "ledger_id": txid(LEDGER, 2 * fill.bill_id + index),
                "ref_id": txid(TRADE, fill.bill_id),
                "timestamp": moment(fill.ts),
                "type": "trade",
                "category": "trade",
                "asset": asset,
                "asset_class": "currency",
                "wallet_type": "spot",
                "wallet_id": "main",
                "amount": bare(fixed(amount, scale)),
                "fee": bare(fixed(fill.fee if asset == fill.fee_asset else 0, scale)),
                "balance": bare(fixed(account.total(asset), scale)),
            }
        )
    return rows
