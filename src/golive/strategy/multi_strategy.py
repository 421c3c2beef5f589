"""`multi_strategy_default`: trend, mean reversion and breakout vote; volatility scales the target.

Each vote is in [-1, 1] and judges the closed bar against what came *before* it:

* trend: sign and strength of (fast EMA − slow EMA) in units of recent volatility;
* mean reversion: minus the z-score of the close against its EMA of `reversion_bars`, in units of `reversion_z`;
* breakout: +1 above the highest high, −1 below the lowest low of the last `breakout_bars` bars, else its last vote fading.

The weighted vote, when positive, times min(1, target volatility / realised volatility) is the wanted share of the largest
position (spot: no short side). The target moves in steps of `target_step` and only when the wanted share has left the
current step by more than half a step and a quarter, so that noise does not trade.
Realised volatility is the square root of an EMA of squared log returns per bar, annualised by `bars_per_year`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .indicators.window import Extreme, best, highest, lowest
from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, Parameter
from .stepped import quantised

_FADE: Final = 0.97
_CHANNEL: Final = 500
"""longest breakout channel, bars"""


@dataclass(slots=True)
class MultiState:
    """Everything the next step needs; floats are statistics. `high` and `low` are the channel of `breakout_bars` bars."""

    bars: int = 0
    close: float = 0.0
    fast: float = 0.0
    slow: float = 0.0
    anchor: float = 0.0
    spread: float = 0.0
    variance: float = 0.0
    breakout: float = 0.0
    target: float = 0.0
    high: Extreme = field(default_factory=lambda: Extreme.of(_CHANNEL))
    low: Extreme = field(default_factory=lambda: Extreme.of(_CHANNEL))


def _ema(previous: float, value: float, bars: float) -> float:
    return previous + (value - previous) * (2.0 / (bars + 1.0))


def _clamp(value: float) -> float:
    return max(-1.0, min(1.0, value))


def _breakout(state: Any, bar: Bar) -> float:
    """Judge the bar against the channel before it."""
    if bar.close > best(state.high):
        return 1.0
    if bar.close < best(state.low):
        return -1.0
    faded: float = state.breakout * _FADE
    return faded


def _wanted(state: Any, deviation: float, spread: float, params: Any) -> float:
    sigma = math.sqrt(state.variance)
    unit = state.close * sigma * math.sqrt(params.slow_bars)
    trend = _clamp((state.fast - state.slow) / unit) if unit > 0 else 0.0
    width = math.sqrt(spread) * params.reversion_z
    reversion = _clamp(-deviation / width) if width > 0 else 0.0
    weights = params.trend_weight + params.reversion_weight + params.breakout_weight
    if weights <= 0:
        return 0.0
    vote = (params.trend_weight * trend + params.reversion_weight * reversion + params.breakout_weight * state.breakout) / weights
    annual = sigma * math.sqrt(params.bars_per_year)
    scale = min(1.0, params.target_volatility / annual) if annual > 0 else 1.0
    wanted: float = max(0.0, min(1.0, 2.0 * vote)) * scale
    return wanted


def _warm_up(params: Any) -> int:
    return int(max(params.slow_bars, params.reversion_bars, params.breakout_bars, params.volatility_bars)) + 1


def step(state: Any, bar: Bar, params: Any) -> float:
    """Move the averages and the channel by one bar; vote once they are warm."""
    if state.bars == 0:
        state.fast = state.slow = state.anchor = bar.close
        deviation = spread = 0.0
    else:
        change = math.log(bar.close / state.close)
        state.breakout = _breakout(state, bar)
        deviation, spread = bar.close - state.anchor, state.spread
        state.fast = _ema(state.fast, bar.close, params.fast_bars)
        state.slow = _ema(state.slow, bar.close, params.slow_bars)
        state.anchor = _ema(state.anchor, bar.close, params.reversion_bars)
        state.spread = _ema(spread, deviation * deviation, params.reversion_bars)
        state.variance = _ema(state.variance, change * change, params.volatility_bars)
    state.close = bar.close
    highest(state.high, bar.high, params.breakout_bars)
    lowest(state.low, bar.low, params.breakout_bars)
    state.bars += 1
    if state.bars < _warm_up(params):
        return WARMING_UP
    state.target = quantised(state.target, _wanted(state, deviation, spread, params), params.target_step)
    target: float = state.target
    return target


class MultiStrategy:
    """The default strategy; see the module text for its rule."""

    name = "multi_strategy_default"
    summary = "trend, mean reversion and breakout vote; volatility scales the target"
    parameters: Mapping[str, Parameter] = with_order_parameters(
        {
            "fast_bars": Parameter(20, 2, 500, "fast EMA, bars", whole=True),
            "slow_bars": Parameter(60, 3, 2000, "slow EMA, bars", whole=True),
            "reversion_bars": Parameter(60, 3, 2000, "mean-reversion anchor, bars", whole=True),
            "reversion_z": Parameter(2.0, 0.1, 10, "z-score that counts as a full vote"),
            "breakout_bars": Parameter(60, 2, _CHANNEL, "breakout channel, bars", whole=True),
            "volatility_bars": Parameter(60, 5, 2000, "volatility EMA, bars", whole=True),
            "trend_weight": Parameter(0.50, 0, 1, "weight of the trend vote"),
            "reversion_weight": Parameter(0.15, 0, 1, "weight of the mean-reversion vote"),
            "breakout_weight": Parameter(0.35, 0, 1, "weight of the breakout vote"),
            "target_volatility": Parameter(0.60, 0.01, 5, "annual volatility at which the whole target is held"),
            "bars_per_year": Parameter(525_600, 1, 31_536_000, "bars of the timeframe in a year"),
            "target_step": Parameter(0.5, 0.01, 1, "targets are multiples of this"),
            "entry_ttl_bars": Parameter(3, 0, 1000, "bars a limit entry rests at the close; 0 = market entries", whole=True),
        }
    )

    def initial(self, params: Any) -> MultiState:
        return MultiState()

    def warm_up(self, params: Any) -> int:
        return _warm_up(params)

    step = staticmethod(step)
