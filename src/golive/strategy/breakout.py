"""`breakout`: buy a bar that closes far above the close before it, leave when the close falls far below the best one since.

Far is measured in average true ranges of the bars before: `enter_ranges` of them to enter, `leave_ranges` below the highest close
since the entry to leave. Sources: the volatility breakout of Wilder, "New Concepts in Technical Trading Systems", 1978; the exit
is the chandelier of Le Beau in Elder, "Come Into My Trading Room", 2002.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .indicators.momentum import Atr, atr
from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, Parameter

_SETTLED: Final = 10
"""multiples of the length after which Wilder's average has forgotten its start to a part in 20 000"""


@dataclass(slots=True)
class BreakoutState:
    """The average true range before this bar, the close before it, the best close since the entry, the standing target."""

    range: Atr = field(default_factory=Atr)
    bars: int = 0
    extent: float = 0.0
    close: float = 0.0
    best: float = 0.0
    target: float = 0.0


def _judge(state: Any, close: float, params: Any) -> None:
    if close > state.close + params.enter_ranges * state.extent:
        if state.target == 0.0:
            state.best = close
        state.target = 1.0
    state.best = max(state.best, close)
    if close < state.best - params.leave_ranges * state.extent:
        state.target = 0.0


def step(state: Any, bar: Bar, params: Any) -> float:
    """Judge the close by the ranges before it, then let the bar into their average."""
    is_warm = state.bars >= _SETTLED * params.range_bars
    if is_warm:
        _judge(state, bar.close, params)
    state.extent = atr(state.range, bar, params.range_bars)
    state.close = bar.close
    state.bars += 1
    target: float = state.target
    return target if is_warm else WARMING_UP


class Breakout:
    """Volatility breakout; see the module text for its rule."""

    name = "breakout"
    summary = "breakout: buy a bar that leaps by its usual range, leave below the best close since"
    remembers = "position"
    parameters: Mapping[str, Parameter] = with_order_parameters(
        {
            "range_bars": Parameter(14, 2, 500, "length of the average true range, bars", whole=True),
            "enter_ranges": Parameter(1.5, 0.1, 20, "leap above the last close to buy, in average true ranges"),
            "leave_ranges": Parameter(3.0, 0.1, 50, "fall from the best close to sell, in average true ranges"),
        }
    )

    def initial(self, params: Any) -> BreakoutState:
        return BreakoutState()

    def warm_up(self, params: Any) -> int:
        return _SETTLED * int(params.range_bars) + 1

    step = staticmethod(step)
