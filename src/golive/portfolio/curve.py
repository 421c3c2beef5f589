"""The equity curve of a session: market time, equity, price, one row per closed bar."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Iterator


class EquityCurve:
    """Compact columns; equity in smallest quote units may exceed 64 bits nowhere (the ledger checks)."""

    def __init__(self) -> None:
        self._ts = array("q")
        self._equity = array("q")
        self._price = array("q")

    def __len__(self) -> int:
        return len(self._ts)

    def append(self, ts: int, equity: int, price: int) -> None:
        self._ts.append(ts)
        self._equity.append(equity)
        self._price.append(price)

    @property
    def last_equity(self) -> int | None:
        return self._equity[-1] if self._equity else None

    def sha256(self) -> str:
        """Digest over every row: equal curves, equal digest."""
        digest = hashlib.sha256()
        for row in self.rows():
            digest.update(b"%d,%d,%d\n" % row)
        return digest.hexdigest()

    def rows(self) -> Iterator[tuple[int, int, int]]:
        return zip(self._ts, self._equity, self._price, strict=True)

    def sampled(self, most: int) -> list[tuple[int, int, int]]:
        """Return at most `most` rows, evenly spaced, the first and the last always among them."""
        rows = list(self.rows())
        if len(rows) <= most:
            return rows
        last = len(rows) - 1
        return [rows[round(k * last / (most - 1))] for k in range(most)]
