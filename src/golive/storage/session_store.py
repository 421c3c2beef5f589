"""One session's store: a SQLite file that holds its event log, decisions, intents, attempts, fills and records.

A commit is one transaction and durable on return. Every row carries a chained MAC; rows are only ever added.
"""

from __future__ import annotations

import hashlib
import hmac
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from golive.audit import CanonicalError, Seal, canonical
from golive.model.clock import Clock, stamp, to_iso
from golive.model.command import Record
from golive.model.decision import Approved
from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId
from golive.model.json import JsonObject
from golive.model.order import Fill
from golive.model.verdict import Stage

from .files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, sync_directory, write_atomic
from .item import AnswerItem, AttemptItem, EventItem, FillItem, Item, OrderUpdateItem, RecordItem
from .keys import DevelopmentKeys
from .risk_body import RiskContext, risk_body
from .session_schema import APPLICATION_ID, JOURNAL_COLUMNS, TABLES, USER_VERSION, apply_pragmas

Value: TypeAlias = int | str | None
_EVENT_INSERT = "INSERT INTO events (seq, kind, body, mac) VALUES (?, ?, ?, ?)"
_INSERTS = {
    table: f"INSERT INTO {table} (seq, {', '.join(columns)}, prev_mac, mac) VALUES ({', '.join('?' * (len(columns) + 3))})"
    for table, columns in JOURNAL_COLUMNS.items()
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionIdentity:
    """Whose session a store belongs to; written when the store is made and bound into its MAC chain."""

    run_id: str
    stage: Stage
    entrypoint: str
    environment: str
    started_at: int
    """wall clock, ns UTC"""
    epoch: int
    code_version: str
    config_sha384: str


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


@dataclass(frozen=True, slots=True)
class StoreHead:
    """Where the two chains of a store stand."""

    seq: int
    mac: bytes
    event_seq: int
    event_mac: bytes


def store_path(home: Path, identity: SessionIdentity) -> Path:
    """Return where a session's store lives: `var/state/sessions/<stage>_<entrypoint>_<stamp>_<run_id8>.sqlite`."""
    name = f"{identity.stage}_{identity.entrypoint}_{stamp(identity.started_at)}_{identity.run_id[:8]}.sqlite"
    return home / "var/state/sessions" / name


class SessionStore:
    """A store open for writing. Any failure closes it for good: JournalError now and on every later call."""

    def __init__(
        self,
        path: Path,
        connection: sqlite3.Connection,
        identity: SessionIdentity,
        keys: DevelopmentKeys,
        risk: RiskContext,
        clock: Clock,
    ) -> None:
        self.path = path
        self.identity = identity
        self._connection = connection
        self._keys = keys
        self._risk = risk
        self._clock = clock
        self._broken: str | None = None
        self._seq = 0
        self._event_seq = 0
        self._record_seq = 0
        self._mac = self._event_mac = genesis(keys.mac_key, identity, risk.profile)

    @classmethod
    def create(
        cls, home: Path, identity: SessionIdentity, keys: DevelopmentKeys, risk: RiskContext, clock: Clock
    ) -> SessionStore:
        """Make the store of a new session; raise JournalError when it exists or cannot be made."""
        path = store_path(home, identity)
        make_directory(path.parent, PRIVATE_DIRECTORY)
        if path.exists():
            raise JournalError(f"{path}: a store of this session exists already")
        try:
            # The writer thread uses the connection after the session made it; never two threads at once.
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=0)
            path.chmod(LOG_FILE)
            apply_pragmas(connection, read_only=False)
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.execute(f"PRAGMA user_version = {USER_VERSION}")
            connection.executescript(f"BEGIN IMMEDIATE; {TABLES} COMMIT;")
            rows = [
                *session_fields(identity, risk.profile).items(),
                ("key_id", keys.mac_key_id),
                ("key_class", str(keys.key_class)),
            ]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO session (key, value) VALUES (?, ?)", rows)
            connection.execute("COMMIT")
            sync_directory(path.parent)
        except (sqlite3.Error, OSError) as exc:
            raise JournalError(f"{path}: cannot create the session store: {exc}") from exc
        return cls(path, connection, identity, keys, risk, clock)

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
        """Write down attempt `n` (1 or 2); durable on return."""
        self.commit([AttemptItem(_id(client_order_id), n, deadline_ms)])

    def record_answer(self, client_order_id: str, n: int, answer: str) -> None:
        """Write down what came back on attempt `n`; durable on return."""
        self.commit([AnswerItem(_id(client_order_id), n, answer)])

    def close(self) -> None:
        """Seal the store, fold its write-ahead log into the file and give it up."""
        if self._broken is None:
            head = StoreHead(self._seq, self._mac, self._event_seq, self._event_mac)
            write_store_seal(self.path, self.identity.run_id, head, self._keys, self._clock)
            self._fail("it was closed")

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
            self._add("order_updates", (fact.client_order_id, fact.event, fact.ts, fact.venue_order_id, fact.code))
        elif isinstance(item, AttemptItem):
            self._add("attempts", (item.client_order_id, item.n, item.deadline_ms))
        elif isinstance(item, AnswerItem):
            self._add("answers", (item.client_order_id, item.n, item.answer))
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
                "approved" if approved else "refused", str(risk["code"]), body, canonical(risk).decode(), mono,
            ),
        )  # fmt: skip
        if approved:
            self._add(
                "intents",
                (
                    order.client_order_id, self.identity.epoch, str(order.instrument), str(order.side), str(order.type),
                    order.quantity, order.price, str(order.time_in_force), order.signal_id, verdict.decision_seq, mono,
                ),
            )  # fmt: skip
        return StoredRecord(record.seq, record.ts, record.event, record.body, risk)

    def _write_fill(self, fill: Fill) -> None:
        row: tuple[Value, ...] = (
            fill.fill_id.venue, fill.fill_id.trade_id, fill.client_order_id, str(fill.instrument), fill.ts, str(fill.side),
            fill.price, fill.quantity, fill.fee, fill.fee_asset, str(fill.liquidity),
        )  # fmt: skip
        query = f"SELECT {', '.join(JOURNAL_COLUMNS['fills'])} FROM fills WHERE venue = ? AND trade_id = ?"
        known = self._connection.execute(query, row[:2]).fetchone()
        if known is None:
            self._add("fills", row)
        elif known != row:
            raise JournalError(f"fill {fill.fill_id.venue}/{fill.fill_id.trade_id} came twice with different content")

    def _add(self, table: str, values: tuple[Value, ...]) -> None:
        previous, self._seq = self._mac, self._seq + 1
        self._mac = row_mac(self._keys.mac_key, previous, table, self._seq, values)
        self._connection.execute(_INSERTS[table], (self._seq, *values, previous, self._mac))


