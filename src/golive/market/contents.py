"""The table of contents of a store: which series there are, and which of them are damaged; a damaged one hides no other."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument

from .durable import is_temporary, sync
from .origin import staleness
from .series import FIX, INDEX_NAME, SeriesIndex, read_index
from .timeframe import timeframe_ns

BEGUN: Final = ".begun.tmp"
"""stands in a folder from before its first part is written until its first index is, and while a series is removed: as long as it
does, parts without an index are no damage"""


@dataclass(frozen=True, slots=True)
class SeriesEntry:
    """One line of the table."""

    instrument: Instrument
    timeframe: str
    rows: int
    first: int
    last: int
    gaps: int
    missing_rows: int
    sources: tuple[str, ...]
    digest: str
    path: Path
    """the folder"""
    stale: str
    """why a derived series may not be read now; '' for one that may"""


@dataclass(frozen=True, slots=True)
class DamagedSeries:
    """A folder that holds candles, and why nobody can say which."""

    path: Path
    fault: str

    @property
    def name(self) -> str:
        """venue/BASE-QUOTE/timeframe"""
        return "/".join(self.path.parts[-3:])

    @property
    def timeframe(self) -> str:
        return self.path.name

    def is_of(self, instrument: InstrumentId) -> bool:
        return self.path.parts[-3:-1] == (instrument.venue, f"{instrument.base}-{instrument.quote}")


@dataclass(frozen=True, slots=True)
class Contents:
    """What a store holds, by instrument and timeframe."""

    series: tuple[SeriesEntry, ...]
    damaged: tuple[DamagedSeries, ...]


def contents_of(root: Path) -> Contents:
    """Read the index of every series below the root of a store."""
    entries: list[SeriesEntry] = []
    damaged: list[DamagedSeries] = []
    for folder in series_folders(root):
        try:
            index = read_index(folder)
        except ConfigError as exc:
            damaged.append(DamagedSeries(folder, str(exc)))
            continue
        if index is not None:
            entries.append(_entry(index, folder, staleness(root, index)))
        elif holds_series(folder):  # not one that was removed just now
            damaged.append(DamagedSeries(folder, without_index(folder)))
    entries.sort(key=lambda entry: (entry.instrument.id, timeframe_ns(entry.timeframe)))
    return Contents(tuple(entries), tuple(damaged))


def series_folders(root: Path) -> list[Path]:
    """Return the folders that hold a series, sound or not."""
    return [folder for folder in sorted(root.glob("candles/*/*/*")) if holds_series(folder)]


def holds_series(folder: Path) -> bool:
    """A lock, or what a first writer left that did not come to its end, is no series; parts that lost their index are one."""
    if (folder / INDEX_NAME).exists():
        return True
    return not (folder / BEGUN).exists() and any(not is_temporary(path) for path in folder.glob("*.parquet"))


def index_in(folder: Path) -> SeriesIndex | None:
    """Return the index of a series; None where there is none. Raises ConfigError as `read_index`, and for parts without index."""
    index = read_index(folder)
    if index is None and holds_series(folder):
        index = read_index(folder)  # a first writer may have come to its end just now
        if index is None and holds_series(folder):
            raise ConfigError(without_index(folder))
    return index


def without_index(folder: Path) -> str:
    return f"{folder}: no {INDEX_NAME}, but parts; {FIX}"


def mark_begun(folder: Path) -> None:
    """Say that what is in the folder is no series until there is an index; raises OSError. Cleaning removes the mark."""
    (folder / BEGUN).touch(mode=0o640)
    sync(folder)


def _entry(index: SeriesIndex, folder: Path, stale: str) -> SeriesEntry:
    return SeriesEntry(
        index.instrument,
        index.timeframe,
        index.rows,
        index.first,
        index.last,
        index.gaps,
        index.missing_rows,
        tuple(source.name for source in index.sources),
        index.digest,
        folder,
        stale,
    )
