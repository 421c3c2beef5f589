"""What the account is worth now, kept up to date mark by mark and fill by fill instead of added up anew on every bar."""

from __future__ import annotations

from collections.abc import Iterable

from golive.model.ids import InstrumentId
from golive.model.money import LIMIT, checked
from golive.portfolio import Ledger
from golive.portfolio.holding import Holding


class Worth:
    """What is held of one instrument: its `mark` (ticks, 0 = none), the base asset's units, whole lots, and their value."""

    __slots__ = ("base_per_lot", "holding", "lots", "mark", "quote_per_tick_lot", "units", "value")

    def __init__(self, holding: Holding) -> None:
        self.holding = holding
        self.base_per_lot, self.quote_per_tick_lot = holding.base_per_lot, holding.quote_per_tick_lot
        self.mark = self.units = self.lots = self.value = 0


class Valuation:
    """Follows a ledger whose instruments share one quote asset; amounts in its smallest units.

    `mark` must be told every new price and `booked` every fill.
    """

    __slots__ = ("_cash", "_ledger", "_total", "_worths", "equity", "largest", "open_positions", "version")

    def __init__(self, ledger: Ledger, instruments: Iterable[InstrumentId]) -> None:
        self._ledger = ledger
        self._worths = {key: Worth(ledger.holdings[key]) for key in instruments}
        self._cash = self._total = 0
        self.equity: int | None = 0
        """what the account is worth; None while something held has no price"""
        self.largest = 0
        """the most that one held instrument is worth, among those with a mark"""
        self.version = 0
        """counts the times that anything here has changed"""
        self.open_positions = 0
        """instruments of which a whole lot is held, among those with a mark"""
        for worth in self._worths.values():
            self.booked(worth)

    def of(self, instrument: InstrumentId) -> Worth:
        return self._worths[instrument]

    def mark(self, worth: Worth, ticks: int) -> None:
        """Take the price of an instrument, in ticks."""
        if worth.mark != ticks:
            is_first = not worth.mark
            worth.mark = ticks
            if not worth.units:
                return
            if is_first or self.open_positions > 1 or self.equity is None:
                self._revalue(worth)
                return
            # The one position there is; all else is as it was.
            value = worth.units * ticks * worth.quote_per_tick_lot // worth.base_per_lot
            self._total += value - worth.value
            worth.value = value
            self.equity = self._total if self._total < LIMIT else checked(self._total, "equity")
            if worth.lots:
                self.largest = value
            self.version += 1

    def booked(self, worth: Worth) -> None:
        """Take what the ledger says after a fill of this instrument."""
        ledger, holding = self._ledger, worth.holding
        cash = ledger.balances[ledger.quote].total
        self._total += cash - self._cash
        self._cash = cash
        worth.units = holding.base.total
        worth.lots = worth.units // holding.base_per_lot
        self._revalue(worth)

    def _revalue(self, worth: Worth) -> None:
        value = worth.holding.value(worth.units, worth.mark) if worth.units else 0
        self._total += value - worth.value
        worth.value = value
        is_known, largest, held = True, 0, 0
        for each in self._worths.values():
            if each.units and not each.mark:
                is_known = False
            elif each.lots:
                held += 1
                largest = max(largest, each.value)
        self.equity = checked(self._total, "equity") if is_known else None
        self.largest, self.open_positions = largest, held
        self.version += 1
