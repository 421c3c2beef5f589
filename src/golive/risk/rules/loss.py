"""Stops: what was lost. A fall at its limit stops all that increases risk; one that was reached stays reached."""

from __future__ import annotations

from decimal import Decimal

from golive.model.decision import DecisionCode
from golive.model.order import NewOrder
from golive.risk.profile import Fraction, RiskProfile
from golive.risk.view import AccountView

from .objection import Objection, missing, share_text

Fall = tuple[int, int]
"""(fall, from) in smallest quote units"""


def daily_loss(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at this loss since the UTC day began, until it is over."""
    limit = profile.max_daily_loss_pct
    return _stop(profile.daily_loss, limit, view.day_start_equity, view.equity, view.worst_today, DecisionCode.RISK_DAILY_LOSS)


def weekly_loss(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at this loss since Monday, UTC, until the week is over."""
    share, limit, start = profile.weekly_loss, profile.weekly_loss_pct, view.week_start_equity
    if share is None or limit is None:
        return None
    if start is None:
        return missing("week_start_equity")
    return _stop(share, limit, start, view.equity, view.worst_week, DecisionCode.RISK_WEEKLY_LOSS)


def drawdown(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at this fall from the peak, until a person releases it."""
    limit = profile.hard_drawdown_pct
    return _stop(profile.drawdown, limit, view.peak_equity, view.equity, view.worst_drawdown, DecisionCode.RISK_DRAWDOWN)


def cost_ratio(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse while fees eat more than this of what 30 days earned before fees; an account of fewer days has no such figure."""
    limit, costs = profile.cost_ratio, view.costs
    if limit is None or costs is None or costs.fees <= 0:
        return None
    if costs.profit > 0 and not limit.exceeded_by(costs.fees, costs.profit):
        return None
    value = share_text(costs.fees, costs.profit) if costs.profit > 0 else "no profit"
    return Objection(DecisionCode.RISK_COST_RATIO, str(profile.max_cost_to_profit_ratio), value)


def _stop(
    share: Fraction, limit: Decimal, start: int | None, equity: int | None, worst: Fall, code: DecisionCode
) -> Objection | None:
    """Object when the fall from `start` to `equity`, or the worst one that still holds, is at or beyond the limit."""
    if start is not None and equity is not None and share.reached_by(start - equity, start):
        return Objection(code, str(limit), share_text(start - equity, start))
    if share.reached_by(*worst):
        return Objection(code, str(limit), share_text(*worst))
    return None
