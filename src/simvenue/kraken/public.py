"""Public methods: time, status, what is listed, market data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone

from golive.model.clock import to_iso

from ..exchange.bar import Bar
from ..exchange.candle import CandleStore, Row
from ..exchange.market import Market, PublicTrade
from ..exchange.order import Side
from ..face.mode import Mode
from . import wire
from .call import Call
from .code import INVALID_ARGUMENTS, UNKNOWN_ASSET, Json, KrakenError
from .name import AssetNames, asset_id, pair_id
from .number import grid_of

_MINUTE = 60 * wire.SECOND
INTERVALS = (1, 5, 15, 30, 60, 240, 1440, 10080, 21600)
"""minutes of the candles offered; as fixed periods from the epoch"""
MAX_CANDLES = 720
MAX_TRADES = 1000
MAX_DEPTH = 500
_LEAST_NANOSECONDS = 1 << 40
"""a `since` below it is in seconds, as older clients send it; Kraken, "Get Recent Trades" takes both"""
STATUS: Mapping[Mode, str] = {mode: mode.value for mode in Mode}


def time(call: Call) -> Json:
    """Kraken tells whole seconds; where time rules are shorter its second is, and `unixtime` has decimals."""
    moment = datetime.fromtimestamp(call.wall // wire.SECOND, tz=timezone.utc)
    ticks = call.wall * call.time_scale // wire.SECOND
    unixtime = ticks if call.time_scale == 1 else ticks / call.time_scale
    return {"unixtime": unixtime, "rfc1123": moment.strftime("%a, %d %b %y %H:%M:%S +0000")}


def system_status(call: Call) -> Json:
    return {"status": STATUS[call.exchange.mode], "timestamp": to_iso(call.wall // wire.SECOND * wire.SECOND)}


def assets(call: Call) -> Json:
    scales = next(iter(call.exchange.accounts.values())).scales
    wanted = [name for name in call.text("asset").split(",") if name]
    names = AssetNames(scales)
    chosen = [names.asset(name) for name in wanted] if wanted else list(scales)
    if None in chosen:
        raise KrakenError(UNKNOWN_ASSET)
    return {asset_id(asset): wire.asset(asset, scales[asset]) for asset in chosen if asset is not None}


def asset_pairs(call: Call) -> Json:
    return {pair_id(market.listing.symbol): wire.pair(market) for market in _wanted(call)}


def ticker(call: Call) -> Json:
    return {pair_id(market.listing.symbol): wire.ticker(market, call.exchange.now) for market in _wanted(call)}


def _wanted(call: Call) -> list[Market]:
    """The markets of the optional `pair`, several parted by commas; all without it."""
    pairs = [name for name in call.text("pair").split(",") if name]
    return [call.market_of(name) for name in pairs] if pairs else list(call.exchange.markets.values())


def depth(call: Call) -> Json:
    market, now = call.market(), call.exchange.now
    count = max(1, call.integer("count", 100, MAX_DEPTH) or 1)
    grid = grid_of(market.listing)
    sides = {"asks": Side.SELL, "bids": Side.BUY}
    rows = {name: [wire.level(grid, *item, now) for item in market.book.levels(side, count)] for name, side in sides.items()}
    return {pair_id(market.listing.symbol): rows}


def ohlc(call: Call) -> Json:
    """Candles oldest first; the last one is the running one, `last` the newest finished one."""
    market = call.market()
    interval = call.integer("interval", 1)
    bar = Bar(interval * _MINUTE) if interval in INTERVALS else None
    if bar is None or not market.candles.supports(bar):
        raise KrakenError(INVALID_ARGUMENTS, "interval")
    since = call.integer("since", None)
    rows = candle_rows(market.candles, bar, call.exchange.now, MAX_CANDLES, None if since is None else since * wire.SECOND)
    grid, counts = grid_of(market.listing), wire.trade_counts(market.trades, bar)
    return {
        pair_id(market.listing.symbol): [wire.candle(grid, row, counts) for row in rows],
        "last": bar.floor(bar.floor(call.exchange.now) - 1) // wire.SECOND,
    }


def candle_rows(store: CandleStore, bar: Bar, now: int, limit: int, newer_than: int | None = None) -> list[Row]:
    """Return up to `limit` candles oldest first, the running one (flat when nothing has traded in it yet) last."""
    found = store.window(bar, older_than=None, newer_than=newer_than, limit=limit)
    rows = [row for row, _ in reversed(found)]
    current = bar.floor(now)
    if rows and rows[-1][0] < current:
        rows = [*rows[max(0, len(rows) + 1 - limit) :], beginning(rows[-1], current)]
    return rows


def beginning(before: Row, opened: int) -> Row:
    """Return the candle that has just begun after `before`."""
    close = before[4]
    return (opened, close, close, close, close, 0, 0)


def trades(call: Call) -> Json:
    """Up to `count` trades, oldest first: the newest, or those after `since` (ns; a small number is in seconds)."""
    market = call.market()
    count = max(1, call.integer("count", MAX_TRADES, MAX_TRADES) or 1)
    since = call.integer("since", None)
    if since is not None and since < _LEAST_NANOSECONDS:
        since *= wire.SECOND
    chosen = list(market.trades)[-count:] if since is None else market.trades_after(since, count)
    grid = grid_of(market.listing)
    return {pair_id(market.listing.symbol): [wire.trade(grid, item) for item in chosen], "last": _last(chosen, since)}


def _last(chosen: list[PublicTrade], since: int | None) -> str:
    return str(chosen[-1].ts if chosen else since or 0)
