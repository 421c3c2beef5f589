"""Wilder's directional movement ("New Concepts in Technical Trading Systems", 1978), summed and seeded as TA-Lib does."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .price import trange
from .primitive import Floats, before, blank, quotient, wilder


def _moves(high: Floats, low: Floats) -> tuple[Floats, Floats]:
    """Return each bar's movement up and down; the first is unknown."""
    up, down = high - before(high), before(low) - low
    plus = np.where((up > 0) & (up > down), up, 0.0)
    minus = np.where((down > 0) & (down > up), down, 0.0)
    plus[:1] = minus[:1] = np.nan
    return plus, minus


def _wilder_sum(values: Floats, timeperiod: int) -> Floats:
    """Return the sum that loses 1/timeperiod of itself a bar.

    It starts at index timeperiod - 1 as the sum of the timeperiod - 1 values after the first, which is unknown.
    """
    out, start = blank(values), timeperiod - 1
    if start >= len(values):
        return out
    if timeperiod <= 1:
        return values.copy()
    tail = values[start:] * timeperiod
    tail[0] = values[1 : start + 1].sum()
    out[start:] = pd.Series(tail).ewm(alpha=1.0 / timeperiod, adjust=False).mean()
    return out


def plus_dm(high: Floats, low: Floats, timeperiod: int) -> Floats:
    return _wilder_sum(_moves(high, low)[0], timeperiod)


def minus_dm(high: Floats, low: Floats, timeperiod: int) -> Floats:
    return _wilder_sum(_moves(high, low)[1], timeperiod)


def _share(moved: Floats, high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    share = 100.0 * quotient(_wilder_sum(moved, timeperiod), _wilder_sum(trange(high, low, close), timeperiod))
    share[:timeperiod] = np.nan
    return share


def plus_di(high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    return _share(_moves(high, low)[0], high, low, close, timeperiod)


def minus_di(high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    return _share(_moves(high, low)[1], high, low, close, timeperiod)


def dx(high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    plus, minus = plus_di(high, low, close, timeperiod), minus_di(high, low, close, timeperiod)
    return 100.0 * quotient(np.abs(plus - minus), plus + minus)


def adx(high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    out = blank(close)
    out[timeperiod:] = wilder(dx(high, low, close, timeperiod)[timeperiod:], timeperiod)
    return out


def adxr(high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    strength = adx(high, low, close, timeperiod)
    return (strength + before(strength, timeperiod - 1)) / 2.0
