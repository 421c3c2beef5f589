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
from dataclasses import dataclass
from typing import Final

from .protocol import Bar, Parameter, Step

_FADE: Final = 0.97


@dataclass(frozen=True, slots=True)
class MultiState:
    """Everything the next step needs; floats are statistics."""

    bars: int = 0
    close: float = 0.0
    fast: float = 0.0
    slow: float = 0.0
    anchor: float = 0.0
    spread: float = 0.0
    variance: float = 0.0
    breakout: float = 0.0
    target: float = 0.0
    highs: tuple[float, ...] = ()
    lows: tuple[float, ...] = ()


def _ema(previous: float, value: float, bars: float) -> float:
    return previous + (value - previous) * (2.0 / (bars + 1.0))


def _clamp(value: float) -> float:
    return max(-1.0, min(1.0, value))


class MultiStrategy:
    """The default strategy; see the module text for its rule."""

    name = "multi_strategy_default"
    parameters: Mapping[str, Parameter] = {
        "fast_bars": Parameter(20, 2, 500, "fast EMA, bars", whole=True),
        "slow_bars": Parameter(60, 3, 2000, "slow EMA, bars", whole=True),
        "reversion_bars": Parameter(60, 3, 2000, "mean-reversion anchor, bars", whole=True),
        "reversion_z": Parameter(2.0, 0.1, 10, "z-score that counts as a full vote"),
        "breakout_bars": Parameter(60, 2, 500, "breakout channel, bars", whole=True),
        "volatility_bars": Parameter(60, 5, 2000, "volatility EMA, bars", whole=True),
        "trend_weight": Parameter(0.50, 0, 1, "weight of the trend vote"),
        "reversion_weight": Parameter(0.15, 0, 1, "weight of the mean-reversion vote"),
        "breakout_weight": Parameter(0.35, 0, 1, "weight of the breakout vote"),
        "target_volatility": Parameter(0.60, 0.01, 5, "annual volatility at which the whole target is held"),
        "bars_per_year": Parameter(525_600, 1, 31_536_000, "bars of the timeframe in a year"),
        "target_step": Parameter(0.5, 0.01, 1, "targets are multiples of this"),
        "position_pct": Parameter(0.04, 0, 1, "equity share of a full target; risk limits stand above it"),
        "entry_ttl_bars": Parameter(3, 0, 1000, "bars a limit entry rests at the close; 0 = market entries", whole=True),
    }

    def initial(self, params: Mapping[str, float]) -> MultiState:
        return MultiState()

    def warm_up(self, params: Mapping[str, float]) -> int:
        return int(max(params["slow_bars"], params["reversion_bars"], params["breakout_bars"], params["volatility_bars"])) + 1

    def step(self, state: MultiState, bar: Bar, params: Mapping[str, float]) -> Step[MultiState]:
        if state.bars == 0:
            first = MultiState(1, bar.close, bar.close, bar.close, bar.close, highs=(bar.high,), lows=(bar.low,))
            return Step(first, None)
        change = math.log(bar.close / state.close)
        breakout = self._breakout(state, bar)
        keep = int(params["breakout_bars"]) - 1
        deviation = bar.close - state.anchor
        moved = MultiState(
            bars=state.bars + 1,
            close=bar.close,
            fast=_ema(state.fast, bar.close, params["fast_bars"]),
            slow=_ema(state.slow, bar.close, params["slow_bars"]),
            anchor=_ema(state.anchor, bar.close, params["reversion_bars"]),
            spread=_ema(state.spread, deviation * deviation, params["reversion_bars"]),
            variance=_ema(state.variance, change * change, params["volatility_bars"]),
            breakout=breakout,
            target=state.target,
            highs=(*state.highs[-keep:], bar.high),
            lows=(*state.lows[-keep:], bar.low),
        )
        if moved.bars < self.warm_up(params):
            return Step(moved, None)
        target = self._quantised(state.target, self._wanted(moved, deviation, state.spread, params), params["target_step"])
        return Step(_with_target(moved, target), target)

    @staticmethod
    def _breakout(state: MultiState, bar: Bar) -> float:
        if bar.close > max(state.highs):
            return 1.0
        if bar.close < min(state.lows):
            return -1.0
        return state.breakout * _FADE

    @staticmethod
    def _wanted(state: MultiState, deviation: float, spread: float, params: Mapping[str, float]) -> float:
        sigma = math.sqrt(state.variance)
        unit = state.close * sigma * math.sqrt(params["slow_bars"])
        trend = _clamp((state.fast - state.slow) / unit) if unit > 0 else 0.0
        width = math.sqrt(spread) * params["reversion_z"]
        reversion = _clamp(-deviation / width) if width > 0 else 0.0
        weights = params["trend_weight"] + params["reversion_weight"] + params["breakout_weight"]
        if weights <= 0:
            return 0.0
        vote = (
            params["trend_weight"] * trend + params["reversion_weight"] * reversion + params["breakout_weight"] * state.breakout
        ) / weights
        annual = sigma * math.sqrt(params["bars_per_year"])
        scale = min(1.0, params["target_volatility"] / annual) if annual > 0 else 1.0
        return max(0.0, min(1.0, 2.0 * vote)) * scale

    @staticmethod
    def _quantised(current: float, wanted: float, step: float) -> float:
        if abs(wanted - current) <= 0.75 * step:
            return current
        return min(1.0, round(wanted / step) * step)


def _with_target(state: MultiState, target: float) -> MultiState:
    if target == state.target:
        return state
    return MultiState(
        state.bars, state.close, state.fast, state.slow, state.anchor, state.spread, state.variance, state.breakout, target,
        state.highs, state.lows,
    )  # fmt: skip
