"""How much a market moves: volatility and average true range of stored candles. Statistics, so floats; pure."""

from __future__ import annotations

import math
from typing import Final

from golive.matching.columns import CandleColumns
from golive.model.clock import SECOND

YEAR_S: Final = 365 * 86_400
LEAST_RETURNS: Final = 30
"""fewer say nothing"""
ATR_PERIODS: Final = 14


def annualised_volatility(candles: CandleColumns) -> tuple[float, int] | None:
    """Return the volatility of a year, as a fraction, and the number of returns behind it; None for fewer than LEAST_RETURNS.

    Sample deviation of close-to-close log returns × √(candles per year). Only returns between neighbours count: a return
    across a gap is one of a longer time. Source: CONTRACT, "Paper Labs"; Hull, *Options, Futures, and Other Derivatives*, §15.4.
    """
    import numpy as np

    neighbours = np.diff(candles.opened_at) == candles.timeframe_ns
    returns = np.diff(np.log(candles.close.astype(np.float64)))[neighbours]
    if len(returns) < LEAST_RETURNS:
        return None
    per_year = YEAR_S * SECOND / candles.timeframe_ns
    return float(np.std(returns, ddof=1)) * math.sqrt(per_year), len(returns)


def average_true_range(candles: CandleColumns, periods: int = ATR_PERIODS) -> float | None:
    """Return the average true range at the last candle in ticks; None for fewer than `periods` + 1 candles.

    The first is the mean of `periods` true ranges, then (before × (periods − 1) + true range) / periods.
    Source: Wilder, *New Concepts in Technical Trading Systems*, 1978. What is older than 20 × `periods` has no weight left.
    """
    import numpy as np

    last = candles.between(max(0, len(candles) - 20 * periods - 1), len(candles))
    if len(last) <= periods:
        return None
    before = last.close[:-1]
    high, low = last.high[1:], last.low[1:]
    ranges = np.maximum(high - low, np.maximum(np.abs(high - before), np.abs(low - before))).tolist()
    average = sum(ranges[:periods]) / periods
    for true_range in ranges[periods:]:
        average = (average * (periods - 1) + true_range) / periods
    return float(average)
