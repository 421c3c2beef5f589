"""What an order journal says of its own rows about one order: their MACs, and its seal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from golive.model.errors import JournalError
from golive.storage.keys import DevelopmentKeys
from golive.storage.order_journal.database import Database
from golive.storage.order_journal.place import seal_path
from golive.storage.order_journal.row import JournalRow, encode, row_mac
from golive.storage.order_journal.schema import COLUMNS
from golive.storage.order_journal.seal import Sealed, read_sealed

from .story import Testimony
from .witnesses import testimony


def rows_testimony(
    database: Database, rows: Sequence[JournalRow], keys: DevelopmentKeys | None, sealed: Sealed | str | None
) -> Testimony:
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
    if problem := _seal_problem(database, sealed):
        return testimony("journal", "corrupt", "seal_changed", problem=problem)
    return testimony("journal", "ok", "rows_sound", rows=str(len(rows)))


def seal_of(journal: Path, keys: DevelopmentKeys | None) -> Sealed | str | None:
    """Return the seal beside a journal, what is wrong with it, or None where there is none yet, or no key that tells."""
    if keys is None:
        return None
    try:
        return read_sealed(seal_path(journal), f"orders/{journal.stem}", keys.seal_keys)
    except JournalError as exc:
        return str(exc)


def _seal_problem(database: Database, sealed: Sealed | str | None) -> str:
    if sealed is None or isinstance(sealed, str):
        return sealed or ""
    row = database.row(sealed.seal.last_seq)
    is_that_row = row is not None and row.mac.hex() == sealed.seal.head_mac
    return "" if is_that_row else f"row {sealed.seal.last_seq} is not the row that was sealed"


def _gone_since(database: Database, first: int) -> int:
    """Return how many rows are missing from row `first` on: sequences have no gaps, over all tables together."""
    of_each = " UNION ALL ".join(f"SELECT count(*) AS here, max(seq) AS newest FROM {table} WHERE seq >= ?" for table in COLUMNS)
    query = (
        f"SELECT sum(here), max(newest) FROM ({of_each}) AS counted"  # one statement, so that a writer beside it changes nothing
    )
    here, newest = next(database.select(query, (first,) * len(COLUMNS)))
    return int(newest) - first + 1 - int(here)


def _bad_rows(database: Database, rows: Iterable[JournalRow], key: bytes) -> Iterator[str]:
    for row in rows:
        kept = database.row(row.seq)
        if kept is None or row_mac(key, kept.previous, encode(kept.table, kept.seq, kept.values)) != kept.mac:
            yield f"{row.table} {row.seq}"
