"""`dca`: buy in equal parts at equal distances of time, then hold ("cost averaging").

Source: Constantinides, "A Note on the Suboptimality of Dollar-Cost Averaging as an Investment Policy", Journal of Financial and
Quantitative Analysis 14(2), 1979: what the rule is, and why to compare it with buying at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .order_parameters import with_order_parameters
from .protocol import Bar, Parameter


@dataclass(slots=True)
class DcaState:
    """Bars seen."""

    bars: int = 0


def step(state: Any, bar: Bar, params: Any) -> float:
    """Count; the first part is bought at the first bar."""
    parts = state.bars // int(params.interval_bars) + 1
    state.bars += 1
    target: float = min(1.0, parts / params.parts)
    return target


class Dca:
    """Cost averaging; see the module text for its rule."""

    name = "dca"
    summary = "cost averaging: buy equal parts at equal distances of time, then hold"
    remembers = "start"
    parameters: Mapping[str, Parameter] = with_order_parameters(
        {
            "interval_bars": Parameter(1440, 1, 1_000_000, "bars between two parts", whole=True),
            "parts": Parameter(10, 1, 1000, "parts of the whole target", whole=True),
        }
    )

    def initial(self, params: Any) -> DcaState:
        return DcaState()

    def warm_up(self, params: Any) -> int:
        return 1

    step = staticmethod(step)
