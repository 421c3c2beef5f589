"""Stops: what was lost. A fall at its limit stops all that increases risk; one that was reached stays reached."""

from __future__ import annotations

from golive.model.decision import DecisionCode
from golive.model.order import NewOrder
from golive.risk.profile import Fraction, RiskProfile
from golive.risk.view import AccountView

from .objection import Objection, missing, share_text

Fall = tuple[int, int]
"""(fall, from) in smallest quote units"""


def daily_loss(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at this loss since the UTC day began, until it is over."""
    fall = _reached(profile.daily_loss, view.day_start_equity, view.equity, view.worst_today)
    if fall is None:
        return None
    return Objection(DecisionCode.RISK_DAILY_LOSS, str(profile.max_daily_loss_pct), share_text(*fall))


def weekly_loss(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at this loss since Monday, UTC, until the week is over."""
    share, start = profile.weekly_loss, view.week_start_equity
    if share is None:
        return None
    if start is None:
        return missing("week_start_equity")
    fall = _reached(share, start, view.equity, view.worst_week)
    if fall is None:
        return None
    return Objection(DecisionCode.RISK_WEEKLY_LOSS, str(profile.weekly_loss_pct), share_text(*fall))


def drawdown(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at this fall from the peak, until a person releases it."""
    fall = _reached(profile.drawdown, view.peak_equity, view.equity, view.worst_drawdown)
    if fall is None:
        return None
    return Objection(DecisionCode.RISK_DRAWDOWN, str(profile.hard_drawdown_pct), share_text(*fall))


def cost_ratio(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse while fees eat more than this of what 30 days earned before fees; an account of fewer days has no such figure."""
    limit, costs = profile.cost_ratio, view.costs
    if limit is None or costs is None or costs.fees <= 0:
        return None
    if costs.profit > 0 and not limit.exceeded_by(costs.fees, costs.profit):
        return None
    value = share_text(costs.fees, costs.profit) if costs.profit > 0 else "no profit"
    return Objection(DecisionCode.RISK_COST_RATIO, str(profile.max_cost_to_profit_ratio), value)


def _reached(share: Fraction, start: int | None, equity: int | None, worst: Fall) -> Fall | None:
    """Return the fall that is at or beyond the limit: the one from `start` to `equity`, else the worst one that still holds."""
    numerator, denominator = share.numerator, share.denominator
    if start is not None and equity is not None and (start - equity) * denominator >= start * numerator:
        return start - equity, start
    fall, whole = worst
    return worst if fall * denominator >= whole * numerator else None
