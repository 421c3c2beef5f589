"""The alert outbox: every alert is on disk before anybody is told, and so is how far each of its channels has got.

What became of an alert is written down here in the transaction that changes its state, and stays until the audit has it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from golive.audit.canonical import CanonicalError, canonical
from golive.model.alert import NO_CHANNEL, SUPPRESSED_CHANNEL, AlertMessage, AlertOutcome, AlertRow, Parcel, Sent
from golive.model.errors import JournalError

from .alert_schema import MESSAGE, message_from, prepare
from .failpoint import reach
from .files import PRIVATE_DIRECTORY, FilePlace, make_directory

PATH: Final = Path("var/state/alerts/outbox.sqlite")
"""relative to home"""
BUSY_MS: Final = 250
_GRAVITY: Final = "CASE severity WHEN 'critical' THEN 0 WHEN 'error' THEN 1 WHEN 'warning' THEN 2 ELSE 3 END"
_DUE: Final = f"""
SELECT {MESSAGE}, channel, attempts FROM (
    SELECT outbox.*, parcel.channel, parcel.attempts,
        row_number() OVER (PARTITION BY parcel.channel ORDER BY {_GRAVITY}, parcel.attempts > 0, outbox.seq) AS place
    FROM parcel JOIN outbox USING (alert_id) WHERE parcel.state = 'waiting' AND parcel.next_at <= ?
) WHERE place <= ? ORDER BY place, channel
"""  # noqa: S608 (names of ours; values are bound)
_WAITING: Final = f"""
SELECT {MESSAGE} FROM outbox WHERE widened = 0 AND severity IN ('critical', 'error')
AND alert_id IN (SELECT alert_id FROM parcel WHERE state IN ('waiting', 'sending'))
AND NOT EXISTS (SELECT 1 FROM parcel WHERE parcel.alert_id = outbox.alert_id AND parcel.state = 'delivered')
ORDER BY {_GRAVITY}, seq LIMIT ?
"""  # noqa: S608 (names of ours; values are bound)
_OVERDUE: Final = "due_at <= ? AND acknowledged_at IS NULL AND escalated_at IS NULL"
AT_ONCE: Final = 50
"""parcels of each channel that are looked at together, so that none is hidden by what waits for another"""
_SEVERAL: Final = 500
"""alerts that are looked at together"""


class AlertOutbox:
    """`var/state/alerts/outbox.sqlite`, shared by the host's processes. One thread at a time uses it, whichever that is.

    Every method is one transaction, durable on return; JournalError when it cannot be.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._place = FilePlace.of(path)
        self._connection = connection

    @classmethod
    def open(cls, home: Path) -> AlertOutbox:
        """Open the outbox under `home`, making it if missing; JournalError when it is foreign or cannot be used."""
        path = home / PATH
        make_directory(path.parent, PRIVATE_DIRECTORY)
        try:
            connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_MS / 1000, check_same_thread=False)
            try:
                prepare(path, connection)
                return cls(path, connection)
            except BaseException:
                connection.close()
                raise
        except (sqlite3.Error, OSError) as exc:
            raise JournalError(f"{path}: cannot open the alert outbox: {exc}") from exc

    def close(self) -> None:
        self._connection.close()

    # messages

    def put(self, message: AlertMessage) -> None:
        """Keep a message; durable on return. JournalError when it cannot be written or its id was used before."""
        try:
            context = canonical(message.context).decode()
            row = (
                message.alert_id, message.category, str(message.severity), message.title, message.body, message.ts,
                message.dedup_key, context,
            )  # fmt: skip
            self._check_place()
            self._connection.execute(f"INSERT INTO outbox ({MESSAGE}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", row)  # noqa: S608 (names of ours; values are bound)
        except (sqlite3.Error, CanonicalError) as exc:
            raise JournalError(f"{self.path}: cannot keep alert {message.alert_id}: {exc}") from exc

    def has(self, alert_id: str) -> bool:
        """Say whether a message of this id was put in, whatever became of it."""
        return bool(self._rows("SELECT 1 FROM outbox WHERE alert_id = ?", alert_id))

    def pending(self, limit: int = 100) -> tuple[AlertMessage, ...]:
        """Return messages that no channel was chosen for yet: the gravest first, then the oldest."""
        query = f"SELECT {MESSAGE} FROM outbox WHERE state = 'pending' ORDER BY {_GRAVITY}, seq LIMIT ?"  # noqa: S608 (names of ours; values are bound)
        return tuple(map(message_from, self._rows(query, limit)))

    def newest(self, limit: int = 100) -> tuple[AlertMessage, ...]:
        """Return the newest messages, oldest first, whatever became of them."""
        return tuple(map(message_from, self._rows(f"SELECT {MESSAGE} FROM outbox ORDER BY seq DESC LIMIT ?", limit)))[::-1]  # noqa: S608 (names of ours; values are bound)

    def route(self, message: AlertMessage, channels: Sequence[str], now: int, due_at: int | None) -> None:
        """Send a message on its way; with no channel its outcome is `no_channel`. `due_at`: when it must be acknowledged."""
        with self._writing() as connection:
            state = "routed" if channels else "no_channel"
            connection.execute(
                "UPDATE outbox SET state = ?, due_at = ? WHERE alert_id = ? AND state = 'pending'",
                (state, due_at, message.alert_id),
            )
            self._add_parcels(message.alert_id, channels, now)
            if not channels:
                self._note(message.alert_id, NO_CHANNEL, AlertOutcome.NO_CHANNEL, 0)

    def widen(self, alert_id: str, channels: Sequence[str], now: int) -> None:
        """Send a message to more channels, once."""
        with self._writing() as connection:
            connection.execute("UPDATE outbox SET widened = 1 WHERE alert_id = ?", (alert_id,))
            self._add_parcels(alert_id, channels, now)

    def suppress(self, alert_id: str) -> None:
        """End a message that was delivered nowhere; nobody has to acknowledge it."""
        with self._writing() as connection:
            connection.execute("UPDATE outbox SET state = 'suppressed', due_at = NULL WHERE alert_id = ?", (alert_id,))
            connection.execute("DELETE FROM parcel WHERE alert_id = ? AND state != 'sending'", (alert_id,))
            self._note(alert_id, SUPPRESSED_CHANNEL, AlertOutcome.SUPPRESSED, 0)

    # parcels

    def due(self, now: int) -> tuple[Parcel, ...]:
        """Return what waits for an attempt that is due, the first of each channel.

        The gravest come first; of the same severity what was never tried, then the oldest.
        """
        return tuple(Parcel(message_from(row[:8]), row[8], row[9]) for row in self._rows(_DUE, now, AT_ONCE))

    def has_arrived(self, alert_id: str) -> bool:
        return bool(self._rows("SELECT 1 FROM parcel WHERE alert_id = ? AND state = 'delivered' LIMIT 1", alert_id))

    def attempts(self, alert_id: str) -> dict[str, int]:
        """Return how many attempts each channel of a message that was not widened has seen; none for one that was."""
        query = "SELECT channel, attempts FROM parcel JOIN outbox USING (alert_id) WHERE alert_id = ? AND widened = 0"
        rows: list[tuple[str, int]] = self._rows(query, alert_id)
        return dict(rows)

    def grave_waiting(self) -> tuple[AlertMessage, ...]:
        """Return errors and critical alerts that wait, that no channel took and that were not widened, the gravest first."""
        return tuple(map(message_from, self._rows(_WAITING, _SEVERAL)))

    def begin(self, parcel: Parcel) -> Parcel:
        """Write down that an attempt begins, before it does; return the parcel with that attempt counted."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE parcel SET state = 'sending', attempts = attempts + 1 WHERE alert_id = ? AND channel = ?",
                (parcel.message.alert_id, parcel.channel),
            )
        return Parcel(parcel.message, parcel.channel, parcel.attempts + 1)

    def settle(self, sent: Sent, retry_at: Callable[[int], int | None]) -> AlertRow | None:
        """Write down how an attempt ended; None when none is under way. `retry_at`: failed attempts → time of the next."""
        query = f"""SELECT {MESSAGE}, parcel.attempts FROM parcel JOIN outbox USING (alert_id)
                    WHERE alert_id = ? AND channel = ? AND parcel.state = 'sending'"""  # noqa: S608 (names of ours; values are bound)
        reach("alerts.settle.before")
        with self._writing() as connection:
            found = connection.execute(query, (sent.alert_id, sent.channel)).fetchone()
            if found is None:
                return None
            message, attempts = message_from(found[:8]), found[8]
            next_at = None if sent.problem is None else retry_at(attempts)
            outcome = AlertOutcome.DELIVERED if sent.problem is None else AlertOutcome.FAILED
            state = "waiting" if next_at is not None else outcome.value
            connection.execute(
                "UPDATE parcel SET state = ?, next_at = ?, problem = ? WHERE alert_id = ? AND channel = ?",
                (state, next_at or 0, sent.problem, sent.alert_id, sent.channel),
            )
            self._note(sent.alert_id, sent.channel, outcome, attempts)
        return AlertRow(message, sent.channel, outcome, attempts)

    def interrupt_all(self, now: int) -> tuple[Parcel, ...]:
        """Let every attempt that an ended process was in the middle of be made again; return them."""
        query = f"SELECT {MESSAGE}, channel, attempts FROM parcel JOIN outbox USING (alert_id) WHERE parcel.state = 'sending'"  # noqa: S608 (names of ours; values are bound)
        with self._writing() as connection:
            found = [Parcel(message_from(row[:8]), row[8], row[9]) for row in connection.execute(query)]
            for parcel in found:
                connection.execute(
                    "UPDATE parcel SET state = 'waiting', next_at = ? WHERE alert_id = ? AND channel = ?",
                    (now, parcel.message.alert_id, parcel.channel),
                )
                self._note(parcel.message.alert_id, parcel.channel, AlertOutcome.INTERRUPTED, parcel.attempts)
        return tuple(found)

    def hasten(self, now: int) -> None:
        """Let whatever waits for another attempt be tried at once."""
        with self._writing() as connection:
            connection.execute("UPDATE parcel SET next_at = ? WHERE state = 'waiting' AND next_at > ?", (now, now))

    def is_settled(self, now: int) -> bool:
        """Say whether nothing is to be done now: all is routed, no attempt is due or under way, nothing is overdue, the audit has
        every outcome.
        """
        query = f"""SELECT EXISTS (SELECT 1 FROM outbox WHERE state = 'pending') OR EXISTS (SELECT 1 FROM outcome) OR EXISTS
                    (SELECT 1 FROM parcel WHERE state = 'sending' OR (state = 'waiting' AND next_at <= ?))
                    OR EXISTS (SELECT 1 FROM outbox WHERE {_OVERDUE})"""  # noqa: S608 (names of ours; values are bound)
        return not self._rows(query, now, now)[0][0]

    def undelivered(self, now: int) -> str:
        """Say in words what waits for its channels, or for emergency mode as nobody acknowledged it; '' when nothing does."""
        waiting = self._rows("SELECT count(*) FROM outbox WHERE state = 'pending'")[0][0]
        parcels = self._rows(
            """SELECT channel, count(*), max(problem) FROM parcel WHERE state IN ('waiting', 'sending')
               GROUP BY channel ORDER BY channel"""
        )
        told = [f"{count} for {channel} ({problem or 'under way'})" for channel, count, problem in parcels]
        if overdue := self._rows(f"SELECT count(*) FROM outbox WHERE {_OVERDUE}", now)[0][0]:  # noqa: S608 (names of ours; values are bound)
            told.append(f"{overdue} critical not acknowledged in time, and emergency mode is not switched on for that yet")
        return "; ".join(([f"{waiting} not looked at"] if waiting else []) + told)

    # what the audit has not taken yet

    def outcomes(self, limit: int = 200) -> tuple[tuple[int, AlertRow], ...]:
        """Return them, oldest first, numbered."""
        query = f"SELECT {MESSAGE}, n, channel, outcome, attempts FROM outcome JOIN outbox USING (alert_id) ORDER BY n LIMIT ?"  # noqa: S608 (names of ours; values are bound)
        return tuple(
            (row[8], AlertRow(message_from(row[:8]), row[9], AlertOutcome(row[10]), row[11])) for row in self._rows(query, limit)
        )

    def audited(self, numbers: Iterable[int]) -> None:
        """Drop outcomes that stand in the audit."""
        reach("alerts.audited.before")
        with self._writing() as connection:
            connection.executemany("DELETE FROM outcome WHERE n = ?", [(number,) for number in numbers])

    # the throttle's memory

    def remembered(self) -> Iterable[tuple[str, str, int]]:
        """Return (scope, dedup_key, delivered at)."""
        return self._rows("SELECT scope, dedup_key, at FROM throttle")

    def remember(self, scope: str, dedup_key: str, now: int, forgotten: Sequence[str]) -> None:
        with self._writing() as connection:
            connection.execute("INSERT OR REPLACE INTO throttle (scope, dedup_key, at) VALUES (?, ?, ?)", (scope, dedup_key, now))
            connection.executemany(
                "DELETE FROM throttle WHERE scope = ? AND dedup_key = ?", [(scope, each) for each in forgotten]
            )

    # acknowledgement

    def overdue(self, now: int) -> tuple[AlertMessage, ...]:
        """Return what nobody acknowledged in time and nobody has escalated, oldest first."""
        query = f"SELECT {MESSAGE} FROM outbox WHERE {_OVERDUE} ORDER BY seq LIMIT ?"  # noqa: S608 (names of ours; values are bound)
        return tuple(map(message_from, self._rows(query, now, _SEVERAL)))

    def escalated(self, alert_ids: Sequence[str], now: int) -> None:
        with self._writing() as connection:
            connection.executemany("UPDATE outbox SET escalated_at = ? WHERE alert_id = ?", [(now, each) for each in alert_ids])

    def unacknowledged(self) -> tuple[AlertMessage, ...]:
        """Return the critical alerts that wait for somebody to acknowledge them, oldest first."""
        query = f"""SELECT {MESSAGE} FROM outbox WHERE acknowledged_at IS NULL AND due_at IS NOT NULL ORDER BY seq"""  # noqa: S608 (names of ours; values are bound)
        return tuple(map(message_from, self._rows(query)))

    def acknowledge(self, alert_id: str, operator: str, now: int) -> bool:
        """Take a person's word that they have seen an alert; False when there is none of that id or somebody had already."""
        with self._writing() as connection:
            done = connection.execute(
                "UPDATE outbox SET acknowledged_at = ?, acknowledged_by = ? WHERE alert_id = ? AND acknowledged_at IS NULL",
                (now, operator, alert_id),
            )
            return done.rowcount == 1

    def forget(self, before: int) -> int:
        """Drop alerts raised before a time (ns) of which nothing is left to be done; return how many. The audit keeps them."""
        done = """SELECT alert_id FROM outbox WHERE ts < ? AND state != 'pending'
            AND (due_at IS NULL OR acknowledged_at IS NOT NULL OR escalated_at IS NOT NULL)
            AND alert_id NOT IN (SELECT alert_id FROM parcel WHERE state IN ('waiting', 'sending'))
            AND alert_id NOT IN (SELECT alert_id FROM outcome)"""
        with self._writing() as connection:
            ids = connection.execute(done, (before,)).fetchall()
            connection.executemany("DELETE FROM parcel WHERE alert_id = ?", ids)
            connection.executemany("DELETE FROM outbox WHERE alert_id = ?", ids)
        return len(ids)

    # inside

    def _check_place(self) -> None:
        """What is written to a file that has no name any more is lost, and nobody would hear of it."""
        if not self._place.is_held():
            raise JournalError(f"{self.path}: the alert outbox was removed or replaced while it was open")

    def _rows(self, query: str, *values: object) -> list[Any]:
        self._check_place()
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as exc:
            raise JournalError(f"{self.path}: cannot read: {exc}") from exc

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        self._check_place()
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except sqlite3.Error as exc:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise JournalError(f"{self.path}: cannot write: {exc}") from exc

    def _add_parcels(self, alert_id: str, channels: Sequence[str], now: int) -> None:
        rows = [(alert_id, channel, now) for channel in channels]
        self._connection.executemany("INSERT OR IGNORE INTO parcel (alert_id, channel, next_at) VALUES (?, ?, ?)", rows)

    def _note(self, alert_id: str, channel: str, outcome: AlertOutcome, attempts: int) -> None:
        self._connection.execute(
            "INSERT INTO outcome (alert_id, channel, outcome, attempts) VALUES (?, ?, ?, ?)",
            (alert_id, channel, outcome.value, attempts),
        )
