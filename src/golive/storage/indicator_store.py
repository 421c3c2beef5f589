"""What service levels are judged by: `var/state/slo/<entrypoint>.sqlite`, values and states of one entrypoint, for 31 days.

It is written once a second, and nothing is forced to the disk: a process that is killed loses at most its last second, and that
it was killed shows in its row of `runs`. It proves nothing, so it is neither chained nor signed.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from golive.model.clock import DAY
from golive.model.errors import JournalError

from .files import LOG_FILE, PRIVATE_DIRECTORY, make_directory

DIRECTORY: Final = Path("var/state/slo")
APPLICATION_ID: Final = 0x474C534C
"""`GLSL`: golive service levels"""
USER_VERSION: Final = 1
KEPT_NS: Final = 31 * DAY
MOST_VALUES: Final = 2_000_000
"""values kept of one entrypoint, some 60 MB; the oldest go first, and windows that reach back to them say so"""
BUSY_MS: Final = 250
_TABLES: Final = """
CREATE TABLE series (
    id INTEGER PRIMARY KEY, indicator TEXT NOT NULL, exchange TEXT NOT NULL, stage TEXT NOT NULL,
    UNIQUE (indicator, exchange, stage)
) STRICT;
CREATE TABLE samples (id INTEGER PRIMARY KEY, series INTEGER NOT NULL, at INTEGER NOT NULL, value INTEGER NOT NULL) STRICT;
CREATE INDEX samples_by_time ON samples (series, at);
CREATE TABLE spans (
    id INTEGER PRIMARY KEY, series INTEGER NOT NULL, began INTEGER NOT NULL, ended INTEGER NOT NULL, is_up INTEGER NOT NULL
) STRICT;
CREATE INDEX spans_by_time ON spans (series, ended);
CREATE TABLE runs (
    id INTEGER PRIMARY KEY, run_id TEXT NOT NULL, exchange TEXT NOT NULL, stage TEXT NOT NULL, began INTEGER NOT NULL,
    seen INTEGER NOT NULL, in_order INTEGER NOT NULL
) STRICT;
CREATE TABLE losses (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, count INTEGER NOT NULL) STRICT;
"""


class SampleRow(NamedTuple):
    """One value, in billionths of its unit; `at` wall clock, ns UTC."""

    indicator: str
    exchange: str
    at: int
    value: int


class SpanRow(NamedTuple):
    """A state that held; one that goes on where the last one of its series ended makes that one longer."""

    indicator: str
    exchange: str
    began: int
    ended: int
    is_up: bool


class RunRow(NamedTuple):
    """One process that measured. `in_order` False: it runs, or it was cut off at `seen`."""

    exchange: str
    stage: str
    began: int
    seen: int
    in_order: bool


@dataclass(slots=True)
class Batch:
    """What one second brought. `lost`: values that found no room."""

    seen: int
    samples: list[SampleRow] = field(default_factory=list)
    spans: list[SpanRow] = field(default_factory=list)
    lost: int = 0


@dataclass(frozen=True, slots=True)
class Stored:
    """What is stored of one indicator since some moment: values with their times, states, and what may be missing."""

    samples: tuple[tuple[int, int], ...]
    """(at, value)"""
    spans: tuple[tuple[int, int, bool], ...]
    """(began, ended, is up)"""
    runs: tuple[RunRow, ...]
    """all that are known, of every venue and stage, in the order in which they began"""
    lost: int
    kept_since: int
    """older values were dropped to keep the file small; 0: none was"""


class IndicatorStore:
    """The writing side, for one run of one entrypoint. One thread at a time uses it, whichever that is."""

    def __init__(self, path: Path, connection: sqlite3.Connection, stage: str, run: int | None) -> None:
        self.path = path
        self._connection = connection
        self._stage = stage
        self._run = run
        self._series: dict[tuple[str, str], int] = {}
        self._last: dict[int, tuple[int, int, bool]] = {}
        """by series: id, end and state of its newest span"""

    @classmethod
    def open(
        cls, home: Path, entrypoint: str, *, stage: str, now: int, exchange: str = "", run_id: str | None = None
    ) -> IndicatorStore:
        """Open the entrypoint's file, making it if missing, let go of what is too old, and note that a run begins at `now`.

        Without `run_id` it is no run: whatever becomes of the process, nobody expected it to last.

        Raises JournalError when the file is foreign or cannot be used.
        """
        path = home / DIRECTORY / f"{entrypoint}.sqlite"
        make_directory(path.parent, PRIVATE_DIRECTORY)
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000, check_same_thread=False)
            try:
                _prepare(path, connection)
                connection.execute("BEGIN IMMEDIATE")
                _prune(connection, now)
                run = None if run_id is None else _begin(connection, run_id, exchange, stage, now)
                connection.execute("COMMIT")
            except BaseException:
                connection.close()
                raise
        except (sqlite3.Error, OSError) as exc:
            raise JournalError(f"{path}: cannot open the store of service levels: {exc}") from exc
        return cls(path, connection, stage, run)

    def write(self, batch: Batch) -> None:
        """Keep what one second brought, all or nothing. Raises JournalError, and nothing of it is kept then."""
        last = dict(self._last)
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._insert(batch)
                self._connection.execute("COMMIT")
            except BaseException:
                self._last = last
                self._series.clear()
                if self._connection.in_transaction:  # sqlite ends it itself where the disk is full
                    self._connection.execute("ROLLBACK")
                raise
        except sqlite3.Error as exc:
            raise JournalError(f"{self.path}: cannot keep values of service levels: {exc}") from exc

    def prune(self, now: int) -> None:
        """Let go of what is older than 31 days, and of the oldest values beyond the most that are kept."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            _prune(self._connection, now)
            self._connection.execute("COMMIT")
        except sqlite3.Error as exc:
            raise JournalError(f"{self.path}: cannot let go of old values: {exc}") from exc

    def close(self, now: int) -> None:
        """Note that the run ended in order, and give the file up."""
        try:
            self._connection.execute("UPDATE runs SET seen = ?, in_order = 1 WHERE id = ?", (now, self._run))
        except sqlite3.Error as exc:
            raise JournalError(f"{self.path}: cannot note the end of a run: {exc}") from exc
        finally:
            self._connection.close()

    def _insert(self, batch: Batch) -> None:
        execute = self._connection.execute
        rows = [(self._of(each.indicator, each.exchange), each.at, each.value) for each in batch.samples]
        self._connection.executemany("INSERT INTO samples (series, at, value) VALUES (?, ?, ?)", rows)
        for span in batch.spans:
            series = self._of(span.indicator, span.exchange)
            newest = self._last.get(series)
            if newest is not None and newest[1:] == (span.began, span.is_up):
                execute("UPDATE spans SET ended = ? WHERE id = ?", (span.ended, newest[0]))
                self._last[series] = newest[0], span.ended, span.is_up
                continue
            row = execute(
                "INSERT INTO spans (series, began, ended, is_up) VALUES (?, ?, ?, ?)",
                (series, span.began, span.ended, int(span.is_up)),
            )
            assert row.lastrowid is not None
            self._last[series] = row.lastrowid, span.ended, span.is_up
        if batch.lost:
            execute("INSERT INTO losses (at, count) VALUES (?, ?)", (batch.seen, batch.lost))
        execute("UPDATE runs SET seen = ? WHERE id = ?", (batch.seen, self._run))

    def _of(self, indicator: str, exchange: str) -> int:
        known = self._series.get((indicator, exchange))
        if known is not None:
            return known
        names = (indicator, exchange, self._stage)
        self._connection.execute("INSERT OR IGNORE INTO series (indicator, exchange, stage) VALUES (?, ?, ?)", names)
        found = self._connection.execute(
            "SELECT id FROM series WHERE indicator = ? AND exchange = ? AND stage = ?", names
        ).fetchone()
        self._series[indicator, exchange] = int(found[0])
        return int(found[0])


