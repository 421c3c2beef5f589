"""Round trips: what each sale realised by average cost, and each trade that it closed, in the words of the decision journal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from golive.model.clock import to_iso
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.order import Fill, NewOrder, Side
from golive.portfolio import Ledger

from .notes import Body


@dataclass(slots=True)
class Trip:
    """One instrument's way from nothing held to nothing held; prices in ticks × lots, money in the ledger's quote units."""

    opened_at: int
    bought: int = 0
    paid: int = 0
    sold: int = 0
    received: int = 0
    realized: int = 0


class RoundTrips:
    """Follows the fills of one ledger. Less than the venue's minimum is nothing held: no order could sell it."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._open: dict[InstrumentId, Trip] = {}
        self._realized: dict[InstrumentId, int] = {}

    def after(self, fill: Fill, order: NewOrder, held: int) -> Iterator[tuple[str, Body]]:
        """Yield the events of a fill that the ledger has booked, with their bodies; `held` = whole lots after it."""
        if fill.side is Side.BUY:
            trip = self._open.setdefault(fill.instrument, Trip(fill.ts))
            trip.bought += fill.quantity
            trip.paid += fill.quantity * fill.price
            return
        ledger, instrument = self._ledger, self._ledger.instruments[fill.instrument]
        position = ledger.positions[fill.instrument]
        realized = position.realized - self._realized.get(fill.instrument, 0)
        self._realized[fill.instrument] = position.realized

        def money(units: int) -> str | None:
            return ledger.text(ledger.quote, units) if position.basis_known else None

        if position.basis_known:
            facts = (instrument, order, fill, money(realized), money(position.realized), ledger.quote)
            yield "realized_pnl_recorded", Body(_realized, facts)
        open_trip = self._open.get(fill.instrument)
        if open_trip is None:
            return  # what is sold was there from the start
        open_trip.sold += fill.quantity
        open_trip.received += fill.quantity * fill.price
        open_trip.realized += realized
        if held < instrument.min_quantity:
            del self._open[fill.instrument]
            yield "trade_recorded", Body(_trade, (instrument, order, fill, open_trip, money(open_trip.realized), ledger.quote))


def _realized(
    instrument: Instrument, order: NewOrder, fill: Fill, realized: str, total: str, quote_asset: str
) -> dict[str, JsonValue]:
    return {
        "instrument": str(instrument.id), "signal_id": order.signal_id, "client_order_id": order.client_order_id,
        "fill_id": fill.fill_id.trade_id, "quantity": instrument.quantity_text(fill.quantity), "realized": realized,
        "realized_total": total, "quote_asset": quote_asset,
    }  # fmt: skip


def _trade(
    instrument: Instrument, order: NewOrder, fill: Fill, trip: Trip, realized: str | None, quote_asset: str
) -> dict[str, JsonValue]:
    return {
        "instrument": str(instrument.id), "signal_id": order.signal_id, "client_order_id": order.client_order_id,
        "opened_at": to_iso(trip.opened_at), "closed_at": to_iso(fill.ts), "quantity": instrument.quantity_text(trip.bought),
        "entry_price": instrument.price_text(_nearest(trip.paid, trip.bought)),
        "exit_price": instrument.price_text(_nearest(trip.received, trip.sold)), "realized": realized, "quote_asset": quote_asset,
    }  # fmt: skip


def _nearest(part: int, whole: int) -> int:
    """Return part / whole rounded to the nearest, halves up."""
    return (2 * part + whole) // (2 * whole)
