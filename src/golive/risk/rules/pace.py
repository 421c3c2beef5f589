"""Pace: how many orders, how fast, and whether they repeat themselves."""

from __future__ import annotations

from golive.model.decision import DecisionCode
from golive.model.order import NewOrder
from golive.risk.flow import SHUT
from golive.risk.profile import RiskProfile
from golive.risk.view import AccountView

from .objection import Objection, missing


def message_rate(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse more than so many orders and amendments in a minute."""
    limit = profile.max_orders_per_minute
    if limit is None:
        return None
    if view.flow is None:
        return missing("orders of the last minute")
    if not view.flow.has_allowed(limit, view.now):
        return None
    return Objection(DecisionCode.RISK_MESSAGE_RATE, str(limit), str(view.flow.allowed(view.now) + 1))


def duplicate(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse the same instrument, side, quantity and price once more within the window."""
    window = profile.duplicate_window_ns
    if window is None:
        return None
    if view.flow is None:
        return missing("orders of the last seconds")
    if not view.flow.repeats(order, window, view.now):
        return None
    return Objection(DecisionCode.RISK_DUPLICATE, str(profile.duplicate_window_seconds), "the same order again")


def open_orders(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse more than so many orders that have not ended, UNKNOWN ones included."""
    limit = profile.max_open_orders
    if limit is None or view.open_orders < limit:
        return None
    return Objection(DecisionCode.RISK_OPEN_ORDERS, str(limit), str(view.open_orders + 1))


def repeated_execution(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse a side that was executed so often within a minute, until a named person re-arms it."""
    limit, flow = profile.repeated_execution_limit, view.flow
    if limit is None:
        return None
    if flow is None:
        return missing("executions of the last minute")
    is_shut = bool(flow.throttled) and (order.instrument, order.side) in flow.throttled
    if not is_shut and not flow.has_executed(limit, order, view.now):
        return None
    value = executions_text(flow.executions(order, view.now) + 1, limit)
    return Objection(DecisionCode.RISK_REPEATED_EXECUTION, str(limit), value)


def executions_text(count: int, limit: int) -> str:
    """Return the number of the execution that an order would be; one within the limit is refused for what was before."""
    return str(count) if count > limit else f"{count}, {SHUT}"
