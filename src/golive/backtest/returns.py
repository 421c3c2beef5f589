"""What a curve of equity says about returns and risk. Periods are explicit; no number is made up where there is none.

Returns are simple (e₁ / e₀ − 1), the risk-free rate is zero, a year has 365 days: these markets never close.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

from golive.matching.columns import FloatColumn, IntColumn
from golive.model.clock import DAY, SECOND

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

HOUR: Final = 3600 * SECOND
YEAR: Final = 365 * DAY
_FEW: Final = 30
"""periods from which a longer sampling period is taken"""


@dataclass(frozen=True, slots=True)
class Undefined:
    """Why a statistic has no value."""

    reason: str


Value: TypeAlias = float | Undefined


@dataclass(frozen=True, slots=True)
class Sampling:
    """How equity is sampled for returns: at the end of each UTC day, each hour, or each bar."""

    name: str
    length_ns: int

    @property
    def periods_per_year(self) -> float:
        return YEAR / self.length_ns


def sampling_of(span_ns: int, timeframe_ns: int) -> Sampling:
    """Return daily sampling from 30 days on, hourly from 30 hours on, else that of the bars; never finer than a bar."""
    for name, length in (("daily", DAY), ("hourly", HOUR)):
        if span_ns >= _FEW * length and timeframe_ns <= length:
            return Sampling(name, length)
    return Sampling("bars", timeframe_ns)


def sampled(ts: IntColumn, values: npt.NDArray[np.int64] | FloatColumn, sampling: Sampling) -> FloatColumn:
    """Return the first value, then the last one of every period from the first to the last; a period without a value keeps it.

    A period ends at a whole multiple of its length since 1970 (UTC), that end included: what closes at midnight belongs to the
    day that ends there. The last period may be cut short by the end of the data.
    """
    import numpy as np

    if not len(ts):
        return np.empty(0)
    first, last = -(-int(ts[0]) // sampling.length_ns), -(-int(ts[-1]) // sampling.length_ns)
    ends = np.arange(first, last + 1, dtype=np.int64) * sampling.length_ns
    picked = np.searchsorted(ts, ends, side="right") - 1
    return np.concatenate([values[:1], values[picked]]).astype(np.float64)


def returns_of(equity: FloatColumn) -> FloatColumn | Undefined:
    """Return the simple return of each period; undefined when equity was zero or less before one of them began."""
    import numpy as np

    if len(equity) < 2:
        return Undefined("no whole period was traded")
    if bool(np.any(equity[:-1] <= 0)):
        return Undefined("equity was zero or below")
    made: FloatColumn = equity[1:] / equity[:-1] - 1.0
    return made


def total_return(start: float, end: float) -> Value:
    """end / start − 1."""
    return end / start - 1 if start > 0 else Undefined("nothing was there at the start")


def annual_growth(start: float, end: float, span_ns: int) -> Value:
    """Compound annual growth rate: (end / start) ^ (year / span) − 1. Undefined below 7 days: it would only magnify noise.

    Source: CFA Institute, Global Investment Performance Standards (geometric linking; periods of less than a year are not to be
    presented as annual without saying so).
    """
    if start <= 0 or end <= 0:
        return Undefined("equity was zero or below")
    if span_ns < 7 * DAY:
        return Undefined("less than 7 days")
    try:
        return float((end / start) ** (YEAR / span_ns) - 1)
    except OverflowError:
        return Undefined("beyond any number")


def volatility(returns: FloatColumn, periods_per_year: float) -> Value:
    """Standard deviation of returns (n − 1), times √periods a year."""
    if len(returns) < 2:
        return Undefined("fewer than two periods")
    return float(returns.std(ddof=1)) * math.sqrt(periods_per_year)


def sharpe(returns: FloatColumn, periods_per_year: float) -> Value:
    """Mean return over its standard deviation (n − 1), times √periods a year.

    Source: Sharpe, "The Sharpe Ratio", Journal of Portfolio Management 21(1), 1994; a risk-free rate of zero.
    """
    if len(returns) < 2:
        return Undefined("fewer than two periods")
    spread = float(returns.std(ddof=1))
    if not _spreads(returns, spread):
        return Undefined("returns do not differ")
    return float(returns.mean()) / spread * math.sqrt(periods_per_year)


def sortino(returns: FloatColumn, periods_per_year: float) -> Value:
    """Mean return over the root mean square of its negative part (all periods counted), times √periods a year.

    Source: Sortino and Price, "Performance Measurement in a Downside Risk Framework", Journal of Investing 3(3), 1994; a minimum
    acceptable return of zero.
    """
    if len(returns) < 2:
        return Undefined("fewer than two periods")
    below = float((returns.clip(max=0.0) ** 2).mean())
    return float(returns.mean()) / math.sqrt(below) * math.sqrt(periods_per_year) if below > 0 else Undefined("no period lost")


def calmar(growth: Value, max_drawdown: float) -> Value:
    """Annual growth over the deepest drawdown.

    Source: Young, "Calmar Ratio: A Smoother Tool", Futures 20(1), 1991.
    """
    if isinstance(growth, Undefined):
        return growth
    return growth / max_drawdown if max_drawdown > 0 else Undefined("no drawdown")


def value_at_risk(returns: FloatColumn, share: float = 0.05) -> Value:
    """The `share` quantile of returns (linear between order statistics): one period in twenty is worse. Negative is a loss.

    Source: historical simulation; Jorion, Value at Risk, 3rd ed., ch. 10.
    """
    import numpy as np

    return float(np.quantile(returns, share)) if len(returns) >= 20 else Undefined("fewer than 20 periods")


def conditional_value_at_risk(returns: FloatColumn, share: float = 0.05) -> Value:
    """The mean of the returns at or below the `share` quantile.

    Source: Rockafellar and Uryasev, "Optimization of Conditional Value-at-Risk", Journal of Risk 2(3), 2000.
    """
    threshold = value_at_risk(returns, share)
    if isinstance(threshold, Undefined):
        return threshold
    return float(returns[returns <= threshold].mean())


def tail_ratio(returns: FloatColumn) -> Value:
    """|95 % quantile| over |5 % quantile| of returns: above 1 the good tail is the longer one.

    Source: Quantopian, empyrical (`tail_ratio`).
    """
    import numpy as np

    if len(returns) < 20:
        return Undefined("fewer than 20 periods")
    low, high = np.quantile(returns, [0.05, 0.95]).tolist()
    return abs(high) / abs(low) if low else Undefined("the bad tail is zero")


def skewness(returns: FloatColumn) -> Value:
    """Third standardised moment m₃ / m₂^1.5 (population).

    Source: Joanes and Gill, "Comparing Measures of Sample Skewness and Kurtosis", The Statistician 47(1), 1998 (g₁).
    """
    return _moment(returns, 3, lambda moment: moment)


def excess_kurtosis(returns: FloatColumn) -> Value:
    """Fourth standardised moment m₄ / m₂² − 3 (population): 0 for a normal distribution. Source: as `skewness` (g₂)."""
    return _moment(returns, 4, lambda moment: moment - 3)


def _moment(returns: FloatColumn, power: int, of: Callable[[float], float]) -> Value:
    if len(returns) < 3:
        return Undefined("fewer than three periods")
    centred = returns - returns.mean()
    spread = math.sqrt(float((centred**2).mean()))
    if not _spreads(returns, spread):
        return Undefined("returns do not differ")
    return of(float(((centred / spread) ** power).mean()))


def _spreads(returns: FloatColumn, deviation: float) -> bool:
    """Whether returns differ by more than rounding makes equal ones differ."""
    return deviation > 1e-14 * max(1e-300, float(abs(returns).max())) and deviation > 0
