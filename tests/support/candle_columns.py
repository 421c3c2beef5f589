"""Seeded markets as columns."""

from __future__ import annotations

import numpy as np

from golive.matching.columns import CandleColumns
from golive.model.clock import MINUTE
from support.trading import BTC, START, random_walk


def walk_columns(bars: int, seed: int = 1) -> CandleColumns:
    """Return `support.trading.random_walk` as columns."""
    candles = list(random_walk(bars, seed))
    names = ("opened_at", "open", "high", "low", "close", "volume")
    columns = (np.array([getattr(candle, name) for candle in candles], np.int64) for name in names)
    return CandleColumns(BTC, MINUTE, *columns)


def jumpy_columns(bars: int, seed: int = 1) -> CandleColumns:
    """Return a market of leaps, standstills and equal highs, with volumes of zero."""
    rng = np.random.default_rng(seed)
    moves = rng.integers(-400, 401, bars) * (rng.random(bars) < 0.7)
    close = np.maximum(1, 20_000 + np.cumsum(moves)).astype(np.int64)
    opened = np.concatenate((close[:1], close[:-1]))
    high = np.maximum(opened, close) + rng.integers(0, 3, bars)
    low = np.maximum(1, np.minimum(opened, close) - rng.integers(0, 3, bars))
    volume = rng.integers(0, 5, bars) * 100
    return CandleColumns(BTC, MINUTE, START + np.arange(bars, dtype=np.int64) * MINUTE, opened, high, low, close, volume)
