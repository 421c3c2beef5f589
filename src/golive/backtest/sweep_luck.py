"""How much of a sweep's best set may be luck, as it stands in the documents: the measures of `overfitting.py` over all sets.

Sets that never traded cannot be chosen, and sets with the same equity all along are one and the same trial: neither is counted.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from golive.model.json import JsonValue

from .overfitting import Moments, deflated_sharpe, expected_best_sharpe, independent_trials, minimum_track_record
from .overfitting import probabilistic_sharpe as probabilistic
from .overfitting_pbo import backtest_overfitting
from .returns import YEAR
from .statistics import told
from .sweep_row import FIELD, FIELDS, SampleGrid
from .sweep_score import period_returns

if TYPE_CHECKING:
    from .sweep_row import Rows


def number(value: float | None) -> float | None:
    """Return a statistic with the digits that are told; None for one that is not there."""
    return None if value is None or math.isnan(value) else told(float(value))


def different(rows: Rows) -> Rows:
    """Return the sets that traded, those with equal equity samples once, in their order."""
    traded = rows[rows[:, FIELD["fills"]] > 0]
    first = {row[len(FIELDS) :].tobytes(): place for place, row in reversed(list(enumerate(traded)))}
    return traded[sorted(first.values())]


def luck_of(rows: Rows, balance: int, grid: SampleGrid, best: int) -> dict[str, JsonValue] | None:
    """Return the measures of luck of the best set; None where its returns have no spread. Sharpe ratios are a year's.

    Args:
        rows: of all sets; at least that of `best`, the place of the best set, traded.
        balance: equity at the start, above zero, smallest units of the quote asset.
    """
    import numpy as np

    moments = Moments.of(period_returns(rows[best : best + 1], balance)[0])
    if moments is None:
        return None
    returns = period_returns(different(rows), balance)
    trials = len(returns)
    year = math.sqrt(YEAR / grid.sampling.length_ns)
    deviation = returns.std(axis=1, ddof=1)
    sharpes = np.where(deviation > 0, returns.mean(axis=1) / np.where(deviation > 0, deviation, 1), 0.0)
    variance = float(sharpes.var(ddof=1)) if trials > 1 else 0.0
    independent = independent_trials(returns)
    pbo = backtest_overfitting(returns)
    return {
        "sharpe": number(moments.sharpe * year),
        "skewness": number(moments.skewness),
        "kurtosis": number(moments.kurtosis),
        "trials": len(rows),
        "different_trials": trials,
        "independent_trials": number(independent),
        "expected_best_sharpe": number(expected_best_sharpe(variance, trials) * year),
        "probabilistic_sharpe": number(probabilistic(moments)),
        "deflated_sharpe": number(deflated_sharpe(moments, variance, trials)),
        "deflated_sharpe_independent": number(deflated_sharpe(moments, variance, independent)),
        "minimum_track_record_periods": number(minimum_track_record(moments)),
        "backtest_overfitting": None if pbo is None else {
            "probability": number(pbo.probability),
            "loss_probability": number(pbo.loss_probability),
            "slope": number(pbo.slope),
            "splits": pbo.splits,
            "parts": pbo.parts,
            "periods": pbo.periods,
        },
    }  # fmt: skip
