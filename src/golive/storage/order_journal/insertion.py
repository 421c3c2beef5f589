"""Rows on their way into a SQLite journal, in as few statements as their order allows: each costs more than its row.

A statement gives the interpreter to other threads while it runs, and in a burst getting it back takes longer than the row.
"""

from __future__ import annotations

import sqlite3
from itertools import chain
from typing import Final

from golive.model.errors import JournalError

from .row import Value
from .schema import COLUMNS

_AT_ONCE: Final = (16, 8, 4, 2, 1)
"""rows of a statement; few different ones, so that each is prepared once"""
_OF_A_DECISION: Final = ("decisions", "intents", "attempts")
"""what orders that are about to leave write: no such row rules out another, so they may go table by table"""


def _statement(table: str, columns: tuple[str, ...], rows: int) -> str:
    marks = f"({', '.join('?' * (len(columns) + 3))})"
    return f"INSERT INTO {table} (seq, {', '.join(columns)}, prev_mac, mac) VALUES {', '.join([marks] * rows)}"  # noqa: S608 (names of ours; values are bound)


_INSERTS: Final = {table: {rows: _statement(table, columns, rows) for rows in _AT_ONCE} for table, columns in COLUMNS.items()}


class Insertion:
    """The rows of one transaction that are not in the database yet. Whatever is read must be read after `flush`."""

    def __init__(self, connection: sqlite3.Connection, where: str) -> None:
        self._connection = connection
        self._where = where
        self._rows: dict[str, list[tuple[Value | bytes, ...]]] = {}

    def add(self, table: str, row: tuple[Value | bytes, ...]) -> None:
        """Take a row; rows of other tables that it may depend on, or rule out, are written before. Raises JournalError."""
        waiting = self._rows.get(table)
        if waiting is None:
            if self._rows and not (table in _OF_A_DECISION and self._rows.keys() <= set(_OF_A_DECISION)):
                self.flush()
            waiting = self._rows[table] = []
        waiting.append(row)

    def flush(self) -> None:
        """Write what waits; JournalError names the table whose rule a row breaks."""
        if not self._rows:
            return
        rows, self._rows = self._rows, {}
        for table in _OF_A_DECISION if len(rows) > 1 else rows:
            if table in rows:
                self._write(table, rows[table])

    def drop(self) -> None:
        """Forget what waits: its transaction is over."""
        self._rows = {}

    def _write(self, table: str, rows: list[tuple[Value | bytes, ...]]) -> None:
        statements, at = _INSERTS[table], 0
        try:
            while left := len(rows) - at:
                count = next(size for size in _AT_ONCE if size <= left)
                values = rows[at] if count == 1 else tuple(chain.from_iterable(rows[at : at + count]))
                self._connection.execute(statements[count], values)
                at += count
        except (sqlite3.Error, OverflowError) as exc:
            raise JournalError(f"{self._where}: {table}: {exc}") from exc
