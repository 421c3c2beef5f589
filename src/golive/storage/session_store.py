"""One session's store: a SQLite file that holds its event log, decisions, intents, attempts, fills and records.

A commit is one transaction and durable on return. Every row carries a chained MAC; rows are only ever added. Readers may
look on; a second writer is noticed and ends the store.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit import CanonicalError, canonical
from golive.model.clock import Clock, stamp
from golive.model.command import Record
from golive.model.decision import Approved
from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId
from golive.model.json import JsonObject
from golive.model.order import Fill

from .files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, sync_directory
from .item import AnswerItem, AttemptItem, EventItem, FillItem, Item, LifecycleItem, OrderUpdateItem, RecordItem
from .keys import SigningKeys
from .risk_body import RiskContext, risk_body
from .session_chain import StoreHead, Value, event_mac, genesis, row_mac, seal_path, write_store_seal
from .session_identity import SessionIdentity
from .session_schema import APPLICATION_ID, JOURNAL_COLUMNS, TABLES, USER_VERSION
from .sqlite_pragmas import apply_pragmas

FIRST_AMENDMENT: Final = 3
"""number of an order's first amendment among its attempts"""
UNFINISHED_SUFFIX: Final = ".new"
"""of a store that is being made; one that a crash left has nothing in it"""
_EVENT_INSERT = "INSERT INTO events (seq, kind, body, mac) VALUES (?, ?, ?, ?)"
_INSERTS = {
    table: f"INSERT INTO {table} (seq, {', '.join(columns)}, prev_mac, mac) VALUES ({', '.join('?' * (len(columns) + 3))})"  # noqa: S608 (names of ours; values are bound)
    for table, columns in JOURNAL_COLUMNS.items()
}


@dataclass(frozen=True, slots=True)
class StoredRecord:
    """A record as it was committed: what the projections read."""

    record_seq: int
    ts: int
    event: str
    body: JsonObject
    risk_body: JsonObject | None
    """set for risk decisions"""


@dataclass(frozen=True, slots=True)
class Committed:
    """What one transaction made durable."""

    last_record_seq: int | None
    records: tuple[StoredRecord, ...]


def store_path(home: Path, identity: SessionIdentity) -> Path:
    """Return where a session's store lives: `var/state/sessions/<stage>_<entrypoint>_<stamp>_<run_id8>.sqlite`."""
    name = f"{identity.stage}_{identity.entrypoint}_{stamp(identity.started_at)}_{identity.run_id[:8]}.sqlite"
    return home / "var/state/sessions" / name


