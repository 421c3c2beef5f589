"""Every limit is one small rule; `RULES` is the order in which they are asked.

A rule returns None when it has no objection. Size and count rules object when the result would be > the limit, loss and
drawdown when the fall is ≥ the limit. Orders that only reduce a position are not asked about.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, NamedTuple

from golive.model.decision import DecisionCode
from golive.model.order import NewOrder, Side

from .profile import Fraction, RiskProfile
from .view import AccountView


class Objection(NamedTuple):
    """Why a rule refuses: code, limit and the value that broke it, as decimal texts."""

    code: DecisionCode
    limit: str
    value: str


Rule = Callable[[NewOrder, AccountView, RiskProfile], Objection | None]


def reduces(order: NewOrder, view: AccountView) -> bool:
    """Say whether the order can only make its position smaller."""
    return order.side is Side.SELL and order.quantity <= view.positions.get(order.instrument, 0)


def missing_input(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    amounts = (("equity", view.equity), ("day_start_equity", view.day_start_equity), ("peak_equity", view.peak_equity))
    missing = [name for name, value in amounts if value is None or value <= 0]
    if order.instrument not in view.prices:
        missing.append("price")
    if order.side is Side.SELL:
        missing.append("position")  # spot cannot sell what it does not hold
    return Objection(DecisionCode.RISK_MISSING_INPUT, "known", "missing: " + ", ".join(missing)) if missing else None


def daily_loss(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    falls = (_fall(view.day_start_equity, view.equity), view.worst_today)
    return _stop(profile.daily_loss, profile.max_daily_loss_pct, falls, DecisionCode.RISK_DAILY_LOSS)


def drawdown(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    falls = (_fall(view.peak_equity, view.equity), view.worst_drawdown)
    return _stop(profile.drawdown, profile.hard_drawdown_pct, falls, DecisionCode.RISK_DRAWDOWN)


def max_position(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    if view.equity is None:
        return None
    lots = view.positions.get(order.instrument, 0) + view.pending_buys.get(order.instrument, 0) + order.quantity
    notional = view.notional(order.instrument, view.prices[order.instrument], lots)
    if not profile.position.exceeded_by(notional, view.equity):
        return None
    return Objection(DecisionCode.RISK_MAX_POSITION, str(profile.max_position_pct), share_text(notional, view.equity))


def max_open_positions(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    held = {key for key, lots in view.positions.items() if lots > 0}
    wanted = {key for key, lots in view.pending_buys.items() if lots > 0}
    count = len(held | wanted | {order.instrument})
    if count <= profile.max_open_positions:
        return None
    return Objection(DecisionCode.RISK_MAX_OPEN_POSITIONS, str(profile.max_open_positions), str(count))


RULES: Final[tuple[Rule, ...]] = (missing_input, daily_loss, drawdown, max_position, max_open_positions)


Fall = tuple[int, int]
"""(fall, from) in smallest quote units"""


def _fall(start: int | None, equity: int | None) -> Fall:
    return (0, 1) if start is None or equity is None else (start - equity, start)


def _stop(share: Fraction, limit: Decimal, falls: tuple[Fall, ...], code: DecisionCode) -> Objection | None:
    """Object when one of the falls is at or beyond the limit; a stop that was reached once stays reached."""
    for part, whole in falls:
        if share.reached_by(part, whole):
            return Objection(code, str(limit), share_text(part, whole))
    return None


def share_text(part: int, whole: int) -> str:
    """Return part / whole as decimal text with six digits, rounded away from zero (a report never flatters)."""
    if whole <= 0:
        return "0"
    scaled = -(-part * 1_000_000 // whole) if part >= 0 else part * 1_000_000 // whole
    text = f"{abs(scaled) // 1_000_000}.{abs(scaled) % 1_000_000:06d}".rstrip("0").rstrip(".")
    return ("-" if scaled < 0 else "") + text
