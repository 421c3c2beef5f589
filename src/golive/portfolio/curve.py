"""The equity curve of a session: market time, equity, price, one row per closed bar."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from typing import Final

_ROW: Final = struct.Struct("@3q")


class EquityCurve:
    """24 bytes a row. Equity in smallest quote units (the ledger keeps it below 2^62), price in ticks."""

    def __init__(self) -> None:
        self._cells = array("q")
        self._add, self._pack = self._cells.frombytes, _ROW.pack  # half of what three arrays cost that take a number each

    def __len__(self) -> int:
        return len(self._cells) // 3

    def append(self, ts: int, equity: int, price: int) -> None:
        self._add(self._pack(ts, equity, price))

    @property
    def ts(self) -> array[int]:
        """Market times in ns, oldest first."""
        return self._cells[0::3]

    @property
    def equity(self) -> array[int]:
        return self._cells[1::3]

    def rows(self) -> Iterator[tuple[int, int, int]]:
        """Yield (market time ns, equity, price), oldest first."""
        return zip(self._cells[0::3], self._cells[1::3], self._cells[2::3], strict=True)
