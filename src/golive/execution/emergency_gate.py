"""The gate of emergency mode before orders leave: it does not ask risk, and risk does not ask it."""

from __future__ import annotations

from golive.model.emergency import TradingState
from golive.model.order import Side


def may_leave(state: TradingState, side: Side) -> bool:
    """Say whether emergency mode lets an order out. On spot risk allows a sale only of what is held, so it reduces."""
    return state is TradingState.ACTIVE or (state is TradingState.REDUCING and side is Side.SELL)
