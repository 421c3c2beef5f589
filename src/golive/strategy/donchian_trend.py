"""`donchian_trend`: buy a close above the channel of highs before it, sell a close below the shorter channel of lows.

Source: the channel rule of Richard Donchian in the form of the Turtle system, Faith, "Way of the Turtle", 2007.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .indicators.window import Extreme, best, highest, lowest
from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, Parameter

_LONGEST: Final = 1000


@dataclass(slots=True)
class ChannelState:
    """Both channels and the standing target."""

    high: Extreme = field(default_factory=lambda: Extreme.of(_LONGEST))
    low: Extreme = field(default_factory=lambda: Extreme.of(_LONGEST))
    bars: int = 0
    target: float = 0.0


def step(state: Any, bar: Bar, params: Any) -> float:
    """Judge the close by the channels before it, then let the bar into them."""
    is_warm = state.bars >= max(params.entry_bars, params.exit_bars)
    if is_warm:
        if bar.close > best(state.high):
            state.target = 1.0
        elif bar.close < best(state.low):
            state.target = 0.0
    highest(state.high, bar.high, params.entry_bars)
    lowest(state.low, bar.low, params.exit_bars)
    state.bars += 1
    target: float = state.target
    return target if is_warm else WARMING_UP


class DonchianTrend:
    """Trend by channels; see the module text for its rule."""

    name = "donchian_trend"
    summary = "trend: buy above the channel of highs, sell below the channel of lows"
    remembers = "position"
    parameters: Mapping[str, Parameter] = with_order_parameters(
        {
            "entry_bars": Parameter(55, 2, _LONGEST, "channel of highs, bars", whole=True),
            "exit_bars": Parameter(20, 2, _LONGEST, "channel of lows, bars", whole=True),
        }
    )

    def initial(self, params: Any) -> ChannelState:
        return ChannelState()

    def warm_up(self, params: Any) -> int:
        return int(max(params.entry_bars, params.exit_bars)) + 1

    step = staticmethod(step)