def append(home: Path, entrypoint: str, *, stage: str, batch: Batch) -> None:
    """Keep what a process measured that is no run. Raises JournalError."""
    store = IndicatorStore.open(home, entrypoint, stage=stage, now=batch.seen)
    try:
        store.write(batch)
    finally:
        store.close(batch.seen)


def _begin(connection: sqlite3.Connection, run_id: str, exchange: str, stage: str, now: int) -> int | None:
    query = "INSERT INTO runs (run_id, exchange, stage, began, seen, in_order) VALUES (?, ?, ?, ?, ?, 0)"
    return connection.execute(query, (run_id, exchange, stage, now, now)).lastrowid


def entrypoints_measured(home: Path) -> tuple[str, ...]:
    """Return the entrypoints that have a store, by name."""
    return tuple(sorted(path.stem for path in (home / DIRECTORY).glob("*.sqlite")))


def read_indicator(
    home: Path, entrypoint: str, indicator: str, since: int, *, exchange: str | None = None, stage: str | None = None
) -> Stored:
    """Return what is stored after `since` (ns UTC), of one venue or stage where one is named. Raises JournalError."""
    path = home / DIRECTORY / f"{entrypoint}.sqlite"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=BUSY_MS / 1000)) as connection:
            _check_marks(path, connection)
            connection.execute("BEGIN")
            chosen = _chosen(connection, indicator, exchange, stage)
            samples = _rows(connection, "SELECT at, value FROM samples WHERE series = ? AND at > ?", chosen, since)
            spans = _rows(connection, "SELECT began, ended, is_up FROM spans WHERE series = ? AND ended > ?", chosen, since)
            runs = [
                RunRow(row[0], row[1], row[2], row[3], bool(row[4]))
                for row in connection.execute("SELECT exchange, stage, began, seen, in_order FROM runs ORDER BY id")
            ]
            lost = connection.execute("SELECT coalesce(sum(count), 0) FROM losses WHERE at > ?", (since,)).fetchone()[0]
            kept_since = connection.execute("SELECT coalesce(max(at), 0) FROM losses WHERE count = 0").fetchone()[0]
    except (sqlite3.Error, OSError) as exc:
        raise JournalError(f"{path}: cannot read the store of service levels: {exc}") from exc
    return Stored(
        tuple((int(at), int(value)) for at, value in samples),
        tuple((int(began), int(ended), bool(up)) for began, ended, up in spans),
        tuple(runs),
        int(lost),
        int(kept_since),
    )


