"""The same indicators over whole columns, for the `signals` form: float64 in, float64 out, NaN while warming up.

Formulas and sources stand beside the incremental forms; the two agree (windows of sums to 1e-9 of the values' scale, the rest
exactly).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import accumulate
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

Column: TypeAlias = npt.NDArray[np.float64]


def ema(values: Column, bars: int) -> Column:
    """Return the exponential average, from the first value on."""
    weight = 2.0 / (bars + 1.0)
    return np.array(list(accumulate(values.tolist(), lambda last, value: last + (value - last) * weight)), np.float64)


def wilder(values: Column, bars: int) -> Column:
    """Return Wilder's average; leading NaN of the input only lengthen the warm-up."""
    first = _first(values)
    out = np.full(len(values), np.nan)
    known = values[first:]
    if len(known) >= bars:
        start = 0.0
        for number, value in enumerate(known[:bars].tolist(), 1):
            start += (value - start) / number
        rest = accumulate(known[bars:].tolist(), lambda last, value: last + (value - last) / bars, initial=start)
        out[first + bars - 1 :] = list(rest)
    return out


def sma(values: Column, bars: int) -> Column:
    """Return the simple mean of the newest `bars` values."""
    return _windowed(values, bars, lambda windows: windows.mean(axis=1))


def deviation(values: Column, bars: int) -> Column:
    """Return the population standard deviation of the newest `bars` values."""
    return _windowed(values, bars, lambda windows: windows.std(axis=1))


def highest(values: Column, bars: int) -> Column:
    """Return the highest of the newest `bars` values."""
    return _windowed(values, bars, lambda windows: windows.max(axis=1))


def lowest(values: Column, bars: int) -> Column:
    """Return the lowest of the newest `bars` values."""
    return _windowed(values, bars, lambda windows: windows.min(axis=1))


def rate_of_change(values: Column, bars: int) -> Column:
    """Return value / value `bars` bars ago − 1."""
    out = np.full(len(values), np.nan)
    out[bars:] = values[bars:] / values[:-bars] - 1.0
    return out


def rsi(closes: Column, bars: int) -> Column:
    """Return the relative strength index, 0..100."""
    change = np.diff(closes, prepend=np.nan)
    gain, loss = wilder(np.maximum(change, 0.0), bars), wilder(np.maximum(-change, 0.0), bars)
    both = gain + loss
    return np.where(np.isnan(both), np.nan, np.where(both > 0.0, 100.0 * gain / np.where(both > 0.0, both, 1.0), 50.0))


def macd(closes: Column, fast_bars: int, slow_bars: int, signal_bars: int) -> tuple[Column, Column]:
    """Return the line and its signal."""
    line = ema(closes, fast_bars) - ema(closes, slow_bars)
    return line, ema(line, signal_bars)


def bollinger(closes: Column, bars: int) -> tuple[Column, Column]:
    """Return the middle and the standard deviation."""
    return sma(closes, bars), deviation(closes, bars)


def stochastic(high: Column, low: Column, close: Column, bars: int, smooth_bars: int) -> tuple[Column, Column]:
    """Return %K and %D, 0..100."""
    top, bottom = highest(high, bars), lowest(low, bars)
    height = top - bottom
    k = np.where(height > 0.0, 100.0 * (close - bottom) / np.where(height > 0.0, height, 1.0), 50.0)
    k[np.isnan(top)] = np.nan
    return k, sma(k, smooth_bars)


def true_range(high: Column, low: Column, close: Column) -> Column:
    """Return each bar's range extended to the close before it."""
    before = np.concatenate((close[:0], np.full(min(1, len(close)), np.nan), close[:-1]))
    extent: Column = np.fmax(high - low, np.fmax(np.abs(high - before), np.abs(low - before)))
    return extent


def atr(high: Column, low: Column, close: Column, bars: int) -> Column:
    """Return the average true range."""
    return wilder(true_range(high, low, close), bars)


def adx(high: Column, low: Column, close: Column, bars: int) -> Column:
    """Return the average directional index, 0..100."""
    extent = true_range(high, low, close)
    extent[:1] = np.nan
    rise, fall = np.diff(high, prepend=np.nan), -np.diff(low, prepend=np.nan)
    moved_up = np.where((rise > fall) & (rise > 0.0), rise, 0.0)
    moved_down = np.where((fall > rise) & (fall > 0.0), fall, 0.0)
    moved_up[:1] = moved_down[:1] = np.nan
    true, up, down = wilder(extent, bars), wilder(moved_up, bars), wilder(moved_down, bars)
    both = up + down
    index = np.where(both > 0.0, 100.0 * np.abs(up - down) / np.where(both > 0.0, both, 1.0), 0.0)
    index[np.isnan(true)] = np.nan
    return wilder(index, bars)


def vwap(high: Column, low: Column, close: Column, volume: Column, bars: int) -> Column:
    """Return the volume-weighted typical price of the newest `bars` bars."""
    typical = (high + low + close) / 3.0
    traded = sma(volume, bars)
    paid = sma(typical * volume, bars)
    return np.where(np.isnan(traded) | (traded > 0.0), paid / np.where(traded > 0.0, traded, 1.0), typical)


def realised_volatility(closes: Column, bars: int, bars_per_year: float) -> Column:
    """Return the root mean square of the newest `bars` log returns, a year's worth."""
    change = np.full(len(closes), np.nan)
    # math.log, because numpy's differs from it in the last digit on some machines
    change[1:] = [math.log(ratio) for ratio in (closes[1:] / closes[:-1]).tolist()]
    return np.sqrt(sma(change * change, bars) * bars_per_year)


def _first(values: Column) -> int:
    known = np.flatnonzero(~np.isnan(values))
    return int(known[0]) if len(known) else len(values)


def _windowed(values: Column, bars: int, of: Callable[[Column], Column]) -> Column:
    out = np.full(len(values), np.nan)
    if len(values) >= bars:
        out[bars - 1 :] = of(sliding_window_view(values, bars))
    return out
