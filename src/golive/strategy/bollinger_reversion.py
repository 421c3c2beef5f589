"""`bollinger_reversion`: buy a close below the lower band, sell once the close is back at a mark near the middle.

Source: Bollinger, "Bollinger on Bollinger Bands", 2001.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .indicators.spread import Bollinger, bollinger
from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, Parameter

_LONGEST: Final = 1000


@dataclass(slots=True)
class BandState:
    """The bands and the standing target."""

    band: Bollinger = field(default_factory=lambda: Bollinger.of(_LONGEST))
    target: float = 0.0


def step(state: Any, bar: Bar, params: Any) -> float:
    """Move the bands; enter below the lower one, leave at the mark."""
    score = bollinger(state.band, bar.close, params.band_bars)
    if math.isnan(score):
        return WARMING_UP
    if score < -params.enter_z:
        state.target = 1.0
    elif score >= params.leave_z:
        state.target = 0.0
    target: float = state.target
    return target


class BollingerReversion:
    """Mean reversion by Bollinger bands; see the module text for its rule."""

    name = "bollinger_reversion"
    summary = "mean reversion: buy below the lower Bollinger band, sell near the middle"
    remembers = "position"
    parameters: Mapping[str, Parameter] = with_order_parameters(
        {
            "band_bars": Parameter(20, 2, _LONGEST, "length of the bands, bars", whole=True),
            "enter_z": Parameter(2.0, 0.1, 10, "standard deviations below the middle at which to buy"),
            "leave_z": Parameter(0.0, -5, 5, "standard deviations above the middle at which to sell"),
        }
    )

    def initial(self, params: Any) -> BandState:
        return BandState()

    def warm_up(self, params: Any) -> int:
        return int(params.band_bars)

    step = staticmethod(step)
