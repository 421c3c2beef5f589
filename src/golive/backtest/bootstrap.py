"""How sure a statistic is: the spread it has over resampled histories.

Periods are resampled by the stationary bootstrap: blocks of geometric length, begun anywhere, wrapped at the end, so that returns
keep their neighbours (Politis and Romano, "The Stationary Bootstrap", JASA 89(428), 1994). Trades are resampled one by one. All
draws come from one seeded generator: equal inputs give equal intervals.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from golive.matching.columns import FloatColumn

from .returns import Undefined

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

RESAMPLES: Final = 1000
CONFIDENCE: Final = 0.95
_LEAST: Final = 20
"""periods or trades below which an interval says nothing"""
_ROOM: Final = 2_000_000
"""numbers resampled at a time: memory stays small however long the history"""


@dataclass(frozen=True, slots=True)
class Interval:
    """The middle `confidence` of the resampled values."""

    low: float
    high: float


def mean_block(periods: int) -> float:
    """Return the mean length of a block: n^⅓, the rate at which the stationary bootstrap's error is smallest (ibid., §5)."""
    return max(1.0, float(round(periods ** (1 / 3))))


def stationary_indices(periods: int, block: float, rows: int, random: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return `rows` resampled orders of 0 … periods − 1, shape (rows, periods)."""
    import numpy as np

    begins = random.random((rows, periods)) < 1.0 / block
    begins[:, 0] = True
    place = np.arange(periods)
    last_begin = np.maximum.accumulate(np.where(begins, place, 0), axis=1)
    first = random.integers(0, periods, (rows, periods))
    started = np.take_along_axis(first, last_begin, axis=1)
    made: npt.NDArray[np.int64] = (started + place - last_begin) % periods
    return made


def period_intervals(
    returns: FloatColumn, periods_per_year: float, seed: int, resamples: int = RESAMPLES
) -> dict[str, Interval | Undefined]:
    """Return the intervals of total return, Sharpe ratio and deepest drawdown over resampled periods."""
    import numpy as np

    names = ("total_return", "sharpe", "max_drawdown")
    count = len(returns)
    if count < _LEAST:
        return dict.fromkeys(names, Undefined(f"fewer than {_LEAST} periods"))
    random = np.random.Generator(np.random.PCG64(seed))
    rows = max(1, min(resamples, _ROOM // count))
    found: list[npt.NDArray[np.float64]] = []
    for first in range(0, resamples, rows):
        indices = stationary_indices(count, mean_block(count), min(rows, resamples - first), random)
        found.append(_period_values(returns[indices], periods_per_year))
    table = np.concatenate(found)
    return {name: _interval(table[:, at]) for at, name in enumerate(names)}


def trade_intervals(profits: FloatColumn, seed: int, resamples: int = RESAMPLES) -> dict[str, Interval | Undefined]:
    """Return the intervals of expectancy (quote a trade) and win rate over trades drawn with replacement."""
    import numpy as np

    count = len(profits)
    if count < _LEAST:
        return dict.fromkeys(("expectancy", "win_rate"), Undefined(f"fewer than {_LEAST} closed trades"))
    random = np.random.Generator(np.random.PCG64(seed))
    rows = max(1, min(resamples, _ROOM // count))
    found: list[npt.NDArray[np.float64]] = []
    for first in range(0, resamples, rows):
        drawn = profits[random.integers(0, count, (min(rows, resamples - first), count), dtype=np.int32)]
        found.append(np.stack([drawn.mean(axis=1), (drawn > 0).mean(axis=1)], axis=1))
    table = np.concatenate(found)
    return {"expectancy": _interval(table[:, 0]), "win_rate": _interval(table[:, 1])}


def _period_values(drawn: npt.NDArray[np.float64], periods_per_year: float) -> npt.NDArray[np.float64]:
    """Return (rows, 3): total return, Sharpe ratio, deepest drawdown of each resampled history."""
    import numpy as np

    curves = np.cumprod(1.0 + drawn, axis=1)
    peaks = np.maximum(1.0, np.maximum.accumulate(curves, axis=1))
    spread = drawn.std(axis=1, ddof=1)
    spread[spread <= 1e-14 * np.abs(drawn).max(axis=1)] = np.nan  # only rounding makes equal returns differ
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = drawn.mean(axis=1) / spread * math.sqrt(periods_per_year)
        falls = ((peaks - curves) / peaks).max(axis=1)
    return np.stack([curves[:, -1] - 1.0, ratio, falls], axis=1)


def _interval(values: npt.NDArray[np.float64]) -> Interval | Undefined:
    import numpy as np

    known = values[np.isfinite(values)]
    if len(known) < len(values):
        return Undefined("not every resampled history has it")
    low, high = np.quantile(known, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]).tolist()
    return Interval(low, high)
