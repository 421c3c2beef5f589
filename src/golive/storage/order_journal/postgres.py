"""An order journal's database in PostgreSQL, for operators with several hosts: a schema for each journal.

At most one connection writes: it holds an advisory lock for as long as it lives, and every transaction locks the openings and
looks whether a higher epoch was written. Who lost the connection has lost both, and nothing connects again by itself.
"""

from __future__ import annotations

import hashlib
import heapq
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing

from ..failpoint import reach
from .database import NoJournal
from .postgres_schema import MARK, statements, table_names, trigger_names
from .row import ChainedRow, Value
from .schema import COLUMNS

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")
ROWS_AT_ONCE: Final = 5000
CONNECT_TIMEOUT_S: Final = 5
LOCK_PATIENCE_S: Final = 2.0
"""the server takes a moment to see that the process of a connection was killed"""
_SETTINGS: Final[Mapping[str, str]] = {
    "synchronous_commit": "on",
    "lock_timeout": "1s",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
    "bytea_output": "hex",
}
_LOOPBACK: Final = ("", "localhost", "127.0.0.1", "::1")
_INSERTS: Final = {
    table: f"INSERT INTO {table} (seq, {', '.join(columns)}, prev_mac, mac) VALUES ({', '.join(['%s'] * (len(columns) + 3))})"  # noqa: S608 (names of ours; values are bound)
    for table, columns in COLUMNS.items()
}
_SELECTS: Final = {table: f"SELECT seq, {', '.join(columns)}, prev_mac, mac FROM {table}" for table, columns in COLUMNS.items()}  # noqa: S608 (names of ours; values are bound)
_FILL: Final = f"SELECT {', '.join(COLUMNS['fills'])} FROM fills WHERE venue = %s AND trade_id = %s"  # noqa: S608 (names of ours; values are bound)
_EPOCH: Final = "SELECT coalesce(max(epoch), 0) FROM openings"
_HOLDER: Final = """SELECT coalesce(a.application_name, ''), coalesce(host(a.client_addr), 'its own host') FROM pg_locks AS l
JOIN pg_stat_activity AS a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND (l.classid::bigint << 32 | l.objid::bigint) = %s"""


