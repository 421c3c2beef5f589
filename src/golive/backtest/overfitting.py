"""How much of a Sharpe ratio is luck: probabilistic and deflated Sharpe ratio, and the track record that would prove it.

All Sharpe ratios here are per sampling period, not annualised, of simple returns. The probability that the choice itself is
overfitted is in `overfitting_pbo.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from golive.matching.columns import FloatColumn

EULER_GAMMA: Final = 0.57721566490153286
_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True)
class Moments:
    """What a Sharpe ratio's certainty depends on. `kurtosis` is 3 for a normal distribution."""

    count: int
    sharpe: float
    skewness: float
    kurtosis: float

    @classmethod
    def of(cls, returns: FloatColumn) -> Moments | None:
        """Return the moments of returns, None for fewer than two or without any spread.

        The Sharpe ratio has the sample's standard deviation (n − 1), skewness and kurtosis the population's.
        """
        count = len(returns)
        if count < 2:
            return None
        mean = float(returns.mean())
        off = returns - mean
        variance = float((off * off).mean())
        if not variance > (1e-14 * abs(mean)) ** 2 or not math.isfinite(variance):
            return None
        sharpe = mean / math.sqrt(variance * count / (count - 1))
        return cls(count, sharpe, float((off**3).mean()) / variance**1.5, float((off**4).mean()) / variance**2)

    @property
    def spread(self) -> float:
        """Variance of the estimated Sharpe ratio, times count − 1; above zero for any moments that a sample can have.

        Source: Mertens, "Comments on variance of the IID estimator in Lo (2002)", 2002.
        """
        return 1 - self.skewness * self.sharpe + (self.kurtosis - 1) / 4 * self.sharpe**2


def probabilistic_sharpe(moments: Moments, benchmark: float = 0.0) -> float | None:
    """Return the probability that the true Sharpe ratio is above `benchmark`; None where moments leave no spread.

    Source: Bailey and López de Prado, "The Sharpe ratio efficient frontier", Journal of Risk 15(2), 2012, eq. 11.
    """
    if moments.spread <= 0:
        return None
    return _NORMAL.cdf((moments.sharpe - benchmark) * math.sqrt((moments.count - 1) / moments.spread))


def expected_best_sharpe(variance: float, trials: float) -> float:
    """Return the Sharpe ratio that the best of `trials` independent worthless trials is expected to show.

    Args:
        variance: of the Sharpe ratios over the trials.
        trials: their number, at least 1; one trial is expected to show 0.

    Source: Bailey and López de Prado, "The deflated Sharpe ratio", Journal of Portfolio Management 40(5), 2014, eq. 1.
    """
    if trials <= 1:
        return 0.0
    first, second = _NORMAL.inv_cdf(1 - 1 / trials), _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - EULER_GAMMA) * first + EULER_GAMMA * second)


def deflated_sharpe(best: Moments, variance: float, trials: float) -> float | None:
    """Return the probability that the best trial's true Sharpe ratio is above zero, given that it was picked out of `trials`.

    Source: as `expected_best_sharpe`, eq. 2.
    """
    return probabilistic_sharpe(best, expected_best_sharpe(variance, trials))


def minimum_track_record(moments: Moments, benchmark: float = 0.0, confidence: float = 0.95) -> float | None:
    """Return how many periods of such returns prove, at `confidence`, a Sharpe ratio above `benchmark`; None when none do.

    Source: Bailey and López de Prado, 2012 (as above), eq. 13.
    """
    ahead = moments.sharpe - benchmark
    if ahead <= 0 or moments.spread <= 0:
        return None
    return 1 + moments.spread * (_NORMAL.inv_cdf(confidence) / ahead) ** 2


def independent_trials(returns: FloatColumn) -> float:
    """Return how many independent trials these are worth: ρ + (1 − ρ) × trials, ρ their average correlation.

    Args:
        returns: (trials, periods); trials that never move count as fully correlated with each other.

    Source: Bailey and López de Prado, 2014 (as above), appendix A.3. A negative ρ counts as none.
    """
    import numpy as np

    off = returns - returns.mean(axis=1, keepdims=True)
    length = np.sqrt((off * off).sum(axis=1))
    moving = length > 0
    still = int(len(returns) - moving.sum())
    units = off[moving] / length[moving, None]
    count = len(units)
    found = min(1, still)
    if count == 0:
        return float(max(1, found))
    if count == 1:
        return float(1 + found)
    total = units.sum(axis=0)
    # the sum of all correlations is the squared length of the sum of the unit vectors; `count` of them are the diagonal
    mean = (float(total @ total) - count) / (count * (count - 1))
    rho = min(1.0, max(0.0, mean))
    return rho + (1 - rho) * count + found
