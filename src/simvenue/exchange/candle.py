"""Candles of every bar size, built from trades (book sources) or aggregated from recorded candles."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import TypeAlias

from .bar import Bar

Row: TypeAlias = tuple[int, int, int, int, int, int, int]
"""opened (ns), open, high, low, close (ticks), volume (lots), notional (instrument quote units)"""


class Series:
    """Bars of one size in order; only those in which something happened."""

    __slots__ = ("bar", "emitted_to", "opened", "rows")

    def __init__(self, bar: Bar) -> None:
        self.bar = bar
        self.opened: list[int] = []
        self.rows: list[Row] = []
        self.emitted_to = 0
        """bars that opened before this were handed out as closed, or closed before anybody watched"""

    def merge(self, row: Row) -> None:
        """Take in a finer row that is not older than the newest bar."""
        opened = self.bar.floor(row[0])
        if self.opened and self.opened[-1] >= opened:
            last = self.rows[-1]
            self.rows[-1] = (
                last[0],
                last[1],
                last[2] if last[2] > row[2] else row[2],
                last[3] if last[3] < row[3] else row[3],
                row[4],
                last[5] + row[5],
                last[6] + row[6],
            )
            return
        self.opened.append(opened)
        self.rows.append((opened, *row[1:]))


class CandleStore:
    """All bars of one instrument.

    `base` is the finest size there is. With `fills_gaps` a bar without trades is flat at the close before it, as real
    exchanges publish it; recorded candles keep their gaps.
    """

    def __init__(self, base: Bar, *, fills_gaps: bool) -> None:
        self._fills_gaps = fills_gaps
        self.base = base
        self._fine = Series(base)
        self._series: dict[Bar, Series] = {base: self._fine}
        self._now = 0

    def supports(self, bar: Bar) -> bool:
        """Say whether `bar` can be built from the finest rows."""
        return bar.months > 0 or (bar.period >= self.base.period and bar.period % self.base.period == 0)

    def add(self, row: Row) -> None:
        """Take one trade (as a row of one price) or one recorded candle; never older than what was closed."""
        if row[0] < self._now:
            row = (self._now, *row[1:])
        for series in self._series.values():
            series.merge(row)

    def series(self, bar: Bar) -> Series:
        """Return the series of `bar`, built on first use from the finest rows."""
        found = self._series.get(bar)
        if found is None:
            found = Series(bar)
            for row in self._fine.rows:
                found.merge(row)
            self._series[bar] = found
        return found

    def advance(self, now: int) -> None:
        """Set the market clock: what comes later is never older than this."""
        self._now = max(self._now, now)

    def watch(self, bar: Bar) -> None:
        """Begin to hand out closed bars of this size from the running one on."""
        self.series(bar).emitted_to = bar.floor(self._now)

    def take_closed(self, bar: Bar) -> list[Row]:
        """Return the bars that closed since the last call, oldest first."""
        series = self.series(bar)
        current = bar.floor(self._now)
        if series.emitted_to >= current:
            return []
        start, series.emitted_to = series.emitted_to, current
        rows = list(self._backwards(series, current, start))
        rows.reverse()
        return rows

    def running(self, bar: Bar) -> Row | None:
        """Return the unfinished bar, None when nothing happened in it yet."""
        series = self.series(bar)
        return series.rows[-1] if series.opened and series.opened[-1] >= bar.floor(self._now) else None

    def window(self, bar: Bar, *, older_than: int | None, newer_than: int | None, limit: int) -> list[tuple[Row, bool]]:
        """Return up to `limit` (row, closed) newest first, with opened < older_than and > newer_than (ns)."""
        series = self.series(bar)
        current = bar.floor(self._now)
        start = 0 if newer_than is None else newer_than + 1
        out: list[tuple[Row, bool]] = []
        running = self.running(bar)
        if running is not None and running[0] >= start and (older_than is None or running[0] < older_than):
            out.append((running, False))
        end = current if older_than is None else min(current, older_than)
        for row in self._backwards(series, end, start):
            if len(out) >= limit:
                break
            out.append((row, True))
        return out[:limit]

    def _backwards(self, series: Series, end: int, start: int) -> Iterator[Row]:
        """Yield the rows with start <= opened < end, newest first, flat ones between when gaps are filled."""
        index = bisect_left(series.opened, end) - 1
        if index < 0:
            return
        if not self._fills_gaps:
            while index >= 0 and series.opened[index] >= start:
                yield series.rows[index]
                index -= 1
            return
        opened = series.bar.floor(end - 1)
        while index >= 0 and opened >= start:
            row = series.rows[index]
            if row[0] == opened:
                yield row
                index -= 1
            else:
                yield (opened, row[4], row[4], row[4], row[4], 0, 0)
            opened = series.bar.floor(opened - 1)