def _chosen(connection: sqlite3.Connection, indicator: str, exchange: str | None, stage: str | None) -> Sequence[int]:
    rows = connection.execute("SELECT id, exchange, stage FROM series WHERE indicator = ?", (indicator,))
    return [row[0] for row in rows if exchange in (None, row[1]) and stage in (None, row[2])]


def _rows(connection: sqlite3.Connection, query: str, series: Sequence[int], since: int) -> list[tuple[int, ...]]:
    return [row for each in series for row in connection.execute(query, (each, since))]


def _prune(connection: sqlite3.Connection, now: int) -> None:
    """A loss of no value says up to when values were dropped for want of room."""
    oldest = now - KEPT_NS
    connection.execute("DELETE FROM samples WHERE at <= ?", (oldest,))
    connection.execute("DELETE FROM spans WHERE ended <= ?", (oldest,))
    connection.execute("DELETE FROM losses WHERE at <= ?", (oldest,))
    connection.execute("DELETE FROM runs WHERE seen <= ? AND in_order", (oldest,))
    count = connection.execute("SELECT count(*) FROM samples").fetchone()[0]
    if count > MOST_VALUES:
        row = connection.execute("SELECT at FROM samples ORDER BY at LIMIT 1 OFFSET ?", (count - MOST_VALUES - 1,)).fetchone()
        connection.execute("DELETE FROM samples WHERE at <= ?", (row[0],))
        connection.execute("INSERT INTO losses (at, count) VALUES (?, 0)", (row[0],))


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "journal_mode = WAL", "synchronous = NORMAL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN IMMEDIATE")
    if connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
        for statement in filter(str.strip, _TABLES.split(";\n")):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {USER_VERSION}")
        path.chmod(LOG_FILE)
    connection.execute("COMMIT")
    _check_marks(path, connection)


def _check_marks(path: Path, connection: sqlite3.Connection) -> None:
    marks = tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if marks != (APPLICATION_ID, USER_VERSION):
        raise JournalError(
            f"{path}: not a store of service levels of this version (application id, version {marks}); move it away"
        )
