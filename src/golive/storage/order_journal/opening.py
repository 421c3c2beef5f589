"""Opening an order journal: the database, the newest seal, and the rows after it, each checked (RELIABILITY §4.1, §4.5).

What is cut off in the middle of a transaction never counted and is left out. Anything else that is not as it was written is
refused: a person must look into it, since orders may be missing from what we know.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass

from golive.model.errors import JournalError

from ..keys import SigningKeys
from ..live_log import newest_row
from ..live_segments import LOG_NAME
from .book import Book
from .database import Database
from .lease import AccountLease
from .place import JournalPlace
from .postgres import PostgresDatabase
from .row import ChainedRow, encode, genesis, row_mac
from .seal import Sealed, read_sealed
from .sqlite import SqliteDatabase


@dataclass(frozen=True, slots=True)
class Loaded:
    """Where the chain stands, and what its rows come to."""

    book: Book
    seq: int
    mac: bytes


def facts_of(place: JournalPlace, keys: SigningKeys) -> dict[str, str]:
    """Return what a journal says of itself."""
    return {
        "log_id": place.log_id,
        "venue": place.venue,
        "adapter": place.adapter,
        "account": place.account,
        "environment": place.environment,
        "key_id": keys.mac_key_id,
        "key_class": str(keys.key_class),
    }


def open_database(place: JournalPlace, keys: SigningKeys, lease: AccountLease) -> Database:
    """Return the database of an account, made when the account never had one; raise JournalError when it is not to be used."""
    facts = facts_of(place, keys)
    database: Database
    if place.url is not None:
        database = PostgresDatabase.open(place.url, place.log_id, facts)
    elif place.path.exists():
        database = SqliteDatabase.open(place.path)
    else:
        refuse_lost(place, "is gone", lease.used_up_to)
        return SqliteDatabase.create(place.path, facts)
    try:
        check_facts(database, facts)
        if database.row(1) is None:
            refuse_lost(place, "is empty", lease.used_up_to)
    except JournalError:
        database.close()
        raise
    return database


def refuse_lost(place: JournalPlace, how: str, used: int | None) -> None:
    """Raise JournalError when an account that has no journal has had one: ids could come twice, orders may be out.

    `used`: the epoch that its lock names, None where that was never used.
    """
    if place.seal.exists():
        trace = f"its seal {place.seal.name} is there"
    elif used is not None:
        trace = f"{place.lock.name} says that the account was used, up to epoch {used}"
    elif row := newest_row(place.home, place.path.stem):
        trace = f"the log {LOG_NAME} has records of it, up to row {row}"
    else:
        return
    raise JournalError(
        f"{place.path}: {how}, and {trace}; restore both from one backup (journal and seal); "
        "where there is none, trade the account under a new keychain_key, which begins a journal of its own"
    )


def open_for_reading(place: JournalPlace) -> Database:
    """Return the database of an account for looking on beside its writer; raise JournalError when there is none."""
    if place.url is not None:
        return PostgresDatabase.open(place.url, place.log_id, read_only=True)
    return SqliteDatabase.open(place.path, read_only=True)


def check_facts(database: Database, facts: Mapping[str, str]) -> None:
    """Raise JournalError when the journal is of another account, environment or key than `facts`."""
    for name, expected in facts.items():
        found = database.facts.get(name)
        if found != expected:
            raise JournalError(
                f"{database.where}: {name} is {found!r} there and {expected!r} here; use the journal of this account"
            )


def load(database: Database, place: JournalPlace, keys: SigningKeys) -> Loaded:
    """Return what the journal comes to: the snapshot of its newest seal and the rows after it, all verified.

    Raises JournalError naming the file and the row when anything but a torn tail is wrong.
    """
    return load_from(database, place, keys, read_sealed(place.seal, place.log_id, keys.seal_keys))


def load_from(database: Database, place: JournalPlace, keys: SigningKeys, sealed: Sealed | None) -> Loaded:
    """Return the same with the newest seal as it was read, None without one."""
    known = database.last_sealed()
    # Seals stay on the host that made them; a host whose own seal is older, or that has none, reads more rows.
    is_shared = place.url is not None
    if sealed is None:
        if known and not is_shared:
            raise JournalError(f"{place.seal}: is gone, the journal was sealed at row {known}; restore both from one backup")
        loaded = Loaded(Book(), 0, genesis(keys.mac_key, database.facts))
    else:
        seal = sealed.seal
        row = database.row(seal.last_seq)
        if row is None:
            raise _rolled_back(database, f"row {seal.last_seq}, sealed at {seal.time}, is missing")
        if not hmac.compare_digest(row.mac.hex(), seal.head_mac):
            raise _rolled_back(database, f"row {seal.last_seq} is not the one that was sealed at {seal.time}")
        fault = row_fault(row, seal.last_seq - 1, row.previous, keys.mac_key)
        if fault is not None:
            raise _changed(database, fault)
        if known > seal.last_seq and not is_shared:
            raise JournalError(
                f"{place.seal}: is older than the journal, which was sealed at row {known}; restore both from one backup"
            )
        loaded = Loaded(sealed.book, seal.last_seq, row.mac)
    return replay(database, loaded, keys.mac_key)


def replay(database: Database, start: Loaded, key: bytes) -> Loaded:
    """Apply all rows after `start` to its book; raise JournalError at the first that is not what was written."""
    book, seq, mac = start.book, start.seq, start.mac
    for row in database.rows(seq):
        fault = row_fault(row, seq, mac, key)
        if fault is not None:
            raise _changed(database, fault)
        book.apply(row.table, row.seq, row.values, encode(row.table, row.seq, row.values))
        seq, mac = row.seq, row.mac
    return Loaded(book, seq, mac)


def row_fault(row: ChainedRow, seq: int, mac: bytes, key: bytes) -> str | None:
    """Return what is wrong with a row that should follow row `seq` with `mac`; None when it is sound."""
    where = f"{row.table} seq {row.seq}"
    if row.seq != seq + 1:
        return f"{where}: gap after {seq}"
    if row.previous != mac:
        return f"{where}: broken link to the row before"
    if not hmac.compare_digest(row_mac(key, mac, encode(row.table, row.seq, row.values)), row.mac):
        return f"{where}: bad mac, the row is not what was written"
    return None


def _changed(database: Database, fault: str) -> JournalError:
    return JournalError(f"{database.where}: {fault}; look into it, then restore journal and seal from one backup")


def _rolled_back(database: Database, what: str) -> JournalError:
    return JournalError(
        f"{database.where}: {what}: an older copy was put back, or rows were changed; restore both from one backup"
    )
