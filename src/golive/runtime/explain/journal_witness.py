"""What an order journal says of its own rows about one order: their MACs, and its seal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from golive.model.errors import JournalError
from golive.storage.keys import SigningKeys
from golive.storage.order_journal.database import Database
from golive.storage.order_journal.place import seal_path
from golive.storage.order_journal.row import JournalRow, encode, row_mac
from golive.storage.order_journal.schema import COLUMNS
from golive.storage.order_journal.seal import Sealed, read_sealed

from .story import Testimony
from .witnesses import testimony


class SealBeside(NamedTuple):
    """The seal beside a journal, as it was read before the journal itself."""

    path: Path
    found: Sealed | str | None
    """text: what is wrong with it; None: there is none yet, or no key that tells"""
    is_needed: bool
    """False for a journal on a server, whose seals lie on the hosts that made them"""


def rows_testimony(database: Database, rows: Sequence[JournalRow], keys: SigningKeys | None, seal: SealBeside) -> Testimony:
    """Say whether the journal is sound as far as the order goes.

    Each of its rows is what was written, by its own MAC; none is gone that was written after its first, of whatever order; and
    the journal's seal is ours.
    """
    if keys is None or database.facts.get("key_id") != keys.mac_key_id:
        return testimony("journal", "unknown", "rows_unchecked", rows=str(len(rows)), key=str(database.facts.get("key_id")))
    bad = next(_bad_rows(database, rows, keys.mac_key), None)
    if bad is not None:
        return testimony("journal", "corrupt", "row_changed", row=bad)
    if rows and (gone := _gone_since(database, min(row.seq for row in rows))):
        return testimony("journal", "corrupt", "rows_gone", rows=str(gone))
    if problem := _seal_problem(database, seal):
        return testimony("journal", "corrupt", "seal_changed", problem=problem)
    return testimony("journal", "ok", "rows_sound", rows=str(len(rows)))


def seal_of(journal: Path, keys: SigningKeys | None, url: str | None) -> SealBeside:
    """Read the seal beside a journal, before the journal: it must not be newer than what is seen of that."""
    path = seal_path(journal)
    try:
        found = None if keys is None else read_sealed(path, f"orders/{journal.stem}", keys.seal_keys)
    except JournalError as exc:
        return SealBeside(path, str(exc), url is None)
    return SealBeside(path, found, url is None)


def _seal_problem(database: Database, seal: SealBeside) -> str:
    sealed = seal.found
    if isinstance(sealed, str):
        return sealed
    if sealed is None:
        known = database.last_sealed() if seal.is_needed and not seal.path.exists() else 0  # a first one may just have been made
        return f"it is gone, the journal was sealed at row {known}" if known else ""
    row = database.row(sealed.seal.last_seq)
    is_that_row = row is not None and row.mac.hex() == sealed.seal.head_mac
    return "" if is_that_row else f"row {sealed.seal.last_seq} is not the row that was sealed"


def _gone_since(database: Database, first: int) -> int:
    """Return how many rows are missing from row `first` on: sequences have no gaps, over all tables together."""
    of_each = " UNION ALL ".join(f"SELECT count(*) AS here, max(seq) AS newest FROM {table} WHERE seq >= ?" for table in COLUMNS)  # noqa: S608 (names of ours; values are bound)
    query = (
        f"SELECT sum(here), max(newest) FROM ({of_each}) AS counted"  # one statement, so that a writer beside it changes nothing  # noqa: S608 (names of ours; values are bound)
    )
    here, newest = next(database.select(query, (first,) * len(COLUMNS)))
    return int(newest) - first + 1 - int(here)


def _bad_rows(database: Database, rows: Iterable[JournalRow], key: bytes) -> Iterator[str]:
    for row in rows:
        kept = database.row(row.seq)
        if kept is None or row_mac(key, kept.previous, encode(kept.table, kept.seq, kept.values)) != kept.mac:
            yield f"{row.table} {row.seq}"
