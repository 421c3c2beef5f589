"""Public endpoints: time, status, instruments, market data."""

from __future__ import annotations

from golive.model.json import JsonValue

from ..exchange.bar import Bar
from ..exchange.candle import Row
from ..exchange.market import Market
from ..exchange.order import Side
from ..face.mode import Mode
from . import code, wire
from .bars import BARS
from .book import level_texts
from .call import Call
from .code import BybitError
from .wire import JsonDict

_MILLION = 1_000_000
_HOUR_MS = 3_600_000


def time(call: Call) -> JsonDict:
    return {"timeSecond": str(call.wall // 1_000_000_000), "timeNano": str(call.wall)}


def status(call: Call) -> JsonDict:
    """Maintenance while the venue is in that mode; its end is expected within the hour."""
    begin = call.venue.maintenance_since
    if call.exchange.mode is not Mode.MAINTENANCE or begin is None:
        return {"list": []}
    notice: JsonDict = {
        "id": f"maintenance-{begin}",
        "title": "Scheduled system maintenance",
        "state": "ongoing",
        "begin": wire.millis(begin),
        "end": str(call.wall // _MILLION + _HOUR_MS),
        "href": "",
        "serviceTypes": [1, 2, 3, 4, 5],
        "product": [1],
        "uidSuffix": [],
        "maintainType": "1",
        "env": "1",
    }
    wanted = call.params.get("state", "")
    return {"list": [notice] if wanted in ("", "ongoing") else []}


def instruments(call: Call) -> JsonDict:
    category = call.category()
    return {"category": category, "list": [wire.instrument(market.listing) for market in call.chosen_markets()]}


def tickers(call: Call) -> JsonDict:
    category = call.category()
    return {"category": category, "list": [wire.ticker(market, call.exchange.now) for market in call.chosen_markets()]}


def orderbook(call: Call) -> JsonDict:
    market = call.market()
    depth = call.limit(1, 200)
    sequence = call.venue.counters.sequence(market.listing.symbol)
    now = call.exchange.now // _MILLION
    return {
        "s": wire.name_of(market.listing),
        "b": level_texts(market, market.book.levels(Side.BUY, depth)),
        "a": level_texts(market, market.book.levels(Side.SELL, depth)),
        "ts": now,
        "u": sequence,
        "seq": sequence,
        "cts": now,
    }


def kline(call: Call) -> JsonDict:
    """Newest first; with `start` alone the oldest rows from there on."""
    market = call.market()
    bar = BARS.get(call.params.get("interval", ""))
    if bar is None or not market.candles.supports(bar):
        raise BybitError(code.PARAMETER, message="Invalid period!")
    rows: list[JsonValue] = [wire.candle(market.listing, row) for row in _window(call, market, bar)]
    return {"category": "spot", "symbol": wire.name_of(market.listing), "list": rows}


def _window(call: Call, market: Market, bar: Bar) -> list[Row]:
    start, end, limit = call.integer("start"), call.integer("end"), call.limit(200, 1000)
    older_than = None if end is None else end * _MILLION + 1
    if start is not None and end is None:
        older_than = bar.floor(start * _MILLION)
        for _ in range(limit if older_than == start * _MILLION else limit + 1):
            older_than = bar.next(older_than)
    newer_than = None if start is None else start * _MILLION - 1
    found = market.candles.window(bar, older_than=older_than, newer_than=newer_than, limit=limit)
    return [row for row, _ in found]


def recent_trades(call: Call) -> JsonDict:
    market = call.market()
    count = call.limit(60, 60)
    sequence = call.venue.counters.sequence(market.listing.symbol)
    rows: list[JsonValue] = [wire.trade(market.listing, t, sequence) for t in reversed(list(market.trades)[-count:])]
    return {"category": "spot", "list": rows}
