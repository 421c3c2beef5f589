"""Bybit's names of candle intervals; all begin at UTC, weeks on Monday. Source: API v5 documentation, "Get Kline"."""

from __future__ import annotations

from collections.abc import Mapping

from ..exchange.bar import DAY, SECOND, Bar, week

_MINUTE = 60 * SECOND

BARS: Mapping[str, Bar] = {
    **{str(n): Bar(n * _MINUTE) for n in (1, 3, 5, 15, 30, 60, 120, 240, 360, 720)},
    "D": Bar(DAY),
    "W": week(),
    "M": Bar(0, 0, 1),
}