class SessionStore:
    """A store open for writing. Any failure closes it for good: JournalError now and on every later call.

    `epoch` is that of the lease under which it is written; it is what new intents carry.
    """

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        identity: SessionIdentity,
        keys: SigningKeys,
        risk: RiskContext,
        clock: Clock,
        *,
        epoch: int,
        head: StoreHead,
        last_record_seq: int,
    ) -> None:
        self.path = path
        self.identity = identity
        self.epoch = epoch
        self._connection = connection
        self._keys = keys
        self._risk = risk
        self._clock = clock
        self._broken: str | None = None
        self._seq, self._mac = head.seq, head.mac
        self._event_seq, self._event_mac = head.event_seq, head.event_mac
        self._record_seq = last_record_seq
        self._data_version = self._foreign_writes()

    @classmethod
    def create(cls, home: Path, identity: SessionIdentity, keys: SigningKeys, risk: RiskContext, clock: Clock) -> SessionStore:
        """Make the store of a new session, whole or not at all; raise JournalError when it exists or cannot be made."""
        path = store_path(home, identity)
        make_directory(path.parent, PRIVATE_DIRECTORY)
        if path.exists():
            raise JournalError(f"{path}: a store of this session exists already")
        try:
            _make(path, [*identity.fields(risk.profile).items(), ("key_id", keys.mac_key_id), ("key_class", str(keys.key_class))])
            connection = _connect(path)
            first = genesis(keys.mac_key, identity, risk.profile)
            return cls(
                path, connection, identity, keys, risk, clock,
                epoch=identity.epoch, head=StoreHead(0, first, 0, first), last_record_seq=0,
            )  # fmt: skip
        except (sqlite3.Error, OSError) as exc:
            raise JournalError(f"{path}: cannot create the session store: {exc}") from exc

    @classmethod
    def resume(
        cls,
        path: Path,
        identity: SessionIdentity,
        head: StoreHead,
        last_record_seq: int,
        keys: SigningKeys,
        risk: RiskContext,
        clock: Clock,
        *,
        epoch: int,
    ) -> SessionStore:
        """Open a store to go on where it ends, which `head` says after it was verified; its seal no longer counts.

        The entrypoint's lease must be held. Raises JournalError when it cannot be opened or written.
        """
        try:
            connection = _connect(path)
            store = cls(path, connection, identity, keys, risk, clock, epoch=epoch, head=head, last_record_seq=last_record_seq)
            seal_path(path).unlink(missing_ok=True)
            sync_directory(path.parent)
        except (sqlite3.Error, OSError) as exc:
            raise JournalError(f"{path}: cannot open the session store: {exc}") from exc
        return store

    @property
    def last_seq(self) -> int:
        return self._seq

    @property
    def head_mac(self) -> str:
        return self._mac.hex()

    def commit(self, items: Iterable[Item]) -> Committed:
        """Write all items in one transaction; durable on return, all or nothing.

        Raises JournalError when a row breaks a rule (an id used twice, an intent without its decision, a second
        attempt without an answer) or the disk fails; the store is unusable then.
        """
        if self._broken is not None:
            raise JournalError(f"{self.path}: the store is unusable since {self._broken}")
        records: list[StoredRecord] = []
        events: list[tuple[int, str, bytes, bytes]] = []
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            if self._foreign_writes() != self._data_version:
                raise JournalError("another connection has written to it")
            for item in items:
                if type(item) is EventItem:
                    events.append(self._event_row(item))
                else:
                    self._write(item, records)
            if events:
                self._connection.executemany(_EVENT_INSERT, events)
            self._connection.execute("COMMIT")
        except (sqlite3.Error, CanonicalError, JournalError) as exc:
            self._fail(str(exc))
            raise JournalError(f"{self.path}: the commit failed: {exc}") from exc
        return Committed(records[-1].record_seq if records else None, tuple(records))

    def record_attempt(self, client_order_id: str, n: int, deadline_ms: int) -> None:
        """Write down attempt `n` (1 and 2 the order, from 3 on its amendments); durable on return."""
        self.commit([AttemptItem(_id(client_order_id), n, deadline_ms)])

    def record_answer(self, client_order_id: str, n: int, answer: str) -> None:
        """Write down what came back on attempt `n`; durable on return."""
        self.commit([AnswerItem(_id(client_order_id), n, answer)])

    def close(self) -> None:
        """Write down that the session ended in order, fold the write-ahead log into the file, seal it and give it up."""
        if self._broken is None:
            self.commit([LifecycleItem("ended", self._clock.now(), self.epoch, {})])
            head = StoreHead(self._seq, self._mac, self._event_seq, self._event_mac)
            write_store_seal(self.path, self.identity.run_id, head, self._keys, self._clock)
            self.release()

    def release(self) -> None:
        """Give the store up as it stands, without an end and without a seal: it can be resumed."""
        if self._broken is None:
            self._fail("it was closed")

    def _foreign_writes(self) -> int:
        """Return a number that changes whenever another connection changed the file."""
        return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    def _fail(self, reason: str) -> None:
        self._broken = reason
        try:
            self._connection.close()
        except sqlite3.Error as exc:
            self._broken = f"{reason}; closing failed: {exc}"

    def _event_row(self, item: EventItem) -> tuple[int, str, bytes, bytes]:
        if item.seq != self._event_seq + 1:
            raise JournalError(f"event {item.seq} follows event {self._event_seq}")
        self._event_seq = item.seq
        self._event_mac = event_mac(self._keys.mac_key, self._event_mac, item.seq, item.kind, item.body)
        return item.seq, item.kind, item.body, self._event_mac

    def _write(self, item: Item, records: list[StoredRecord]) -> None:
        if isinstance(item, RecordItem):
            records.append(self._write_record(item.record))
        elif isinstance(item, FillItem):
            self._write_fill(item.fill)
        elif isinstance(item, OrderUpdateItem):
            fact = item.update
            values = (fact.client_order_id, fact.event, fact.ts, fact.venue_order_id, fact.code, fact.price, fact.quantity)
            self._add("order_updates", values)
        elif isinstance(item, AttemptItem):
            table = "attempts" if item.n < FIRST_AMENDMENT else "amendment_attempts"
            self._add(table, (item.client_order_id, item.n, item.deadline_ms))
        elif isinstance(item, AnswerItem):
            table = "answers" if item.n < FIRST_AMENDMENT else "amendment_answers"
            self._add(table, (item.client_order_id, item.n, item.answer))
        elif isinstance(item, LifecycleItem):
            self._add("lifecycle", (item.event, item.ts, item.epoch, canonical(item.body).decode()))
        else:
            raise JournalError(f"{type(item).__name__} is nothing a session store keeps")

    def _write_record(self, record: Record) -> StoredRecord:
        if record.seq <= self._record_seq:
            raise JournalError(f"record {record.seq} ({record.event}) follows record {self._record_seq}")
        self._record_seq = record.seq
        body = canonical(record.body).decode()
        verdict = record.verdict
        if verdict is None:
            self._add("records", (record.seq, record.ts, record.event, body))
            return StoredRecord(record.seq, record.ts, record.event, record.body, None)
        order, approved = verdict.order, isinstance(verdict, Approved)
        mono = self._clock.monotonic()
        risk = risk_body(record, self._risk)
        self._add(
            "decisions",
            (
                record.seq, verdict.decision_seq, record.ts, record.event, order.client_order_id,
                "approved" if approved else "refused", str(risk["code"]), "amendment" if record.amends else "order", body,
                canonical(risk).decode(), mono,
            ),
        )  # fmt: skip
        if approved and record.amends:
            self._add(
                "amendments",
                (
                    order.client_order_id, self._next_amendment(order.client_order_id), order.quantity, order.price,
                    order.trigger, order.trail, order.expires_at, verdict.decision_seq, mono,
                ),
            )  # fmt: skip
        elif approved:
            self._add(
                "intents",
                (
                    order.client_order_id, self.epoch, str(order.instrument), str(order.side), str(order.type), order.quantity,
                    order.price, str(order.time_in_force), order.signal_id, order.trigger, order.trail, order.expires_at,
                    verdict.decision_seq, mono,
                ),
            )  # fmt: skip
        return StoredRecord(record.seq, record.ts, record.event, record.body, risk)

    def _next_amendment(self, client_order_id: ClientOrderId) -> int:
        query = "SELECT coalesce(max(n), ?) + 1 FROM amendments WHERE client_order_id = ?"
        return int(self._connection.execute(query, (FIRST_AMENDMENT - 1, client_order_id)).fetchone()[0])

    def _write_fill(self, fill: Fill) -> None:
        row: tuple[Value, ...] = (
            fill.fill_id.venue, fill.fill_id.trade_id, fill.client_order_id, str(fill.instrument), fill.ts, str(fill.side),
            fill.price, fill.quantity, fill.fee, fill.fee_asset, str(fill.liquidity),
        )  # fmt: skip
        query = f"SELECT {', '.join(JOURNAL_COLUMNS['fills'])} FROM fills WHERE venue = ? AND trade_id = ?"  # noqa: S608 (names of ours; values are bound)
        known = self._connection.execute(query, row[:2]).fetchone()
        if known is None:
            self._add("fills", row)
        elif known != row:
            raise JournalError(f"fill {fill.fill_id.venue}/{fill.fill_id.trade_id} came twice with different content")

    def _add(self, table: str, values: tuple[Value, ...]) -> None:
        previous, self._seq = self._mac, self._seq + 1
        self._mac = row_mac(self._keys.mac_key, previous, table, self._seq, values)
        self._connection.execute(_INSERTS[table], (self._seq, *values, previous, self._mac))


def _make(path: Path, fields: list[tuple[str, str]]) -> None:
    """Write a store without rows beside `path` and move it there; raises sqlite3.Error and OSError."""
    temporary = path.with_name(f".{path.name}{UNFINISHED_SUFFIX}")
    temporary.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(temporary, isolation_level=None, timeout=0)) as connection:
        temporary.chmod(LOG_FILE)
        connection.execute("PRAGMA journal_mode = MEMORY")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {USER_VERSION}")
        connection.executescript(f"BEGIN IMMEDIATE; {TABLES}")
        connection.executemany("INSERT INTO session (key, value) VALUES (?, ?)", fields)
        connection.execute("COMMIT")
    temporary.rename(path)
    sync_directory(path.parent)


def _connect(path: Path) -> sqlite3.Connection:
    # The writer thread uses the connection after the session made it; never two threads at once.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
    try:
        apply_pragmas(connection, read_only=False)
    except BaseException:
        connection.close()
        raise
    return connection


def _id(text: str) -> ClientOrderId:
    return ClientOrderId(text)
