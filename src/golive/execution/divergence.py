"""How far two executions of the same orders drift apart, per order, in quote currency and to the last unit.

Every order was given to two services at the same time: the *primary*, whose fills count, and a *shadow*. With each fill
stands the market's reference price at its moment. What the primary lost against the shadow is split into four parts:

* *price gap*: on the quantity that both filled, how much farther from the market's price of its own moment the primary dealt;
* *time gap*: on the same quantity, how far the market had moved against us between the shadow's fills and the primary's;
* *fill gap*: what only one of them filled, valued at the last price (`mark`): gains the primary missed, losses it was spared;
* *fee gap*: what more the primary paid.

The four add up, exactly, to the shadow's marked result less the primary's: positive is what the primary did worse. "Both filled"
means the first lots of each, in the order of their fills. Prices are in half ticks where a middle between bid and ask may fall.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import Fill, NewOrder


@dataclass(frozen=True, slots=True)
class ReferencedFill:
    """A fill and the market's reference price when it happened, in half ticks: bid plus ask, or twice a price."""

    fill: Fill
    reference: int


@dataclass(frozen=True, slots=True)
class OrderDivergence:
    """One order in two executions. Quantities in lots, gaps in quote units of the instrument; positive is the primary's loss."""

    order: NewOrder
    filled: int
    shadow_filled: int
    price_gap: int
    time_gap: int
    fill_gap: int
    fee_gap: int
    delay_ns: int | None
    """the primary's first fill less the shadow's; None unless both filled something"""

    @property
    def total(self) -> int:
        """The shadow's marked result less the primary's, in quote units."""
        return self.price_gap + self.time_gap + self.fill_gap + self.fee_gap


def compare(
    order: NewOrder, instrument: Instrument, primary: Sequence[ReferencedFill], shadow: Sequence[ReferencedFill], mark: int
) -> OrderDivergence:
    """Return how the two executions of one order differ; `mark` is the market's last price, ticks.

    Raises ValueError for a fill of another order.
    """
    if any(each.fill.client_order_id != order.client_order_id for each in (*primary, *shadow)):
        raise ValueError(f"a fill of another order was given for {order.client_order_id}")
    ours, theirs = _Leg.of(primary), _Leg.of(shadow)
    both = min(ours.quantity, theirs.quantity)
    mine, other = ours.first(both), theirs.first(both)
    sign, unit = order.side.sign, instrument.notional(1, 1)
    # Costs in half ticks × lots; each difference of two of them that is multiplied by the unit is halved exactly once, here.
    slipped = sign * ((2 * mine.cost - mine.reference) - (2 * other.cost - other.reference))
    moved = sign * (mine.reference - other.reference)
    price_gap, time_gap = _halved(slipped * unit, moved * unit)
    missed = mark * (theirs.quantity - both) - (theirs.cost - other.cost)
    extra = mark * (ours.quantity - both) - (ours.cost - mine.cost)
    return OrderDivergence(
        order=order,
        filled=ours.quantity,
        shadow_filled=theirs.quantity,
        price_gap=price_gap,
        time_gap=time_gap,
        fill_gap=sign * (missed - extra) * unit,
        fee_gap=fee_value(primary, instrument, mark) - fee_value(shadow, instrument, mark),
        delay_ns=primary[0].fill.ts - shadow[0].fill.ts if primary and shadow else None,
    )


def compare_all(
    orders: Iterable[NewOrder],
    instruments: Mapping[InstrumentId, Instrument],
    primary: Iterable[ReferencedFill],
    shadow: Iterable[ReferencedFill],
    marks: Mapping[InstrumentId, int],
) -> list[OrderDivergence]:
    """Compare each order by its own fills, in the order of `orders`; KeyError for an instrument without mark."""
    ours, theirs = by_order(primary), by_order(shadow)
    return [
        compare(
            order,
            instruments[order.instrument],
            ours.get(order.client_order_id, ()),
            theirs.get(order.client_order_id, ()),
            marks[order.instrument],
        )
        for order in orders
    ]


def marked_result(fills: Iterable[ReferencedFill], instrument: Instrument, mark: int) -> int:
    """Return what the fills of one order gained by `mark` (ticks), fees deducted, in quote units."""
    fills = list(fills)
    gained = sum(f.fill.side.sign * instrument.notional(1, 1) * f.fill.quantity * (mark - f.fill.price) for f in fills)
    return gained - fee_value(fills, instrument, mark)


def fee_value(fills: Iterable[ReferencedFill], instrument: Instrument, mark: int) -> int:
    """Return the fees of one order in quote units; those in base are worth `mark` (ticks), rounded down once.

    Raises ValueError for a fee in an asset of neither side.
    """
    in_base = in_quote = 0
    for each in fills:
        if each.fill.fee_asset == instrument.quote:
            in_quote += each.fill.fee
        elif each.fill.fee_asset == instrument.base:
            in_base += each.fill.fee
        else:
            raise ValueError(f"fee of fill {each.fill.fill_id.trade_id} is in {each.fill.fee_asset}, which has no price here")
    return in_quote + instrument.value_of_base(in_base, mark)


@dataclass(frozen=True, slots=True)
class _Leg:
    """Fills of one execution: (price in ticks, reference in half ticks, lots), in order."""

    parts: tuple[tuple[int, int, int], ...]

    @classmethod
    def of(cls, fills: Iterable[ReferencedFill]) -> _Leg:
        return cls(tuple((f.fill.price, f.reference, f.fill.quantity) for f in fills))

    @property
    def quantity(self) -> int:
        return sum(lots for _, _, lots in self.parts)

    @property
    def cost(self) -> int:
        """Ticks × lots."""
        return sum(price * lots for price, _, lots in self.parts)

    @property
    def reference(self) -> int:
        """Half ticks × lots."""
        return sum(reference * lots for _, reference, lots in self.parts)

    def first(self, lots: int) -> _Leg:
        """Return the beginning of the leg that holds `lots`."""
        return _Leg(tuple(self._taken(lots)))

    def _taken(self, lots: int) -> Iterator[tuple[int, int, int]]:
        for price, reference, quantity in self.parts:
            part = min(quantity, lots)
            if part:
                yield price, reference, part
            lots -= part


def _halved(slipped: int, moved: int) -> tuple[int, int]:
    """Halve two amounts whose sum is even, so that their halves add up to the half of the sum; the odd unit goes to the first."""
    half = moved // 2
    return (slipped + moved) // 2 - half, half


def by_order(fills: Iterable[ReferencedFill]) -> dict[ClientOrderId, list[ReferencedFill]]:
    """Return the fills of each order, in order."""
    found: dict[ClientOrderId, list[ReferencedFill]] = {}
    for each in fills:
        found.setdefault(each.fill.client_order_id, []).append(each)
    return found
