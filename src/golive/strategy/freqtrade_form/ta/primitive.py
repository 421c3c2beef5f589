"""What every indicator is made of: rolling windows and recursive averages with TA-Lib's seeds.

Arrays are float64, oldest first, without gaps; a result is as long as its input and starts with NaN where the indicator has not
seen enough. Recursive averages start at the plain mean of their first window, as TA-Lib's do by default.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats: TypeAlias = npt.NDArray[np.float64]


def blank(like: Floats) -> Floats:
    return np.full(len(like), np.nan)


def before(values: Floats, bars: int = 1) -> Floats:
    """Return what the values were `bars` earlier; NaN where nothing was."""
    earlier = blank(values)
    earlier[bars:] = values[: len(values) - bars]
    return earlier


def _rolling(values: Floats, bars: int) -> pd.api.typing.Rolling:
    return pd.Series(values).rolling(bars)


def rolling_sum(values: Floats, bars: int) -> Floats:
    return np.asarray(_rolling(values, bars).sum(), dtype=np.float64)


def rolling_mean(values: Floats, bars: int) -> Floats:
    return np.asarray(_rolling(values, bars).mean(), dtype=np.float64)


def rolling_max(values: Floats, bars: int) -> Floats:
    return np.asarray(_rolling(values, bars).max(), dtype=np.float64)


def rolling_min(values: Floats, bars: int) -> Floats:
    return np.asarray(_rolling(values, bars).min(), dtype=np.float64)


def rolling_variance(values: Floats, bars: int) -> Floats:
    """Return the variance of each window, of the population (divided by n)."""
    return np.asarray(_rolling(values, bars).var(ddof=0), dtype=np.float64)


def rolling_dot(values: Floats, weights: Floats) -> Floats:
    """Return the sum of each window times `weights`, the last weight for the newest value."""
    out, bars = blank(values), len(weights)
    if len(values) >= bars:
        out[bars - 1 :] = np.convolve(values, weights[::-1], mode="valid")
    return out


def smoothed(values: Floats, bars: int, share: float, seeded_at: int) -> Floats:
    """Return the recursive average that moves by `share` of the distance a bar.

    It starts at index `seeded_at` as the mean of the `bars` values up to there.
    """
    out = blank(values)
    if seeded_at >= len(values):
        return out
    tail = values[seeded_at:].copy()
    tail[0] = values[seeded_at - bars + 1 : seeded_at + 1].mean()
    out[seeded_at:] = pd.Series(tail).ewm(alpha=share, adjust=False).mean()
    return out


def leading_gap(values: Floats) -> int:
    """Return how many values are missing before the first known one."""
    known = np.flatnonzero(~np.isnan(values))
    return int(known[0]) if len(known) else len(values)


def after_gap(values: Floats, average: Callable[[Floats], Floats]) -> Floats:
    """Return `average` of the values from the first known one on, in its place."""
    out, gap = blank(values), leading_gap(values)
    if gap < len(values):
        out[gap:] = average(values[gap:])
    return out


def wilder(values: Floats, bars: int) -> Floats:
    """Return Wilder's average: it moves by 1/bars of the distance, from the mean of the first `bars` values on."""
    return smoothed(values, bars, 1.0 / bars, bars - 1)


def quotient(above: Floats, below: Floats, otherwise: float = 0.0) -> Floats:
    """Return above / below; `otherwise` where `below` is nothing, NaN where either is unknown."""
    nothing = np.abs(below) < 1e-14
    divided: Floats = np.where(nothing, otherwise, above / np.where(nothing, 1.0, below))
    return np.where(np.isnan(above) | np.isnan(below), np.nan, divided)
