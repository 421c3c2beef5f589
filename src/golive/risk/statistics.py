"""How much a price moves: volatility and average true range, from closed bars, as floats.

Volatility is RiskMetrics' exponentially weighted one, λ = 0.94 (J. P. Morgan, RiskMetrics Technical Document, 4th ed., 1996),
of log returns bar by bar, with a mean of zero; a year has 365 days. The average true range is Wilder's, of 14 bars (New Concepts
in Technical Trading Systems, 1978). The compiled driver of the engine does the same arithmetic in the same order.
"""

from __future__ import annotations

import math
from typing import Final

DECAY: Final = 0.94
RETURNS: Final = 20
"""so many returns make a volatility"""
RANGES: Final = 14
"""so many true ranges make an average"""
YEAR_NS: Final = 365 * 86_400 * 1_000_000_000


class PriceStatistics:
    """Takes closed bars in ticks with `add`, which is cheap; they are worked through when a figure is asked for."""

    __slots__ = ("_atr", "_bars_a_year", "_close", "_folded", "_range_sum", "_variance", "pending")

    def __init__(self, timeframe_ns: int) -> None:
        self.pending: list[tuple[int, int, int]] = []
        """bars that were not worked through yet: there are some after every `add`, and none once a figure was asked for"""
        self._bars_a_year = YEAR_NS / timeframe_ns
        self._folded = 0
        """returns and true ranges that were worked through; the first bar has neither"""
        self._close = 0
        self._variance = 0.0
        self._range_sum = 0.0
        self._atr = 0.0

    def add(self, high: int, low: int, close: int) -> None:
        """Take a closed bar, in ticks."""
        if len(self.pending) >= 1000:
            self._fold()
        self.pending.append((high, low, close))

    @property
    def volatility(self) -> float | None:
        """Return a year's volatility, as a share of the price; None before there are enough returns."""
        self._fold()
        return math.sqrt(self._variance * self._bars_a_year) if self._folded >= RETURNS else None

    @property
    def atr(self) -> float | None:
        """Return the average true range in ticks; None before there are enough bars."""
        self._fold()
        return self._atr if self._folded >= RANGES else None

    def _fold(self) -> None:
        for high, low, close in self.pending:
            before, self._close = self._close, close
            if before == 0:
                continue
            self._folded += 1
            change = math.log(close / before)
            if self._folded == 1:
                self._variance = change * change
            else:
                self._variance = DECAY * self._variance + (1.0 - DECAY) * change * change
            span = float(max(high, before) - min(low, before))
            if self._folded <= RANGES:
                self._range_sum += span
                self._atr = self._range_sum / RANGES
            else:
                self._atr += (span - self._atr) / RANGES
        self.pending.clear()
