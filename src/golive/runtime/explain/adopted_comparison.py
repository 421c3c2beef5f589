"""What a venue shows of an adopted order, held against what is written here. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from golive.model.ids import VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import TERMINAL
from golive.venues.dialect import FillSighting, OrderSighting

from .story import Testimony
from .witnesses import testimony


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedOrder:
    """An adopted order as it is written here, as far as its venue can be asked about it."""

    venue_order_id: VenueOrderId
    adapter: str
    account: str
    environment: str
    instrument: str
    adopted_at: int
    """wall clock, ns UTC"""
    is_over: bool
    status: str
    filled: str
    quantity: str | None
    price: str | None
    """the terms it had when it was adopted; None where the venue did not tell"""
    trades: frozenset[str]
    """the venue's ids of the fills that are counted, or were there before the baseline"""


def compared_adopted(
    order: FollowedOrder, seen: OrderSighting | None, fills: Sequence[FillSighting], instrument: Instrument
) -> Testimony:
    """Return what the venue says of an adopted order; `seen` None: it shows the order no more."""
    if seen is None:
        if order.is_over:
            return testimony("venue", "ok", "venue_shows_no_more")
        return testimony("venue", "missing", "venue_shows_no_more_yet", here=order.status)
    filled, trades = instrument.quantity_text(seen.filled), sorted(each.fill.fill_id.trade_id for each in fills)
    told = {
        "status": seen.status.value,
        "filled": filled,
        "order": str(seen.venue_order_id),
        "fills": ", ".join(trades) or "–",
    }
    if problems := list(_contradictions(order, seen, Decimal(filled), trades)):
        return testimony("venue", "corrupt", "venue_differs", **told, problem="; ".join(problems))
    if not order.is_over and (seen.status in TERMINAL or Decimal(filled) != Decimal(order.filled) or set(trades) - order.trades):
        return testimony("venue", "missing", "venue_is_ahead", **told, here=order.status)
    if (now := _other_terms(order, seen, instrument)) is not None:
        return testimony("venue", "ok", "venue_has_other_terms", **told, terms=now)
    return testimony("venue", "ok", "venue_says", **told)


def _other_terms(order: FollowedOrder, seen: OrderSighting, instrument: Instrument) -> str | None:
    """Return quantity and price at the venue where they are not those of the adoption: whoever placed it may amend it there."""
    if seen.quantity is None or order.quantity is None:
        return None
    quantity = instrument.quantity_text(seen.quantity)
    price = order.price if seen.price is None else instrument.price_text(seen.price)
    is_same = Decimal(quantity) == Decimal(order.quantity) and (
        price is None or order.price is None or Decimal(price) == Decimal(order.price)
    )
    return None if is_same else " @ ".join(each for each in (quantity, price) if each is not None)


def _contradictions(order: FollowedOrder, seen: OrderSighting, filled: Decimal, trades: Sequence[str]) -> Iterator[str]:
    if order.is_over and seen.status not in TERMINAL:
        yield f"over here, {seen.status.value} there"
    if filled < Decimal(order.filled) or (order.is_over and filled != Decimal(order.filled)):
        yield f"filled {order.filled} here, {filled:f} there"
    if order.is_over and (more := [each for each in trades if each not in order.trades]):
        yield f"trades not booked here: {', '.join(more)}"
