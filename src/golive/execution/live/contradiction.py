"""What a venue cannot have said and done both: each rule looks at all that is known, so the order of the news does not matter."""

from __future__ import annotations

from typing import Final

from golive.model.ids import VenueOrderId
from golive.model.live_order import AttemptResult
from golive.model.order import Fill, OrderStatus, OrderUpdate, Side
from golive.orders import TRANSITIONS, OrderEvent

from .life import FIRST_AMENDMENT, Life

DENIED: Final = frozenset({OrderStatus.REJECTED, OrderStatus.ABSENT})
"""said to be nowhere: when such an order is at its venue after all, its end there is news"""
_OTHER_ENDS = (OrderEvent.CANCELED, OrderEvent.EXPIRED)


def contradiction(life: Life) -> str:
    """Say what speaks against a rejection of the order, or against its never having left; '' when nothing does."""
    has_filled = bool(life.order.filled or life.held or life.told_filled)
    if not has_filled and not life.heard:
        return ""
    is_known = has_filled or any(item.event != OrderEvent.REJECTED for item in life.heard)
    sends = [attempt for attempt in life.attempts.values() if attempt.n < FIRST_AMENDMENT]
    refused = [attempt.code for attempt in sends if attempt.result is AttemptResult.REJECTED]
    if refused and is_known:
        return f"its sending was answered as rejected ({refused[-1]}), yet the venue knows it"
    if life.never_left and (is_known or life.heard):
        return "it is said never to have left, yet the venue knows it"
    rejections = [item.ts for item in life.heard if item.event == OrderEvent.REJECTED]
    if rejections and (has_filled or any(_outlives(item.event, item.ts, max(rejections)) for item in life.heard)):
        return "the venue has rejected it, and tells of it otherwise as well"
    return ""


def _outlives(event: str, ts: int, rejected_at: int) -> bool:
    """An acknowledgement from before the rejection may come late: a venue may refuse what it took at its door."""
    return event in _OTHER_ENDS or (event != OrderEvent.REJECTED and ts > rejected_at)


def ends_anew(life: Life, end: OrderUpdate) -> bool:
    """Say whether the venue's end is news of an order that was said to be nowhere."""
    status = life.order.status
    return life.is_contradicted and status in DENIED and (status, OrderEvent(end.event)) in TRANSITIONS


def not_of(life: Life, fill: Fill) -> str:
    """Say why a fill cannot be one of this order; '' when it can."""
    intent, trade = life.intent, fill.fill_id.trade_id
    if (fill.instrument, fill.side) != (intent.instrument, intent.side):
        return f"fill {trade} is a {fill.side} of {fill.instrument}, the order a {intent.side} of {intent.instrument}"
    if fill.quantity <= 0 or fill.price <= 0:
        return f"fill {trade} has {fill.quantity} lots at {fill.price} ticks"
    return ""


def other_id(life: Life, told: VenueOrderId | None) -> str:
    """Say that its venue calls the order by another id than before; '' when it does not: no change of ours renames it."""
    known = life.order.venue_order_id
    if known is None or told is None or told == known:
        return ""
    return f"its venue called it {known}, and now calls it {told}"


def beyond_limit(life: Life, fill: Fill) -> str:
    """Say that a fill is worse than every limit the order had or may have had; '' when it is not, or has none."""
    if not life.limits:
        return ""
    worst = max(life.limits) if fill.side is Side.BUY else min(life.limits)
    if fill.price <= worst if fill.side is Side.BUY else fill.price >= worst:
        return ""
    text = life.venue.instruments[fill.instrument].price_text
    return f"fill {fill.fill_id.trade_id}, a {fill.side} at {text(fill.price)}, is beyond its limit of {text(worst)}"
