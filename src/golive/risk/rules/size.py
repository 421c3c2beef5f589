"""Sizes and counts: what the account would hold when all that works is filled, this order too. They refuse beyond their limit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import reduce
from operator import add, mul

from golive.model.decision import DecisionCode
from golive.model.ids import InstrumentId
from golive.model.order import NewOrder
from golive.risk.profile import RiskProfile
from golive.risk.view import AccountView

from .objection import Objection, lots_after, missing, share_text


def max_quantity(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse an order of more than so many lots (`max_order_quantity`)."""
    limit = view.lot_limits.get(order.instrument)
    if limit is None or order.quantity <= limit:
        return None
    return Objection(DecisionCode.RISK_MAX_QUANTITY, str(limit), str(order.quantity))


def max_notional(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse an order that is worth more than so many units of the quote asset."""
    limit = profile.notional
    if limit is None:
        return None
    notional = view.notional(order.instrument, view.prices[order.instrument], order.quantity)
    if not limit.exceeded_by(notional, view.quote_unit):
        return None
    return Objection(DecisionCode.RISK_MAX_NOTIONAL, str(profile.max_order_notional), share_text(notional, view.quote_unit))


def max_position(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse a position of more than this share of equity."""
    if view.equity is None:
        return None
    notional = view.notional(order.instrument, view.prices[order.instrument], lots_after(order, view))
    if not profile.position.exceeded_by(notional, view.equity):
        return None
    return Objection(DecisionCode.RISK_MAX_POSITION, str(profile.max_position_pct), share_text(notional, view.equity))


def max_open_positions(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse one more instrument than this."""
    wanted = _lots(view) if view.committed is None else view.committed
    count = len(wanted) + (order.instrument not in wanted)
    if count <= profile.max_open_positions:
        return None
    return Objection(DecisionCode.RISK_MAX_OPEN_POSITIONS, str(profile.max_open_positions), str(count))


def portfolio_exposure(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse when all positions together would be more than this share of equity."""
    limit, equity = profile.exposure, view.equity
    if limit is None or equity is None:
        return None
    committed = _committed(view)
    if isinstance(committed, Objection):
        return committed
    exposure = sum(committed.values()) + _own(order, view)
    if not limit.exceeded_by(exposure, equity):
        return None
    return Objection(DecisionCode.RISK_PORTFOLIO_EXPOSURE, str(profile.portfolio_exposure_pct), share_text(exposure, equity))


def target_volatility(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse when the year's volatility of all positions, as if they moved together, would be more than this."""
    limit, equity = profile.volatility, view.equity
    if limit is None or equity is None:
        return None
    committed, known = _committed(view), view.volatility
    if isinstance(committed, Objection):
        return committed
    try:
        total = reduce(add, map(mul, committed.values(), map(known.__getitem__, committed)), 0.0)
        total = (total + _own(order, view) * known[order.instrument]) / equity
    except KeyError as unknown:
        return missing(f"volatility of {unknown.args[0]}")
    if total <= limit:
        return None
    return Objection(DecisionCode.RISK_TARGET_VOLATILITY, str(profile.target_volatility), f"{total:.6g}")


def stop_distance(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse a position whose protective stop would lie nearer than so many average true ranges: noise would fire it."""
    multiple = profile.atr_multiple
    if multiple is None or view.stop is None:
        return None
    atr = view.atr.get(order.instrument)
    if atr is None:
        return missing("average true range")
    if view.stop >= multiple * atr:
        return None
    return Objection(DecisionCode.RISK_STOP_DISTANCE, f"{multiple * atr:.6g}", str(view.stop))


def trade_risk(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse a position that would lose more than this share of equity at its stop.

    Where the strategy has none, so many average true ranges away (`stop_loss_atr_multiple`; one, where that is not set).
    """
    limit, equity = profile.trade_risk, view.equity
    if limit is None or equity is None:
        return None
    distance = view.stop
    if distance is None:
        atr = view.atr.get(order.instrument)
        if atr is None:
            return missing("average true range")
        distance = math.ceil(atr * (1.0 if profile.atr_multiple is None else profile.atr_multiple))
    loss = view.notional(order.instrument, distance, lots_after(order, view))
    if not limit.exceeded_by(loss, equity):
        return None
    return Objection(DecisionCode.RISK_TRADE_RISK, str(profile.trade_risk_pct), share_text(loss, equity))


def _own(order: NewOrder, view: AccountView) -> int:
    """Return what the order is worth."""
    return view.notional(order.instrument, view.prices[order.instrument], order.quantity)


def _lots(view: AccountView) -> dict[InstrumentId, int]:
    """Return the lots of every instrument when all buys that work are filled, where there are any."""
    lots = {key: held for key, held in view.positions.items() if held > 0}
    for key, pending in view.pending_buys.items():
        if pending > 0:
            lots[key] = lots.get(key, 0) + pending
    return lots


def _committed(view: AccountView) -> Mapping[InstrumentId, int] | Objection:
    """Return what those lots are worth; an objection when one of them has no price."""
    if view.committed is not None:
        return view.committed
    lots = _lots(view)
    for key in lots:
        if key not in view.prices:
            return missing(f"price of {key}")
    return {key: view.notional(key, view.prices[key], count) for key, count in lots.items()}
