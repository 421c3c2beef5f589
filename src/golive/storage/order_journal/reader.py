"""Looking into an order journal, also while its writer works: one order, all that has not ended, every row.

A reader sees one moment of the journal, the last commit before it was opened, however long it reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from golive.model.ids import ClientOrderId

from .database import Database
from .row import JournalRow, named
from .schema import COLUMNS
from .sqlite import SqliteDatabase

_OF_ORDER = tuple(table for table, columns in COLUMNS.items() if "client_order_id" in columns)

_NAMED_IN = ("intents WHERE", "decisions WHERE verdict = 'refused' AND", "notes WHERE client_order_id IS NOT NULL AND")
_DECISIONS = (
    "verdict = 'refused' AND client_order_id = ?",
    "seq IN (SELECT decision FROM intents WHERE client_order_id = ?)",
    "seq IN (SELECT decision FROM amendments WHERE client_order_id = ?)",
)


class OrderJournalReader:
    """A journal open for reading. Raises JournalError for a file that is none."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, path: Path) -> OrderJournalReader:
        """Look into the journal in `path`; raise JournalError when there is none or it cannot be read."""
        return cls(SqliteDatabase.open(path, read_only=True))

    def close(self) -> None:
        self._database.close()

    @property
    def database(self) -> Database:
        return self._database

    @property
    def facts(self) -> Mapping[str, str]:
        """Whose journal it is: log_id, venue, adapter, account, environment, key_id, key_class."""
        return self._database.facts

    @property
    def last_seq(self) -> int:
        """The newest row's sequence; 0 before the first."""
        newest = " UNION ALL ".join(f"SELECT max(seq) AS seq FROM {table}" for table in COLUMNS)  # noqa: S608 (names of ours; values are bound)
        return max((seq for (seq,) in self._database.select(newest) if seq is not None), default=0)

    def rows(self, after: int = 0) -> Iterator[JournalRow]:
        """Yield the rows above a sequence, in order."""
        for row in self._database.rows(after):
            yield named(row.seq, row.table, row.values)

    def find(self, text: str) -> tuple[ClientOrderId, ...]:
        """Return the orders whose client order id begins with `text` or whose venue order id is `text`, oldest first.

        Orders that risk refused and orders that were adopted are among them.
        """
        found: dict[str, int] = {}
        begins = (text, text + "\U0010ffff")
        for source in _NAMED_IN:
            query = f"SELECT client_order_id, min(seq) FROM {source} client_order_id >= ? AND client_order_id < ? GROUP BY 1"  # noqa: S608 (names of ours; values are bound)
            for client_order_id, seq in self._database.select(query, begins):
                found.setdefault(client_order_id, seq)
        for table in ("answers", "facts"):
            query = f"SELECT client_order_id, min(seq) FROM {table} WHERE venue_order_id = ? GROUP BY 1"  # noqa: S608 (names of ours; values are bound)
            for client_order_id, seq in self._database.select(query, (text,)):
                found.setdefault(client_order_id, seq)
        return tuple(ClientOrderId(name) for name in sorted(found, key=lambda name: found[name]))

    def order(self, client_order_id: ClientOrderId) -> tuple[JournalRow, ...]:
        """Return everything that was written about an order, decisions included, in order; () when nothing was."""
        return tuple(sorted(row for table in _OF_ORDER for row in self._rows_of(table, client_order_id)))

    def has_intent(self, client_order_id: ClientOrderId) -> bool:
        """Whether an order of this id was ever intended."""
        return any(self._database.select("SELECT 1 FROM intents WHERE client_order_id = ?", (client_order_id,)))

    def first_deadline_ms(self, client_order_id: ClientOrderId) -> int | None:
        """Return the deadline of an order's first attempt, ms of the venue's clock; None: it never left from here."""
        query = "SELECT deadline_ms FROM attempts WHERE client_order_id = ? ORDER BY n LIMIT 1"
        return next((int(deadline) for (deadline,) in self._database.select(query, (client_order_id,))), None)

    def notes_on_foreign_orders(self) -> Iterator[JournalRow]:
        """Yield the notes on orders that were not placed by us: adoptions with all that followed, cancels that were asked for."""
        query = (
            f"SELECT seq, {', '.join(COLUMNS['notes'])} FROM notes WHERE event IN ('adopted', 'canceled_foreign') ORDER BY seq"  # noqa: S608 (names of ours; values are bound)
        )
        for row in self._database.select(query):
            yield named(row[0], "notes", tuple(row[1:]))

    def emergency_notes(self) -> Iterator[JournalRow]:
        """Yield the notes that emergency mode began, or was lifted, in order."""
        query = f"""SELECT seq, {", ".join(COLUMNS["notes"])} FROM notes
                    WHERE event IN ('emergency_mode_activated', 'emergency_mode_cleared') ORDER BY seq"""  # noqa: S608 (names of ours; values are bound)
        for row in self._database.select(query):
            yield named(row[0], "notes", tuple(row[1:]))

    def fallbacks(self) -> Iterator[JournalRow]:
        """Yield the notes on orders that were sent here instead of one that another venue did not take."""
        query = f"SELECT seq, {', '.join(COLUMNS['notes'])} FROM notes WHERE event = 'fell_back' ORDER BY seq"  # noqa: S608 (names of ours; values are bound)
        for row in self._database.select(query):
            yield named(row[0], "notes", tuple(row[1:]))

    def ended(self, route: str, result: str) -> int:
        """Return how many orders of a route have ended so."""
        query = """SELECT count(*) FROM ends AS e JOIN intents AS i ON i.client_order_id = e.client_order_id
                   WHERE e.result = ? AND i.route = ?"""
        return next(int(count) for (count,) in self._database.select(query, (result, route)))

    def not_ended(self) -> tuple[ClientOrderId, ...]:
        """Return the orders that have an intent and no end, oldest first."""
        query = """SELECT client_order_id FROM intents AS i
                   WHERE NOT EXISTS (SELECT 1 FROM ends AS e WHERE e.client_order_id = i.client_order_id) ORDER BY seq"""
        return tuple(ClientOrderId(name) for (name,) in self._database.select(query))

    def _rows_of(self, table: str, client_order_id: ClientOrderId) -> Iterator[JournalRow]:
        # Of decisions only the refusals have an index; the others stand right before what was made of them.
        conditions = _DECISIONS if table == "decisions" else ("client_order_id = ?",)
        for condition in conditions:
            query = f"SELECT seq, {', '.join(COLUMNS[table])} FROM {table} WHERE {condition}"  # noqa: S608 (names of ours; values are bound)
            for row in self._database.select(query, (client_order_id,)):
                yield named(row[0], table, tuple(row[1:]))


def journal_files(directory: Path) -> list[Path]:
    """Return the order journals that are files in `directory`, by name."""
    return sorted(directory.glob("*.sqlite"))
