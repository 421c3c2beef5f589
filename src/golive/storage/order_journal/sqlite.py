"""An order journal's database as a SQLite file: made whole or not at all, opened with care, one writer."""

from __future__ import annotations

import heapq
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from functools import cache
from pathlib import Path
from typing import Any, Final, TypeVar

from golive.model.errors import JournalError

from ..failpoint import reach
from ..files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, sync_directory
from ..owned_path import check_file, check_present
from ..sqlite_pragmas import apply_pragmas
from .insertion import Insertion
from .row import ChainedRow, Value
from .schema import APPLICATION_ID, COLUMNS, TABLES, USER_VERSION

T = TypeVar("T")
_WAL_HEADER, _FRAME_HEADER = 32, 24
_SELECTS: Final = {table: f"SELECT seq, {', '.join(columns)}, prev_mac, mac FROM {table}" for table, columns in COLUMNS.items()}  # noqa: S608 (names of ours; values are bound)
_SCHEMA: Final = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
_FILL: Final = f"SELECT {', '.join(COLUMNS['fills'])} FROM fills WHERE venue = ? AND trade_id = ?"  # noqa: S608 (names of ours; values are bound)


class SqliteDatabase:
    """An order database in a file; as `database.Database` says. Opened `read_only` it shows one moment."""

    def __init__(self, path: Path, connection: sqlite3.Connection, facts: Mapping[str, str], *, has_torn_tail: bool) -> None:
        self.path = path
        self.where = str(path)
        self.facts = facts
        self.has_torn_tail = has_torn_tail
        self._connection = connection
        self._insertion = Insertion(connection, self.where)
        self._data_version = self._foreign_writes()

    @classmethod
    def create(cls, path: Path, facts: Mapping[str, str]) -> SqliteDatabase:
        """Make an empty database that says `facts` of itself; raise JournalError when that fails."""
        make_directory(path.parent, PRIVATE_DIRECTORY)
        try:
            _make(path, facts)
        except (sqlite3.Error, OSError) as exc:
            raise JournalError(f"{path}: cannot create the order journal: {exc}") from exc
        return cls.open(path)

    @classmethod
    def open(cls, path: Path, *, read_only: bool = False) -> SqliteDatabase:
        """Open a database that is there; raise JournalError when it is none, another's, or not as it was made."""
        check_file(path)
        for beside in ("-wal", "-shm"):
            check_present(path.with_name(f"{path.name}{beside}"))
        torn = has_torn_tail(path)
        try:
            connection = sqlite3.connect(
                _uri(path, read_only), uri=True, isolation_level=None, check_same_thread=False, timeout=0
            )
            try:
                apply_pragmas(connection, read_only=read_only)
                _check_schema(path, connection)
                if read_only:
                    connection.execute("BEGIN")
                facts = dict(connection.execute("SELECT key, value FROM journal ORDER BY key"))
                return cls(path, connection, facts, has_torn_tail=torn)
            except BaseException:
                connection.close()
                raise
        except sqlite3.Error as exc:
            raise JournalError(f"{path}: cannot be read: {exc}; restore it from a backup, or look into it") from exc

    def begin(self, epoch: int) -> None:
        self._insertion.drop()
        self._do(lambda: self._connection.execute("BEGIN IMMEDIATE"))
        self._refuse_others()

    def insert(self, table: str, row: tuple[Value | bytes, ...]) -> None:
        self._insertion.add(table, row)

    def commit(self) -> None:
        self._insertion.flush()
        self._sync()

    def _sync(self) -> None:
        try:
            reach("orders.commit.before")
            self._connection.execute("COMMIT")
            reach("orders.commit.after")
        except sqlite3.Error as exc:
            raise JournalError(f"{self.path}: the commit failed: {exc}") from exc

    def fence(self, epoch: int) -> None:
        self._refuse_others()

    def fill(self, venue: str, trade_id: str) -> tuple[Value, ...] | None:
        return self._one(_FILL, (venue, trade_id))

    def row(self, seq: int) -> ChainedRow | None:
        for table, select in _SELECTS.items():
            found = self._one(f"{select} WHERE seq = ?", (seq,))
            if found is not None:
                return _chained(table, found)
        return None

    def rows(self, after: int = 0) -> Iterator[ChainedRow]:
        return heapq.merge(*(self._table(table, after) for table in COLUMNS))

    def last_sealed(self) -> int:
        found = self._one("SELECT coalesce(max(sealed_seq), 0) FROM seals", ())
        return int(found[0]) if found else 0

    def select(self, query: str, parameters: tuple[Value, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query; JournalError when it fails."""
        # Any: the columns' types are those of the STRICT tables.
        self._insertion.flush()
        try:
            for row in self._connection.execute(query, parameters):  # noqa: UP028 - `yield from` would close the cursor late
                yield row
        except sqlite3.Error as exc:
            raise JournalError(f"{self.path}: cannot be read: {exc}") from exc

    def storage_faults(self) -> Iterator[str]:
        for query in ("PRAGMA integrity_check", "PRAGMA foreign_key_check"):
            for answer in self.select(query):
                if answer != ("ok",):
                    yield f"{query.removeprefix('PRAGMA ')}: {', '.join(map(str, answer))}"

    def close(self) -> None:
        reach("orders.fold.before")
        self._do(self._connection.close)
        reach("orders.fold.after")

    def _table(self, table: str, after: int) -> Iterator[ChainedRow]:
        for row in self.select(f"{_SELECTS[table]} WHERE seq > ? ORDER BY seq", (after,)):
            yield _chained(table, row)

    def _one(self, query: str, parameters: tuple[Value, ...]) -> tuple[Any, ...] | None:
        self._insertion.flush()
        found: tuple[Any, ...] | None = self._do(lambda: self._connection.execute(query, parameters).fetchone())
        return found

    def _refuse_others(self) -> None:
        if self._do(self._foreign_writes) != self._data_version:
            raise JournalError(f"{self.path}: another process has written to it")

    def _foreign_writes(self) -> int:
        """Return a number that changes whenever another connection changed the file."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _do(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except sqlite3.Error as exc:
            raise JournalError(f"{self.path}: {exc}") from exc


def has_torn_tail(path: Path) -> bool:
    """Return whether the write-ahead log ends in frames that no commit followed; SQLite leaves them out.

    Source: https://www.sqlite.org/fileformat2.html#the_write_ahead_log (frames of the present log carry its salts).
    """
    log = path.with_name(f"{path.name}-wal")
    try:
        size = log.stat().st_size
        with log.open("rb") as file:
            header = file.read(_WAL_HEADER)
            if len(header) < _WAL_HEADER:
                return size > 0
            frame = _FRAME_HEADER + int.from_bytes(header[8:12], "big")
            ends_whole = True
            for start in range(_WAL_HEADER, size, frame):
                file.seek(start)
                head = file.read(_FRAME_HEADER)
                if len(head) < _FRAME_HEADER or head[8:16] != header[16:24]:
                    break
                ends_whole = int.from_bytes(head[4:8], "big") > 0 and start + frame <= size
            return not ends_whole
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise JournalError(f"{log}: cannot be read: {exc.strerror}") from exc


def _chained(table: str, row: tuple[Any, ...]) -> ChainedRow:
    return ChainedRow(row[0], table, tuple(row[1:-2]), row[-2], row[-1])


def _make(path: Path, facts: Mapping[str, str]) -> None:
    """Write a database without rows beside `path` and move it there; raises sqlite3.Error and OSError."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.unlink(missing_ok=True)
    with closing(sqlite3.connect(temporary, isolation_level=None, timeout=0)) as connection:
        temporary.chmod(LOG_FILE)
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {USER_VERSION}")
        connection.executescript(f"BEGIN IMMEDIATE; {TABLES}")
        connection.executemany("INSERT INTO journal (key, value) VALUES (?, ?)", sorted(facts.items()))
        reach("orders.create.commit.before")
        connection.execute("COMMIT")
        reach("orders.create.commit.after")
    reach("orders.create.rename.before")
    temporary.rename(path)
    reach("orders.create.rename.after")
    sync_directory(path.parent)
    reach("orders.create.after")


def _uri(path: Path, read_only: bool) -> str:
    """A writer may begin while somebody reads: both see each other by SQLite's files for that, beside a journal at rest too.

    Opened for writing, though nothing is written (`query_only`), SQLite takes those files away again. Where none can be made
    nobody writes either.
    """
    uri = path.resolve().as_uri()
    if not read_only:
        return f"{uri}?mode=rw"
    if path.with_name(f"{path.name}-wal").exists():
        return f"{uri}?mode=ro"
    return f"{uri}?mode=rw" if os.access(path.parent, os.W_OK) and os.access(path, os.W_OK) else f"{uri}?mode=ro&immutable=1"


def _check_schema(path: Path, connection: sqlite3.Connection) -> None:
    marks = tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if marks[0] != APPLICATION_ID:
        raise JournalError(f"{path}: not an order journal")
    if marks[1] != USER_VERSION:
        raise JournalError(
            f"{path}: an order journal of version {marks[1]}, this release reads version {USER_VERSION}; use the release that "
            "wrote it, or trade the account under a new keychain_key, which begins a journal of its own"
        )
    if connection.execute(_SCHEMA).fetchall() != _expected_schema():
        raise JournalError(f"{path}: the tables, indexes or triggers are not those of an order journal; look into it")


@cache
def _expected_schema() -> list[tuple[str, str, str, str]]:
    with closing(sqlite3.connect(":memory:")) as model:
        model.executescript(TABLES)
        return model.execute(_SCHEMA).fetchall()
