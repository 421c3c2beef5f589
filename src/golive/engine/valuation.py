"""What the account is worth now, kept up to date mark by mark and fill by fill instead of added up anew on every bar."""

from __future__ import annotations

from collections.abc import Iterable

from golive.model.ids import InstrumentId
from golive.model.money import checked
from golive.portfolio import Ledger


class Valuation:
    """Follows a ledger whose instruments share one quote asset; amounts in its smallest units, quantities in lots.

    `mark` must be told every new price and `booked` every fill.
    """

    __slots__ = ("_cash", "_ledger", "_lots", "_marks", "_units", "_unknown", "_values", "largest", "open_positions", "total")

    def __init__(self, ledger: Ledger, instruments: Iterable[InstrumentId]) -> None:
        self._ledger = ledger
        self._marks: dict[InstrumentId, int] = {}
        self._units: dict[InstrumentId, int] = dict.fromkeys(instruments, 0)
        self._lots: dict[InstrumentId, int] = dict(self._units)
        self._values: dict[InstrumentId, int] = dict(self._units)
        self._unknown: set[InstrumentId] = set()
        self._cash = 0
        self.total = 0
        self.largest = 0
        """the most that one held instrument is worth, among those with a mark"""
        self.open_positions = 0
        """instruments of which a whole lot is held, among those with a mark"""
        for instrument in self._units:
            self.booked(instrument)

    @property
    def equity(self) -> int | None:
        """What the account is worth; None while something held has no price."""
        return None if self._unknown else checked(self.total, "equity")

    def lots(self, instrument: InstrumentId) -> int:
        """Return the whole lots held."""
        return self._lots[instrument]

    def mark(self, instrument: InstrumentId, ticks: int) -> None:
        """Take the price of an instrument; 0 says that there is none."""
        if self._marks.get(instrument) != ticks:
            is_first = not self._marks.get(instrument)
            self._marks[instrument] = ticks
            if self._units[instrument] or is_first:
                self._revalue(instrument)

    def booked(self, instrument: InstrumentId) -> None:
        """Take what the ledger says after a fill of this instrument."""
        ledger = self._ledger
        holding = ledger.holdings[instrument]
        cash = ledger.balances[ledger.quote].total
        self.total += cash - self._cash
        self._cash = cash
        self._units[instrument] = units = holding.base.total
        self._lots[instrument] = units // holding.base_per_lot
        self._revalue(instrument)

    def _revalue(self, instrument: InstrumentId) -> None:
        units, ticks = self._units[instrument], self._marks.get(instrument, 0)
        if units and ticks <= 0:
            self._unknown.add(instrument)
        else:
            self._unknown.discard(instrument)
        value = self._ledger.holdings[instrument].value(units, ticks) if units and ticks > 0 else 0
        self.total += value - self._values[instrument]
        self._values[instrument] = value
        held = [self._values[key] for key, lots in self._lots.items() if lots and self._marks.get(key)]
        self.largest, self.open_positions = max(held, default=0), len(held)
