"""What the market of a session looks like: a summary of its last closed bars, the same ones that its strategy decided on."""

from __future__ import annotations

import itertools
import math
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean, stdev
from typing import Final

from golive.model.clock import to_iso
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Candle

WINDOW_BARS: Final = 240
YEAR_NS: Final = 31_536_000 * 10**9
DOLLARS: Final = frozenset({"USD", "USDT", "USDC"})
_DIGITS: Final = 4


@dataclass(frozen=True, slots=True)
class MarketIntel:
    """One instrument over a window of closed bars; shares and statistics rounded to 4 decimals, None = not known."""

    symbol: str
    interval: str
    start: str
    """ISO-8601, the opening of the first bar"""
    end: str
    """the close of the last one"""
    bar_count: int
    price_change_pct: float
    """as a fraction: 0.015 = 1.5 %"""
    volatility_pct: float | None
    """a year's, as a fraction: the sample deviation of the returns of the bars; None below three bars"""
    max_drawdown_pct: float
    average_volume: float
    """base, of a bar"""
    liquidity_usd: float | None
    """what a bar trades on average, in dollars; None where the quote asset is none"""
    momentum_score: float
    """-1 to 1: rising bars less falling ones, as a share of all"""


class MarketIntelAggregator:
    """Hears each closed bar once; one for all who ask."""

    def __init__(self, instruments: Sequence[Instrument], interval: str, interval_ns: int, bars: int = WINDOW_BARS) -> None:
        self._instruments = {each.id: each for each in instruments}
        self._interval = interval
        self._interval_ns = interval_ns
        self._bars: dict[InstrumentId, deque[Candle]] = {each.id: deque(maxlen=bars) for each in instruments}

    def heard(self, candle: Candle) -> None:
        """Take a closed bar; one of an instrument that is not traded here is none of ours."""
        if candle.instrument in self._bars:
            self._bars[candle.instrument].append(candle)

    def snapshot(self, name: InstrumentId) -> MarketIntel | None:
        """Return the summary of an instrument; None before its first bar."""
        bars = self._bars.get(name)
        if not bars:
            return None
        instrument = self._instruments[name]
        closes = [_amount(instrument.price_text(bar.close)) for bar in bars]
        volumes = [_amount(instrument.quantity_text(bar.volume)) for bar in bars]
        first = _amount(instrument.price_text(bars[0].open))
        returns = [after / before - 1 for before, after in itertools.pairwise(closes)]
        worth = fmean(close * volume for close, volume in zip(closes, volumes, strict=True))
        return MarketIntel(
            symbol=name.symbol,
            interval=self._interval,
            start=to_iso(bars[0].opened_at),
            end=to_iso(bars[-1].closed_at),
            bar_count=len(bars),
            price_change_pct=round(closes[-1] / first - 1, _DIGITS),
            volatility_pct=self._volatility(returns),
            max_drawdown_pct=round(_drawdown(closes), _DIGITS),
            average_volume=round(fmean(volumes), _DIGITS),
            liquidity_usd=round(worth, _DIGITS) if instrument.quote in DOLLARS else None,
            momentum_score=_momentum(returns),
        )

    def _volatility(self, returns: Sequence[float]) -> float | None:
        return round(stdev(returns) * math.sqrt(YEAR_NS / self._interval_ns), _DIGITS) if len(returns) > 1 else None


def _amount(text: str) -> float:
    return float(Decimal(text))


def _drawdown(closes: Sequence[float]) -> float:
    """Return the deepest fall from the highest close before it, as a share of that."""
    peak, deepest = closes[0], 0.0
    for close in closes:
        peak = max(peak, close)
        deepest = max(deepest, 1 - close / peak)
    return deepest


def _momentum(returns: Sequence[float]) -> float:
    if not returns:
        return 0.0
    return round(sum((change > 0) - (change < 0) for change in returns) / len(returns), _DIGITS)
