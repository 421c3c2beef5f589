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

    __slots__ = ("_alone", "_cash", "_ledger", "_worths", "equity", "largest", "open_positions", "rest", "version")

    def __init__(self, ledger: Ledger, instruments: Iterable[InstrumentId]) -> None:
        self._ledger = ledger
        self._worths = {key: Worth(ledger.holdings[key]) for key in instruments}
        self._alone: Worth | None = None
        """the one instrument of which anything is held, once it has a mark; None when there are others, or none"""
        self._cash = 0
        self.rest = 0
        """what the account has beside that one instrument"""
        self.equity: int | None = 0
        """what the account is worth; None while something held has no price"""
        self.largest = 0
        """the most that one held instrument is worth, among those with a mark"""
        self.version = 0
        """counts the times that anything here has changed but by a new mark of the one instrument that is held"""
        self.open_positions = 0
        """instruments of which a whole lot is held, among those with a mark"""
        for worth in self._worths.values():
            self.booked(worth)

    @property
    def exposure(self) -> int:
        """What all that is held is worth, among that with a mark."""
        return 0 if self.equity is None else self.equity - self._cash

    def of(self, instrument: InstrumentId) -> Worth:
        return self._worths[instrument]

    def mark(self, worth: Worth, ticks: int) -> None:
        """Take the price of an instrument, in ticks; 0 takes the one before away."""
        before = worth.mark
        if before == ticks:
            return
        worth.mark = ticks
        if worth is self._alone and ticks:
            worth.value = value = worth.units * ticks * worth.quote_per_tick_lot // worth.base_per_lot
            equity = self.rest + value
            self.equity = equity if equity < LIMIT else checked(equity, "equity")
            if worth.lots:
                self.largest = value
        elif worth.units:
            if before and ticks and self.equity is not None:
                self._revalue_one(worth, self.equity)
            else:
                self._revalue()

    def booked(self, worth: Worth) -> None:
        """Take what the ledger says after a fill of this instrument."""
        ledger, holding = self._ledger, worth.holding
        self._cash = ledger.balances[ledger.quote].total
        worth.units = holding.base.total
        worth.lots = worth.units // worth.base_per_lot
        self._revalue()

    def _revalue_one(self, worth: Worth, equity: int) -> None:
        """Take the new mark of one of several that are held, all of which have one."""
        value_before = worth.value
        worth.value = value = worth.units * worth.mark * worth.quote_per_tick_lot // worth.base_per_lot
        self.rest = self.equity = checked(equity + value - value_before, "equity")
        if worth.lots:
            if value >= self.largest:
                self.largest = value
            elif value_before == self.largest:
                self.largest = max(each.value for each in self._worths.values() if each.lots)
        self.version += 1

    def _revalue(self) -> None:
        total, is_known, largest, positions = self._cash, True, 0, 0
        held = [worth for worth in self._worths.values() if worth.units]
        for worth in held:
            if not worth.mark:
                is_known = False
                continue
            worth.value = value = worth.units * worth.mark * worth.quote_per_tick_lot // worth.base_per_lot
            total += value
            if worth.lots:
                positions += 1
                largest = max(largest, value)
        self._alone = held[0] if is_known and len(held) == 1 else None
        self.rest = total if self._alone is None else self._cash
        self.equity = checked(total, "equity") if is_known else None
        self.largest, self.open_positions = largest, positions
        self.version += 1
