"""Averages: simple, exponential and Wilder's; each is a state and the function that moves it by one value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .window import Window, mean, push


@dataclass(slots=True)
class Ema:
    """Exponential average; it starts at the first value and has no warm-up of its own."""

    seen: int = 0
    value: float = 0.0


def ema(state: Any, value: float, bars: float) -> float:
    """Return the exponential average of weight 2 / (bars + 1).

    Source: Brown, "Statistical Forecasting for Inventory Control", 1959; the span form of it.
    """
    if state.seen == 0:
        state.value = value
    else:
        state.value += (value - state.value) * (2.0 / (bars + 1.0))
    state.seen += 1
    result: float = state.value
    return result


@dataclass(slots=True)
class Wilder:
    """Wilder's average; NaN before `bars` values, whose simple mean it starts at."""

    seen: int = 0
    value: float = 0.0


def wilder(state: Any, value: float, bars: float) -> float:
    """Return the average of weight 1 / bars.

    Source: Wilder, "New Concepts in Technical Trading Systems", 1978.
    """
    state.seen += 1
    if state.seen <= bars:
        state.value += (value - state.value) / state.seen
        if state.seen < bars:
            return math.nan
    else:
        state.value += (value - state.value) / bars
    result: float = state.value
    return result


def sma(state: Any, value: float, bars: float) -> float:
    """Move a `Window`; return the mean of its newest `bars` values, NaN before there are as many."""
    push(state, value, bars)
    return mean(state, bars) if state.seen >= bars else math.nan


@dataclass(slots=True)
class Vwap:
    """Price × volume and volume of the newest bars."""

    paid: Window
    volume: Window

    @classmethod
    def of(cls, capacity: int) -> Vwap:
        return cls(Window.of(capacity), Window.of(capacity))


def vwap(state: Any, bar: Any, bars: float) -> float:
    """Return the volume-weighted typical price, (high + low + close) / 3, of `bars` bars; NaN before there are as many.

    Where nothing was traded it is the bar's own typical price. Source: Berkowitz, Logue and Noser, "The Total Cost of
    Transactions on the NYSE", Journal of Finance 43(1), 1988, over a rolling window.
    """
    typical = (bar.high + bar.low + bar.close) / 3.0
    push(state.paid, typical * bar.volume, bars)
    push(state.volume, bar.volume, bars)
    if state.volume.seen < bars:
        return math.nan
    traded = mean(state.volume, bars)
    return mean(state.paid, bars) / traded if traded > 0.0 else typical
