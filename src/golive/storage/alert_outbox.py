"""The alert outbox: every alert is on disk before anybody is told; delivery takes it from here.

No channel exists yet, so each message stays `pending` and can be listed.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Final

from golive.audit.canonical import CanonicalError, canonical
from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.errors import JournalError

from .files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, sync_directory

APPLICATION_ID: Final = 0x474C4F42
"""`GLOB`: golive outbox"""
USER_VERSION: Final = 1
BUSY_MS: Final = 250
_TABLE: Final = """
CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL UNIQUE, category TEXT NOT NULL, severity TEXT NOT NULL,
    title TEXT NOT NULL, body TEXT NOT NULL, ts INTEGER NOT NULL, dedup_key TEXT NOT NULL, context TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state = 'pending')
) STRICT;
"""
_COLUMNS: Final = "alert_id, category, severity, title, body, ts, dedup_key, context"


class AlertOutbox:
    """`var/state/alerts/outbox.sqlite`, shared by the host's processes. One thread at a time uses it, whichever that is."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._connection = connection

    @classmethod
    def open(cls, home: Path) -> AlertOutbox:
        """Open the outbox under `home`, making it if missing; JournalError when it is foreign or cannot be used."""
        path = home / "var/state/alerts/outbox.sqlite"
        make_directory(path.parent, PRIVATE_DIRECTORY)
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000, check_same_thread=False)
            try:
                _prepare(path, connection)
            except BaseException:
                connection.close()
                raise
        except (sqlite3.Error, OSError) as exc:
            raise JournalError(f"{path}: cannot open the alert outbox: {exc}") from exc
        return cls(path, connection)

    def put(self, message: AlertMessage) -> None:
        """Keep a message; durable on return. JournalError when it cannot be written or its id was used before."""
        try:
            context = canonical(message.context).decode()
            row = (
                message.alert_id, message.category, str(message.severity), message.title, message.body, message.ts,
                message.dedup_key, context,
            )  # fmt: skip
            self._connection.execute(f"INSERT INTO outbox ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)
        except (sqlite3.Error, CanonicalError) as exc:
            raise JournalError(f"{self.path}: cannot keep alert {message.alert_id}: {exc}") from exc

    def pending(self, limit: int = 100) -> tuple[AlertMessage, ...]:
        """Return the oldest messages that wait for delivery."""
        query = f"SELECT {_COLUMNS} FROM outbox WHERE state = 'pending' ORDER BY seq LIMIT ?"
        try:
            rows = self._connection.execute(query, (limit,)).fetchall()
        except sqlite3.Error as exc:
            raise JournalError(f"{self.path}: cannot read: {exc}") from exc
        return tuple(
            AlertMessage(alert_id, category, AlertSeverity(severity), title, body, ts, key, json.loads(context))
            for alert_id, category, severity, title, body, ts, key, context in rows
        )

    def close(self) -> None:
        self._connection.close()


def _prepare(path: Path, connection: sqlite3.Connection) -> None:
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN IMMEDIATE")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables == 0:
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {USER_VERSION}")
    connection.execute("COMMIT")
    marks = tuple(connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    if marks != (APPLICATION_ID, USER_VERSION):
        raise JournalError(f"{path}: not an alert outbox of this version (application id, version {marks}); move it away")
    if tables == 0:
        path.chmod(LOG_FILE)
        sync_directory(path.parent)
