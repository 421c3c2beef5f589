"""Bars from trades: an unfinished bar stays here; only a closed one leaves as a Candle.

A bar closes when market time reaches its end (a later trade, book or tick of the market clock says so). Once the first trade was
seen every interval gives a bar: one without trades is flat at the last price with volume 0, so that bar counts mean time.
"""

from __future__ import annotations

from golive.model.instrument import Instrument
from golive.model.market import Candle, Trade


class BarBuilder:
    """Builds bars of `timeframe_ns` for one instrument; intervals are aligned to 1970-01-01T00:00:00Z."""

    def __init__(self, instrument: Instrument, timeframe_ns: int) -> None:
        self._instrument = instrument
        self._length = timeframe_ns
        self._start: int | None = None
        self._open = self._high = self._low = self._close = 0
        self._volume = 0
        self.late_trades = 0

    def go_on_from(self, start: int, price: int) -> None:
        """Begin where bars of before ended, at `start` (ns, the start of an interval), with their last price in ticks."""
        self._begin(start, price)

    def on_trade(self, trade: Trade) -> list[Candle]:
        """Take a trade; return the bars that its time closes. A trade older than the running bar is counted, not used."""
        closed = self.on_time(trade.ts)
        start = trade.ts - trade.ts % self._length
        if self._start is None:
            self._begin(start, trade.price)
        if trade.ts < (self._start or 0):
            self.late_trades += 1
            return closed
        if self._volume == 0:
            self._open = self._high = self._low = trade.price
        self._high = max(self._high, trade.price)
        self._low = min(self._low, trade.price)
        self._close = trade.price
        self._volume += trade.quantity
        return closed

    def on_time(self, ts: int) -> list[Candle]:
        """Take the market clock; return every bar whose end has been reached."""
        closed: list[Candle] = []
        while self._start is not None and ts >= self._start + self._length:
            end = self._start + self._length
            closed.append(
                Candle(self._instrument.id, self._start, end, self._open, self._high, self._low, self._close, self._volume)
            )
            self._begin(end, self._close)
        return closed

    def _begin(self, start: int, price: int) -> None:
        self._start = start
        self._open = self._high = self._low = self._close = price
        self._volume = 0
