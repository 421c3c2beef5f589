"""Reading a session store that nobody writes any more: its identity, its records, its events, and whether it is sound."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from golive.audit import SealError, verify_seal
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.model.verdict import Stage

from .item import EventItem
from .keys import DevelopmentKeys
from .session_schema import APPLICATION_ID, JOURNAL_COLUMNS, TABLES, USER_VERSION, apply_pragmas
from .session_store import (
    SessionIdentity,
    StoredRecord,
    StoreHead,
    Value,
    event_mac,
    genesis,
    row_mac,
    seal_path,
    store_seal,
)


class SessionReader:
    """A store open for reading. Raises JournalError for a file that is none, or that its session still holds."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if not path.is_file():
            raise JournalError(f"{path}: there is no such session store")
        try:
            self._connection = sqlite3.connect(_read_only(path), uri=True, isolation_level=None, timeout=0)
            try:
                apply_pragmas(self._connection, read_only=True)
                marks = tuple(
                    self._connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version")
                )
                if marks != (APPLICATION_ID, USER_VERSION):
                    raise JournalError(f"{path}: not a session store of this version (application id, version {marks})")
                self.identity, self.risk_profile, self.key_id = self._identity()
            except BaseException:
                self._connection.close()
                raise
        except sqlite3.Error as exc:
            raise JournalError(f"{path}: cannot be read: {exc}") from exc

    def close(self) -> None:
        self._connection.close()

    @property
    def is_sealed(self) -> bool:
        """Whether the session ended in order; one that crashed left no seal."""
        return seal_path(self.path).exists()

    def records(self, after: int = 0) -> tuple[StoredRecord, ...]:
        """Return the records with a record sequence above `after`, in order."""
        query = """SELECT record_seq, ts, event, body, NULL FROM records WHERE record_seq > ?1
                   UNION ALL SELECT record_seq, ts, event, body, risk_body FROM decisions WHERE record_seq > ?1 ORDER BY 1"""
        return tuple(
            StoredRecord(seq, ts, event, json.loads(body), None if risk is None else json.loads(risk))
            for seq, ts, event, body, risk in self._rows(query, (after,))
        )

    def risk_bodies(self) -> tuple[JsonObject, ...]:
        """Return the bodies of all risk decisions, in order."""
        return tuple(json.loads(body) for (body,) in self._rows("SELECT risk_body FROM decisions ORDER BY seq"))

    def events(self) -> Iterator[EventItem]:
        """Yield the session's event log, in order."""
        for seq, kind, body in self._rows("SELECT seq, kind, body FROM events ORDER BY seq"):
            yield EventItem(seq, kind, body)

    def faults(self, keys: DevelopmentKeys) -> Iterator[str]:
        """Yield everything that shows the store was changed; nothing when it is sound.

        Raises JournalError when the keys at hand did not write it.
        """
        if self.key_id != keys.mac_key_id:
            raise JournalError(f"{self.path}: the MAC key {self.key_id!r} is not at hand")
        for (answer,) in self._rows("PRAGMA quick_check"):
            if answer != "ok":
                yield f"quick_check: {answer}"
                return
        yield from self._schema_faults()
        head = yield from self._chain_faults(keys.mac_key)
        if self.is_sealed:
            yield from self._seal_faults(keys, head)

    def head(self, keys: DevelopmentKeys) -> StoreHead:
        """Return where the chains stand, as the last rows say."""
        first = genesis(keys.mac_key, self.identity, self.risk_profile)
        rows = " UNION ALL ".join(f"SELECT seq, mac FROM {table}" for table in JOURNAL_COLUMNS)
        seq, mac = next(self._rows(f"SELECT seq, mac FROM ({rows}) ORDER BY seq DESC LIMIT 1"), (0, first))
        event_seq, last = next(self._rows("SELECT seq, mac FROM events ORDER BY seq DESC LIMIT 1"), (0, first))
        return StoreHead(seq, mac, event_seq, last)

    def _schema_faults(self) -> Iterator[str]:
        query = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
        with closing(sqlite3.connect(":memory:")) as model:
            model.executescript(TABLES)
            expected = model.execute(query).fetchall()
        if list(self._rows(query)) != expected:
            yield "the tables, indexes or triggers are not those of a session store"

    def _chain_faults(self, key: bytes) -> Generator[str, None, StoreHead]:
        seq, event_seq = 0, 0
        mac = last = genesis(key, self.identity, self.risk_profile)
        for table, row_seq, values, previous, stored in self._journal_rows():
            if row_seq != seq + 1:
                yield f"{table} seq {row_seq}: gap after {seq}"
            elif previous != mac:
                yield f"{table} seq {row_seq}: broken link to the row before"
            elif row_mac(key, previous, table, row_seq, values) != stored:
                yield f"{table} seq {row_seq}: bad mac, the row is not what was written"
            seq, mac = row_seq, stored
        for number, kind, body, stored in self._rows("SELECT seq, kind, body, mac FROM events ORDER BY seq"):
            if number != event_seq + 1:
                yield f"events seq {number}: gap after {event_seq}"
            elif event_mac(key, last, number, kind, body) != stored:
                yield f"events seq {number}: bad mac, the row is not what was written"
            event_seq, last = number, stored
        return StoreHead(seq, mac, event_seq, last)

    def _journal_rows(self) -> Iterator[tuple[str, int, tuple[Value, ...], bytes, bytes]]:
        """Yield all journal rows by sequence: table, sequence, values, previous MAC, MAC."""
        cursors = {
            table: self._rows(f"SELECT seq, {', '.join(columns)}, prev_mac, mac FROM {table} ORDER BY seq")
            for table, columns in JOURNAL_COLUMNS.items()
        }
        waiting = {table: row for table, cursor in cursors.items() if (row := next(cursor, None)) is not None}
        while waiting:
            table = min(waiting, key=lambda name: waiting[name][0])
            seq, *values, previous, mac = waiting[table]
            yield table, seq, tuple(values), previous, mac
            following = next(cursors[table], None)
            if following is None:
                del waiting[table]
            else:
                waiting[table] = following

    def _seal_faults(self, keys: DevelopmentKeys, head: StoreHead) -> Iterator[str]:
        path = seal_path(self.path)
        try:
            seal = verify_seal(path.read_bytes(), keys.public_key)
        except (SealError, OSError) as exc:
            yield f"bad seal {path.name}: {exc}"
            return
        if seal != store_seal(self.identity.run_id, head, keys, seal.time):
            yield f"not what was sealed at {seal.time}: rows were removed, added or changed"

    def _identity(self) -> tuple[SessionIdentity, str, str]:
        fields = dict(self._rows("SELECT key, value FROM session"))
        try:
            key_id, risk_profile = fields.pop("key_id"), fields.pop("risk_profile")
            fields.pop("key_class")
            fields["stage"] = Stage(fields["stage"])
            fields["started_at"], fields["epoch"] = int(fields["started_at"]), int(fields["epoch"])
            return SessionIdentity(**fields), risk_profile, key_id
        except (KeyError, TypeError, ValueError) as exc:
            raise JournalError(f"{self.path}: table session is not whole: {exc!r}") from exc

    def _rows(self, query: str, parameters: tuple[int, ...] = ()) -> Iterator[Any]:
        # Any: the rows' types are those of the STRICT tables, which `faults` compares and quick_check enforces.
        try:
            for row in self._connection.execute(query, parameters):  # noqa: UP028 - `yield from` would close the cursor late
                yield row
        except sqlite3.Error as exc:
            raise JournalError(f"{self.path}: cannot be read: {exc}") from exc


def _read_only(path: Path) -> str:
    """Return the URI that opens a store without changing it.

    A store closed in order has no write-ahead log and is opened as immutable, so that SQLite makes no files beside it;
    the log of a running or crashed session must be read with the usual locks.
    """
    log = path.with_name(f"{path.name}-wal")
    return f"{path.resolve().as_uri()}?mode=ro{'' if log.exists() else '&immutable=1'}"
