"""What holds whatever the order: the emergency, and what must be known before anything can be judged."""

from __future__ import annotations

from typing import Final

from golive.model.decision import DecisionCode
from golive.model.order import BUY, NewOrder
from golive.risk.emergency import TradingState
from golive.risk.profile import RiskProfile
from golive.risk.view import AccountView

from .objection import Objection, missing, reduces

_ACTIVE: Final = TradingState.ACTIVE


def emergency_mode(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse all but reductions while the emergency is on, and reductions too when all is halted."""
    state = view.trading_state
    if state is _ACTIVE or (state is TradingState.REDUCING and reduces(order, view)):
        return None
    return Objection(DecisionCode.EMERGENCY_MODE, str(_ACTIVE), str(state))


def flip(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse a sale of more than is held and not promised yet: it would turn the position around. In lots."""
    if order.side is BUY:
        return None
    key = order.instrument
    free = max(0, view.positions.get(key, 0) - view.pending_sells.get(key, 0))
    return Objection(DecisionCode.RISK_FLIP, str(free), str(order.quantity)) if order.quantity > free else None


def licence(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse what increases risk while there is no valid licence; reductions are never asked for one."""
    if view.licence_lapse is None:
        return None
    return Objection(DecisionCode.LICENCE_REDUCE_ONLY, "valid", view.licence_lapse)


def missing_input(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse when the account cannot be valued, the order not priced, or what was ordered before is not known."""
    equity, day_start, peak = view.equity, view.day_start_equity, view.peak_equity
    if equity and day_start and peak and equity > 0 and day_start > 0 and peak > 0 and order.instrument in view.prices:
        return None
    amounts = (("equity", equity), ("day_start_equity", day_start), ("peak_equity", peak))
    unknown = [name for name, value in amounts if value is None or value <= 0]
    if order.instrument not in view.prices:
        unknown.append("price")
    return missing(", ".join(unknown))
