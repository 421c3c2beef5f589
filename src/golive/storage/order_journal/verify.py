"""Verifying an order journal whole: storage, every row's link and MAC, the rules between rows, every seal, the snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from golive.audit import SealError
from golive.model.errors import JournalError

from ..keys import SigningKeys
from .book import Book
from .database import Database
from .opening import row_fault
from .place import seal_path
from .postgres import PostgresDatabase
from .row import ChainedRow, encode, genesis
from .rules import RULES
from .seal import Sealed, read_sealed, verify_document
from .sqlite import SqliteDatabase

SEAL_TRIES: Final = 5
"""a writer may seal between two looks; so often they are taken again"""


class Verification:
    """One pass over a whole journal. `faults` yields what is wrong; then `rows` and `book` say what was there."""

    def __init__(self, database: Database, keys: SigningKeys, sealed: Sealed | None, *, is_shared: bool = False) -> None:
        self.rows = 0
        self._is_shared = is_shared
        self.book = Book()
        self._database = database
        self._keys = keys
        self._sealed = sealed

    @property
    def sealed_seq(self) -> int | None:
        """Up to which row the seal beside the journal goes; None without one."""
        return None if self._sealed is None else self._sealed.seal.last_seq

    def faults(self) -> Iterator[str]:
        """Yield everything that shows the journal was changed, naming table and row; nothing when it is sound.

        Raises JournalError when the keys at hand did not write it, or it cannot be read.
        """
        key_id = self._database.facts.get("key_id")
        if key_id != self._keys.mac_key_id:
            raise JournalError(f"{self._database.where}: the MAC key {key_id!r} is not at hand")
        yield from self._database.storage_faults()
        yield from self._row_faults()
        for what, query in RULES.items():
            for (seq,) in self._database.select(query):
                yield f"seq {seq}: {what}"
        yield from self._cut_faults()

    @property
    def facts(self) -> Mapping[str, str]:
        """Whose journal it is."""
        return self._database.facts

    def chain(self) -> Iterator[tuple[bytes, bytes, bytes]]:
        """Yield of each row, in order: the MAC before, the bytes that its own covers besides, and that."""
        for row in self._database.rows():
            yield row.previous, encode(row.table, row.seq, row.values), row.mac

    def _row_faults(self) -> Iterator[str]:
        key = self._keys.mac_key
        mac = genesis(key, self._database.facts)
        for row in self._database.rows():
            fault = row_fault(row, self.rows, mac, key)
            if fault is not None:
                yield fault
            self.rows, mac = row.seq, row.mac
            try:
                self.book.apply(row.table, row.seq, row.values, encode(row.table, row.seq, row.values))
            except (JournalError, ValueError, ArithmeticError) as exc:
                yield f"{row.table} seq {row.seq}: its content makes no sense: {exc}"
            if self._sealed is not None and row.seq == self._sealed.seal.last_seq:
                yield from self._sealed_faults(self._sealed, row)
            if row.table == "seals":
                yield from self._old_seal_faults(row)

    def _sealed_faults(self, sealed: Sealed, row: ChainedRow) -> Iterator[str]:
        if row.mac.hex() != sealed.seal.head_mac:
            yield f"{row.table} seq {row.seq}: not the row that was sealed at {sealed.seal.time}"
        elif self.book.snapshot().encoded() != sealed.snapshot:
            yield f"the snapshot sealed at {sealed.seal.time} is not what the rows up to {row.seq} come to"

    def _old_seal_faults(self, row: ChainedRow) -> Iterator[str]:
        at, document = row.values
        try:
            seal = verify_document(str(document).encode(), self._keys.seal_keys)
        except SealError as exc:
            yield f"seals seq {row.seq}: {exc}"
            return
        before = self._database.row(seal.last_seq)
        if seal.last_seq != at or before is None or before.mac.hex() != seal.head_mac:
            yield f"seals seq {row.seq}: row {at} is not the one that was sealed at {seal.time}"

    def _cut_faults(self) -> Iterator[str]:
        known = self._database.last_sealed()
        if self._is_shared and (self._sealed is None or self._sealed.seal.last_seq <= self.rows):
            return  # the seals of other hosts stay there; their documents in the rows were checked
        if self._sealed is None:
            if known:
                yield f"its seal is gone, the journal was sealed at row {known}"
        elif self._sealed.seal.last_seq > self.rows:
            yield f"row {self._sealed.seal.last_seq}, sealed at {self._sealed.seal.time}, is missing: an older copy was put back"
        elif known > self._sealed.seal.last_seq:
            yield f"its seal is older than the journal, which was sealed at row {known}"


@contextmanager
def verification(path: Path, keys: SigningKeys, url: str | None = None) -> Iterator[Verification]:
    """Open the journal in `path` with the seal beside it for one pass, also while its writer works.

    With `url` the journal is in that server, and only its seal lies where `path` says. Raises JournalError when there is none, it
    is none, or the seal beside it is not ours.
    """
    log_id = f"orders/{path.stem}"
    for tries in range(SEAL_TRIES, 0, -1):
        # The seal is read first: it must not be newer than what is seen of the journal.
        sealed = read_sealed(seal_path(path), log_id, keys.seal_keys)
        with closing(looking_on(path, log_id, url)) as database:
            is_newest = database.last_sealed() <= (sealed.seal.last_seq if sealed is not None else 0)
            if is_newest or url is not None or tries == 1:
                yield Verification(database, keys, sealed, is_shared=url is not None)
                return


def looking_on(path: Path, log_id: str, url: str | None) -> Database:
    """Return the database of a journal for reading; raise JournalError when there is none."""
    if url is not None:
        return PostgresDatabase.open(url, log_id, read_only=True)
    return SqliteDatabase.open(path, read_only=True)
