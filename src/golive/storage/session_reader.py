"""Reading a session store, also while its session writes: identity, records, events, orders, and whether it is sound.

A reader sees one moment of the store, the last commit before it was opened, however long it reads.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golive.audit import SealError, verify_seal
from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.json import JsonObject
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, OrderUpdate, Side, TimeInForce

from .item import EventItem
from .keys import SigningKeys
from .session_chain import StoreHead, Value, event_mac, genesis, row_mac, seal_path, store_seal
from .session_identity import SessionIdentity
from .session_schema import APPLICATION_ID, JOURNAL_COLUMNS, TABLES, USER_VERSION
from .session_store import StoredRecord
from .sqlite_pragmas import apply_pragmas


class OtherVersion(JournalError):
    """A session store of a version that this release does not read."""


@dataclass(frozen=True, slots=True)
class StoredIntent:
    """An approved order as it was written down, before it left."""

    order: NewOrder
    decision_seq: int
    ts: int
    """market time of the decision, ns UTC"""
    epoch: int
    was_submitted: bool
    """whether its leaving was written down as well"""


@dataclass(frozen=True, slots=True)
class StoredLifecycle:
    """A restart or the end of a session."""

    event: str
    ts: int
    """wall clock, ns UTC"""
    epoch: int
    body: JsonObject


class SessionReader:
    """A store open for reading. Raises JournalError for a file that is none, or one of another version."""

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
                    raise _foreign(path, marks)
                self._connection.execute("BEGIN")
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
        """Whether it was closed, by its session or by the recovery of a later one."""
        return seal_path(self.path).exists()

    @property
    def has_ended(self) -> bool:
        """Whether its session ended in order; one that did not can be resumed."""
        return any(row.event == "ended" for row in self.lifecycle())

    def lifecycle(self) -> tuple[StoredLifecycle, ...]:
        """Return the session's restarts, and its end when there was one."""
        rows = self._rows("SELECT event, ts, epoch, body FROM lifecycle ORDER BY seq")
        return tuple(StoredLifecycle(event, ts, epoch, json.loads(body)) for event, ts, epoch, body in rows)

    @property
    def last_record_seq(self) -> int:
        """The newest record's sequence; 0 before the first."""
        query = (
            "SELECT max(coalesce((SELECT max(record_seq) FROM records), 0), coalesce((SELECT max(record_seq) FROM decisions), 0))"
        )
        return int(next(self._rows(query))[0])

    def intents(self) -> Iterator[StoredIntent]:
        """Yield every approved order, in the order they were approved."""
        submitted = "SELECT json_extract(body, '$.client_order_id') FROM records WHERE event = 'order_submitted'"
        left = {coid for (coid,) in self._rows(submitted)}
        query = """SELECT i.client_order_id, instrument, side, type, quantity, price, time_in_force, signal_id,
                       trigger_price, trail, expires_at, i.decision_seq, d.ts, i.epoch
                   FROM intents AS i JOIN decisions AS d USING (decision_seq) ORDER BY i.seq"""
        for row in self._rows(query):
            coid, instrument, side, kind, quantity, price, force, signal, trigger, trail, expires, decision, ts, epoch = row
            order = NewOrder(
                ClientOrderId(coid), InstrumentId.parse(instrument), Side(side), OrderType(kind), quantity, price,
                TimeInForce(force), signal, trigger, trail, expires,
            )  # fmt: skip
            yield StoredIntent(order, decision, ts, epoch, coid in left)

    def order_news(self) -> Iterator[OrderUpdate | Fill]:
        """Yield every fact about orders, fills among them, in the order they came."""
        query = """SELECT seq, 0, client_order_id, ts, event, venue_order_id, code, price, quantity, NULL, NULL, NULL, NULL
                       FROM order_updates
                   UNION ALL SELECT seq, 1, client_order_id, ts, side, trade_id, venue, price, quantity, instrument, fee,
                       fee_asset, liquidity FROM fills ORDER BY seq"""
        for _, is_fill, coid, ts, name, venue_id, text, price, quantity, instrument, fee, asset, liquidity in self._rows(query):
            if is_fill:
                yield Fill(
                    FillId(text, venue_id), ClientOrderId(coid), InstrumentId.parse(instrument), ts, Side(name), price, quantity,
                    fee, asset, Liquidity(liquidity),
                )  # fmt: skip
            else:
                venue_order = None if venue_id is None else VenueOrderId(venue_id)
                yield OrderUpdate(ClientOrderId(coid), ts, name, venue_order, text, price, quantity)

    def order_ids(self) -> Iterator[ClientOrderId]:
        """Yield the client order id of every order that risk decided on, amendments left out, in the order of the decisions."""
        for (coid,) in self._rows("SELECT client_order_id FROM decisions WHERE subject = 'order' ORDER BY decision_seq"):
            yield ClientOrderId(coid)

    def records(self, after: int = 0) -> tuple[StoredRecord, ...]:
        """Return the records with a record sequence above `after`, in order."""
        query = """SELECT record_seq, ts, event, body, NULL FROM records WHERE record_seq > ?1
                   UNION ALL SELECT record_seq, ts, event, body, risk_body FROM decisions WHERE record_seq > ?1 ORDER BY 1"""
        return tuple(
            StoredRecord(seq, ts, event, json.loads(body), None if risk is None else json.loads(risk))
            for seq, ts, event, body, risk in self._rows(query, (after,))
        )

    def bodies_of(self, event: str) -> tuple[tuple[int, JsonObject], ...]:
        """Return record sequence and body of the records of one event, in order."""
        rows = self._rows("SELECT record_seq, body FROM records WHERE event = ? ORDER BY record_seq", (event,))
        return tuple((seq, json.loads(body)) for seq, body in rows)

    def risk_bodies(self) -> tuple[JsonObject, ...]:
        """Return the bodies of all risk decisions, in order."""
        return tuple(json.loads(body) for (body,) in self._rows("SELECT risk_body FROM decisions ORDER BY seq"))

    def query(self, select: str, parameters: tuple[Value, ...] = ()) -> Iterator[Any]:
        """Yield the rows of a SELECT over the tables of `session_schema`. Raises JournalError when they cannot be read."""
        # Any: as `_rows`.
        return self._rows(select, parameters)

    def events(self) -> Iterator[EventItem]:
        """Yield the session's event log, in order."""
        for seq, kind, body in self._rows("SELECT seq, kind, body FROM events ORDER BY seq"):
            yield EventItem(seq, kind, body)

    def events_backwards(self) -> Iterator[EventItem]:
        """Yield the session's event log, newest first."""
        for seq, kind, body in self._rows("SELECT seq, kind, body FROM events ORDER BY seq DESC"):
            yield EventItem(seq, kind, body)

    def faults(self, keys: SigningKeys) -> Iterator[str]:
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

    def head(self, keys: SigningKeys) -> StoreHead:
        """Return where the chains stand, as the last rows say."""
        first = genesis(keys.mac_key, self.identity, self.risk_profile)
        rows = " UNION ALL ".join(f"SELECT seq, mac FROM {table}" for table in JOURNAL_COLUMNS)  # noqa: S608 (names of ours; values are bound)
        seq, mac = next(self._rows(f"SELECT seq, mac FROM ({rows}) ORDER BY seq DESC LIMIT 1"), (0, first))  # noqa: S608 (names of ours; values are bound)
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
            table: self._rows(f"SELECT seq, {', '.join(columns)}, prev_mac, mac FROM {table} ORDER BY seq")  # noqa: S608 (names of ours; values are bound)
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

    def _seal_faults(self, keys: SigningKeys, head: StoreHead) -> Iterator[str]:
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
            return SessionIdentity.read(fields), fields["risk_profile"], fields["key_id"]
        except (KeyError, JournalError) as exc:
            raise JournalError(f"{self.path}: {exc}") from exc

    def _rows(self, query: str, parameters: tuple[Value, ...] = ()) -> Iterator[Any]:
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


def _foreign(path: Path, marks: tuple[int, ...]) -> JournalError:
    if marks[0] != APPLICATION_ID:
        return JournalError(f"{path}: not a session store")
    return OtherVersion(
        f"{path}: a session store of version {marks[1]}, this release reads version {USER_VERSION}; verify it with the release "
        "that wrote it (its journals can be verified by this one), then move it and its seal away"
    )
