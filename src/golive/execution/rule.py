"""The rules of a venue that an order or an amendment must keep, and nothing else; money is judged in `account.py`.

Prices and quantities are whole ticks and lots, so an order off its grid cannot be written down in the first place.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side, TimeInForce


class RejectReason(StrEnum):
    """Why a venue would reject an order; a venue's `reject_codes` map each to its own code."""

    UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT"
    ORDER_INVALID = "ORDER_INVALID"
    """side, type or time in force is none there is, or an amount is no whole number"""
    BELOW_MINIMUM = "BELOW_MINIMUM"
    ABOVE_MAXIMUM = "ABOVE_MAXIMUM"
    NOTIONAL_BELOW_MINIMUM = "NOTIONAL_BELOW_MINIMUM"
    PRICE_INVALID = "PRICE_INVALID"
    """missing, not allowed for the type, or out of range"""
    TRIGGER_INVALID = "TRIGGER_INVALID"
    """trigger or trail: as above"""
    TIME_IN_FORCE_INVALID = "TIME_IN_FORCE_INVALID"
    """an order without a price can neither be post-only nor, unless it sleeps, wait for a date"""
    EXPIRY_INVALID = "EXPIRY_INVALID"
    """missing, not allowed for the time in force, or not in the future"""
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    DUPLICATE_ID = "DUPLICATE_ID"
    AMENDMENT_INVALID = "AMENDMENT_INVALID"
    """it changes more than price and quantity, or the order cannot be amended"""
    POST_ONLY_WOULD_CROSS = "POST_ONLY_WOULD_CROSS"
    """ends the order after it was accepted"""


_AMOUNT: Final = frozenset({int, type(None)})
"""a whole number, or none; `bool` is neither"""


def is_well_formed(order: NewOrder) -> bool:
    """Whether an order is made of what the vocabulary has, and its amounts are whole; nothing else looks at others."""
    return (
        isinstance(order.side, Side)
        and isinstance(order.type, OrderType)
        and isinstance(order.time_in_force, TimeInForce)
        and type(order.quantity) is int
        and type(order.price) in _AMOUNT
        and type(order.trigger) in _AMOUNT
        and type(order.trail) in _AMOUNT
        and type(order.expires_at) in _AMOUNT
    )


_PLAIN: Final = frozenset({OrderType.MARKET, OrderType.LIMIT})


def broken_rule(order: NewOrder, instrument: Instrument, ts: int, reference: int | None) -> RejectReason | None:
    """Return the first rule that `order` breaks when it reaches the venue at `ts`, None for a good one.

    `reference` is the price in ticks at which an order without a limit is valued, None when nobody knows.
    """
    if order.quantity < instrument.min_quantity:
        return RejectReason.BELOW_MINIMUM
    if order.quantity > instrument.max_quantity:
        return RejectReason.ABOVE_MAXIMUM
    price = order.price
    if (price is not None) != order.type.has_price or (price is not None and not 0 < price <= instrument.max_price):
        return RejectReason.PRICE_INVALID
    is_plain = order.type in _PLAIN and order.trigger is None and order.trail is None
    if not is_plain and _has_bad_trigger(order, instrument):
        return RejectReason.TRIGGER_INVALID
    if order.time_in_force is not TimeInForce.GTC or order.expires_at is not None:
        if price is None and not _may_wait(order):
            return RejectReason.TIME_IN_FORCE_INVALID
        if (order.expires_at is not None) != (order.time_in_force is TimeInForce.GTD):
            return RejectReason.EXPIRY_INVALID
        if order.expires_at is not None and order.expires_at <= ts:
            return RejectReason.EXPIRY_INVALID
    value = price or reference
    if value is not None and value * order.quantity * instrument.notional(1, 1) < instrument.min_notional:
        return RejectReason.NOTIONAL_BELOW_MINIMUM
    return None


def _has_bad_trigger(order: NewOrder, instrument: Instrument) -> bool:
    trails = order.type is OrderType.TRAILING_STOP
    if (order.trigger is not None) != order.type.has_trigger or (order.trail is not None) != trails:
        return True
    distance = order.trail if trails else order.trigger
    return distance is not None and not 0 < distance <= instrument.max_price


def _may_wait(order: NewOrder) -> bool:
    if order.time_in_force is TimeInForce.POST_ONLY:
        return False
    return order.type.sleeps or order.time_in_force is not TimeInForce.GTD


def keeps_identity(old: NewOrder, new: NewOrder) -> bool:
    """Whether an amendment leaves everything but price and quantity as it was (`signal_id` may differ)."""
    return (
        old.instrument == new.instrument
        and old.side is new.side
        and old.type is new.type
        and old.time_in_force is new.time_in_force
        and (old.trigger, old.trail, old.expires_at) == (new.trigger, new.trail, new.expires_at)
    )
