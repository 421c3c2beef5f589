"""Indicators of volume: on-balance volume, accumulation, money flow."""

from __future__ import annotations

import numpy as np
import pandas as pd

from .price import typprice
from .primitive import Floats, before, blank, quotient, rolling_sum


def obv(close: Floats, volume: Floats) -> Floats:
    """Return the volume of rising bars less that of falling ones, from the first bar's volume on (J. Granville, 1963)."""
    signed = np.sign(close - before(close)) * volume
    signed[:1] = volume[:1]
    return np.cumsum(signed)


def ad(high: Floats, low: Floats, close: Floats, volume: Floats) -> Floats:
    """Return Chaikin's accumulation/distribution line."""
    return np.cumsum(quotient((close - low) - (high - close), high - low) * volume)


def adosc(high: Floats, low: Floats, close: Floats, volume: Floats, fastperiod: int, slowperiod: int) -> Floats:
    """Return the distance of two EMAs of the line, both from its first value on."""
    line = pd.Series(ad(high, low, close, volume))
    fast, slow = (line.ewm(alpha=2.0 / (bars + 1.0), adjust=False).mean() for bars in (fastperiod, slowperiod))
    out = np.asarray(fast - slow, dtype=np.float64).copy()
    out[: max(fastperiod, slowperiod) - 1] = np.nan
    return out


def mfi(high: Floats, low: Floats, close: Floats, volume: Floats, timeperiod: int) -> Floats:
    """Return the share, 0 … 100, of the money that flowed in rising bars (G. Quong and A. Soudack, 1989)."""
    price = typprice(high, low, close)
    money, change = price * volume, price - before(price)
    inflow = rolling_sum(np.where(change > 0, money, 0.0)[1:], timeperiod)
    outflow = rolling_sum(np.where(change < 0, money, 0.0)[1:], timeperiod)
    total = inflow + outflow
    out = blank(close)
    out[1:] = 100.0 * np.where(total < 1.0, 0.0, quotient(inflow, total))
    out[1:][np.isnan(total)] = np.nan
    return out
