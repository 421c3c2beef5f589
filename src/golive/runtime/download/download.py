"""One download from its plan to its result."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from golive.market.series import read_index, series_folder
from golive.market.span import Span, missing_spans, without
from golive.model.clock import SECOND, Clock
from golive.model.errors import ConfigError, VenueError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Candle

from .fetch import CandlesBackwards, Fetch, TradesForwards
from .intake import Intake
from .plan import DownloadPlan
from .record import DownloadRecord
from .venue import OpenVenue, embedded_until, open_venue


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is; candles that the venue does not have count as done."""

    done: int
    total: int
    requests: int


@dataclass(slots=True)
class Download:
    """A download; `run` fetches what is missing, and the figures say what came of it, also when it was cut short."""

    plan: DownloadPlan
    home: Path
    clock: Clock
    show: Callable[[Progress], None]
    whole: Span | None = None
    """what was wanted, once the venue has said where its market ends"""
    wanted: int = 0
    """candles of it that were missing"""
    added: int = 0
    absent: int = 0
    """candles that the venue said it does not have"""
    requests: int = 0
    seconds: float = 0.0

    async def run(self, behind: Callable[[OpenVenue, Mapping[InstrumentId, Instrument]], Awaitable[None]]) -> None:
        """Fetch everything that is missing; what was fetched is stored however this ends.

        `behind` is called when all is there, with what the venue lists.

        Raises ConfigError (an instrument that the venue does not list), VenueError (the venue could not be asked), or
        CancelledError.
        """
        began = self.clock.monotonic()
        plan = self.plan
        opening = open_venue(
            plan.entrypoint, plan.profile, self.home, self.clock, seed=plan.seed,
            embedded_until=embedded_until(plan) if plan.is_embedded else 0,
        )  # fmt: skip
        async with opening as venue:
            try:
                listed = await self._fetch(venue)
                await behind(venue, listed)
            finally:
                self.requests = venue.requests
                self.seconds = (self.clock.monotonic() - began) / SECOND

    async def _fetch(self, venue: OpenVenue) -> Mapping[InstrumentId, Instrument]:
        plan = self.plan
        listed = await venue.adapter.load()
        instrument = listed.get(plan.instrument)
        if instrument is None:
            near = sorted(each.symbol for each in listed if each.base == plan.instrument.base)[:8]
            known = f"; it has {', '.join(near)}" if near else ""
            raise ConfigError(f"--symbol {plan.instrument.symbol}: {plan.profile.label} does not trade it now{known}")
        count = 2 if plan.profile.trade_history is None else plan.profile.trade_history.recent_candles
        recent = await venue.adapter.candles(instrument, plan.timeframe, count)
        if not recent:
            raise VenueError(f"{plan.profile.label}: no closed candle of {plan.instrument.symbol} {plan.timeframe}")
        self.whole = plan.whole(recent[-1].closed_at)
        record = DownloadRecord(plan.root, plan.instrument, plan.timeframe, plan.source)
        if plan.fill_gaps:
            record.forget()
        spans = without(self._missing(self.whole), record.empty)
        self.wanted = sum(span.until - span.first for span in spans) // plan.length
        if spans:
            record.begin(self.whole)
        intake = Intake(plan, instrument, record, self.clock, self._stored())
        fetch = self._way(venue, instrument, intake, recent)
        forwards = plan.profile.trade_history is not None
        watching = asyncio.create_task(self._watch(venue, intake))
        try:
            for span in spans if forwards else reversed(spans):
                await fetch(span)
        finally:
            watching.cancel()
            intake.flush()
            self.added, self.absent = intake.added, intake.empty_ns // plan.length
            self.show(Progress(intake.seen + self.absent, self.wanted, venue.requests))
        record.finish(self.whole)
        return listed

    async def _watch(self, venue: OpenVenue, intake: Intake) -> None:
        while True:
            self.show(Progress(intake.seen + intake.empty_ns // self.plan.length, self.wanted, venue.requests))
            await asyncio.sleep(0.1)

    def _way(self, venue: OpenVenue, instrument: Instrument, intake: Intake, recent: tuple[Candle, ...]) -> Fetch:
        plan = self.plan
        if plan.profile.trade_history is None:
            return CandlesBackwards(venue.adapter, instrument, plan.timeframe, intake)
        return TradesForwards(venue.adapter, instrument, plan.length, intake, _unbroken(recent), self._close_before)

    def _missing(self, whole: Span) -> list[Span]:
        if not self._stored():
            return [whole] if whole.until > whole.first else []
        candles = self.plan.store.read(self.plan.instrument, self.plan.timeframe, whole.first, whole.until)
        return missing_spans(candles.opened_at, self.plan.length, whole)

    def _stored(self) -> int:
        index = read_index(series_folder(self.plan.root, self.plan.instrument, self.plan.timeframe))
        return 0 if index is None else index.rows

    def _close_before(self, moment: int) -> str | None:
        """Return the close of the stored candle that ended at `moment` (ns)."""
        if not self._stored():
            return None
        before = self.plan.store.read(self.plan.instrument, self.plan.timeframe, moment - self.plan.length, moment)
        return before.instrument.price_text(int(before.close[-1])) if len(before) else None


def _unbroken(candles: tuple[Candle, ...]) -> tuple[Candle, ...]:
    """Return the last of `candles` that follow each other without a gap."""
    first = len(candles) - 1
    while first > 0 and candles[first - 1].closed_at == candles[first].opened_at:
        first -= 1
    return candles[first:]
