"""A backtest as one JSON document (`golive.backtest.v1`): what Markdown, HTML and the terminal are rendered from.

`outcome` holds no wall time and does not say which driver ran: equal inputs give equal bytes, and so `outcome_sha256`. Amounts of
money are decimal text, means of them statistics; prices and quantities of long lists are whole numbers of ticks and lots, whose
sizes stand beside them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, Final

from golive.matching.columns import CandleColumns, IntColumn
from golive.model.clock import to_iso
from golive.model.decision import REFUSALS
from golive.model.json import JsonObject, JsonValue

from .bootstrap import CONFIDENCE, RESAMPLES, Interval, mean_block, period_intervals, trade_intervals
from .drawdowns import underwater
from .result import BacktestResult
from .returns import Undefined
from .statistics import Statistics, hold_curve, statistics_of, told
from .terms_told import terms_of
from .thinning import kept

SCHEMA: Final = "golive.backtest.v1"
POINTS: Final = 4000
"""points of a curve at most"""
FILL_FIELDS: Final = (
    "ts", "instrument", "side", "price_ticks", "quantity_lots", "fee", "fee_asset", "liquidity", "held_lots", "order",
)  # fmt: skip
TRADE_FIELDS: Final = ("instrument", "opened_at", "closed_at", "fills", "bought_lots", "cost", "fees", "profit", "is_open")


def outcome_of(
    result: BacktestResult,
    *,
    timeframe: str,
    seed: int,
    detail: Sequence[CandleColumns] = (),
    detail_timeframe: str | None = None,
) -> dict[str, JsonValue]:
    """Return the deterministic half of the document; `seed` is that of the bootstrap."""
    statistics = statistics_of(result)
    return {
        "strategy": {"name": result.spec.strategy.name, "parameters": dict(result.spec.parameters)},
        "terms": {**terms_of(result.spec, timeframe), "seed": seed},
        "data": [_series(columns, timeframe) for columns in result.candles],
        "detail": [_series(columns, detail_timeframe or timeframe) for columns in detail],
        "account": _account(result),
        "statistics": {**statistics.told(), **_sums(result, statistics)},
        "undefined": statistics.reasons(),
        "hold": {name: told(value) for name, value in statistics.hold.items()},
        "sampling": {
            "name": statistics.sampling.name,
            "seconds": statistics.sampling.length_ns / 1e9,
            "periods": statistics.periods,
        },
        "drawdown": _drawdown(statistics),
        "confidence": _confidence(result, statistics, seed),
        "decisions": _decisions(result),
        "breaches": [
            {"limit": row.limit, "ts": to_iso(row.ts), "allowed": row.allowed, "used": row.used} for row in result.breaches
        ],
        "months": _months(result),
        "trades": _trades(result),
        "fills": _fills(result),
        "equity": _equity(result),
        "prices": [_prices(columns) for columns in result.candles],
    }


def document_of(outcome: JsonObject, run: JsonObject, digest: str) -> dict[str, JsonValue]:
    """Return the whole document; `run` is what may differ between two runs of the same backtest, `digest` that of the outcome."""
    return {"schema": SCHEMA, "outcome_sha256": digest, "run": run, "outcome": outcome}


def outcome_sha256(outcome: JsonObject) -> str:
    return hashlib.sha256(json.dumps(outcome, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()).hexdigest()


def document_bytes(document: JsonObject) -> bytes:
    """Return the document as it is written: compact, one line for each long row would fill screens."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def _series(columns: CandleColumns, timeframe: str) -> dict[str, JsonValue]:
    import numpy as np

    instrument, length = columns.instrument, columns.timeframe_ns
    steps = np.diff(columns.opened_at)
    return {
        "instrument": str(instrument.id),
        "timeframe": timeframe,
        "tick_size": instrument.price_text(1),
        "lot_size": instrument.quantity_text(1),
        "min_quantity": instrument.quantity_text(instrument.min_quantity),
        "candles": len(columns),
        "first": to_iso(int(columns.opened_at[0])) if len(columns) else None,
        "last": to_iso(int(columns.opened_at[-1]) + length) if len(columns) else None,
        "gaps": int((steps > length).sum()),
        "missing": int((steps[steps > length] // length - 1).sum()),
        "sha256": columns.sha256(),
    }


def _account(result: BacktestResult) -> dict[str, JsonValue]:
    ledger = result.ledger
    start, end = (int(result.equity[0]), int(result.equity[-1])) if len(result.equity) else (0, 0)
    return {
        "quote_asset": result.quote,
        "quote_scale": ledger.scales[result.quote],
        "start_equity": ledger.text(result.quote, start),
        "end_equity": ledger.text(result.quote, end),
        "net": ledger.text(result.quote, end - start),
        "fees": ledger.text(result.quote, sum(result.money.fee.tolist())),
        "balances": {asset: ledger.text(asset, units) for asset, units in sorted(result.balances.items())},
    }


def _sums(result: BacktestResult, statistics: Statistics) -> dict[str, JsonValue]:
    return {
        name: None if isinstance(units, Undefined) else result.ledger.text(result.quote, units)
        for name, units in statistics.sums.items()
    }


def _drawdown(statistics: Statistics) -> JsonValue:
    fall = statistics.drawdown
    if isinstance(fall, Undefined):
        return None
    return {
        "depth": told(fall.depth),
        "peak": to_iso(fall.peak_ts),
        "trough": to_iso(fall.trough_ts),
        "recovered": None if fall.recovered_ts is None else to_iso(fall.recovered_ts),
    }


def _confidence(result: BacktestResult, statistics: Statistics, seed: int) -> dict[str, JsonValue]:
    profits = result.trades.profit[result.trades.closed()] / result.whole
    found: dict[str, Interval | Undefined] = {
        **period_intervals(statistics.returns, statistics.sampling.periods_per_year, seed),
        **trade_intervals(profits, seed),
    }
    return {
        "level": CONFIDENCE,
        "resamples": RESAMPLES,
        "mean_block": mean_block(len(statistics.returns)) if len(statistics.returns) else None,
        "intervals": {
            name: None if isinstance(each, Undefined) else [told(each.low), told(each.high)] for name, each in found.items()
        },
        "undefined": {name: each.reason for name, each in found.items() if isinstance(each, Undefined)},
    }


def _decisions(result: BacktestResult) -> dict[str, JsonValue]:
    return {
        "signals": result.signals,
        "orders": result.orders,
        "refused": sum(count for code, count in result.decisions.items() if code in REFUSALS),
        "by_code": {str(code): count for code, count in sorted(result.decisions.items())},
        "inaction_bars": {str(code): count for code, count in sorted(result.inaction.items())},
    }


def _months(result: BacktestResult) -> JsonValue:
    """Return [year, month, return] rows of calendar months (UTC), the first and the last as far as they were traded."""
    import numpy as np

    if not len(result.equity):
        return []
    # What closes at midnight of the first belongs to the month that ends there.
    month = (result.equity_ts - 1).astype("datetime64[ns]").astype("datetime64[M]").astype(np.int64)
    lasts = np.flatnonzero(np.append(np.diff(month) > 0, True))
    values = np.concatenate([result.equity[:1], result.equity[lasts]]).astype(np.float64)
    rows = zip(month[lasts].tolist(), values[:-1].tolist(), values[1:].tolist(), strict=True)
    return [[1970 + at // 12, at % 12 + 1, told(after / before - 1) if before > 0 else None] for at, before, after in rows]


def _trades(result: BacktestResult) -> dict[str, JsonValue]:
    trades, money = result.trades, _money(result)
    columns = [
        trades.instrument.tolist(), iso_column(trades.opened_at), iso_column(trades.closed_at), trades.fills.tolist(),
        trades.bought.tolist(), *(money(each) for each in (trades.cost, trades.fees, trades.profit)), trades.is_open.tolist(),
    ]  # fmt: skip
    return {"fields": list(TRADE_FIELDS), "count": len(trades), "rows": _rows(columns)}


def _fills(result: BacktestResult) -> dict[str, JsonValue]:
    fills = result.fills
    paid = [((each.quote_text, each.quote), (each.base_text, each.base)) for each in result.instruments]
    fees = [
        (paid[at][in_base][0](fee), paid[at][in_base][1])
        for at, in_base, fee in zip(fills.instrument.tolist(), fills.fee_in_base.tolist(), fills.fee.tolist(), strict=True)
    ]
    sides = ["buy" if is_buy else "sell" for is_buy in fills.is_buy.tolist()]
    columns = [
        iso_column(fills.ts), fills.instrument.tolist(), sides, fills.price.tolist(),
        fills.quantity.tolist(), [fee for fee, _ in fees], [asset for _, asset in fees],
        ["maker" if is_maker else "taker" for is_maker in fills.is_maker.tolist()], fills.held.tolist(), fills.order.tolist(),
    ]  # fmt: skip
    return {"fields": list(FILL_FIELDS), "count": len(fills), "sha256": result.fills_sha256, "rows": _rows(columns)}


def _money(result: BacktestResult) -> Callable[[IntColumn], list[JsonValue]]:
    """Return what writes a column of smallest units of the quote asset as decimal text."""
    ledger, quote = result.ledger, result.quote
    return lambda units: [ledger.text(quote, each) for each in units.tolist()]


def _rows(columns: Sequence[Sequence[JsonValue]]) -> list[JsonValue]:
    return [list(row) for row in zip(*columns, strict=True)]


def _equity(result: BacktestResult) -> dict[str, JsonValue]:
    """Return the curve thinned, with what holding would have been worth and how far below its peak equity was."""
    import numpy as np

    ts, held = hold_curve(result)
    count = len(ts)
    if not count:
        return {"count": 0, "sha256": result.equity_sha256, "points": [], "hold": [], "underwater": []}
    below = underwater(result.equity)
    keep = kept((result.equity, held, below), POINTS)
    money = _money(result)
    return {
        "count": count,
        "sha256": result.equity_sha256,
        "points": _rows([iso_column(ts[keep]), money(result.equity[keep])]),
        "hold": money(np.rint(held[keep] * result.whole).astype(np.int64)),
        "underwater": [told(value) for value in below[keep].tolist()],
    }


def _prices(columns: CandleColumns) -> dict[str, JsonValue]:
    keep = kept((columns.close,), POINTS) if len(columns) else columns.close
    closed_at = columns.opened_at[keep] + columns.timeframe_ns
    return {"instrument": str(columns.instrument.id), "points": _rows([iso_column(closed_at), columns.close[keep].tolist()])}


def iso_column(ts: IntColumn) -> list[str]:
    """Return times (ns UTC) as ISO-8601 with `Z`; as `to_iso`, many at once."""
    import numpy as np

    if len(ts) and bool(np.any(ts % 1_000_000_000)):
        return [to_iso(each) for each in ts.tolist()]
    texts: Any = np.datetime_as_string(ts.astype("datetime64[ns]"), unit="s")
    return [f"{text}Z" for text in texts.tolist()]
