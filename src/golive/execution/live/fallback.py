"""An order for another venue: the same price and quantity on the other grid, exactly, or none at all."""

from __future__ import annotations

from golive.model.errors import MagnitudeError
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder


def converted(order: NewOrder, source: Instrument, target: Instrument, client_order_id: ClientOrderId) -> NewOrder:
    """Return the order as it is at the other venue.

    Raises MagnitudeError when a price or the quantity is off that venue's grid or outside its limits: nothing is rounded.
    """
    quantity = target.lots(source.quantity_text(order.quantity))
    if not target.min_quantity <= quantity <= target.max_quantity:
        raise MagnitudeError(f"{target.id}: {source.quantity_text(order.quantity)} is outside its limits of quantity")
    price = _ticks(order.price, source, target)
    if price is not None and target.notional(price, quantity) < target.min_notional:
        raise MagnitudeError(f"{target.id}: a notional of {target.quote_text(target.notional(price, quantity))} is too small")
    return order._replace(
        client_order_id=client_order_id,
        instrument=target.id,
        quantity=quantity,
        price=price,
        trigger=_ticks(order.trigger, source, target),
        trail=_ticks(order.trail, source, target),
    )


def _ticks(ticks: int | None, source: Instrument, target: Instrument) -> int | None:
    if ticks is None:
        return None
    converted_ticks = target.ticks(source.price_text(ticks))
    if converted_ticks > target.max_price:
        raise MagnitudeError(f"{target.id}: {source.price_text(ticks)} is above its highest price")
    return converted_ticks
