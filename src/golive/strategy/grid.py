"""`grid`: hold more the further the price is below its slow average, in equal steps.

The grid spans `width_pct` above and below the exponential average of closes. At its lower end the whole target is held, at its
upper end nothing. A step is taken when the price has moved a whole step of the grid from where the standing target belongs, so
that a price that swings about one line does not trade. Source: the concave form of rebalancing in Perold and Sharpe, "Dynamic
Strategies for Asset Allocation", Financial Analysts Journal 44(1), 1988.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from .indicators.average import Ema, ema
from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, Parameter

_SETTLED: Final = 4.0
"""multiples of the length after which 98 % of an average's weight lies on bars that were seen"""


@dataclass(slots=True)
class GridState:
    """The centre of the grid and the steps held."""

    centre: Ema = field(default_factory=Ema)
    held: float = 0.0


def step(state: Any, bar: Bar, params: Any) -> float:
    """Move the centre; take the steps that the price has crossed."""
    centre = ema(state.centre, bar.close, params.centre_bars)
    if state.centre.seen <= _SETTLED * params.centre_bars:
        return WARMING_UP
    place = 0.5 - (bar.close / centre - 1.0) / (2.0 * params.width_pct)
    wanted = min(1.0, max(0.0, place)) * params.steps
    if wanted >= state.held + 1.0:
        state.held = math.floor(wanted)
    elif wanted <= state.held - 1.0:
        state.held = math.ceil(wanted)
    target: float = state.held / params.steps
    return target


class Grid:
    """A grid around a slow average; see the module text for its rule."""

    name = "grid"
    summary = "grid: hold more the further the price is below its slow average"
    remembers = "position"
    parameters: Mapping[str, Parameter] = with_order_parameters(
        {
            "centre_bars": Parameter(500, 2, 20_000, "average that is the centre, bars", whole=True),
            "width_pct": Parameter(0.02, 0.0005, 0.9, "from the centre to either end, as a share of the price"),
            "steps": Parameter(5, 1, 100, "steps from nothing to all", whole=True),
        }
    )

    def initial(self, params: Any) -> GridState:
        return GridState()

    def warm_up(self, params: Any) -> int:
        return int(_SETTLED * params.centre_bars) + 1

    step = staticmethod(step)
