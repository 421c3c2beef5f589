"""The order journal of one account at one venue, open for writing: decisions and intents before effects (RELIABILITY §4.1).

A commit is one transaction and durable on return. Every row carries a chained MAC; rows are only ever added.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeAlias

from golive.model.clock import SECOND, Clock, to_iso
from golive.model.decision import Approved
from golive.model.errors import GoliveError, JournalError
from golive.model.ids import ClientOrderId, derive_client_order_id

from ..failpoint import reach
from ..keys import SigningKeys
from ..risk_body import RiskContext
from . import values
from .background import BackgroundVerification, JournalTampered
from .database import Database
from .item import AnswerItem, AttemptItem, DecidedItem, EndItem, FactItem, FillItem, Item, NoteItem
from .lease import LONGEST_AGE_S, AccountLease
from .loading import state_of
from .opening import Loaded, load, open_database
from .place import JournalPlace
from .quarantine import WHOLE_ROWS, quarantined, refuse_quarantined, verify_whole
from .row import JournalRow, Value, encode, named, row_mac
from .seal import write_seal
from .sealing import Sealing
from .state import JournalState

ROWS_PER_SEAL = 1000
SECONDS_PER_SEAL = 60
_Row: TypeAlias = tuple[int, str, tuple[Value, ...]]
"""sequence, table and values"""


class OrderJournal:
    """A journal open for writing, under the account's lease. Any failure closes it for good: JournalError now and later.

    `state` is what it held when it was opened. One thread at a time commits; `client_order_id` is the loop's.
    """

    def __init__(
        self,
        place: JournalPlace,
        database: Database,
        lease: AccountLease,
        loaded: Loaded,
        keys: SigningKeys,
        risk: RiskContext,
        clock: Clock,
        operator: str,
    ) -> None:
        self.place = place
        self.lease = lease
        self.operator = operator
        self.epoch = max(loaded.book.epoch, lease.last_epoch) + 1
        self._database = database
        self._keys = keys
        self._risk = risk
        self._clock = clock
        self._book, self._seq, self._mac = loaded.book, loaded.seq, loaded.mac
        self._sealed_seq, self._sealed_at = loaded.seq, clock.monotonic()
        self._unwritten_seal: tuple[int, str] | None = None
        self._sealing: Sealing | None = None
        self._ids = 0
        self.is_verified = False
        """whether all rows were verified when it was opened, not only those after its newest seal"""
        self._verification: BackgroundVerification | None = None
        self._broken: str | None = None

    @classmethod
    def open(
        cls,
        place: JournalPlace,
        keys: SigningKeys,
        risk: RiskContext,
        clock: Clock,
        *,
        code_version: str,
        operator: str,
        lease_age_s: float = LONGEST_AGE_S,
        whole_rows: int | None = WHOLE_ROWS,
    ) -> OrderJournal:
        """Take the account's lease, verify the journal, begin a new epoch; durable on return.

        Up to `whole_rows` rows (None: however many) are verified whole; of a larger journal those after its newest seal.
        Raises PrerequisiteMissing naming the process that holds the account, JournalError for a journal that is not sound.
        """
        lease = AccountLease.acquire(place.lock, clock, longest_age_s=lease_age_s)
        with contextlib.ExitStack() as undo:
            undo.callback(lease.release)
            refuse_quarantined(place.path)
            database = open_database(place, keys, lease)
            undo.callback(database.close)
            loaded = load(database, place, keys)
            is_whole = whole_rows is None or loaded.seq <= whole_rows
            if is_whole:
                verify_whole(database, place, keys, to_iso(clock.now()))
            found = _found(database, loaded)
            journal = cls(place, database, lease, loaded, keys, risk, clock, operator)
            journal.is_verified = is_whole
            journal._begin_epoch((journal.epoch, clock.now(), os.getpid(), operator, code_version, found))
            undo.pop_all()
        return journal

    @property
    def state(self) -> JournalState:
        """What the journal comes to now; to be asked before a writer thread has it."""
        return state_of(self._book)

    @property
    def path(self) -> Path:
        return self.place.path

    @property
    def last_seq(self) -> int:
        return self._seq

    def rows(self, after: int = 0) -> Iterator[JournalRow]:
        """Yield the rows above a sequence, in order; to be asked before a writer thread has it. Raises JournalError."""
        return (named(row.seq, row.table, row.values) for row in self._database.rows(after))

    @property
    def is_seal_due(self) -> bool:
        """Whether 1,000 rows or 60 s have passed since the last seal; with more in a snapshot, so many rows.

        While a seal is made beside, whether it is there.
        """
        if self._sealing is not None:
            return self._sealing.is_done
        rows = self._seq - self._sealed_seq
        if rows < ROWS_PER_SEAL:
            return rows > 0 and self._clock.monotonic() - self._sealed_at >= SECONDS_PER_SEAL * SECOND
        return rows >= self._book.open_rows

    def client_order_id(self, strategy: str) -> ClientOrderId:
        """Return the next client order id: derived from account, this opening's epoch, strategy, and 1, 2, 3 … in this epoch."""
        self._ids += 1
        return derive_client_order_id(
            self._keys.id_key, venue=self.place.venue, account=self.place.account, epoch=self.epoch, strategy=strategy,
            sequence=self._ids,
        )  # fmt: skip

    def commit(self, items: Iterable[Item], durable: Callable[[], None] = lambda: None) -> tuple[JournalRow, ...]:
        """Write all items in one transaction; durable on return, all or nothing. Return the rows.

        `durable` is called as soon as they are, before what only the journal itself needs.
        Raises JournalError when a row breaks a rule (an id used twice, a second attempt without a "not processed", an attempt
        after the end), another process has written, or the disk fails; the journal is unusable then.
        """
        if self._broken is not None:
            raise JournalError(f"{self.place.path}: the order journal is unusable since {self._broken}")
        rows: list[_Row] = []
        try:
            self._database.begin(self.epoch)
            if self._unwritten_seal is not None:
                self._add(rows, "seals", self._unwritten_seal)
                self._unwritten_seal = None
            for item in items:
                self._write(rows, item)
            self._database.commit()
            durable()
            return tuple([named(*row) for row in rows])
        except BaseException as exc:
            self.give_up(str(exc))
            if isinstance(exc, (GoliveError, ValueError)):
                raise JournalError(f"{self.place.path}: the commit failed: {exc}") from exc
            raise

    def beat(self) -> None:
        """Renew the lease; JournalError, and the journal is closed for good, when it has lapsed or another writer came."""
        try:
            self.lease.renew()
            self._database.fence(self.epoch)
        except JournalError as exc:
            self.give_up(str(exc))
            raise

    def seal(self) -> None:
        """Sign where the journal stands, with a snapshot; the next commit says so in the journal. Raises JournalError."""
        self._begin_seal()
        self._end_seal()

    def seal_beside(self) -> None:
        """As `seal`, for the thread that commits: a large snapshot is written on a thread of its own, and commits go on.

        When that is done, `is_seal_due` is true and the next call takes it in. Raises JournalError when it failed.
        """
        if self._sealing is not None:
            if self._sealing.is_done:
                self._end_seal()
            return
        self._begin_seal()
        if self._book.open_rows < ROWS_PER_SEAL:
            self._end_seal()

    def verify_in_background(self, on_fault: Callable[[JournalError], None]) -> BackgroundVerification:
        """Verify everything that is committed now, beside the writer; it is stopped when the journal is closed.

        A fault lets the lease lapse, so nothing leaves any more, is remembered for later starts, and is told to `on_fault` on a
        thread of its own. Raises JournalError when it cannot be started.
        """
        if self._broken is not None:
            raise JournalError(f"{self.place.path}: the order journal is unusable since {self._broken}")

        def found(error: JournalError) -> None:
            if isinstance(error, JournalTampered):
                error = quarantined(self.place.path, error.faults, to_iso(self._clock.now()))
            self.lease.lapse(str(error))
            on_fault(error)

        self._verification = BackgroundVerification(self.place.home, self.place.path, self.place.url, found)
        return self._verification

    def close(self) -> None:
        """Write down that it was closed in order, seal it and give the account back; after a failure only the latter."""
        try:
            if self._broken is None:
                self._end_seal()
                self.commit([NoteItem("closed", {"epoch": self.epoch}, self.operator)])
                self.seal()
        finally:
            self.release()

    def give_up(self, reason: str) -> None:
        """Write nothing any more and let nothing leave, for good; the account stays in the hands of this process."""
        if self._broken is not None:
            return
        self._broken = reason
        self.lease.lapse(reason)
        try:
            self._database.close()
        except JournalError as exc:
            self._broken = f"{reason}; closing failed: {exc}"

    def release(self) -> None:
        """Give the account back with the journal as it stands."""
        if self._verification is not None:
            self._verification.stop()
        self.give_up("it was closed")
        if self._sealing is not None:
            self._sealing.wait()
        self.lease.release()

    def _begin_seal(self) -> None:
        if self._broken is not None:
            raise JournalError(f"{self.place.path}: the order journal is unusable since {self._broken}")
        self._end_seal()
        seq, mac, snapshot, time = self._seq, self._mac, self._book.snapshot(), to_iso(self._clock.now())
        self._sealing = Sealing(seq, lambda: write_seal(self.place, seq, mac, snapshot.encoded(), self._keys, time))
        self._sealed_seq, self._sealed_at = seq, self._clock.monotonic()

    def _end_seal(self) -> None:
        """Wait for a seal on its way, if there is one; the next commit says so in the journal."""
        sealing, self._sealing = self._sealing, None
        if sealing is None:
            return
        try:
            self._unwritten_seal = (sealing.seq, sealing.document())
        except JournalError as exc:
            self.give_up(str(exc))
            raise

    def _begin_epoch(self, opening: tuple[Value, ...]) -> None:
        try:
            reach("orders.epoch.before")
            self._database.begin(self.epoch)
            self._add([], "openings", opening)
            self._database.commit()
            reach("orders.epoch.after")
            self.lease.fence(self.epoch)
            self.seal()
        except JournalError as exc:
            raise JournalError(f"{self.place.path}: cannot begin epoch {self.epoch}: {exc}") from exc

    def _write(self, rows: list[_Row], item: Item) -> None:
        if isinstance(item, DecidedItem):
            self._decide(rows, item)
        elif isinstance(item, AttemptItem):
            self._add(rows, "attempts", (item.client_order_id, item.n, item.deadline_ms, self._clock.now()))
        elif isinstance(item, AnswerItem):
            self._add(rows, "answers", values.answer(item))
        elif isinstance(item, FactItem):
            self._add(rows, "facts", values.fact(item.update))
        elif isinstance(item, FillItem):
            self._fill(rows, item)
        elif isinstance(item, EndItem):
            self._add(rows, "ends", values.end(item, self._clock.now()))
        elif isinstance(item, NoteItem):
            self._add(rows, "notes", values.note(item, self._clock.now()))
        else:
            raise JournalError(f"{type(item).__name__} is nothing an order journal keeps")

    def _decide(self, rows: list[_Row], item: DecidedItem) -> None:
        decided = self._add(rows, "decisions", values.decision(item, self._seq + 1, self.epoch, self._risk))
        if not isinstance(item.verdict, Approved):
            return
        client_order_id = item.verdict.order.client_order_id
        if item.amendment is None:
            self._add(rows, "intents", values.intent(item, decided, self.epoch, self._risk))
        else:
            self._add(rows, "amendments", values.amendment(item, item.amendment, decided, self._risk))
        if item.deadline_ms is not None:
            self._add(rows, "attempts", (client_order_id, item.amendment or 1, item.deadline_ms, self._clock.now()))

    def _fill(self, rows: list[_Row], item: FillItem) -> None:
        row = values.fill(item.fill, self._risk)
        known = self._database.fill(item.fill.fill_id.venue, item.fill.fill_id.trade_id)
        if known is None:
            self._add(rows, "fills", row)
        elif known != row:
            raise JournalError(f"fill {item.fill.fill_id.venue}/{item.fill.fill_id.trade_id} came twice with different content")

    def _add(self, rows: list[_Row], table: str, row: tuple[Value, ...]) -> int:
        seq = self._seq + 1
        encoded = encode(table, seq, row)
        previous, self._mac, self._seq = self._mac, row_mac(self._keys.mac_key, self._mac, encoded), seq
        self._database.insert(table, (seq, *row, previous, self._mac))
        self._book.apply(table, seq, row, encoded)
        rows.append((seq, table, row))
        return seq


def _found(database: Database, loaded: Loaded) -> str:
    """Return how the writer before left the journal."""
    if loaded.seq == 0:
        return "new"
    if database.has_torn_tail:
        return "torn_tail"
    return "closed" if loaded.book.closed_at == loaded.seq else "crashed"
