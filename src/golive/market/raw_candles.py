"""Candles as a source gave them: in its order, with all its faults, numbers exact. What is judged before it may be stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golive.matching.columns import CandleColumns, IntColumn

if TYPE_CHECKING:
    from .row_rule import Mask


@dataclass(frozen=True, slots=True, eq=False)
class RawCandles:
    """Columns of equal length, one row a candle, in the source's order; whole numbers of a price step and a volume step."""

    opened_at: IntColumn
    """ns UTC"""
    open: IntColumn
    high: IntColumn
    low: IntColumn
    close: IntColumn
    volume: IntColumn
    is_finite: Mask
    """false where a number of the row was missing, NaN or infinite; the row's numbers then mean nothing"""

    def __len__(self) -> int:
        return len(self.opened_at)

    def rows(self, chosen: Mask) -> RawCandles:
        """Return the rows where `chosen` is true."""
        return RawCandles(
            self.opened_at[chosen],
            self.open[chosen],
            self.high[chosen],
            self.low[chosen],
            self.close[chosen],
            self.volume[chosen],
            self.is_finite[chosen],
        )


def raw_of(candles: CandleColumns) -> RawCandles:
    """Return stored or downloaded candles as raw ones."""
    import numpy as np

    every: Any = np.ones(len(candles), dtype=np.bool_)
    return RawCandles(candles.opened_at, candles.open, candles.high, candles.low, candles.close, candles.volume, every)
