"""`volatility_target`: always hold, but less the more the price swings, so that the swings of the account stay alike.

Held is target volatility / realised volatility, at most all; it moves in steps, so that noise does not trade.
Source: Moreira and Muir, "Volatility-Managed Portfolios", Journal of Finance 72(4), 2017.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .indicators.spread import RealisedVolatility, realised_volatility
from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, Parameter
from .stepped import quantised

_LONGEST: Final = 2000


@dataclass(slots=True)
class VolatilityState:
    """The window of returns and the standing target."""

    realised: RealisedVolatility = field(default_factory=lambda: RealisedVolatility.of(_LONGEST))
    target: float = 0.0


def step(state: Any, bar: Bar, params: Any) -> float:
    """Measure the swings; follow them in steps."""
    annual = realised_volatility(state.realised, bar.close, params.volatility_bars, params.bars_per_year)
    if math.isnan(annual):
        return WARMING_UP
    wanted = min(1.0, params.target_volatility / annual) if annual > 0.0 else 1.0
    state.target = quantised(state.target, wanted, params.target_step)
    target: float = state.target
    return target


class VolatilityTarget:
    """A volatility-managed holding; see the module text for its rule."""

    name = "volatility_target"
    summary = "volatility target: always hold, less the more the price swings"
    remembers = "position"
    parameters: Mapping[str, Parameter] = with_order_parameters(
        {
            "volatility_bars": Parameter(240, 5, _LONGEST, "window of returns, bars", whole=True),
            "target_volatility": Parameter(0.40, 0.01, 5, "annual volatility at which the whole target is held"),
            "bars_per_year": Parameter(525_600, 1, 31_536_000, "bars of the timeframe in a year"),
            "target_step": Parameter(0.1, 0.01, 1, "targets are multiples of this"),
        }
    )

    def initial(self, params: Any) -> VolatilityState:
        return VolatilityState()

    def warm_up(self, params: Any) -> int:
        return int(params.volatility_bars) + 1

    step = staticmethod(step)
