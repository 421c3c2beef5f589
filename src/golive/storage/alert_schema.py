"""The tables of the alert outbox, and how one of the first version becomes one of this."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.errors import JournalError

from .files import LOG_FILE, sync_directory

APPLICATION_ID: Final = 0x474C4F42
"""`GLOB`: golive outbox"""
USER_VERSION: Final = 2
MESSAGE: Final = "alert_id, category, severity, title, body, ts, dedup_key, context"
_TABLES: Final = (
    """CREATE TABLE outbox (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL UNIQUE, category TEXT NOT NULL, severity TEXT NOT NULL,
    title TEXT NOT NULL, body TEXT NOT NULL, ts INTEGER NOT NULL, dedup_key TEXT NOT NULL, context TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'routed', 'suppressed', 'no_channel')),
    widened INTEGER NOT NULL DEFAULT 0, due_at INTEGER, acknowledged_at INTEGER, acknowledged_by TEXT, escalated_at INTEGER
) STRICT""",
    """CREATE TABLE parcel (
    alert_id TEXT NOT NULL REFERENCES outbox (alert_id), channel TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'delivered', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0, next_at INTEGER NOT NULL, problem TEXT, PRIMARY KEY (alert_id, channel)
) STRICT, WITHOUT ROWID""",
    """CREATE TABLE outcome (
    n INTEGER PRIMARY KEY AUTOINCREMENT, alert_id TEXT NOT NULL, channel TEXT NOT NULL, outcome TEXT NOT NULL,
    attempts INTEGER NOT NULL
) STRICT""",
    """CREATE TABLE throttle (
    scope TEXT NOT NULL, dedup_key TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (scope, dedup_key)
) STRICT, WITHOUT ROWID""",
    "CREATE INDEX waiting ON parcel (next_at) WHERE state IN ('waiting', 'sending')",
    "CREATE INDEX pending ON outbox (seq) WHERE state = 'pending'",
    "CREATE INDEX unacknowledged ON outbox (due_at) WHERE due_at IS NOT NULL AND acknowledged_at IS NULL",
)


def prepare(path: Path, connection: sqlite3.Connection) -> None:
    """Make the tables of a new outbox, take over those of the first version; JournalError for anything else."""
    for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "journal_mode = WAL", "synchronous = FULL"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN IMMEDIATE")
    tables = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]
    if tables == 0:
        _create(connection)
    elif _marks(connection) == (APPLICATION_ID, 1):
        connection.execute("ALTER TABLE outbox RENAME TO first_outbox")
        _create(connection)
        connection.execute(f"INSERT INTO outbox (seq, {MESSAGE}) SELECT seq, {MESSAGE} FROM first_outbox")  # noqa: S608 (names of ours; values are bound)
        connection.execute("DROP TABLE first_outbox")
    connection.execute("COMMIT")
    if (marks := _marks(connection)) != (APPLICATION_ID, USER_VERSION):
        raise JournalError(f"{path}: not an alert outbox of this version (application id, version {marks}); move it away")
    if tables == 0:
        path.chmod(LOG_FILE)
        sync_directory(path.parent)


def message_from(row: Sequence[Any]) -> AlertMessage:
    """Return the message of a row that holds `MESSAGE`."""
    alert_id, category, severity, title, body, ts, key, context = row
    return AlertMessage(alert_id, category, AlertSeverity(severity), title, body, ts, key, json.loads(context))


def _create(connection: sqlite3.Connection) -> None:
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {USER_VERSION}")


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    application, version = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("application_id", "user_version"))
    return application, version
