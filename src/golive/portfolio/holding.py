"""One instrument of a ledger: its grid in the ledger's units, and its two balances."""

from __future__ import annotations

from dataclasses import dataclass, field

from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument

from .account import Balance


@dataclass(slots=True, eq=False)
class Holding:
    """What booking a fill of one instrument needs at hand; factors turn ticks, lots and fees into units of the ledger.

    An asset that several instruments trade is kept at the finest of their scales; so a factor from an instrument's units to the
    ledger's is a power of ten.
    """

    spec: Instrument
    base: Balance
    quote: Balance
    base_factor: int
    """ledger units per instrument unit of the base asset"""
    quote_factor: int
    """ledger units per instrument unit of the quote asset"""
    id: InstrumentId = field(init=False)
    base_asset: str = field(init=False)
    quote_asset: str = field(init=False)
    base_per_lot: int = field(init=False)
    quote_per_tick_lot: int = field(init=False)

    def __post_init__(self) -> None:
        self.id, self.base_asset, self.quote_asset = self.spec.id, self.spec.base, self.spec.quote
        self.base_per_lot = self.spec.base_units(1) * self.base_factor
        self.quote_per_tick_lot = self.spec.notional(1, 1) * self.quote_factor

    def value(self, base_units: int, ticks: int) -> int:
        """Return what `base_units` are worth at `ticks`, in quote units of the ledger, rounded down."""
        return base_units * ticks * self.quote_per_tick_lot // self.base_per_lot

    def ticks(self, base_units: int, quote_units: int) -> int:
        """Return the price at which `base_units` cost `quote_units`, in ticks, rounded down."""
        return quote_units * self.base_per_lot // (base_units * self.quote_per_tick_lot)
