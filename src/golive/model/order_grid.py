"""From the decimal texts of a person or a file to an order's ticks and lots: never to the customer's disadvantage.

Market data is read elsewhere, exactly or to the nearest step; this rounding is for what we ask of a venue.
"""

from __future__ import annotations

from .errors import MagnitudeError
from .instrument import Instrument
from .money import parse_money, steps_down, steps_up
from .order import Side


def limit_ticks(instrument: Instrument, side: Side, price: str) -> int:
    """Return the limit price in ticks: a buy never above `price`, a sell never below it.

    Raises MagnitudeError for a text that is no positive number, or a buy limit below one tick.
    """
    what = f"{instrument.id} limit price"
    value = parse_money(price, what)
    ticks = (steps_down if side is Side.BUY else steps_up)(value, instrument.tick_size, what)
    if ticks == 0:
        raise MagnitudeError(f"{what}: {price} is below one tick ({instrument.tick_size})")
    return ticks


def order_lots(instrument: Instrument, quantity: str) -> int:
    """Return the quantity in lots, never more than `quantity`; raise MagnitudeError when that is less than one lot."""
    what = f"{instrument.id} order quantity"
    lots = steps_down(parse_money(quantity, what), instrument.lot_size, what)
    if lots == 0:
        raise MagnitudeError(f"{what}: {quantity} is below one lot ({instrument.lot_size})")
    return lots
