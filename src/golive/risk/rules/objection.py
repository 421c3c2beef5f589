"""What a rule is, and what it says when it refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from golive.model.decision import DecisionCode
from golive.model.order import SELL, NewOrder
from golive.risk.profile import RiskProfile
from golive.risk.view import AccountView


class Objection(NamedTuple):
    """Why a rule refuses: code, limit and the value that broke it, as decimal texts."""

    code: DecisionCode
    limit: str
    value: str


Rule = Callable[[NewOrder, AccountView, RiskProfile], Objection | None]


def reduces(order: NewOrder, view: AccountView) -> bool:
    """Say whether the order can only make its position smaller, whatever becomes of the other sales that work."""
    key = order.instrument
    return order.side is SELL and order.quantity + view.pending_sells.get(key, 0) <= view.positions.get(key, 0)


def lots_after(order: NewOrder, view: AccountView) -> int:
    """Return the position that a buy makes at worst: all that works is filled."""
    key = order.instrument
    return view.positions.get(key, 0) + view.pending_buys.get(key, 0) + order.quantity


def missing(what: str) -> Objection:
    """Return the refusal of an order that cannot be judged, because `what` is not known."""
    return Objection(DecisionCode.RISK_MISSING_INPUT, "known", "missing: " + what)


def share_text(part: int, whole: int) -> str:
    """Return part / whole as decimal text with six digits, rounded away from zero (a report never flatters)."""
    if whole <= 0:
        return "0"
    scaled = -(-part * 1_000_000 // whole) if part >= 0 else part * 1_000_000 // whole
    text = f"{abs(scaled) // 1_000_000}.{abs(scaled) % 1_000_000:06d}".rstrip("0").rstrip(".")
    return ("-" if scaled < 0 else "") + text
