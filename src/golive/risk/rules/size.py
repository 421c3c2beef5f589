"""Sizes and counts: what the account would hold when all that works is filled, this order too. They refuse beyond their limit."""

from __future__ import annotations

import math

from golive.model.decision import DecisionCode
from golive.model.ids import InstrumentId
from golive.model.order import NewOrder
from golive.risk.profile import RiskProfile
from golive.risk.view import AccountView, Commitment

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
    commitment = view.commitment
    count = 1 + (len(_lots(view).keys() - {order.instrument}) if commitment is None else commitment.others)
    if count <= profile.max_open_positions:
        return None
    return Objection(DecisionCode.RISK_MAX_OPEN_POSITIONS, str(profile.max_open_positions), str(count))


def portfolio_exposure(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse when all positions together would be more than this share of equity."""
    limit, equity = profile.exposure, view.equity
    if limit is None or equity is None:
        return None
    commitment = view.commitment or _added_up(order, view)
    if isinstance(commitment, Objection):
        return commitment
    exposure = commitment.worth + _own(order, view)
    if not limit.exceeded_by(exposure, equity):
        return None
    return Objection(DecisionCode.RISK_PORTFOLIO_EXPOSURE, str(profile.portfolio_exposure_pct), share_text(exposure, equity))


def target_volatility(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse when the year's volatility of all positions, as if they moved together, would be more than this."""
    limit, equity = profile.volatility, view.equity
    if limit is None or equity is None:
        return None
    commitment = view.commitment or _added_up(order, view)
    if isinstance(commitment, Objection):
        return commitment
    own = view.volatility.get(order.instrument, math.nan)
    total = (commitment.restless + _own(order, view) * own) / equity
    if total <= limit:
        return None
    if math.isnan(total):
        unknown = next((key for key in _lots(view) if key not in view.volatility), order.instrument)
        return missing(f"volatility of {unknown}")
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


def _added_up(order: NewOrder, view: AccountView) -> Commitment | Objection:
    """Return what all that is held and works to be bought is worth; an objection when something of it has no price."""
    lots = _lots(view)
    for key in lots:
        if key not in view.prices:
            return missing(f"price of {key}")
    total, restless = 0, 0.0
    for key, count in lots.items():
        worth = view.notional(key, view.prices[key], count)
        total += worth
        restless += worth * view.volatility.get(key, math.nan)
    return Commitment(len(lots.keys() - {order.instrument}), total, restless)
