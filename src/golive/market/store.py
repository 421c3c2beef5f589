"""The candle store: history as exact integers, one folder a series, read through memory maps, changed all at once or not at all.

    <root>/candles/<venue>/<BASE-QUOTE>/<timeframe>/
        index.json                     what belongs to the series now; written last
        2024-01.<digest>.parquet       one month; never changed, replaced by another file
        columns.<digest>/close.i64 …   the same numbers for reading, derived

Only closed candles enter it, so only closed ones leave it.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from golive.matching.columns import CandleColumns, IntColumn
from golive.model.errors import ConfigError, JournalError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument

from .column_file import map_columns, remove_columns, write_columns
from .contents import BEGUN, Contents, SeriesEntry, contents_of, holds_series, index_in, mark_begun
from .durable import is_temporary, make_folder, only_writer, write_atomic
from .merge import merged, regridded, table_of
from .origin import RESAMPLE, derivation, require_one_market, staleness
from .part_file import months_of, read_part, write_part
from .resample import resample, source_timeframe
from .series import (
    INDEX_NAME,
    Gap,
    Part,
    SeriesIndex,
    Source,
    read_index,
    same_grid,
    series_folder,
)
from .timeframe import timeframe_ns

if TYPE_CHECKING:
    from .part_file import Table

_TRIES: Final = 20
"""a reader that meets as many writers in a row gives up"""


@dataclass(frozen=True, slots=True)
class AppendResult:
    """What became of the rows given to `append`."""

    added: int
    known: int
    """already there, or twice in what was given, and the same"""
    replaced: int
    unclosed: int
    """dropped: the candle had not ended"""
    was_sorted: bool
    rows: int
    """candles in the series now"""


class CandleStore:
    """The candles below one root, `<home>/var/data/<environment>`."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def contents(self) -> Contents:
        """Return what is stored, sound or damaged."""
        return contents_of(self.root)

    def series(self) -> list[SeriesEntry]:
        """Return the series whose index can be read, by venue, symbol and timeframe."""
        return list(self.contents().series)

    def index(self, instrument: InstrumentId, timeframe: str) -> SeriesIndex:
        """Return the index of a series; raise ConfigError saying what is stored when it is not."""
        found = index_in(series_folder(self.root, instrument, timeframe))
        if found is None:
            raise ConfigError(f"{self.root}: no candles of {instrument} {timeframe}; {self._stored()}")
        return found

    def read(self, instrument: InstrumentId, timeframe: str, since: int | None = None, until: int | None = None) -> CandleColumns:
        """Return the candles that open at or after `since` and before `until` (ns), read-only.

        A stored series is mapped into memory; one that is not stored is made from the longest stored timeframe it is a
        multiple of. Raises ConfigError when there is none, what is stored is not readable, or is derived and stale.
        """
        finer = self.source_of(instrument, timeframe)
        if finer == timeframe:
            return between_times(self.state(instrument, timeframe)[1], since, until)
        length = timeframe_ns(timeframe)
        first = None if since is None else since + -since % length
        last = None if until is None else until + -until % length
        return resample(between_times(self.state(instrument, finer)[1], first, last), timeframe)

    def source_of(self, instrument: InstrumentId, timeframe: str) -> str:
        """Return the timeframe of the stored series that candles of `timeframe` are read from, or made of when they are read.

        Raises ConfigError saying what is stored when there is none.
        """
        if index_in(series_folder(self.root, instrument, timeframe)) is not None:
            return timeframe
        usable = [entry.timeframe for entry in self.series() if entry.instrument.id == instrument and not entry.stale]
        found = source_timeframe(timeframe, usable)
        if found is None:
            self.index(instrument, timeframe)
        return found or timeframe

    def state(self, instrument: InstrumentId, timeframe: str) -> tuple[SeriesIndex, CandleColumns]:
        """Return the index of a stored series and the candles that it tells of; raises ConfigError as `read` does."""
        folder = series_folder(self.root, instrument, timeframe)
        for _ in range(_TRIES):
            index = self.index(instrument, timeframe)
            if stale := staleness(self.root, index):
                raise ConfigError(stale)
            columns = map_columns(folder, index.digest, index.rows)
            if columns is None:
                columns = self._restored_columns(folder, index)
            if columns is not None:
                return index, CandleColumns(index.instrument, timeframe_ns(timeframe), *columns)
        raise ConfigError(f"{folder}: its columns could not be made; run `golive data verify`")

    def gaps(self, instrument: InstrumentId, timeframe: str, since: int | None = None, until: int | None = None) -> list[Gap]:
        """Return the gaps between the stored candles of a period, oldest first."""
        return gaps_between(self.read(instrument, timeframe, since, until))

    def append(
        self,
        instrument: Instrument,
        timeframe: str,
        rows: CandleColumns,
        *,
        source: str,
        now: int,
        replace: bool = False,
        may_mix: bool = False,
    ) -> AppendResult:
        """Merge candles in any order into a series, newer or older ones; all of them or, on an error, none.

        Args:
            instrument: its grid is kept by a new series; a stored one keeps its own and takes rows that fit it exactly.
            rows: on the grid of `rows.instrument`.
            source: who gave them, for the index.
            now: wall clock, ns; candles that end later are left out.
            replace: take the new row where it differs from the stored one.
            may_mix: take rows of a file beside those of a market, or the other way round (see `origin`).

        Raises:
            ConfigError: a row is impossible, off the grid, of another market, or differs from a stored one without `replace`; the
                series is damaged.
            JournalError: a file cannot be written.
        """
        folder = series_folder(self.root, instrument.id, timeframe)
        if rows.timeframe_ns != timeframe_ns(timeframe):
            raise ConfigError(f"{instrument.id}: candles of {rows.timeframe_ns / 1e9:g} s given as {timeframe}")
        make_folder(folder)
        with only_writer(folder):
            index = index_in(folder)
            require_one_market(index, source, may_mix=may_mix)
            grid = index.instrument if index else instrument
            table, unclosed, was_sorted = table_of(regridded(rows, grid), now)
            given = table.shape[1]
            if not given:
                return AppendResult(0, 0, 0, unclosed, was_sorted, index.rows if index else 0)
            old = {part.month: part for part in index.parts} if index else {}
            parts = dict(old)
            fresh: dict[str, Table] = {}
            added = replaced = 0
            months = months_of(table[0])
            for month, first, last in months:
                before = read_part(folder, old[month]) if month in old else None
                month_table, new, other = merged(before, table[:, first:last], may_replace=replace, grid=grid)
                added, replaced = added + new, replaced + other
                if new or other:
                    fresh[month] = month_table
            if fresh:
                with self._all_or_nothing(folder):
                    for month, month_table in fresh.items():
                        parts[month] = write_part(folder, month, month_table)
                    self._publish(folder, instrument, timeframe, index, parts, fresh, Source(source, added + replaced, now))
            total = sum(part.rows for part in parts.values())
            return AppendResult(added, given - added - replaced, replaced, unclosed, was_sorted, total)

    def put_derived(self, rows: CandleColumns, timeframe: str, *, finer: str, digest: str, now: int) -> None:
        """Make a derived series anew, whole: `rows` were made of the series of `finer` when that had `digest`.

        Raises:
            ConfigError: there are no rows, candles of this timeframe are stored that were brought and not made, or are damaged.
            JournalError: a file cannot be written.
        """
        instrument = rows.instrument
        folder = series_folder(self.root, instrument.id, timeframe)
        if not len(rows):
            raise ConfigError(f"{instrument.id}: no whole candle of {timeframe} can be made of those of {finer}")
        make_folder(folder)
        with only_writer(folder):
            index = index_in(folder)
            if index is not None and derivation(index) is None:
                raise ConfigError(
                    f"{instrument.id} {timeframe} is stored and was brought, not made of {finer} candles; to have it made "
                    "of them, remove it first"
                )
            table, _, _ = table_of(rows, now)
            fresh = {month: table[:, first:last] for month, first, last in months_of(table[0])}
            with self._all_or_nothing(folder):
                parts = {month: write_part(folder, month, month_table) for month, month_table in fresh.items()}
                source = Source(f"{RESAMPLE}{finer}", table.shape[1], now, digest)
                self._publish(folder, instrument, timeframe, None, parts, fresh, source)

    def remove(self, instrument: InstrumentId, timeframe: str) -> int | None:
        """Remove a series with all its files, damaged or not; return its rows, None when its index could not say them.

        Raises ConfigError when there is none, JournalError when a file cannot be removed.
        """
        folder = series_folder(self.root, instrument, timeframe)
        if not holds_series(folder):
            self.index(instrument, timeframe)  # says what is stored instead
        with only_writer(folder):
            try:
                index = read_index(folder)
            except ConfigError:
                index = None  # what cannot be read can still be removed
            try:
                mark_begun(folder)
                (folder / INDEX_NAME).unlink(missing_ok=True)
                self._clean(folder)
            except OSError as exc:
                raise JournalError(f"{folder}: cannot be removed: {exc.strerror}") from exc
        return None if index is None else index.rows

    @contextlib.contextmanager
    def _all_or_nothing(self, folder: Path) -> Iterator[None]:
        """A change that fails leaves nothing behind, one that is cut off nothing that counts."""
        if not (folder / INDEX_NAME).exists():
            try:
                mark_begun(folder)
            except OSError as exc:
                raise JournalError(f"{folder}: cannot write: {exc.strerror}") from exc
        try:
            yield
        except JournalError:
            self._clean(folder)
            raise

    def _publish(
        self,
        folder: Path,
        instrument: Instrument,
        timeframe: str,
        before: SeriesIndex | None,
        parts: dict[str, Part],
        fresh: dict[str, Table],
        source: Source,
    ) -> None:
        """Write the columns of the new state, then its index, then remove what belongs to the old one alone."""
        ordered = tuple(parts[month] for month in sorted(parts))
        made_from = instrument if before is None or same_grid(before.instrument, instrument) else before.instrument
        draft = SeriesIndex(
            instrument=made_from,
            timeframe=timeframe,
            rows=sum(part.rows for part in ordered),
            first=ordered[0].first,
            last=ordered[-1].last,
            gaps=0,
            missing_rows=0,
            parts=ordered,
            sources=(source,) if before is None else before.with_source(source),
        )
        tables = self._tables(folder, before, ordered, fresh)
        write_columns(folder, draft.digest, lambda at: (table[at] for table in tables))
        columns = map_columns(folder, draft.digest, draft.rows)
        assert columns is not None
        gaps = gaps_between(CandleColumns(made_from, timeframe_ns(timeframe), *columns))
        _write_index(folder, draft, gaps)
        self._clean(folder)

    @staticmethod
    def _tables(
        folder: Path, before: SeriesIndex | None, parts: tuple[Part, ...], fresh: dict[str, Table]
    ) -> list[Table | list[IntColumn]]:
        """Return the columns of each month: new ones, or pieces of the columns of the state before."""
        mapped = map_columns(folder, before.digest, before.rows) if before else None
        places: dict[str, int] = {}
        at = 0
        for part in before.parts if before else ():
            places[part.month] = at
            at += part.rows
        tables: list[Table | list[IntColumn]] = []
        for part in parts:
            if part.month in fresh:
                tables.append(fresh[part.month])
            elif mapped is None:
                tables.append(read_part(folder, part))
            else:
                first = places[part.month]
                tables.append([column[first : first + part.rows] for column in mapped])
        return tables

    @staticmethod
    def _restored_columns(folder: Path, index: SeriesIndex) -> list[IntColumn] | None:
        """Make the columns of a state from its parts; None when another state has come since.

        A store that cannot be written is read from its parts each time.
        """
        try:
            with only_writer(folder):
                now = read_index(folder)
                if now is None or now.digest != index.digest:
                    return None
                tables = [read_part(folder, part) for part in index.parts]
                write_columns(folder, index.digest, lambda at: (table[at] for table in tables))
        except JournalError:
            return _columns_of_parts(folder, index)
        return map_columns(folder, index.digest, index.rows)

    @staticmethod
    def _clean(folder: Path) -> None:
        """Remove what no index names: left by a crash, or replaced. Only the holder of the lock may."""
        index = read_index(folder)
        named = {part.file for part in index.parts} if index else set()
        for path in folder.iterdir():
            if path.name != BEGUN and is_temporary(path):
                shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            elif path.suffix == ".parquet" and path.name not in named:
                path.unlink(missing_ok=True)
        remove_columns(folder, [index.digest] if index else [])
        (folder / BEGUN).unlink(missing_ok=True)

    def _stored(self) -> str:
        found = self.contents()
        names = [f"{entry.instrument.id} {entry.timeframe}" for entry in found.series]
        names += [f"{each.name} (damaged)" for each in found.damaged]
        known = f"stored: {', '.join(names)}" if names else "nothing is stored"
        damage = "; `golive data verify` says what is damaged, `golive data remove` removes it" if found.damaged else ""
        return f"{known}{damage}; `golive data download` or `golive data import` brings them"


