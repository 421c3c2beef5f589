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
    falls = (_fall(view.day_start_equity, view.equity), view.worst_today)
    return _stop(profile.daily_loss, profile.max_daily_loss_pct, falls, DecisionCode.RISK_DAILY_LOSS)


def weekly_loss(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at this loss since Monday, UTC, until the week is over."""
    if profile.weekly_loss is None or profile.weekly_loss_pct is None:
        return None
    if view.week_start_equity is None:
        return missing("week_start_equity")
    falls = (_fall(view.week_start_equity, view.equity), view.worst_week)
    return _stop(profile.weekly_loss, profile.weekly_loss_pct, falls, DecisionCode.RISK_WEEKLY_LOSS)


def drawdown(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Stop at this fall from the peak, until a person releases it."""
    falls = (_fall(view.peak_equity, view.equity), view.worst_drawdown)
    return _stop(profile.drawdown, profile.hard_drawdown_pct, falls, DecisionCode.RISK_DRAWDOWN)


def cost_ratio(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse while fees eat more than this of what 30 days earned before fees; an account of fewer days has no such figure."""
    limit, costs = profile.cost_ratio, view.costs
    if limit is None or costs is None or costs.fees <= 0:
        return None
    if costs.profit > 0 and not limit.exceeded_by(costs.fees, costs.profit):
        return None
    value = share_text(costs.fees, costs.profit) if costs.profit > 0 else "no profit"
    return Objection(DecisionCode.RISK_COST_RATIO, str(profile.max_cost_to_profit_ratio), value)


def _fall(start: int | None, equity: int | None) -> Fall:
    return (0, 1) if start is None or equity is None else (start - equity, start)


def _stop(share: Fraction, limit: Decimal, falls: tuple[Fall, ...], code: DecisionCode) -> Objection | None:
    """Object when one of the falls is at or beyond the limit."""
    for part, whole in falls:
        if share.reached_by(part, whole):
            return Objection(code, str(limit), share_text(part, whole))
    return None
