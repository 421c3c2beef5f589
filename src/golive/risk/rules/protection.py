"""Protections: pauses after what went wrong, and times and instruments that are not traded."""

from __future__ import annotations

from golive.model.clock import DAY, to_iso
from golive.model.decision import DecisionCode
from golive.model.order import NewOrder
from golive.model.trading_window import minute_of_week
from golive.risk.profile import RiskProfile
from golive.risk.view import AccountView

from .objection import Objection, missing


def symbol_lock(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse an instrument that the profile locks."""
    if not profile.locks or order.instrument.symbol not in profile.locks:
        return None
    return Objection(DecisionCode.SYMBOL_LOCKED, "not locked", order.instrument.symbol)


def trading_window(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse outside the profile's times of the week."""
    if profile.week is None or profile.week[minute_of_week(view.now)]:
        return None
    return Objection(DecisionCode.OUTSIDE_TRADING_WINDOW, ", ".join(profile.trading_windows), to_iso(view.now))


def cooldown(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse an instrument for so many minutes after a position in it was closed with a loss."""
    span = profile.cooldown_ns
    if span is None:
        return None
    if view.flow is None:
        return missing("closed positions")
    lost = view.flow.loss_of(order.instrument)
    if lost is None or view.now >= lost + span:
        return None
    return Objection(DecisionCode.COOLDOWN, str(profile.cooldown_after_loss_minutes), to_iso(lost))


def stop_loss_guard(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse while as many protective stops or more have fired within the guard's minutes, in whatever instruments."""
    limit = profile.stop_loss_guard_count
    if limit is None:
        return None
    if view.flow is None:
        return missing("stops that have fired")
    fired = view.flow.stops_within(profile.guard_ns, view.now)
    return Objection(DecisionCode.STOP_LOSS_GUARD, str(limit), str(fired)) if fired >= limit else None


def consecutive_losses(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse after as many losses in a row until the UTC day of the last one is over, or a named person re-arms."""
    limit, flow = profile.max_consecutive_losses, view.flow
    if limit is None:
        return None
    if flow is None:
        return missing("closed positions")
    losses = flow.losses_in_a_row if view.now // DAY <= flow.last_loss_day else 0
    return Objection(DecisionCode.CONSECUTIVE_LOSSES, str(limit), str(losses)) if losses >= limit else None
