"""The data quality report of a stored series: read, judged, written; also when nothing is stored."""

from __future__ import annotations

import hashlib
from pathlib import Path

from golive.market.quality import Quality, check_quality
from golive.market.quality_report import Dataset, report_document, write_report
from golive.market.series import SeriesIndex, read_index, series_folder
from golive.market.store import CandleStore
from golive.market.timeframe import timeframe_ns
from golive.matching.columns import CandleColumns
from golive.model.instrument import Instrument


def judge_stored(
    store: CandleStore,
    instrument: Instrument,
    timeframe: str,
    *,
    home: Path,
    source: str,
    tags: tuple[str, ...],
    now: int,
    is_fresh_wanted: bool = False,
) -> tuple[Quality, Path]:
    """Return the judgement of a series and the report written below `home`; raises ConfigError, JournalError."""
    folder = series_folder(store.root, instrument.id, timeframe)
    index = read_index(folder)
    length = timeframe_ns(timeframe)
    candles = _none(instrument, length) if index is None else store.read(instrument.id, timeframe)
    quality = check_quality(candles, length, fresh_at=now if is_fresh_wanted else None)
    shown = folder.relative_to(home) if folder.is_relative_to(home) else folder
    dataset = Dataset(str(instrument.id), timeframe, str(shown), parts_sha256(index))
    return quality, write_report(home, report_document(quality, dataset, source=source, tags=tags, now=now), now)


def parts_sha256(index: SeriesIndex | None) -> str:
    """Return the SHA-256 over the digests of a series' parts in the order of their months."""
    parts = () if index is None else index.parts
    return hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()


def _none(instrument: Instrument, length: int) -> CandleColumns:
    import numpy as np

    empty = np.zeros(0, dtype=np.int64)
    return CandleColumns(instrument, length, empty, empty, empty, empty, empty, empty)
