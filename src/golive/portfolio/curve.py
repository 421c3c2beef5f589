"""The equity curve of a session: market time, equity, price, one row per closed bar."""

from __future__ import annotations

from array import array
from collections.abc import Iterator


class EquityCurve:
    """Compact columns: 24 bytes a row. Equity in smallest quote units (the ledger keeps it below 2^62), price in ticks."""

    def __init__(self) -> None:
        self.ts = array("q")
        self.equity = array("q")
        self.price = array("q")
        self._add_ts, self._add_equity, self._add_price = self.ts.append, self.equity.append, self.price.append

    def __len__(self) -> int:
        return len(self.ts)

    def append(self, ts: int, equity: int, price: int) -> None:
        self._add_ts(ts)
        self._add_equity(equity)
        self._add_price(price)

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """Yield (market time ns, equity, price), oldest first."""
        return zip(self.ts, self.equity, self.price, strict=True)
