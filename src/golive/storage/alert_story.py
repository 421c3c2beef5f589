"""What became of alerts, as the outbox tells it: for people who list them. Reads; changes nothing."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from golive.model.alert import AlertMessage
from golive.model.errors import JournalError

from .alert_outbox import PATH
from .alert_schema import MESSAGE, message_from


@dataclass(frozen=True, slots=True)
class ParcelStory:
    """How far an alert has got at one channel; `state` is `waiting`, `sending`, `delivered` or `failed`."""

    channel: str
    state: str
    attempts: int
    next_at: int
    problem: str | None
    """why the last attempt failed"""


@dataclass(frozen=True, slots=True)
class AlertStory:
    """One alert. `state` is `pending`, `routed`, `suppressed` or `no_channel`; times in ns UTC."""

    message: AlertMessage
    state: str
    parcels: tuple[ParcelStory, ...]
    due_at: int | None
    """when it must be acknowledged; None when nobody has to"""
    acknowledged_at: int | None
    acknowledged_by: str | None
    escalated_at: int | None


def alert_stories(home: Path, limit: int, *, unacknowledged: bool = False) -> tuple[AlertStory, ...]:
    """Return the newest alerts, oldest first; none when there is no outbox, or one that a full disk kept from being made: who
    raises the next alert makes it whole. JournalError when it cannot be read.
    """
    path = home / PATH
    if not path.exists():
        return ()
    only = "WHERE due_at IS NOT NULL AND acknowledged_at IS NULL" if unacknowledged else ""
    query = f"""SELECT {MESSAGE}, state, due_at, acknowledged_at, acknowledged_by, escalated_at FROM outbox {only}
                ORDER BY seq DESC LIMIT ?"""  # noqa: S608 (names of ours; values are bound)
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as connection:
            if not connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
                return ()
            rows = connection.execute(query, (limit,)).fetchall()
            return tuple(
                AlertStory(message_from(row[:8]), row[8], _parcels(connection, row[0]), *row[9:]) for row in reversed(rows)
            )
    except sqlite3.Error as exc:
        raise JournalError(f"{path}: cannot read: {exc}") from exc


def _parcels(connection: sqlite3.Connection, alert_id: str) -> tuple[ParcelStory, ...]:
    query = "SELECT channel, state, attempts, next_at, problem FROM parcel WHERE alert_id = ? ORDER BY channel"
    return tuple(ParcelStory(*row) for row in connection.execute(query, (alert_id,)))


def parcel_story(home: Path, alert_id: str, channel: str) -> ParcelStory | None:
    """Return how far one alert has got at one channel; None when it is not on its way there. JournalError as above."""
    path = home / PATH
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1.0)) as connection:
            return next((each for each in _parcels(connection, alert_id) if each.channel == channel), None)
    except sqlite3.Error as exc:
        raise JournalError(f"{path}: cannot read: {exc}") from exc
