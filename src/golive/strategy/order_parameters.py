"""The parameters that every strategy has: how its target becomes orders. The engine reads them, `step` need not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from .protocol import Parameter

ORDER_PARAMETERS: Final[Mapping[str, Parameter]] = {
    "position_pct": Parameter(0.04, 0, 1, "equity share of a full target; risk limits stand above it"),
    "position_quantity": Parameter(0, 0, 1e9, "base quantity of a full target, instead of an equity share; 0 = use position_pct"),
    "entry_ttl_bars": Parameter(0, 0, 1000, "bars a limit entry rests at the close; 0 = market entries", whole=True),
    "stop_loss_pct": Parameter(0, 0, 0.95, "a stop order rests this share below the average entry price; 0 = none"),
    "trailing_stop_pct": Parameter(0, 0, 0.95, "a stop order follows the best price at this share of the entry; 0 = none"),
    "take_profit_pct": Parameter(0, 0, 10, "a take-profit order rests this share above the average entry price; 0 = none"),
}


def with_order_parameters(own: Mapping[str, Parameter]) -> dict[str, Parameter]:
    """Return a strategy's own parameters and, where it does not set a default of its own, the common ones."""
    return {**own, **{name: each for name, each in ORDER_PARAMETERS.items() if name not in own}}
