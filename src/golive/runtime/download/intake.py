"""Takes what a venue gives and puts it into the store in pieces, so that an interruption costs little."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from golive.market.span import Span
from golive.matching.columns import CandleColumns
from golive.model.clock import SECOND, Clock
from golive.model.instrument import Instrument
from golive.model.market import Candle

from .plan import DownloadPlan
from .record import DownloadRecord

_LEAST_ROWS: Final = 3_000
_SHARE: Final = 8
"""of what is stored: an append writes the whole series anew, so a longer series is appended to less often"""
_LONGEST_NS: Final = 3 * SECOND
_FLUSHES: Final = 20
"""one twentieth of the time may go into storing"""


class Intake:
    """Candles and empty stretches on their way into the store; `flush` must be called at the end, however it comes."""

    def __init__(self, plan: DownloadPlan, instrument: Instrument, record: DownloadRecord, clock: Clock, stored: int) -> None:
        self._plan = plan
        self._instrument = instrument
        self._record = record
        self._clock = clock
        self._candles: list[Candle] = []
        self._empty: list[Span] = []
        self._flushed_at = clock.monotonic()
        self._pause_ns = _LONGEST_NS
        self._stored = stored
        self.added = 0
        """candles that are in the store because of this"""
        self.seen = 0
        """candles taken, stored yet or not"""
        self.empty_ns = 0
        """time of which the venue said that there is nothing"""

    def take(self, candles: Iterable[Candle], empty: Iterable[Span] = ()) -> None:
        """Take candles in any order, and stretches in which there are none; store them when there are enough."""
        before = len(self._candles)
        self._candles.extend(candles)
        self.seen += len(self._candles) - before
        for span in empty:
            self._empty.append(span)
            self.empty_ns += span.until - span.first
        waited = self._clock.monotonic() - self._flushed_at
        if len(self._candles) >= max(_LEAST_ROWS, self._stored // _SHARE) or waited >= self._pause_ns:
            self.flush()

    def flush(self) -> None:
        """Store what was taken; the candles first, so that a stretch that counts as empty never hides some.

        Raises ConfigError for a candle that differs from the stored one, JournalError when a file cannot be written.
        """
        began = self._clock.monotonic()
        if self._candles:
            plan = self._plan
            rows = columns_of(self._candles, self._instrument, plan.length)
            result = plan.store.append(
                self._instrument, plan.timeframe, rows, source=plan.source, now=self._clock.now(), may_mix=plan.may_mix
            )
            self.added += result.added
            self._stored = result.rows
            self._candles.clear()
        self._record.add(self._empty)
        self._empty.clear()
        self._flushed_at = self._clock.monotonic()
        self._pause_ns = max(_LONGEST_NS, _FLUSHES * (self._flushed_at - began))


def columns_of(candles: Iterable[Candle], instrument: Instrument, length: int) -> CandleColumns:
    """Return candles of one instrument as columns, sorted by time."""
    import numpy as np

    rows = sorted((c.opened_at, c.open, c.high, c.low, c.close, c.volume) for c in candles)
    table = np.array(rows, dtype=np.int64).reshape(-1, 6).T
    return CandleColumns(instrument, length, *(np.ascontiguousarray(column) for column in table))
