"""The two ways to fetch what a series lacks: candles backwards, or trades forwards with the last candles as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from golive.market.bars import BarBuilder
from golive.market.span import Span
from golive.model.instrument import Instrument
from golive.model.market import Candle
from golive.venues.adapter import VenueAdapter


class Takes(Protocol):
    """Takes candles in any order, and stretches of which the venue said that there are none."""

    def take(self, candles: Iterable[Candle], empty: Iterable[Span] = ()) -> None: ...


class Fetch(Protocol):
    """Fetches one missing stretch into the intake."""

    async def __call__(self, span: Span) -> None: ...


@dataclass(frozen=True, slots=True)
class CandlesBackwards:
    """From the end of a stretch to its beginning. What no page holds between its neighbours is not there."""

    adapter: VenueAdapter
    instrument: Instrument
    timeframe: str
    intake: Takes

    async def __call__(self, span: Span) -> None:
        before = span.until
        while before > span.first:
            page = await self.adapter.older_candles(self.instrument, self.timeframe, before)
            kept = [candle for candle in page if candle.opened_at >= span.first]
            is_last = len(kept) < len(page) or not page
            floor = span.first if is_last else page[0].opened_at
            self.intake.take(kept, _holes(kept, Span(floor, before)))
            before = floor


def _holes(candles: Sequence[Candle], span: Span) -> list[Span]:
    ends = [span.first, *(candle.closed_at for candle in candles)]
    begins = [*(candle.opened_at for candle in candles), span.until]
    return [Span(end, begin) for end, begin in zip(ends, begins, strict=True) if begin > end]


@dataclass(frozen=True, slots=True)
class TradesForwards:
    """Bars of the trades of a stretch, and from where the venue lists its last candles on those.

    Its trades say all there is to know, so a stretch that begins behind a stored candle goes on from its close.
    """

    adapter: VenueAdapter
    instrument: Instrument
    length: int
    intake: Takes
    recent: Sequence[Candle]
    """the last closed candles without a gap, oldest first, at least one"""
    close_before: Callable[[int], str | None]
    """the close of the stored candle that ended at this time, if there is one"""

    async def __call__(self, span: Span) -> None:
        listed = [candle for candle in self.recent if span.first <= candle.opened_at < span.until]
        if span.until > self.recent[0].opened_at:
            self.intake.take(listed)
        stop = min(span.until, self.recent[0].opened_at)
        if span.first < stop:
            await self._build(Span(span.first, stop))

    async def _build(self, span: Span) -> None:
        bars = BarBuilder(self.instrument, self.length)
        close = self.close_before(span.first)
        if close is not None:
            bars.go_on_from(span.first, self.instrument.ticks_nearest(close))
        is_first, after, known = close is None, span.first - 1, -1
        while True:
            page = await self.adapter.later_trades(self.instrument, after)
            fresh = [each for each in page if each.number > known]
            closed: list[Candle] = []
            for each in fresh:
                if each.trade.ts < span.until:
                    closed += bars.on_trade(each.trade)
            is_over = not page or page[-1].trade.ts >= span.until
            if is_over:
                closed += bars.on_time(span.until)
            empty: list[Span] = []
            if is_first and (closed or is_over):
                empty = _holes(closed[:1], Span(span.first, closed[0].closed_at if closed else span.until))
                is_first = False
            self.intake.take(closed, empty)
            if is_over:
                return
            # Several trades can share the last time of a page: all of that time are asked for again, unless nothing else came.
            after = page[-1].trade.ts - 1 if fresh else page[-1].trade.ts
            known = max(known, page[-1].number)
