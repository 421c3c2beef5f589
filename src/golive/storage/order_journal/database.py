"""What an order journal needs of the database it is kept in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from golive.model.errors import JournalError

from .row import ChainedRow, Value

# Any: the columns' types are those of the tables.


class NoJournal(JournalError):
    """The server has no journal of this account."""


class Database(Protocol):
    """An open order database of one writer. Every failure is a JournalError; after one it is only good for `close`."""

    where: str
    """for messages"""
    facts: Mapping[str, str]
    """whose journal it is, as it says itself"""
    has_torn_tail: bool
    """the writer before was killed in the middle of a transaction, and what it had written of it is gone"""

    def begin(self, epoch: int) -> None:
        """Begin a transaction; JournalError when anybody but the writer of `epoch` has written since."""
        ...

    def insert(self, table: str, row: tuple[Value | bytes, ...]) -> None:
        """Add a row: seq, the table's columns, prev_mac, mac."""
        ...

    def commit(self) -> None:
        """Make the transaction durable."""
        ...

    def fence(self, epoch: int) -> None:
        """JournalError when a writer of a higher epoch has come."""
        ...

    def fill(self, venue: str, trade_id: str) -> tuple[Value, ...] | None:
        """Return the values of a fill that is there."""
        ...

    def row(self, seq: int) -> ChainedRow | None:
        """Return the row with this sequence."""
        ...

    def rows(self, after: int = 0) -> Iterator[ChainedRow]:
        """Yield the rows above a sequence, in order."""
        ...

    def last_sealed(self) -> int:
        """Return up to which row the newest seal goes of which the journal knows; 0: of none."""
        ...

    def select(self, query: str, parameters: tuple[Value, ...] = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query whose parameters are written as `?`."""
        ...

    def storage_faults(self) -> Iterator[str]:
        """Yield what the database itself finds wrong with how its content is stored."""
        ...

    def close(self) -> None:
        """Fold the write-ahead log into the file, where there is one, and give it up."""
        ...
