"""How well orders for a target were executed: what was filled of each, and what it cost against the price it was judged at.

The cost of an order is its implementation shortfall without what was not traded: worse price plus fee, as a share of what the
filled quantity was worth at the price that risk judged it by. Source: Perold, "The implementation shortfall: paper versus
reality", Journal of Portfolio Management 14(3), 1988. Orders that only protect a position sleep until a price is reached; that
one was not filled says nothing, so they count nowhere.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.indicator import FILL_RATIO, TRADE_COST, Indicator
from golive.model.instrument import Instrument
from golive.model.order import BUY, TERMINAL, Fill, NewOrder
from golive.orders import Order

Tell: TypeAlias = Callable[[Indicator, Fraction, str], None]
"""(what, value in its unit, label of the venue)"""
BASIS_POINTS: Final = 10_000


@dataclass(slots=True)
class _Traded:
    """What became of one order so far; `cost` in quote units of its instrument, None: a fee has no price here."""

    reference: int | None
    """ticks; None: it was judged by another process"""
    worth: int = 0
    """what the filled quantity is worth at the reference"""
    cost: int | None = 0


class TradeQuality:
    """Follows the orders of one process; `tell` is called once for each that has ended."""

    def __init__(self, instruments: Mapping[InstrumentId, Instrument], tell: Tell) -> None:
        self._instruments = instruments
        self._tell = tell
        self._orders: dict[ClientOrderId, _Traded] = {}

    def judged(self, client_order_id: ClientOrderId, reference: int) -> None:
        """Take an order that risk allowed, with the price it was judged at, ticks above 0."""
        self._orders[client_order_id] = _Traded(reference)

    def filled(self, fill: Fill) -> None:
        """Take a fill; each must come once."""
        traded = self._orders.setdefault(fill.client_order_id, _Traded(None))
        if traded.reference is None or traded.cost is None:
            return
        instrument = self._instruments[fill.instrument]
        fee = _fee_in_quote(fill, instrument)
        if fee is None:
            traded.cost = None
            return
        worth = instrument.notional(traded.reference, fill.quantity)
        paid = instrument.notional(fill.price, fill.quantity)
        traded.worth += worth
        traded.cost += fee + (paid - worth if fill.side is BUY else worth - paid)

    def ended(self, order: Order) -> None:
        """Tell how an order fared that has ended; nothing of one that protects, or that has not."""
        traded = self._orders.pop(order.intent.client_order_id, None)
        if order.status not in TERMINAL or _protects(order.intent):
            return
        venue = order.intent.instrument.venue
        self._tell(FILL_RATIO, Fraction(order.filled, order.intent.quantity), venue)
        if traded is not None and traded.worth and traded.cost is not None:
            self._tell(TRADE_COST, Fraction(traded.cost * BASIS_POINTS, traded.worth), venue)


def _protects(order: NewOrder) -> bool:
    return order.type.sleeps


def _fee_in_quote(fill: Fill, instrument: Instrument) -> int | None:
    """Return a fee in quote units; one in base is worth the fill's price, rounded down. None for a third asset."""
    if fill.fee_asset == instrument.quote:
        return fill.fee
    if fill.fee_asset == instrument.base:
        return instrument.value_of_base(fill.fee, fill.price)
    return None
