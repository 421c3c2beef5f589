"""The data quality report of a stored series: read, judged, written; also when nothing is stored."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from pathlib import Path

from golive.config.core_file import DataQuality
from golive.market.quality import Quality, Summary, check_quality, nothing_to_judge, with_findings_of
from golive.market.quality_report import Dataset, FileRows, report_document, write_report
from golive.market.series import SeriesIndex, read_index, series_folder
from golive.market.store import CandleStore
from golive.market.timeframe import timeframe_ns
from golive.model.clock import MINUTE
from golive.model.ids import InstrumentId

from .signed_evidence import sign_evidence


def judge_stored(
    store: CandleStore,
    instrument: InstrumentId,
    timeframe: str,
    *,
    home: Path,
    source: str,
    tags: tuple[str, ...],
    now: int,
    is_fresh_wanted: bool = False,
    imported: tuple[Quality, FileRows] | None = None,
) -> tuple[Quality, Path]:
    """Return the judgement of a series and the report written below `home`; raises ConfigError, JournalError.

    With what was found in a file that has been imported, the judgement is the worse of both.
    """
    folder = series_folder(store.root, instrument, timeframe)
    index = read_index(folder)
    length = timeframe_ns(timeframe)
    fresh_at = now if is_fresh_wanted else None
    if index is None:
        quality = nothing_to_judge(length)
    else:
        quality = check_quality(store.read(instrument, timeframe), length, fresh_at=fresh_at)
    file = None
    if imported is not None:
        of_file, file = imported
        quality = with_findings_of(quality, of_file)
    shown = folder.relative_to(home) if folder.is_relative_to(home) else folder
    dataset = Dataset(str(instrument), timeframe, str(shown), parts_sha256(index), file)
    report = write_report(home, report_document(quality, dataset, source=source, tags=tags, now=now), now)
    sign_evidence(home, report, now)
    return quality, report


def parts_sha256(index: SeriesIndex | None) -> str:
    """Return the SHA-256 over the digests of a series' parts in the order of their months."""
    parts = () if index is None else index.parts
    return hashlib.sha256("".join(part.sha256 for part in parts).encode()).hexdigest()


def breaches_of(summary: Summary, limits: DataQuality) -> tuple[str, ...]:
    """Return what of a judgement breaks the limits of an environment, in words; empty when nothing does."""
    found = []
    if summary.longest_gap_ns > limits.max_gap_minutes * MINUTE:
        longest = summary.longest_gap_ns // MINUTE
        found.append(f"the longest gap lasts {longest:,} min, max_gap_minutes is {limits.max_gap_minutes:,}")
    if Decimal(summary.ok_ratio) < limits.min_ok_ratio:
        found.append(f"ok_ratio is {summary.ok_ratio:.4f}, min_ok_ratio is {limits.min_ok_ratio}")
    return tuple(found)
