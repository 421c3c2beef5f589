"""The table of statistics of a backtest, and of buying at the first close and holding beside it.

Each row is one function with its formula and source (`returns`, `drawdowns`, `trade_statistics`); a value that does not exist is
`Undefined` with its reason, never zero or infinity.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from golive.matching.columns import FloatColumn, IntColumn
from golive.model.json import JsonValue

from . import returns as of_returns
from . import trade_statistics as of_trades
from .drawdowns import Drawdown, drawdown_of
from .result import BacktestResult
from .returns import Sampling, Undefined, Value, returns_of, sampled, sampling_of

_DIGITS: Final = 12
"""significant digits told: how a processor sums floats must not show"""


@dataclass(frozen=True, slots=True)
class Statistics:
    """Values by name, those of holding by the same names, and what returns were sampled by."""

    sampling: Sampling
    periods: int
    values: Mapping[str, Value]
    sums: Mapping[str, int | Undefined]
    """amounts of money by name, exact, in smallest units of the quote asset; means of them are among the values"""
    hold: Mapping[str, Value]
    drawdown: Drawdown | Undefined
    returns: FloatColumn
    """of each sampling period; empty where there are none"""

    def told(self) -> dict[str, JsonValue]:
        """Return the values as JSON, None where there is none."""
        return {name: told(value) for name, value in self.values.items()}

    def reasons(self) -> dict[str, JsonValue]:
        """Return why the missing values and sums are missing."""
        rows = {**self.values, **self.sums}
        return {name: value.reason for name, value in rows.items() if isinstance(value, Undefined)}


def told(value: Value) -> float | None:
    """Return a value with the digits that are told, None for one that is not there."""
    if isinstance(value, Undefined) or not math.isfinite(value):
        return None
    return value if isinstance(value, int) else float(f"{value:.{_DIGITS}g}")


def statistics_of(result: BacktestResult) -> Statistics:
    """Return the statistics of a result; needs numpy."""
    import numpy as np

    ts, equity = result.equity_ts, result.equity
    span = int(ts[-1]) - int(ts[0]) + result.spec.timeframe_ns if len(ts) else 0
    sampling = sampling_of(span, result.spec.timeframe_ns)
    returns = _returns(ts, equity, sampling)
    held_ts, held = hold_curve(result)
    held_returns = _returns(held_ts, held, sampling)
    fall = drawdown_of(ts, equity)
    curve = _of_curve(equity, span, fall, returns, sampling)
    return Statistics(
        sampling=sampling,
        periods=0 if isinstance(returns, Undefined) else len(returns),
        values={**curve, **_of_drawdown(fall), **_of_trades(result)},
        sums=_sums(result),
        hold=_of_curve(held, span, drawdown_of(held_ts, held), held_returns, sampling),
        drawdown=fall,
        returns=np.empty(0) if isinstance(returns, Undefined) else returns,
    )


def _returns(ts: IntColumn, equity: IntColumn | FloatColumn, sampling: Sampling) -> FloatColumn | Undefined:
    """Return the returns of all periods. Nothing is held in the first bar, so two bars are one return and no spread."""
    return returns_of(sampled(ts, equity, sampling)) if len(ts) > 2 else Undefined("fewer than two periods")


def hold_curve(result: BacktestResult) -> tuple[IntColumn, FloatColumn]:
    """Return the equity, in quote, of buying all instruments in equal parts at their first close, free of cost, and holding."""
    import numpy as np

    ts = result.equity_ts
    start = int(result.equity[0]) / result.whole if len(ts) else 0.0
    total = np.zeros(len(ts))
    for each in result.candles:
        if not len(each):
            total += 1.0
            continue
        if len(each) == len(ts):
            total += each.close / int(each.close[0])
        else:
            at = np.searchsorted(each.opened_at + each.timeframe_ns, ts, side="right") - 1
            total += np.where(at >= 0, each.close[np.maximum(at, 0)] / int(each.close[0]), 1.0)
    return ts, total * (start / max(1, len(result.candles)))


def _of_curve(
    equity: IntColumn | FloatColumn,
    span: int,
    fall: Drawdown | Undefined,
    returns: FloatColumn | Undefined,
    sampling: Sampling,
) -> dict[str, Value]:
    start, end = (float(equity[0]), float(equity[-1])) if len(equity) else (0.0, 0.0)
    growth = of_returns.annual_growth(start, end, span)
    a_year = sampling.periods_per_year
    rows: dict[str, Value] = {
        "total_return": of_returns.total_return(start, end),
        "cagr": growth,
        "max_drawdown": fall if isinstance(fall, Undefined) else fall.depth,
        "calmar": fall if isinstance(fall, Undefined) else of_returns.calmar(growth, fall.depth),
    }
    of_each = {
        "volatility": lambda r: of_returns.volatility(r, a_year),
        "sharpe": lambda r: of_returns.sharpe(r, a_year),
        "sortino": lambda r: of_returns.sortino(r, a_year),
        "value_at_risk_95": of_returns.value_at_risk,
        "conditional_value_at_risk_95": of_returns.conditional_value_at_risk,
        "tail_ratio": of_returns.tail_ratio,
        "skewness": of_returns.skewness,
        "excess_kurtosis": of_returns.excess_kurtosis,
        "best_period": of_trades.best,
        "worst_period": of_trades.worst,
    }
    for name, function in of_each.items():
        rows[name] = returns if isinstance(returns, Undefined) else function(returns)
    return rows


def _of_drawdown(fall: Drawdown | Undefined) -> dict[str, Value]:
    if isinstance(fall, Undefined):
        return {"longest_drawdown_s": fall, "recovery_s": fall}
    recovery: Value = Undefined("not recovered by the end") if fall.depth > 0 else Undefined("no drawdown")
    if fall.recovered_ts is not None:
        recovery = (fall.recovered_ts - fall.trough_ts) / 1e9
    return {"longest_drawdown_s": fall.longest_ns / 1e9, "recovery_s": recovery}


def _of_trades(result: BacktestResult) -> dict[str, Value]:
    trades, whole = result.trades, result.whole
    profits, each = of_trades.profits_of(trades, whole), of_trades.trade_returns(trades)
    traded = sum(result.money.notional.tolist()) / whole
    mean_equity = float(result.equity.mean()) / whole if len(result.equity) else 0.0
    until = int(result.equity_ts[-1]) if len(result.equity_ts) else 0
    return {
        "trades": len(profits),
        "win_rate": of_trades.win_rate(profits),
        "profit_factor": of_trades.profit_factor(profits),
        "expectancy": of_trades.expectancy(profits),
        "average_win": of_trades.average_win(profits),
        "average_loss": of_trades.average_loss(profits),
        "average_trade_return": float(each.mean()) if len(each) else of_trades.NO_TRADE,
        "longest_losing_streak": of_trades.longest_losing_streak(profits),
        "mean_trade_s": of_trades.mean_duration_s(trades),
        "sqn": of_trades.system_quality(profits),
        "exposure": of_trades.exposure(result.equity_ts, trades, until),
        "turnover": traded / mean_equity if mean_equity > 0 else Undefined("equity was zero or below"),
    }


def _sums(result: BacktestResult) -> dict[str, int | Undefined]:
    profits = result.trades.profit[result.trades.closed()].tolist()
    return {
        "best_trade": max(profits, default=of_trades.NO_TRADE),
        "worst_trade": min(profits, default=of_trades.NO_TRADE),
        "traded_notional": sum(result.money.notional.tolist()),
        "fees": sum(result.money.fee.tolist()),
    }
