"""How a database that trading rests on is opened (RELIABILITY §4.1): nothing in it is trusted, a commit is on disk."""

from __future__ import annotations

import sqlite3
from typing import Final

OPENING_TIMEOUT_MS: Final = 1000
"""a connection that is opened while another one recovers or folds the log waits this long"""
WAL_PAGES: Final = 1000
"""at most so many pages wait in the write-ahead log before a commit folds them into the file"""


def apply_pragmas(connection: sqlite3.Connection, *, read_only: bool) -> None:
    """Set the pragmas of a session store or an order journal. Raises sqlite3.Error when one does not hold.

    Readers may look on while it is written: locking is SQLite's usual one. That nobody else writes is the business of the lease,
    and the writer checks it with every commit; it fails at once when it meets another writer.
    """
    connection.execute(f"PRAGMA busy_timeout = {OPENING_TIMEOUT_MS}")
    connection.execute("PRAGMA trusted_schema = OFF")
    connection.execute("PRAGMA cell_size_check = ON")
    connection.execute("PRAGMA foreign_keys = ON")
    if read_only:
        connection.execute("PRAGMA query_only = ON")
        return
    mode = connection.execute("PRAGMA journal_mode = WAL").fetchone()[0]
    if mode != "wal":
        raise sqlite3.OperationalError(f"journal mode is {mode}, not wal")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    connection.execute("PRAGMA busy_timeout = 0")
