"""Candles as columns: the form in which history is stored, read and traded over.

Prices in ticks, volumes in lots, times in ns UTC, all int64. A strategy's floats are made of them by one multiplication, the
same one everywhere, so that a bar is the same number in a session and in a backtest.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

IntColumn: TypeAlias = "npt.NDArray[np.int64]"
FloatColumn: TypeAlias = "npt.NDArray[np.float64]"


@dataclass(frozen=True, slots=True, eq=False)
class CandleColumns:
    """Closed candles of one instrument, oldest first; `opened_at` rises, and a gap is a candle that is not there.

    Raises MagnitudeError when the columns are not equally long.
    """

    instrument: Instrument
    timeframe_ns: int
    opened_at: IntColumn
    """ns UTC; a candle covers [opened_at, opened_at + timeframe_ns)"""
    open: IntColumn
    high: IntColumn
    low: IntColumn
    close: IntColumn
    """ticks"""
    volume: IntColumn
    """lots"""

    def __post_init__(self) -> None:
        if len({len(column) for column in self.columns}) != 1:
            raise MagnitudeError(f"{self.instrument.id}: columns of candles differ in length")

    def __len__(self) -> int:
        return len(self.opened_at)

    @property
    def columns(self) -> tuple[IntColumn, IntColumn, IntColumn, IntColumn, IntColumn, IntColumn]:
        """opened_at, open, high, low, close, volume"""
        return self.opened_at, self.open, self.high, self.low, self.close, self.volume

    def sha256(self) -> str:
        """Return the SHA-256 of the candles: opened_at, open, high, low, close, volume, each little-endian int64."""
        import numpy as np

        digest = hashlib.sha256()
        for column in self.columns:
            digest.update(np.ascontiguousarray(column, dtype="<i8").data)
        return digest.hexdigest()

    def between(self, first: int, last: int) -> CandleColumns:
        """Return the candles number `first` to `last` (not included) as views of the same memory."""
        return CandleColumns(self.instrument, self.timeframe_ns, *(column[first:last] for column in self.columns))
