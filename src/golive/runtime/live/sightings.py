"""From what a venue shows of our orders to the facts that the router takes. Pure; one direction only."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from golive.model.ids import ClientOrderId
from golive.model.order import Fill, NewOrder, OrderStatus, OrderUpdate
from golive.orders.state import OrderEvent
from golive.venues.dialect import FillSighting, Lookup, OrderSighting

_EVENT: Final = {
    OrderStatus.OPEN: OrderEvent.ACCEPTED,
    OrderStatus.PARTIAL: OrderEvent.ACCEPTED,
    OrderStatus.FILLED: OrderEvent.ACCEPTED,
    OrderStatus.CANCELED: OrderEvent.CANCELED,
    OrderStatus.EXPIRED: OrderEvent.EXPIRED,
    OrderStatus.REJECTED: OrderEvent.REJECTED,
}
"""what a status proves beside the fills, which come one by one and say themselves that they complete an order"""
ENDS: Final = frozenset({OrderStatus.CANCELED, OrderStatus.EXPIRED, OrderStatus.REJECTED})


def updates_of(seen: OrderSighting, client_order_id: ClientOrderId, shall: NewOrder | None) -> tuple[OrderUpdate, ...]:
    """Return the facts in one sighting; () for one that says the venue does not know.

    `shall`: the terms of an amendment that is not answered; where the venue shows them, it took it.
    """
    event = _EVENT.get(seen.status)
    if event is None:
        return ()
    update = OrderUpdate(client_order_id, seen.ts, event.value, seen.venue_order_id)
    if shall is None or seen.status in ENDS or (seen.quantity, seen.price) != (shall.quantity, shall.price):
        return (update,)
    return (update, _with_terms(update, seen))


def news_of(found: Lookup, client_order_id: ClientOrderId, *, terms: bool) -> tuple[Fill | OrderUpdate, ...]:
    """Return all that a look-up proves, in the order in which it happened: it was there, it was filled, it ended.

    `terms`: an unanswered amendment can no longer take place, so the terms of a working order are those it has.
    """
    fills = fills_in_order(found.fills)
    if found.order is None:
        return fills
    updates = updates_of(found.order, client_order_id, None)
    if found.order.status in ENDS:
        return (*fills, *updates)
    if terms and updates and found.order.quantity is not None:
        updates = (*updates, _with_terms(updates[0], found.order))
    return (*updates, *fills)


def _with_terms(update: OrderUpdate, seen: OrderSighting) -> OrderUpdate:
    return update._replace(event=OrderEvent.AMENDED.value, price=seen.price, quantity=seen.quantity)


def fills_in_order(seen: Iterable[FillSighting]) -> tuple[Fill, ...]:
    """Return the fills by time; those of one moment by their id."""
    return tuple(sorted((each.fill for each in seen), key=lambda fill: (fill.ts, fill.fill_id)))
