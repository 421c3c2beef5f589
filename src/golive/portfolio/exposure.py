"""How much of an account stands in base assets, and in which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from golive.model.ids import InstrumentId

from .ledger import Ledger
from .valuation import Price


@dataclass(frozen=True, slots=True)
class Exposure:
    """Worth of what is held, in smallest units of the reporting asset, against `equity`."""

    by_instrument: Mapping[InstrumentId, int]
    """worth of the whole base balance, told once: at the first instrument with that base"""
    equity: int

    @property
    def gross(self) -> int:
        return sum(self.by_instrument.values())

    def share(self, instrument: InstrumentId) -> float:
        """Return the share of equity that the base asset of `instrument` has: a statistic; 0.0 when there is no equity."""
        return self.by_instrument.get(instrument, 0) / self.equity if self.equity > 0 else 0.0


def exposure_of(ledger: Ledger, marks: Mapping[InstrumentId, int], prices: Mapping[str, Price] | None = None) -> Exposure | None:
    """Return the exposure at `marks` (ticks) and `prices`; None when a held asset has neither."""
    equity = ledger.equity(marks, prices or {})
    if equity is None:
        return None
    worth: dict[InstrumentId, int] = {}
    for asset, holdings in ledger.by_base.items():
        units = ledger.balances[asset].total
        price = ledger.price(asset, marks, prices or {})
        if units and price is not None and asset != ledger.quote:
            worth[holdings[0].id] = price.value(units)
    return Exposure(worth, equity)
