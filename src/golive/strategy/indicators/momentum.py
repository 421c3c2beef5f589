"""Strength and direction: RSI, MACD, stochastic, average true range and directional movement."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from .average import Ema, Wilder, ema, sma, wilder
from .window import Extreme, Window, highest, lowest


@dataclass(slots=True)
class Rsi:
    """Wilder averages of gains and of losses."""

    seen: int = 0
    close: float = 0.0
    gain: Wilder = field(default_factory=Wilder)
    loss: Wilder = field(default_factory=Wilder)


def rsi(state: Any, close: float, bars: float) -> float:
    """Return the relative strength index, 0..100; NaN before `bars` changes; 50 where nothing has moved.

    Source: Wilder, "New Concepts in Technical Trading Systems", 1978.
    """
    change = close - state.close
    state.close = close
    state.seen += 1
    if state.seen == 1:
        return math.nan
    gain = wilder(state.gain, max(change, 0.0), bars)
    loss = wilder(state.loss, max(-change, 0.0), bars)
    if math.isnan(gain):
        return math.nan
    return 100.0 * gain / (gain + loss) if gain + loss > 0.0 else 50.0


@dataclass(slots=True)
class Macd:
    """Both averages of closes, and the signal line, which is that of their difference."""

    fast: Ema = field(default_factory=Ema)
    slow: Ema = field(default_factory=Ema)
    signal: Ema = field(default_factory=Ema)


def macd(state: Any, close: float, fast_bars: float, slow_bars: float, signal_bars: float) -> float:
    """Return the fast less the slow exponential average; `state.signal.value` is the signal line.

    Source: Appel, "Technical Analysis: Power Tools for Active Investors", 2005.
    """
    line = ema(state.fast, close, fast_bars) - ema(state.slow, close, slow_bars)
    ema(state.signal, line, signal_bars)
    return line


@dataclass(slots=True)
class Stochastic:
    """Channel of highs and lows, and the newest %K; `k` is the last one."""

    high: Extreme
    low: Extreme
    smooth: Window
    k: float = 0.0

    @classmethod
    def of(cls, capacity: int, smooth_capacity: int) -> Stochastic:
        return cls(Extreme.of(capacity), Extreme.of(capacity), Window.of(smooth_capacity))


def stochastic(state: Any, bar: Any, bars: float, smooth_bars: float) -> float:
    """Return %D, the mean of the newest `smooth_bars` %K, 0..100; `state.k` is %K; NaN before there are enough bars.

    %K = 100 (close − lowest low) / (highest high − lowest low), 50 in a channel without height.
    Source: Lane, "Lane's Stochastics", Technical Analysis of Stocks and Commodities, 1984.
    """
    high = highest(state.high, bar.high, bars)
    low = lowest(state.low, bar.low, bars)
    if state.high.seen < bars:
        return math.nan
    state.k = 100.0 * (bar.close - low) / (high - low) if high > low else 50.0
    return sma(state.smooth, state.k, smooth_bars)


@dataclass(slots=True)
class Atr:
    """The last close and Wilder's average of true ranges."""

    seen: int = 0
    close: float = 0.0
    average: Wilder = field(default_factory=Wilder)


def true_range(state: Any, bar: Any) -> float:
    """Return the bar's range extended to the close before it. Moves an `Atr`'s close."""
    extent = bar.high - bar.low
    if state.seen > 0:
        extent = max(extent, abs(bar.high - state.close), abs(bar.low - state.close))
    state.close = bar.close
    state.seen += 1
    result: float = extent
    return result


def atr(state: Any, bar: Any, bars: float) -> float:
    """Return the average true range; NaN before `bars` bars. Source: Wilder, 1978."""
    return wilder(state.average, true_range(state, bar), bars)


@dataclass(slots=True)
class Adx:
    """Wilder averages of true range, of directional movement up and down, and of their index."""

    range: Atr = field(default_factory=Atr)
    high: float = 0.0
    low: float = 0.0
    true: Wilder = field(default_factory=Wilder)
    up: Wilder = field(default_factory=Wilder)
    down: Wilder = field(default_factory=Wilder)
    index: Wilder = field(default_factory=Wilder)


def adx(state: Any, bar: Any, bars: float) -> float:
    """Return the average directional index, 0..100; NaN before 2 × `bars` bars. Source: Wilder, 1978.

    True range and movements are averaged from the second bar on.
    """
    is_first = state.range.seen == 0
    extent = true_range(state.range, bar)
    rise, fall = bar.high - state.high, state.low - bar.low
    state.high, state.low = bar.high, bar.low
    if is_first:
        return math.nan
    true = wilder(state.true, extent, bars)
    up = wilder(state.up, rise if rise > fall and rise > 0.0 else 0.0, bars)
    down = wilder(state.down, fall if fall > rise and fall > 0.0 else 0.0, bars)
    if math.isnan(true):
        return math.nan
    both = up + down
    return wilder(state.index, 100.0 * abs(up - down) / both if both > 0.0 else 0.0, bars)
