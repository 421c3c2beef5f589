"""The rules of an instrument that an order must keep before it is sent: grid, bounds, kind; pure, the same for all venues.

Ticks and lots are whole by construction, so what is left to check are the bounds; the venue checks them all again.
"""

from __future__ import annotations

from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, TimeInForce


def order_problem(order: NewOrder, instrument: Instrument) -> str:
    """Return what rule the order breaks, '' for none."""
    if order.instrument != instrument.id:
        return f"instrument {order.instrument} is not {instrument.id}"
    if order.type.sleeps or order.time_in_force is TimeInForce.GTD:
        return f"a {order.type} order that is {order.time_in_force}: triggers and expiries are not sent to venues yet"
    if order.type is OrderType.MARKET:
        if order.price is not None:
            return f"a market order with price {order.price}"
        if order.time_in_force not in (TimeInForce.GTC, TimeInForce.IOC):
            return f"a market order that is {order.time_in_force}"
        return _quantity_problem(order.quantity, instrument)
    if order.price is None:
        return "a limit order without a price"
    return _quantity_problem(order.quantity, instrument) or _price_problem(order.price, order.quantity, instrument)


def amendment_problem(order: NewOrder) -> str:
    """Return why an order cannot be what a working order is amended to, '' for no reason; `order_problem` holds besides."""
    rests = order.type is OrderType.LIMIT and order.time_in_force in (TimeInForce.GTC, TimeInForce.POST_ONLY)
    return "" if rests else f"only a resting limit order can be amended, not a {order.type} that is {order.time_in_force}"


def _quantity_problem(lots: int, instrument: Instrument) -> str:
    if instrument.min_quantity <= lots <= instrument.max_quantity:
        return ""
    least, most = instrument.quantity_text(instrument.min_quantity), instrument.quantity_text(instrument.max_quantity)
    return f"quantity {lots} lots ({instrument.quantity_text(lots)} {instrument.base}) is outside {least}…{most}"


def _price_problem(ticks: int, lots: int, instrument: Instrument) -> str:
    if not 0 < ticks <= instrument.max_price:
        return f"price {ticks} ticks is outside 1…{instrument.max_price}"
    try:
        notional = instrument.notional(ticks, lots)
    except MagnitudeError as exc:
        return str(exc)
    if notional < instrument.min_notional:
        least, quote = instrument.quote_text(instrument.min_notional), instrument.quote
        return f"{instrument.quote_text(notional)} {quote} is less than the least order of {least} {quote}"
    return ""
