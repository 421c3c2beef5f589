"""Longer candles from shorter ones; a bucket of which a candle is missing gives none, because nobody knows what it held."""

from __future__ import annotations

from golive.matching.columns import CandleColumns
from golive.model.errors import ConfigError, MagnitudeError
from golive.model.money import LIMIT

from .timeframe import TIMEFRAMES, timeframe_ns


def can_be_made_of(timeframe: str, finer: str) -> bool:
    """Return whether whole candles of `finer` make up a candle of `timeframe`."""
    length, part = timeframe_ns(timeframe), timeframe_ns(finer)
    return part < length and length % part == 0


def source_timeframe(timeframe: str, stored: list[str]) -> str | None:
    """Return the longest of the stored timeframes that candles of `timeframe` can be made of; None when there is none."""
    fitting = [name for name in TIMEFRAMES if name in stored and can_be_made_of(timeframe, name)]
    return fitting[-1] if fitting else None


def resample(candles: CandleColumns, timeframe: str) -> CandleColumns:
    """Return candles of a longer timeframe, aligned to 1970-01-01T00:00:00Z, each made of all the candles it covers.

    Open is the first open, close the last close, high and low the extremes, volume the sum.

    Raises:
        ConfigError: the timeframe is not a multiple of that of the candles.
        MagnitudeError: a sum of volumes leaves the exact range.
    """
    import numpy as np

    length, part = timeframe_ns(timeframe), candles.timeframe_ns
    if part >= length or length % part:
        raise ConfigError(f"candles of {part / 1e9:g} s do not make up candles of {timeframe}; choose a longer multiple")
    bucket = candles.opened_at // length
    first = np.flatnonzero(np.append(True, bucket[1:] != bucket[:-1])) if len(bucket) else np.empty(0, dtype=np.int64)
    after = np.append(first[1:], len(bucket)) if len(first) else first
    is_whole = after - first == length // part
    first, after = first[is_whole], after[is_whole]
    if not len(first):
        none = candles.between(0, 0)
        return CandleColumns(none.instrument, length, none.opened_at, none.open, none.high, none.low, none.close, none.volume)
    if int(candles.volume.max()) >= LIMIT // (length // part):
        raise MagnitudeError(f"{candles.instrument.id}: volumes of {timeframe} candles may leave the exact range")
    # Rows of incomplete buckets lie between the whole ones: each reduction ends at its own bucket, and every second is kept.
    cuts = np.stack((first, after), axis=1).ravel()
    cuts = cuts[:-1] if cuts[-1] == len(bucket) else cuts
    return CandleColumns(
        candles.instrument,
        length,
        bucket[first] * length,
        candles.open[first],
        np.maximum.reduceat(candles.high, cuts)[::2],
        np.minimum.reduceat(candles.low, cuts)[::2],
        candles.close[after - 1],
        np.add.reduceat(candles.volume, cuts)[::2],
    )
