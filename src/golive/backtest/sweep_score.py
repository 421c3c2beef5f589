"""What a parameter set is worth: statistics of many rows at once, and the objectives a sweep may search by.

Each is the statistic of the same name of a single backtest (`returns.py`, where formulas and sources are), computed for all rows
together; what is undefined there is NaN here, and no objective. The drawdown is the engine's own, which looks at every mark and
fill: at least as deep as that of the closing values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar

from golive.model.clock import DAY
from golive.model.errors import ConfigError

from .returns import YEAR
from .sweep_row import FIELD, FIELDS, Rows, SampleGrid

if TYPE_CHECKING:
    from golive.matching.columns import FloatColumn

_Number = TypeVar("_Number", float, "FloatColumn")

OBJECTIVES: Final[Mapping[str, str]] = {
    "sharpe": "mean return over its standard deviation, a year",
    "sortino": "mean return over its downside deviation, a year",
    "calmar": "compound annual growth over the deepest drawdown",
    "return": "final equity over the start, less one",
    "drawdown": "the deepest drawdown, the less the better",
}
_LESS_IS_BETTER: Final = ("drawdown",)


def checked_objective(name: str) -> str:
    """Return a known objective; ConfigError naming them otherwise."""
    if name not in OBJECTIVES:
        raise ConfigError(f"--objective {name}: known are {', '.join(OBJECTIVES)}")
    return name


def period_returns(rows: Rows, balance: int) -> FloatColumn:
    """Return simple returns of each sampling period, (sets, periods); 0 from where equity was zero or less."""
    import numpy as np

    equity = np.empty((len(rows), rows.shape[1] - len(FIELDS) + 1))
    equity[:, 0] = balance
    equity[:, 1:] = rows[:, len(FIELDS) :]
    before, after = equity[:, :-1], equity[:, 1:]
    returns: FloatColumn = np.where(before > 0, after / np.where(before > 0, before, 1) - 1, 0.0)
    return returns


def scores(rows: Rows, balance: int, grid: SampleGrid) -> dict[str, FloatColumn]:
    """Return every objective by name, one value a row.

    Args:
        rows: (sets, fields and samples) int64.
        balance: equity at the start, above zero, smallest units of the quote asset.
    """
    import numpy as np

    returns = period_returns(rows, balance)
    count = returns.shape[1]
    mean = returns.sum(axis=1) / count
    off = returns - mean[:, None]
    deviation = np.sqrt((off * off).sum(axis=1) / max(1, count - 1))
    below = np.minimum(returns, 0)
    downside = np.sqrt((below * below).sum(axis=1) / count)
    is_solvent = (rows[:, len(FIELDS) : -1] > 0).all(axis=1) & (count > 1)
    grown = rows[:, FIELD["final_equity"]] / balance
    fall = rows[:, FIELD["worst_fall"]] / np.maximum(rows[:, FIELD["worst_peak"]], 1)
    has_growth = (grown > 0) & (grid.length_ns >= 7 * DAY)
    growth = np.where(has_growth, np.where(grown > 0, grown, 1.0) ** (YEAR / grid.length_ns) - 1, np.nan)
    year = float(np.sqrt(grid.sampling.periods_per_year))
    steady = 1e-14 * np.abs(returns).max(axis=1, initial=0.0)
    return {
        "sharpe": _over(mean * year, np.where(is_solvent, deviation, 0.0), steady),
        "sortino": _over(mean * year, np.where(is_solvent, downside, 0.0), 0.0),
        "calmar": _over(growth, fall, 0.0),
        "return": grown - 1,
        "drawdown": fall,
    }


def _over(value: FloatColumn, unit: FloatColumn, least: FloatColumn | float) -> FloatColumn:
    import numpy as np

    found: FloatColumn = np.where(unit > least, value / np.where(unit > least, unit, 1.0), np.nan)
    return found


def objective_of(rows: Rows, found: Mapping[str, FloatColumn], name: str) -> FloatColumn:
    """Return what the sets are ranked by, the most is the best; NaN for a set without it, and for one that never traded.

    One value a row; that of a statistic of which less is better is negative, and `told_objective` what people read.

    Args:
        found: what `scores` says of the rows.
    """
    import numpy as np

    chosen: FloatColumn = np.where(rows[:, FIELD["fills"]] > 0, told_objective(name, found[name]), np.nan)
    return chosen


def told_objective(name: str, value: _Number) -> _Number:
    """Return an objective as the statistic that it stands for, and a statistic as the objective."""
    return -value if name in _LESS_IS_BETTER else value


def ranking(objective: FloatColumn) -> list[int]:
    """Return the places of the sets, best objective first, the lower number first among equals; undefined ones last."""
    import numpy as np

    missing = np.isnan(objective)
    return [int(place) for place in np.lexsort((np.where(missing, 0.0, -objective), missing))]
