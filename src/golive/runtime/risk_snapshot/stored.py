"""What a risk snapshot reads from the store: the finest series of an instrument and the figures of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from golive.market.origin import FILE, market_of
from golive.market.quality import check_quality
from golive.market.series import SeriesIndex
from golive.market.store import CandleStore, between_times, gaps_between
from golive.market.timeframe import timeframe_ns
from golive.market.volatility import ATR_PERIODS, annualised_volatility, average_true_range
from golive.matching.columns import CandleColumns
from golive.model.clock import DAY, MINUTE
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument

from ..stored_quality import parts_sha256
from .document import Candles, TrueRange, Volatility, Volume

WINDOW_NS: Final = 30 * DAY
"""of the volatility, up to the last candle"""


@dataclass(frozen=True, slots=True)
class StoredFigures:
    """The figures of one series; None where there are too few candles for one, all of them when nothing is stored."""

    candles: Candles | None = None
    last_price: str | None = None
    last_price_at: int | None = None
    volatility: Volatility | None = None
    average_true_range: TrueRange | None = None
    volume_24h: Volume | None = None
    markets: tuple[str, ...] = ()
    """of venues, that the candles were downloaded from"""


def stored_figures(store: CandleStore, instrument: InstrumentId) -> StoredFigures:
    """Return the figures of the finest series of an instrument; raises ConfigError for a store that cannot be read."""
    held = store.contents()
    timeframes = [entry.timeframe for entry in held.series if entry.instrument.id == instrument]
    damaged = [each.path.name for each in held.damaged if each.is_of(instrument)]  # the finest may be one; then nothing is known
    if not timeframes and not damaged:
        return StoredFigures()
    timeframe = min([*timeframes, *damaged], key=timeframe_ns)
    index, candles = store.index(instrument, timeframe), store.read(instrument, timeframe)
    end = int(candles.opened_at[-1]) + candles.timeframe_ns
    return StoredFigures(
        candles=_candles(index, candles, timeframe),
        last_price=candles.instrument.price_text(int(candles.close[-1])),
        last_price_at=end,
        volatility=_volatility(between_times(candles, end - WINDOW_NS, None)),
        average_true_range=_true_range(candles),
        volume_24h=_volume(between_times(candles, end - DAY, None)),
        markets=tuple(sorted({market_of(source.name) for source in index.sources} - {FILE})),
    )


def _candles(index: SeriesIndex, candles: CandleColumns, timeframe: str) -> Candles:
    longest = max((gap.until - gap.first for gap in gaps_between(candles)), default=0)
    return Candles(
        timeframe=timeframe,
        rows=len(candles),
        first=index.first,
        last=index.last,
        ok_ratio=round(check_quality(candles, candles.timeframe_ns).summary.ok_ratio, 4),
        max_gap_minutes=longest / MINUTE,
        sources=tuple(source.name for source in index.sources),
        sha256=parts_sha256(index),
    )


def _volatility(window: CandleColumns) -> Volatility | None:
    found = annualised_volatility(window)
    if found is None:
        return None
    return Volatility(found[0], found[1], int(window.opened_at[0]), int(window.opened_at[-1]))


def _true_range(candles: CandleColumns) -> TrueRange | None:
    ticks = average_true_range(candles)
    if ticks is None:
        return None
    return TrueRange(candles.instrument.price_text(round(ticks)), ATR_PERIODS)


def _volume(day: CandleColumns) -> Volume | None:
    """Return the volume of a whole day; None when a candle of it is missing or candles are longer than a day."""
    if len(day) * day.timeframe_ns != DAY:
        return None
    instrument: Instrument = day.instrument
    lots = [int(volume) for volume in day.volume]
    quote = sum(instrument.notional(int(close), volume) for close, volume in zip(day.close, lots, strict=True))
    return Volume(instrument.quantity_text(sum(lots)), instrument.quote_text(quote))
