"""What an asset is worth in another, as an exact ratio; nothing is worth zero because nobody knows its price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from golive.model.ids import InstrumentId

from .holding import Holding


class Price(NamedTuple):
    """Smallest units of the reporting asset per smallest unit of another: numerator / denominator, both positive."""

    numerator: int
    denominator: int

    def value(self, units: int) -> int:
        """Return what `units` are worth, rounded down once."""
        return units * self.numerator // self.denominator


PAR = Price(1, 1)


def price_in(
    reporting: str,
    asset: str,
    holdings: Mapping[str, Sequence[Holding]],
    marks: Mapping[InstrumentId, int],
    prices: Mapping[str, Price],
    passed: tuple[str, ...] = (),
) -> Price | None:
    """Return the price of `asset` in `reporting`; None when nothing leads there.

    A given price comes first, then the first instrument with that base (`holdings`, by base asset) that has a mark and whose
    quote asset can be priced in turn.
    """
    if asset == reporting:
        return PAR
    if asset in prices:
        return prices[asset]
    for holding in holdings.get(asset, ()):
        ticks = marks.get(holding.id, 0)
        if ticks <= 0 or holding.quote_asset in passed:
            continue
        onward = price_in(reporting, holding.quote_asset, holdings, marks, prices, (*passed, asset))
        if onward is not None:
            return Price(ticks * holding.quote_per_tick_lot * onward.numerator, holding.base_per_lot * onward.denominator)
    return None
