"""What a refused order could have been: the largest quantity that its size limits would have allowed."""

from __future__ import annotations

from typing import Final

from golive.model.decision import DecisionCode
from golive.model.order import NewOrder

from .profile import RiskProfile
from .rules.objection import Rule
from .rules.size import max_notional, max_position, max_quantity, portfolio_exposure, target_volatility, trade_risk
from .view import AccountView

SIZES: Final[tuple[Rule, ...]] = (max_quantity, max_notional, max_position, portfolio_exposure, target_volatility, trade_risk)
"""the rules that a smaller order may pass; whatever passes one of them, passes it with fewer lots, too"""

SIZE_CODES: Final = frozenset(
    {
        DecisionCode.RISK_MAX_QUANTITY,
        DecisionCode.RISK_MAX_NOTIONAL,
        DecisionCode.RISK_MAX_POSITION,
        DecisionCode.RISK_PORTFOLIO_EXPOSURE,
        DecisionCode.RISK_TARGET_VOLATILITY,
        DecisionCode.RISK_TRADE_RISK,
    }
)
"""what those rules refuse with, when it is for the size"""


def largest_quantity(order: NewOrder, view: AccountView, profile: RiskProfile) -> int | None:
    """Return the most lots of an order, refused for its size, that every size rule would have allowed; 0: not even one.

    Other rules are not asked, neither is the venue's least quantity. None where an input that a rule needs is missing: then
    no size is allowed, and none can be named.
    """
    allowed, refused = 0, order.quantity
    while refused - allowed > 1:
        middle = (allowed + refused) // 2
        if _objection(order, view, profile, middle) is None:
            allowed = middle
        else:
            refused = middle
    if allowed == 0 and _objection(order, view, profile, 1) is DecisionCode.RISK_MISSING_INPUT:
        return None
    return allowed


def _objection(order: NewOrder, view: AccountView, profile: RiskProfile, lots: int) -> DecisionCode | None:
    smaller = order._replace(quantity=lots)
    for rule in SIZES:
        objection = rule(smaller, view, profile)
        if objection is not None:
            return objection.code
    return None
