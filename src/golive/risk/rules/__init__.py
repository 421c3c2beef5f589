"""Every limit is one small rule; `RULES` is the order in which they are asked, of each order that may increase risk.

A rule returns None when it has no objection. Size and count rules object when the result would be > the limit, loss and
drawdown when the fall is ≥ the limit; a rule whose limit is not set has no objection, one that lacks an input has one.
`RULES_FOR_REDUCTIONS` are asked of an order that can only make its position smaller: the stops must not keep anybody from that.
"""

from __future__ import annotations

from typing import Final

from .host import cross_entrypoint
from .loss import cost_ratio, daily_loss, drawdown, weekly_loss
from .objection import Objection, Rule, reduces, share_text
from .pace import duplicate, message_rate, open_orders, repeated_execution
from .price import price_collar, stale_data
from .protection import consecutive_losses, cooldown, stop_loss_guard, symbol_lock, trading_window
from .size import (
    max_notional,
    max_open_positions,
    max_position,
    max_quantity,
    portfolio_exposure,
    stop_distance,
    target_volatility,
    trade_risk,
)
from .standing import emergency_mode, flip, licence, missing_input

__all__ = ["RULES", "RULES_BEFORE_LOSSES", "RULES_FOR_REDUCTIONS", "Objection", "Rule", "reduces", "share_text"]

RULES_BEFORE_LOSSES: Final[tuple[Rule, ...]] = (emergency_mode, flip, missing_input)
RULES: Final[tuple[Rule, ...]] = (
    *RULES_BEFORE_LOSSES,
    licence,
    daily_loss, weekly_loss, drawdown, cross_entrypoint,
    symbol_lock, trading_window, stale_data, price_collar,
    max_quantity, max_notional, max_position, max_open_positions, portfolio_exposure,
    target_volatility, stop_distance, trade_risk,
    message_rate, duplicate, open_orders, repeated_execution,
    cooldown, stop_loss_guard, consecutive_losses, cost_ratio,
)  # fmt: skip

RULES_FOR_REDUCTIONS: Final[tuple[Rule, ...]] = (emergency_mode, price_collar)
