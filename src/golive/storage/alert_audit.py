"""`alerts/alerts-<YYYYMMDD>.jsonl`: what became of every alert at every channel; a signed daily journal in one chain.

It is sealed from its first record on, and nothing is added to one that lost its seal, or a row that outbox or evidence tell of.
Files older than the retention are removed, after a signed record in the newest one says which and where each of them ended.
"""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from golive.audit import Chain, Entry, EntryError, decode_entry
from golive.audit.entry import body_text
from golive.inputs import read_beside
from golive.model.alert import NO_CHANNEL, SUPPRESSED_CHANNEL, AlertOutcome, AlertRow
from golive.model.clock import SECOND
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue

from .daily_journal import DailyJournal, dated_files
from .demanded_seal import demand_seal
from .files import MOST_LOG, sync_directory
from .journal_file import Draft, Signer
from .lost_alerts import lost_alerts
from .segments import is_closed
from .verified import entries

DIRECTORY: Final = Path("alerts")
"""relative to home, unless the configuration says otherwise"""
LOG_NAME: Final = "alerts"
ALERT: Final = "alert"
INTERRUPTED: Final = "alert_interrupted"
REMOVED: Final = "files_removed"
RETENTION_DAYS: Final = 730
PATIENCE_S: Final = 2.0
_CHANNELS: Final = {AlertOutcome.SUPPRESSED: SUPPRESSED_CHANNEL, AlertOutcome.NO_CHANNEL: NO_CHANNEL}


class FileAlertAuditLog:
    """The audit of an installation's alerts. It is opened for each step of work, so a file put right is taken up again."""

    def __init__(self, home: Path, signer: Signer, directory: Path = DIRECTORY, retention_days: int = RETENTION_DAYS) -> None:
        self._home = home
        self.directory = home / directory
        self._signer = signer
        self._retention_days = retention_days
        self._journal: DailyJournal | None = None

    def append(self, rows: Sequence[AlertRow]) -> None:
        """Write rows down and seal the file; durable on return. JournalError when it is not sound or cannot be written."""
        self.record([_draft(row, self._signer.operator) for row in rows])

    def record(self, drafts: Sequence[Draft]) -> None:
        """Write records of any type down, as `append`."""
        try:
            if self._journal is None:
                self._demand_whole()
                self._journal = DailyJournal(self.directory, LOG_NAME, self._signer, patience_s=PATIENCE_S)
                if not self._journal.path.with_suffix(".seal.json").exists():
                    self._journal.seal()  # of a header alone; with a row behind it, it could not be told from one cut off
            file = self._journal.path
            self._journal.append(drafts)
            if self._journal.path != file or len(dated_files(self.directory, LOG_NAME)) > self._retention_days:
                self._remove_old(self._journal)
            self._journal.seal()
        except JournalError:
            self.close()
            raise

    def has(self, row: AlertRow) -> bool:
        """Say whether one of the two newest files has this row."""
        type_, body, _ = _draft(row, "")
        wanted = _identity(type_, body)
        files = dated_files(self.directory, LOG_NAME)[-2:]
        return any(_identity(entry.type, entry.body) == wanted for path in files for entry in entries(path))

    def close(self) -> None:
        """Give the file up; the next row opens it again."""
        if self._journal is not None:
            with contextlib.suppress(JournalError):  # whatever broke it was raised where it happened
                self._journal.close()
            self._journal = None

    def _demand_whole(self) -> None:
        """Raise JournalError where the audit was cut off or begun anew: only a person can say that it goes on without the rest.

        Who ends a file names the next one first, so one that is closed and the newest may have lost that.
        """
        files = alert_files(self.directory)
        if files:
            demand_seal(files[-1], files[-1].with_suffix(".seal.json"))
        if not files or is_closed(files[-1]):
            for lost in lost_alerts(self._home, self.directory, lambda: files):
                raise JournalError(f"{lost.path}: {lost.faults[0].text}")

    def _remove_old(self, journal: DailyJournal) -> None:
        """Remove the files that are out of retention: first the record, then the files."""
        today = datetime.fromtimestamp(self._signer.clock.now() / SECOND, timezone.utc).date()
        oldest = f"{LOG_NAME}-{today - timedelta(days=self._retention_days):%Y%m%d}.jsonl"
        kept = 2  # the newest continues the one before it
        files = [path for path in dated_files(self.directory, LOG_NAME)[:-kept] if path.name < oldest]
        if not files:
            return
        removed: list[JsonValue] = [_told(path) for path in files]
        journal.append([(REMOVED, {"files": removed, "retention_days": self._retention_days}, self._signer.operator)])
        journal.sync()
        try:
            for path in files:
                path.unlink()
                path.with_suffix(".seal.json").unlink(missing_ok=True)
            sync_directory(self.directory)
        except OSError as exc:
            raise JournalError(f"{self.directory}: files out of retention cannot be removed: {exc.strerror}") from exc


def alert_files(directory: Path) -> list[Path]:
    """Return the files of the audit, oldest first."""
    return dated_files(directory, LOG_NAME)


def chain_before(files: Sequence[Path], chain: Chain) -> Chain:
    """Let `chain` begin where the audit's first file does, when a record of a later file says what was removed before it.

    That record is verified with the file it stands in.
    """
    first = next(entries(files[0]), None) if files else None
    if first is None or first.seq == 1:
        return chain
    for path in files:
        for entry in entries(path):
            told = entry.body.get("files") if entry.type == REMOVED else None
            for each in told if isinstance(told, list) else []:
                if isinstance(each, dict) and (each.get("last_seq"), each.get("head_mac")) == (first.seq - 1, first.prev):
                    chain.log_id, chain.seq, chain.mac = str(each.get("log_id")), first.seq - 1, first.prev
                    return chain
    return chain


def _told(path: Path) -> JsonValue:
    """Say what a file was, as far as that can be read."""
    data = read_beside(path, most=MOST_LOG)
    lines = data.split(b"\n")[:-1]
    try:
        first, last = decode_entry(lines[0])[0], decode_entry(lines[-1])[0]
        log_id = body_text(first.body, "log_id")
    except (EntryError, IndexError) as exc:
        raise JournalError(f"{path}: out of retention, and not removed, because it cannot be read: {exc}") from exc
    return {
        "file": path.name, "sha256": hashlib.sha256(data).hexdigest(), "log_id": log_id, "last_seq": last.seq,
        "head_mac": last.mac,
    }  # fmt: skip


def _draft(row: AlertRow, operator: str) -> Draft:
    message = row.message
    if row.outcome is AlertOutcome.INTERRUPTED:
        return INTERRUPTED, {"alert_id": message.alert_id, "channel": row.channel, "attempts": row.attempts}, operator
    body: JsonObject = {
        "alert_id": message.alert_id, "channel": _CHANNELS.get(row.outcome, row.channel), "outcome": row.outcome.value,
        "category": message.category, "severity": message.severity.value, "title": message.title, "body": message.body,
        "context": dict(message.context), "attempts": row.attempts,
    }  # fmt: skip
    return ALERT, body, operator


def _identity(type_: str, body: JsonObject) -> tuple[JsonValue, ...]:
    return (type_, body.get("alert_id"), body.get("channel"), body.get("outcome"), body.get("attempts"))


def rows_of(path: Path) -> list[Entry]:
    """Return the rows about alerts that can be read in one file, oldest first."""
    return [entry for entry in entries(path) if entry.type == ALERT]
