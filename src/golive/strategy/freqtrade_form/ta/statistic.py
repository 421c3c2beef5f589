"""Extremes, sums and least squares over a window."""

from __future__ import annotations

import math

import numpy as np

from .primitive import Floats, quotient, rolling_dot, rolling_max, rolling_mean, rolling_min, rolling_sum, rolling_variance


def maximum(price: Floats, timeperiod: int) -> Floats:
    return rolling_max(price, timeperiod)


def minimum(price: Floats, timeperiod: int) -> Floats:
    return rolling_min(price, timeperiod)


def minmax(price: Floats, timeperiod: int) -> tuple[Floats, Floats]:
    return rolling_min(price, timeperiod), rolling_max(price, timeperiod)


def total(price: Floats, timeperiod: int) -> Floats:
    return rolling_sum(price, timeperiod)


def variance(price: Floats, timeperiod: int, nbdev: float) -> Floats:
    return rolling_variance(price, timeperiod)


def linearreg_slope(price: Floats, timeperiod: int) -> Floats:
    """Return the slope a bar of the least-squares line through each window."""
    place = np.arange(timeperiod) - (timeperiod - 1) / 2.0
    return rolling_dot(price, place / (place @ place))


def linearreg(price: Floats, timeperiod: int) -> Floats:
    """Return where the line stands at the newest bar."""
    return rolling_mean(price, timeperiod) + linearreg_slope(price, timeperiod) * (timeperiod - 1) / 2.0


def linearreg_intercept(price: Floats, timeperiod: int) -> Floats:
    """Return where the line stands at the oldest bar of the window."""
    return rolling_mean(price, timeperiod) - linearreg_slope(price, timeperiod) * (timeperiod - 1) / 2.0


def linearreg_angle(price: Floats, timeperiod: int) -> Floats:
    return np.arctan(linearreg_slope(price, timeperiod)) * (180.0 / math.pi)


def tsf(price: Floats, timeperiod: int) -> Floats:
    """Return where the line will stand one bar on."""
    return linearreg(price, timeperiod) + linearreg_slope(price, timeperiod)


def correl(price0: Floats, price1: Floats, timeperiod: int) -> Floats:
    """Return Pearson's correlation of each window of two series."""
    mean0, mean1 = rolling_mean(price0, timeperiod), rolling_mean(price1, timeperiod)
    together = rolling_mean(price0 * price1, timeperiod) - mean0 * mean1
    spread = np.sqrt(rolling_variance(price0, timeperiod) * rolling_variance(price1, timeperiod))
    return quotient(together, spread)
