"""Candles from recorded trades, by the rule of `BarBuilder`, on whole columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golive.matching.columns import IntColumn

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class TradeColumns:
    """Public trades in any order; prices and quantities in steps of their own."""

    ts: IntColumn
    """ns UTC"""
    price: IntColumn
    quantity: IntColumn

    def __len__(self) -> int:
        return len(self.ts)


@dataclass(frozen=True, slots=True, eq=False)
class TradeBars:
    """Candles that trades make: opened_at, open, high, low, close, volume."""

    columns: tuple[IntColumn, IntColumn, IntColumn, IntColumn, IntColumn, IntColumn]
    empty: int
    """candles without a trade: flat at the last price, volume 0"""
    cut: int
    """intervals left out at both ends, of which the file may not hold every trade"""


def bars_of_trades(trades: TradeColumns, timeframe_ns: int) -> TradeBars:
    """Return one candle for each whole interval between the first and the last trade; those two intervals are left out.

    Trades of one time keep the order in which they were given.
    """
    import numpy as np

    none: Any = np.empty(0, dtype=np.int64)
    if not len(trades):
        return TradeBars((none, none, none, none, none, none), 0, 0)
    order = np.argsort(trades.ts, kind="stable")
    bucket = trades.ts[order] // timeframe_ns
    price, quantity = trades.price[order], trades.quantity[order]
    first = np.flatnonzero(np.append(True, bucket[1:] != bucket[:-1]))
    at = bucket[first] - bucket[0]
    last = np.append(first[1:], len(bucket)) - 1
    count = int(at[-1]) + 1
    close = _carried(price[last], at, count)
    open_, high, low = close.copy(), close.copy(), close.copy()
    open_[at] = price[first]
    high[at] = np.maximum.reduceat(price, first)
    low[at] = np.minimum.reduceat(price, first)
    volume: Any = np.zeros(count, dtype=np.int64)
    volume[at] = np.add.reduceat(quantity, first)
    opened_at: Any = (np.arange(count, dtype=np.int64) + bucket[0]) * timeframe_ns
    whole = slice(1, max(1, count - 1))
    columns = (opened_at[whole], open_[whole], high[whole], low[whole], close[whole], volume[whole])
    made = len(columns[0])
    return TradeBars(columns, empty=made - max(0, len(first) - 2), cut=count - made)


def _carried(values: IntColumn, at: npt.NDArray[np.int64], count: int) -> IntColumn:
    """Return `values` at the places `at`, each repeated until the next."""
    import numpy as np

    return np.repeat(values, np.diff(np.append(at, count)))
