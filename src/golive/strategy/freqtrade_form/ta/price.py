"""Prices made of a bar's prices, and how far bars reach: true range, bands, Wilder's stop."""

from __future__ import annotations

import numpy as np

from golive.matching.compiled import compiled

from .average import ma
from .primitive import Floats, before, blank, quotient, rolling_variance, wilder


def avgprice(open_: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    return (open_ + high + low + close) / 4.0


def medprice(high: Floats, low: Floats) -> Floats:
    return (high + low) / 2.0


def typprice(high: Floats, low: Floats, close: Floats) -> Floats:
    return (high + low + close) / 3.0


def wclprice(high: Floats, low: Floats, close: Floats) -> Floats:
    return (high + low + 2.0 * close) / 4.0


def trange(high: Floats, low: Floats, close: Floats) -> Floats:
    earlier = before(close)
    return np.maximum(high, earlier) - np.minimum(low, earlier)


def atr(high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    ranges = trange(high, low, close)
    if timeperiod <= 1:
        return ranges
    out = blank(close)
    out[1:] = wilder(ranges[1:], timeperiod)
    return out


def natr(high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    return 100.0 * quotient(atr(high, low, close, timeperiod), close)


def stddev(price: Floats, timeperiod: int, nbdev: float) -> Floats:
    return nbdev * np.sqrt(rolling_variance(price, timeperiod))


def bbands(price: Floats, timeperiod: int, nbdevup: float, nbdevdn: float, matype: int) -> tuple[Floats, Floats, Floats]:
    """Return upper, middle and lower band."""
    middle, width = ma(price, timeperiod, matype), stddev(price, timeperiod, 1.0)
    return middle + nbdevup * width, np.where(np.isnan(width), np.nan, middle), middle - nbdevdn * width


@compiled
def _sar(high: Floats, low: Floats, acceleration: float, maximum: float, out: Floats) -> None:
    is_long = not (low[0] - low[1] > 0.0 and low[0] - low[1] > high[1] - high[0])
    best = high[1] if is_long else low[1]
    stop = low[0] if is_long else high[0]
    share = acceleration
    new_low, new_high = low[1], high[1]
    for i in range(1, len(high)):
        old_low, old_high = new_low, new_high
        new_low, new_high = low[i], high[i]
        turned = new_low <= stop if is_long else new_high >= stop
        if turned:
            is_long = not is_long
            stop = best
            stop = min(stop, old_low, new_low) if is_long else max(stop, old_high, new_high)
            out[i] = stop
            share = acceleration
            best = new_high if is_long else new_low
        else:
            out[i] = stop
            if is_long and new_high > best:
                best, share = new_high, min(share + acceleration, maximum)
            elif not is_long and new_low < best:
                best, share = new_low, min(share + acceleration, maximum)
        stop = stop + share * (best - stop)
        stop = min(stop, old_low, new_low) if is_long else max(stop, old_high, new_high)


def sar(high: Floats, low: Floats, acceleration: float, maximum: float) -> Floats:
    """Return Wilder's parabolic stop ("New Concepts in Technical Trading Systems", 1978)."""
    out = blank(high)
    if len(high) > 1:
        _sar(np.ascontiguousarray(high), np.ascontiguousarray(low), min(acceleration, maximum), maximum, out)
    return out
