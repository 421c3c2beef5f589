"""How far values lie apart: standard deviation, Bollinger bands, realised volatility."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .window import Window, mean, push, variance


def deviation(state: Any, value: float, bars: float) -> float:
    """Move a `Window`; return the population standard deviation of its newest `bars` values, NaN before there are as many."""
    push(state, value, bars)
    return math.sqrt(variance(state, bars)) if state.seen >= bars else math.nan


@dataclass(slots=True)
class Bollinger:
    """The window of closes and the band; `middle` and `deviation` are the last ones."""

    closes: Window
    middle: float = 0.0
    deviation: float = 0.0

    @classmethod
    def of(cls, capacity: int) -> Bollinger:
        return cls(Window.of(capacity))


def bollinger(state: Any, close: float, bars: float) -> float:
    """Return how many standard deviations the close lies above the mean of `bars` closes, 0 in a window without spread.

    NaN before there are as many; `state.middle` ± width × `state.deviation` are the bands.
    Source: Bollinger, "Bollinger on Bollinger Bands", 2001.
    """
    spread = deviation(state.closes, close, bars)
    if math.isnan(spread):
        return math.nan
    state.middle = mean(state.closes, bars)
    state.deviation = spread
    result: float = (close - state.middle) / spread if spread > 0.0 else 0.0
    return result


@dataclass(slots=True)
class RealisedVolatility:
    """The last close and a window of squared log returns."""

    returns: Window
    seen: int = 0
    close: float = 0.0

    @classmethod
    def of(cls, capacity: int) -> RealisedVolatility:
        return cls(Window.of(capacity))


def realised_volatility(state: Any, close: float, bars: float, bars_per_year: float) -> float:
    """Return the root mean square of the newest `bars` log returns, a year's worth; NaN before there are as many.

    Source: Andersen and Bollerslev, "Answering the Skeptics", International Economic Review 39(4), 1998.
    """
    state.seen += 1
    if state.seen == 1:
        state.close = close
        return math.nan
    change = math.log(close / state.close)
    state.close = close
    push(state.returns, change * change, bars)
    if state.returns.seen < bars:
        return math.nan
    return math.sqrt(max(0.0, mean(state.returns, bars)) * bars_per_year)