def session_fields(identity: SessionIdentity, risk_profile: str) -> dict[str, str]:
    """Return the rows of table `session` that the chain's first link is made of."""
    return {
        "run_id": identity.run_id,
        "stage": str(identity.stage),
        "entrypoint": identity.entrypoint,
        "environment": identity.environment,
        "started_at": str(identity.started_at),
        "epoch": str(identity.epoch),
        "code_version": identity.code_version,
        "config_sha384": identity.config_sha384,
        "risk_profile": risk_profile,
    }


def genesis(key: bytes, identity: SessionIdentity, risk_profile: str) -> bytes:
    """Return the `prev_mac` of the first row: it binds the chain to its session."""
    return hmac.digest(key, b"session|" + canonical(session_fields(identity, risk_profile)), "sha256")


def row_mac(key: bytes, previous: bytes, table: str, seq: int, values: tuple[Value, ...]) -> bytes:
    """Return the MAC of one journal row over table, sequence, all its values and the MAC before."""
    # Wide ints are text here: a canonical number ends at 2^53.
    plain = [str(value) if isinstance(value, int) else value for value in values]
    kinds = "".join("i" if isinstance(value, int) else "n" if value is None else "t" for value in values)
    return hmac.digest(key, previous + canonical([table, seq, kinds, *plain]), "sha256")


def event_mac(key: bytes, previous: bytes, seq: int, kind: str, body: bytes) -> bytes:
    """Return the MAC of one event row."""
    return hmac.digest(key, b"%b%d|%b|%b" % (previous, seq, kind.encode(), body), "sha256")


def store_seal(run_id: str, head: StoreHead, keys: DevelopmentKeys, time: str) -> Seal:
    """Return the seal of a store: `size` = rows, `content_sha256` = SHA-256 over both chains' heads."""
    return Seal(
        log_id=f"session/{run_id}",
        size=head.seq + head.event_seq,
        last_seq=head.seq,
        head_mac=head.mac.hex(),
        content_sha256=hashlib.sha256(head.mac + head.event_mac).hexdigest(),
        time=time,
        key_id=keys.seal_key_id,
    )


def write_store_seal(store: Path, run_id: str, head: StoreHead, keys: DevelopmentKeys, clock: Clock) -> None:
    """Sign the store as it stands; raise JournalError when the seal cannot be written."""
    seal = store_seal(run_id, head, keys, to_iso(clock.now()))
    write_atomic(seal_path(store), keys.seal(seal), durable_name=True)


def seal_path(store: Path) -> Path:
    """Return where the seal of a closed store lies."""
    return store.with_suffix(".seal.json")


def _id(text: str) -> ClientOrderId:
    return ClientOrderId(text)
