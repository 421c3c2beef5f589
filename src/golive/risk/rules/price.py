"""Prices: whether the market is heard of, and whether the order is near it."""

from __future__ import annotations

from golive.model.decision import DecisionCode
from golive.model.order import BUY, SELL, NewOrder
from golive.risk.profile import RiskProfile
from golive.risk.view import AccountView

from .objection import Objection, missing, share_text


def stale_data(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse when nothing was heard of the instrument's market for so long; where only bars are heard, beyond their length."""
    limit = profile.stale_ns
    if limit is None:
        return None
    heard = view.updated.get(order.instrument)
    if heard is None:
        return missing("market data")
    silent = view.now - heard
    if silent <= limit + view.quiet_ns:
        return None
    return Objection(DecisionCode.DATA_STALE, str(profile.stale_data_seconds), f"{silent / 1e9:.6g}")


def price_collar(order: NewOrder, view: AccountView, profile: RiskProfile) -> Objection | None:
    """Refuse a price that is further than this from what the market's sources say, each not older than its age limit.

    A buy is judged by its limit, else by what it would cost at worst; a sale by its limit alone: without one it takes what there
    is. Only what is worse for us is far: a buy above, a sale below. Of several sources, the one that it is furthest from
    counts.
    """
    limit = profile.collar
    if limit is None or (order.side is SELL and order.price is None):
        return None
    price = view.prices.get(order.instrument) if order.price is None else order.price
    buys, oldest = order.side is BUY, view.now - profile.reference_max_age_ns
    fresh, furthest = 0, 0
    for source in view.references.get(order.instrument, ()):
        if source.ts + source.valid_ns >= oldest:
            ticks = source.ticks
            if not fresh or (ticks < furthest if buys else ticks > furthest):
                furthest = ticks
            fresh += 1
    if price is None or not fresh or fresh < view.references_needed:
        return missing(f"{max(1, view.references_needed)} prices not older than {profile.reference_max_age_seconds} s")
    away = price - furthest if buys else furthest - price
    if not limit.exceeded_by(away, furthest):
        return None
    return Objection(DecisionCode.RISK_PRICE_COLLAR, str(profile.price_collar_pct), share_text(away, furthest))