def _columns_of_parts(folder: Path, index: SeriesIndex) -> list[IntColumn] | None:
    import numpy as np

    try:
        columns: list[IntColumn] = list(np.concatenate([read_part(folder, part) for part in index.parts], axis=1))
    except ConfigError:
        now = read_index(folder)
        if now is not None and now.digest == index.digest:
            raise
        return None  # a writer has replaced the parts meanwhile
    for column in columns:
        column.flags.writeable = False
    return columns


def between_times(candles: CandleColumns, since: int | None, until: int | None) -> CandleColumns:
    """Return the candles that open at or after `since` and before `until`, as views."""
    import numpy as np

    first = 0 if since is None else int(np.searchsorted(candles.opened_at, since, side="left"))
    last = len(candles) if until is None else int(np.searchsorted(candles.opened_at, until, side="left"))
    return candles.between(first, max(first, last))


def gaps_between(candles: CandleColumns) -> list[Gap]:
    """Return the gaps between candles in rising order."""
    import numpy as np

    length = candles.timeframe_ns
    steps = np.diff(candles.opened_at)
    return [
        Gap(int(candles.opened_at[at]) + length, int(candles.opened_at[at + 1]), int(steps[at]) // length - 1)
        for at in np.flatnonzero(steps > length).tolist()
    ]


def _write_index(folder: Path, draft: SeriesIndex, gaps: list[Gap]) -> None:
    index = dataclasses.replace(draft, gaps=len(gaps), missing_rows=sum(gap.missing for gap in gaps))
    write_atomic(folder / INDEX_NAME, json.dumps(index.to_json(), indent=1).encode())
