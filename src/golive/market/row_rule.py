"""What a row of candles can be and what it cannot, on whole columns; the store and the quality check ask the same questions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from golive.matching.columns import IntColumn
from golive.model.money import LIMIT

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Mask: TypeAlias = "npt.NDArray[np.bool_]"

COLUMN_NAMES: Final = ("opened_at", "open", "high", "low", "close", "volume")


def is_not_positive(open_: IntColumn, high: IntColumn, low: IntColumn, close: IntColumn, volume: IntColumn) -> Mask:
    """Return the rows with a price of zero or less, or a volume below zero."""
    return (open_ <= 0) | (high <= 0) | (low <= 0) | (close <= 0) | (volume < 0)


def is_inconsistent(open_: IntColumn, high: IntColumn, low: IntColumn, close: IntColumn) -> Mask:
    """Return the rows whose low is above, or whose high is below, one of the other prices."""
    return (low > open_) | (low > close) | (low > high) | (high < open_) | (high < close)


def is_unaligned(opened_at: IntColumn, timeframe_ns: int) -> Mask:
    """Return the rows that do not open at a multiple of the timeframe since 1970-01-01T00:00:00Z."""
    mask: Mask = opened_at % timeframe_ns != 0
    return mask


def is_too_large(open_: IntColumn, high: IntColumn, low: IntColumn, close: IntColumn, volume: IntColumn) -> Mask:
    """Return the rows with a number outside the exact range of `golive.model.money`."""
    return (high >= LIMIT) | (open_ >= LIMIT) | (close >= LIMIT) | (low >= LIMIT) | (volume >= LIMIT)
