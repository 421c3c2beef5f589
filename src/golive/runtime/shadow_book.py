"""What a session's shadow saw, and the report's section of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TypeAlias

from golive.execution.divergence import OrderDivergence, ReferencedFill, by_order, compare_all
from golive.execution.shadow import Compared, PrimaryFill, ShadowEnded, ShadowFill, Sighting
from golive.model.clock import SECOND
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.money import EXACT, format_decimal
from golive.model.order import NewOrder
from golive.observability.divergence import MOST_ORDERS, DivergenceSection, DivergentOrder, Gaps

_ByOrder: TypeAlias = Mapping[ClientOrderId, Sequence[ReferencedFill]]


class ShadowBook:
    """Keeps the sightings of one process in memory; `name` says which simulator the shadow is."""

    def __init__(self, name: str, instruments: Iterable[Instrument]) -> None:
        self.name = name
        self._instruments = {instrument.id: instrument for instrument in instruments}
        self._orders: dict[ClientOrderId, NewOrder] = {}
        self._primary: list[ReferencedFill] = []
        self._shadow: list[ReferencedFill] = []
        self._ended: ShadowEnded | None = None

    def keep(self, sighting: Sighting) -> None:
        match sighting:
            case Compared(order):
                self._orders[order.client_order_id] = order
            case PrimaryFill(fill):
                self._primary.append(fill)
            case ShadowFill(fill):
                self._shadow.append(fill)
            case ShadowEnded():
                self._ended = sighting

    def section(self, marks: Mapping[InstrumentId, int]) -> DivergenceSection:
        """Return the section as of now; `marks` are the last prices in ticks, of every instrument that was traded.

        After a shadow has ended no amount is stated: what it did not see would count as equal.
        """
        if self._ended is not None:
            return DivergenceSection(shadow=self.name, compared=0, ended=self._ended.reason, totals=(), orders=())
        rows = compare_all(self._orders.values(), self._instruments, self._primary, self._shadow, marks)
        ours, theirs = by_order(self._primary), by_order(self._shadow)
        worst = sorted(rows, key=lambda row: -abs(row.total))[:MOST_ORDERS]
        shown = {row.order.client_order_id for row in worst}
        return DivergenceSection(
            shadow=self.name,
            compared=len(rows),
            ended=None,
            totals=self._totals(rows),
            orders=tuple(self._row(row, ours, theirs) for row in rows if row.order.client_order_id in shown),
        )

    def _totals(self, rows: Iterable[OrderDivergence]) -> tuple[Gaps, ...]:
        """Add up what is in the same quote asset, exactly."""
        sums: dict[str, list[Decimal]] = {}
        for row in rows:
            instrument = self._instruments[row.order.instrument]
            parts = sums.setdefault(instrument.quote, [Decimal(0)] * 4)
            for at, units in enumerate(_parts(row)):
                parts[at] = EXACT.add(parts[at], Decimal(instrument.quote_text(units)))
        return tuple(_gaps(asset, *parts) for asset, parts in sorted(sums.items()))

    def _row(self, row: OrderDivergence, ours: _ByOrder, theirs: _ByOrder) -> DivergentOrder:
        order, instrument = row.order, self._instruments[row.order.instrument]
        return DivergentOrder(
            client_order_id=order.client_order_id,
            instrument=str(order.instrument),
            side=order.side.value,
            type=order.type.value,
            quantity=instrument.quantity_text(order.quantity),
            filled=instrument.quantity_text(row.filled),
            shadow_filled=instrument.quantity_text(row.shadow_filled),
            average_price=_average(ours.get(order.client_order_id, ()), instrument),
            shadow_average_price=_average(theirs.get(order.client_order_id, ()), instrument),
            delay_seconds=None if row.delay_ns is None else row.delay_ns / SECOND,
            gaps=_gaps(instrument.quote, *(Decimal(instrument.quote_text(units)) for units in _parts(row))),
        )


def _parts(row: OrderDivergence) -> tuple[int, int, int, int]:
    return row.price_gap, row.time_gap, row.fill_gap, row.fee_gap


def _gaps(asset: str, price: Decimal, time: Decimal, fill: Decimal, fee: Decimal) -> Gaps:
    total = EXACT.add(EXACT.add(price, time), EXACT.add(fill, fee))
    texts = [format_decimal(each) for each in (price, time, fill, fee, total)]
    return Gaps(asset=asset, price_gap=texts[0], time_gap=texts[1], fill_gap=texts[2], fee_gap=texts[3], total=texts[4])


def _average(fills: Sequence[ReferencedFill], instrument: Instrument) -> str | None:
    """Return the volume-weighted price, rounded half-even to two digits more than the tick; None of nothing."""
    lots = sum(each.fill.quantity for each in fills)
    if not lots:
        return None
    cost = sum(each.fill.price * each.fill.quantity for each in fills)
    price = EXACT.divide(EXACT.multiply(Decimal(cost), instrument.tick_size), Decimal(lots))
    return format_decimal(price.quantize(instrument.tick_size.scaleb(-2), context=EXACT))