class PostgresDatabase:
    """An order database in a server; see `database.Database`. A read-only one sees one moment of it."""

    has_torn_tail = False
    """a transaction that did not commit leaves nothing"""

    def __init__(self, connection: psycopg.Connection[Any], where: str, facts: Mapping[str, str]) -> None:
        self.where = where
        self.facts = facts
        self._connection = connection
        self._pending: list[tuple[str, tuple[Value | bytes, ...]]] = []

    @classmethod
    def open(cls, url: str, log_id: str, facts: Mapping[str, str] | None = None, *, read_only: bool = False) -> PostgresDatabase:
        """Connect to the journal `log_id`; with `facts` it is made when there is none. The writer's lock is held from now on.

        Raises ConfigError for a URL that cannot be used or a missing driver, PrerequisiteMissing naming who writes it already,
        JournalError when it cannot be reached, is none, or is not as it was made.
        """
        import_driver()
        import psycopg

        schema = schema_name(log_id)
        where = f"{shown(url)}#{schema}"
        try:
            connection = psycopg.connect(**connection_parameters(url), autocommit=True)
        except psycopg.Error as exc:
            raise JournalError(f"{where}: cannot connect: {exc}") from exc
        try:
            _prepare(connection, where, schema)
            if not read_only:
                # Who looks on may take its time over a large journal; a writer that waits so long is better off stopped.
                connection.execute("SET statement_timeout TO '10s'")
                _lock(connection, where, log_id)
            if not _exists(connection, schema):
                if facts is None or read_only:
                    raise NoJournal(f"{where}: there is no such order journal")
                _make(connection, schema, facts)
            _check(connection, where, schema)
            if read_only:
                connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            found = dict(connection.execute("SELECT key, value FROM journal ORDER BY key").fetchall())
        except psycopg.Error as exc:
            connection.close()
            raise JournalError(f"{where}: cannot be opened: {exc}") from exc
        except BaseException:
            connection.close()
            raise
        return cls(connection, where, found)

    def begin(self, epoch: int) -> None:
        self._pending.clear()
        # One round trip; the lock keeps every other writer out until the transaction ends.
        self._do(lambda: self._connection.execute("BEGIN; LOCK TABLE openings IN SHARE ROW EXCLUSIVE MODE NOWAIT"))
        self.fence(epoch)

    def insert(self, table: str, row: tuple[Value | bytes, ...]) -> None:
        self._pending.append((_INSERTS[table], row))

    def commit(self) -> None:
        self._flush()
        reach("orders.postgres_commit.before")
        self._do(lambda: self._connection.execute("COMMIT"))
        reach("orders.postgres_commit.after")

    def fence(self, epoch: int) -> None:
        newest = self._one(_EPOCH, ())
        if newest is None or int(newest[0]) > epoch:
            raise JournalError(
                f"{self.where}: another process has written to it: it is in epoch {newest and newest[0]}, not {epoch}"
            )

    def fill(self, venue: str, trade_id: str) -> tuple[Value, ...] | None:
        self._flush()
        return self._one(_FILL, (venue, trade_id))

    def row(self, seq: int) -> ChainedRow | None:
        for table, select in _SELECTS.items():
            found = self._one(f"{select} WHERE seq = %s", (seq,))
            if found is not None:
                return _chained(table, found)
        return None

    def rows(self, after: int = 0) -> Iterator[ChainedRow]:
        return heapq.merge(*(self._table(table, after) for table in COLUMNS))

    def last_sealed(self) -> int:
        found = self._one("SELECT coalesce(max(sealed_seq), 0) FROM seals", ())
        return int(found[0]) if found else 0

    def select(self, query: str, parameters: tuple[Value, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query whose places are `?`; JournalError when it fails."""
        # Any: the columns' types are those of the tables.
        yield from self._do(lambda: self._connection.execute(_placed(query), parameters).fetchall())

    def storage_faults(self) -> Iterator[str]:
        """Yield what the server's page checksums found, where it keeps any."""
        found = self._one("SELECT coalesce(checksum_failures, 0) FROM pg_stat_database WHERE datname = current_database()", ())
        if found and found[0]:
            yield f"the server has found {found[0]} damaged pages in this database"

    def close(self) -> None:
        self._do(self._connection.close)

    def _table(self, table: str, after: int) -> Iterator[ChainedRow]:
        query = f"{_SELECTS[table]} WHERE seq > %s ORDER BY seq LIMIT {ROWS_AT_ONCE}"
        while found := self._all(query, (after,)):
            for row in found:
                yield _chained(table, row)
            after = found[-1][0]

    def _all(self, query: str, parameters: tuple[Value, ...]) -> list[tuple[Any, ...]]:
        return self._do(lambda: self._connection.execute(query, parameters).fetchall())

    def _flush(self) -> None:
        """Send the rows that wait, all in one go."""
        rows, self._pending = self._pending, []
        if not rows:
            return

        def send() -> None:
            with self._connection.pipeline():
                for query, row in rows:
                    self._connection.execute(query, row)

        self._do(send)

    def _one(self, query: str, parameters: tuple[Value, ...]) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._do(lambda: self._connection.execute(query, parameters).fetchone())
        return found

    def _do(self, act: Callable[[], T]) -> T:
        import psycopg

        try:
            return act()
        except psycopg.Error as exc:
            raise JournalError(f"{self.where}: {exc.diag.message_primary or exc}") from exc


def import_driver() -> None:
    """Raise ConfigError naming the extra when the driver is not installed."""
    try:
        import psycopg  # noqa: F401 - whether it is there
    except ImportError as exc:
        raise ConfigError("an order journal in PostgreSQL needs the extra postgres: pip install 'golive[postgres]'") from exc


def schema_name(log_id: str) -> str:
    """Return the schema of a journal: readable, and at most the 63 bytes PostgreSQL keeps of a name."""
    return log_id if len(log_id) <= 63 else f"{log_id[:46]}_{hashlib.sha256(log_id.encode()).hexdigest()[:16]}"


def shown(url: str) -> str:
    """Return a URL without what is secret or long in it, for messages."""
    from urllib.parse import urlsplit

    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def connection_parameters(url: str) -> dict[str, Any]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        parameters = conninfo_to_dict(url)
    except ProgrammingError as exc:
        raise ConfigError(f"the URL of an order journal cannot be read: {exc}") from exc
    if "password" in parameters:
        raise ConfigError("the URL of an order journal holds a password: leave it to PGPASSFILE or to peer authentication")
    host = str(parameters.get("host") or "")
    if host not in _LOOPBACK and not host.startswith("/"):
        parameters.setdefault("sslmode", "verify-full")
    return {
        "connect_timeout": CONNECT_TIMEOUT_S,
        "tcp_user_timeout": CONNECT_TIMEOUT_S * 1000,
        **parameters,
        "application_name": f"golive {socket.gethostname()} {os.getpid()}"[:63],
    }


def _prepare(connection: psycopg.Connection[Any], where: str, schema: str) -> None:
    from psycopg import sql

    for name, value in _SETTINGS.items():
        connection.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.execute(sql.SQL("SET search_path TO {}, pg_temp").format(sql.Identifier(schema)))
    for name, expected in (("fsync", "on"), ("full_page_writes", "on"), ("server_encoding", "UTF8")):
        found = connection.execute("SELECT current_setting(%s)", (name,)).fetchone()
        if found is None or found[0] != expected:
            raise JournalError(f"{where}: the server's {name} is {found and found[0]}, orders need it {expected}")


def _lock(connection: psycopg.Connection[Any], where: str, log_id: str) -> None:
    key = int.from_bytes(hashlib.sha256(f"golive|{log_id}".encode()).digest()[:8], "big", signed=True)
    until = time.monotonic() + LOCK_PATIENCE_S
    while connection.execute("SELECT pg_try_advisory_lock(%s)", (key,)).fetchone() != (True,):
        if time.monotonic() >= until:
            holder = connection.execute(_HOLDER, (key,)).fetchone() or ("another process", "a host that is not shown")
            raise PrerequisiteMissing(f"{where}: the orders are in the hands of {holder[0]} from {holder[1]}; stop it first")
        time.sleep(0.02)


def _exists(connection: psycopg.Connection[Any], schema: str) -> bool:
    return connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone() is not None


def _make(connection: psycopg.Connection[Any], schema: str, facts: Mapping[str, str]) -> None:
    from psycopg import sql

    with connection.transaction():
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        connection.execute(statements().encode())
        for fact in sorted(facts.items()):
            connection.execute("INSERT INTO journal (key, value) VALUES (%s, %s)", fact)
        connection.execute(sql.SQL("COMMENT ON SCHEMA {} IS {}").format(sql.Identifier(schema), sql.Literal(MARK)))
        reach("orders.postgres_create.before")
    reach("orders.postgres_create.after")


def _check(connection: psycopg.Connection[Any], where: str, schema: str) -> None:
    """Raise JournalError unless the schema is a journal's of this version, with all its tables and rules in force."""
    mark = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s", (schema,)
    ).fetchone()
    if mark is None or mark[0] != MARK:
        raise JournalError(
            f"{where}: not an order journal of this release: {mark and mark[0]!r}, not {MARK!r}; use the release that wrote it, "
            "or trade the account under a new keychain_key, which begins a journal of its own"
        )
    columns = connection.execute(
        "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position) FROM information_schema.columns "
        "WHERE table_schema = %s GROUP BY table_name",
        (schema,),
    ).fetchall()
    expected = {table: ["seq", *names, "prev_mac", "mac"] for table, names in COLUMNS.items()}
    if dict(columns) != {"journal": ["key", "value"], **expected} or len(table_names()) != len(columns):
        raise JournalError(f"{where}: the tables are not those of an order journal; look into it")
    rules = connection.execute(
        "SELECT c.relname, t.tgname FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid "
        "JOIN pg_namespace AS n ON n.oid = c.relnamespace "
        "WHERE n.nspname = %s AND NOT t.tgisinternal AND t.tgenabled IN ('O', 'A')",
        (schema,),
    ).fetchall()
    if tuple(sorted(rules)) != trigger_names():
        raise JournalError(f"{where}: the rules (triggers) are not those of an order journal; look into it")


def _chained(table: str, row: tuple[Any, ...]) -> ChainedRow:
    return ChainedRow(row[0], table, tuple(row[1:-2]), row[-2], row[-1])


def _placed(query: str) -> str:
    return query.replace("%", "%%").replace("?", "%s")
