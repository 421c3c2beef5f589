"""Candles for tests of the store: columns from rows, and a plain walk of prices."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence

import numpy as np

from golive.matching.columns import CandleColumns
from golive.model.clock import MINUTE, from_iso
from golive.model.instrument import Instrument

Row = tuple[int, int, int, int, int, int]
"""opened_at (ns), open, high, low, close (ticks), volume (lots)"""

START = from_iso("2024-01-31T22:00:00Z")
LATER = from_iso("2030-01-01T00:00:00Z")


def btc(symbol: str = "okx:BTC/USDT", *, tick: str = "0.1", lot: str = "0.00001") -> Instrument:
    return Instrument.from_text(symbol, tick_size=tick, lot_size=lot, min_quantity=lot, max_quantity="1000", min_notional="5")


def columns_of(
    rows: Iterable[Sequence[int]], *, instrument: Instrument | None = None, timeframe_ns: int = MINUTE
) -> CandleColumns:
    table = np.array(list(rows), dtype=np.int64).reshape(-1, 6)
    opened_at, open_, high, low, close, volume = (np.ascontiguousarray(table[:, i]) for i in range(6))
    return CandleColumns(instrument or btc(), timeframe_ns, opened_at, open_, high, low, close, volume)


def rows_of(candles: CandleColumns) -> list[Row]:
    return list(zip(*(column.tolist() for column in candles.columns), strict=True))


def walk(count: int, *, start: int = START, step: int = MINUTE, seed: int = 1) -> list[Row]:
    """Return candles without a gap, prices around 420,000 ticks."""
    draw = random.Random(seed)
    close, rows = 420_000, list[Row]()
    for i in range(count):
        open_, close = close, max(10, close + draw.randint(-40, 40))
        top, bottom = max(open_, close) + draw.randint(0, 9), min(open_, close) - draw.randint(0, 9)
        rows.append((start + i * step, open_, top, bottom, close, draw.randint(0, 900_000)))
    return rows
