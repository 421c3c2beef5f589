"""`ema_cross`: hold while the fast exponential average of closes is above the slow one.

Both averages start at the first close. Source: the crossing of two moving averages as in Brock, Lakonishok and LeBaron,
"Simple Technical Trading Rules and the Stochastic Properties of Stock Returns", Journal of Finance 47(5), 1992.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, Parameter

_SETTLED = 4.0
"""multiples of the slow length after which 98 % of an average's weight lies on bars that were seen"""


@dataclass(slots=True)
class CrossState:
    """Bars seen, those needed, both averages and the weight of a new close in each."""

    needed: int
    fast_weight: float
    slow_weight: float
    bars: int = 0
    fast: float = 0.0
    slow: float = 0.0


def _settle(state: Any, close: float) -> float:
    if state.bars == 0:
        state.fast = state.slow = close
    state.fast += (close - state.fast) * state.fast_weight
    state.slow += (close - state.slow) * state.slow_weight
    state.bars += 1
    return WARMING_UP


def step(state: Any, bar: Bar, params: Any) -> float:
    """Move both averages and compare them; written out, because history is run through it by the million."""
    close = bar.close
    if state.bars < state.needed:
        return _settle(state, close)
    state.fast = fast = state.fast + (close - state.fast) * state.fast_weight
    state.slow = slow = state.slow + (close - state.slow) * state.slow_weight
    return 1.0 if fast > slow else 0.0


class EmaCross:
    """Trend by two exponential averages; see the module text for its rule."""

    name = "ema_cross"
    summary = "trend: hold while the fast exponential average is above the slow one"
    parameters: Mapping[str, Parameter] = with_order_parameters(
        {
            "fast_bars": Parameter(20, 2, 2000, "fast EMA, bars", whole=True),
            "slow_bars": Parameter(50, 3, 5000, "slow EMA, bars", whole=True),
            "warm_up_bars": Parameter(0, 0, 100_000, "bars before the first target; 0 = four times slow_bars", whole=True),
        }
    )

    def initial(self, params: Any) -> CrossState:
        return CrossState(self.warm_up(params) - 1, 2.0 / (params.fast_bars + 1.0), 2.0 / (params.slow_bars + 1.0))

    def warm_up(self, params: Any) -> int:
        return int(params.warm_up_bars or _SETTLED * params.slow_bars) + 1

    step = staticmethod(step)
