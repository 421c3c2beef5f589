"""Public endpoints: instruments, time, status, market data."""

from __future__ import annotations

from collections.abc import Sequence

from ..exchange.candle import Row
from ..exchange.market import Market
from ..exchange.order import Side
from ..face.mode import Mode
from . import wire
from .bars import BARS
from .call import Call
from .code import Json, OkxError

_TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
_MILLION = 1_000_000
LISTED_AT = 1_548_133_413_000 * _MILLION


def instruments(call: Call) -> Sequence[Json]:
    kind = call.choice("instType", _TYPES)
    if not kind:
        raise OkxError("50014", "instType")
    wanted = call.params.get("instId", "")
    listed = [wire.instrument(m.listing, LISTED_AT) for m in call.exchange.markets.values() if kind == "SPOT"]
    if wanted and not any(item["instId"] == wanted for item in listed):
        raise OkxError("51001")
    return [item for item in listed if not wanted or item["instId"] == wanted]


def time(call: Call) -> Sequence[Json]:
    return [{"ts": wire.millis(call.wall)}]


def status(call: Call) -> Sequence[Json]:
    """Maintenance is `ongoing` while the venue is in that mode, and never planned."""
    wanted = call.choice("state", ("scheduled", "ongoing", "pre_open", "completed", "canceled"))
    if call.exchange.mode is not Mode.MAINTENANCE or wanted not in ("", "ongoing"):
        return []
    begin = wire.millis(call.wall)
    return [
        {
            "title": "Simulated maintenance",
            "state": "ongoing",
            "begin": begin,
            "end": "",
            "preOpenBegin": "",
            "href": "",
            "serviceType": "0",
            "system": "unified",
            "scheDesc": "",
            "maintType": "1",
            "env": "1",
        }
    ]


def ticker(call: Call) -> Sequence[Json]:
    return [wire.ticker(call.market(), call.exchange.now)]


def tickers(call: Call) -> Sequence[Json]:
    kind = call.choice("instType", _TYPES)
    if not kind:
        raise OkxError("50014", "instType")
    return [wire.ticker(market, call.exchange.now) for market in call.exchange.markets.values() if kind == "SPOT"]


def books(call: Call) -> Sequence[Json]:
    market = call.market()
    size = call.limit(1, 400, "sz")
    return [
        {
            "asks": wire.level_texts(market, Side.SELL, market.book.levels(Side.SELL, size)),
            "bids": wire.level_texts(market, Side.BUY, market.book.levels(Side.BUY, size)),
            "ts": wire.millis(call.exchange.now),
        }
    ]


def candles(call: Call) -> Sequence[Json]:
    market = call.market()
    return [wire.candle(market.listing, row, closed=closed) for row, closed in _window(call, market, 300)]


def history_candles(call: Call) -> Sequence[Json]:
    """Closed candles only."""
    market = call.market()
    return [wire.candle(market.listing, row, closed=True) for row, closed in _window(call, market, 300) if closed]


def _window(call: Call, market: Market, most: int) -> list[tuple[Row, bool]]:
    bar = BARS[call.choice("bar", BARS, "1m")]
    if not market.candles.supports(bar):
        raise OkxError("51000", "bar")
    after, before = call.integer("after", None), call.integer("before", None)
    return market.candles.window(
        bar,
        older_than=None if after is None else after * _MILLION,
        newer_than=None if before is None else before * _MILLION,
        limit=call.limit(100, most),
    )


def trades(call: Call) -> Sequence[Json]:
    market = call.market()
    count = call.limit(100, 500)
    newest = list(market.trades)[-count:]
    return [wire.trade(market.listing, item) for item in reversed(newest)]
