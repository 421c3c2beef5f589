"""`rsi_reversion`: buy when the relative strength index falls below a low mark, sell when it has risen above a higher one.

Source: Wilder, "New Concepts in Technical Trading Systems", 1978.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .indicators.momentum import Rsi, rsi
from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, Parameter

_SETTLED: Final = 10
"""multiples of the length after which Wilder's average has forgotten its start to a part in 20 000"""


@dataclass(slots=True)
class RsiState:
    """The index, bars seen and the standing target."""

    index: Rsi = field(default_factory=Rsi)
    bars: int = 0
    target: float = 0.0


def step(state: Any, bar: Bar, params: Any) -> float:
    """Move the index; enter below the low mark, leave above the high one."""
    index = rsi(state.index, bar.close, params.rsi_bars)
    state.bars += 1
    if state.bars <= _SETTLED * params.rsi_bars:
        return WARMING_UP
    if index < params.enter_below:
        state.target = 1.0
    elif index > params.leave_above:
        state.target = 0.0
    target: float = state.target
    return target


class RsiReversion:
    """Mean reversion by the relative strength index; see the module text for its rule."""

    name = "rsi_reversion"
    summary = "mean reversion: buy below an RSI mark, sell above a higher one"
    remembers = "position"
    parameters: Mapping[str, Parameter] = with_order_parameters(
        {
            "rsi_bars": Parameter(14, 2, 500, "length of the index, bars", whole=True),
            "enter_below": Parameter(30, 1, 60, "index below which to buy"),
            "leave_above": Parameter(55, 20, 99, "index above which to sell"),
        }
    )

    def initial(self, params: Any) -> RsiState:
        return RsiState()

    def warm_up(self, params: Any) -> int:
        return _SETTLED * int(params.rsi_bars) + 1

    step = staticmethod(step)
