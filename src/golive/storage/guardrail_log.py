"""The guardrail event log `events.jsonl`: one writer and one reader for it. A plain log, not a journal: it proves nothing."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit.canonical import CanonicalError, canonical
from golive.model.clock import Clock, from_iso, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.model.redaction import redacted, redacted_value

from .files import LOG_FILE, make_directory, write_all

EVENTS: Final = ("COMPLIANCE", "RATE_LIMIT", "REFUSED", "TIMEOUT")
LEVELS: Final = ("error", "info", "warning")
_TEXTS: Final = ("ts", "level", "event", "exchange", "environment", "queue", "message")
_TAIL_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class GuardrailLine:
    """One event as it stands in the log; `ts` wall clock, ns UTC."""

    ts: int
    level: str
    event: str
    exchange: str
    environment: str
    queue: str
    message: str
    fields: JsonObject


class GuardrailLog:
    """Appends to and reads `<directory>/events.jsonl`; several processes may share it."""

    def __init__(self, directory: Path, clock: Clock) -> None:
        self.path = directory / "events.jsonl"
        self._clock = clock
        make_directory(directory)
        try:
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            self._descriptor = os.open(self.path, flags, LOG_FILE)
            self._cut_torn_line()
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot open the guardrail log: {exc.strerror}") from exc

    def event(
        self, *, level: str, event: str, exchange: str, environment: str, queue: str, message: str, fields: JsonObject
    ) -> None:
        """Append one event; ValueError for an unknown level or event, JournalError when it cannot be written."""
        if level not in LEVELS or event not in EVENTS:
            raise ValueError(f"guardrail event {event!r} of level {level!r}: allowed are {EVENTS} and {LEVELS}")
        try:
            line = canonical(
                {
                    "ts": to_iso(self._clock.now()),
                    "level": level,
                    "event": event,
                    "exchange": exchange,
                    "environment": environment,
                    "queue": queue,
                    "message": redacted(message),
                    "fields": redacted_value(fields),
                }
            )
        except CanonicalError as exc:
            raise ValueError(f"guardrail event {event}: {exc}") from exc
        if self._descriptor < 0:
            raise JournalError(f"{self.path}: the guardrail log is closed")
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX)
            try:
                write_all(self._descriptor, line + b"\n")
            finally:
                fcntl.flock(self._descriptor, fcntl.LOCK_UN)
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot write: {exc.strerror}") from exc

    def tail(self, count: int = 20) -> tuple[GuardrailLine, ...]:
        """Return the last `count` events, oldest first; JournalError for a line that is no event."""
        try:
            size = os.fstat(self._descriptor).st_size
            start = max(0, size - _TAIL_BYTES)
            lines = os.pread(self._descriptor, size - start, start).split(b"\n")[:-1]
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot read: {exc.strerror}") from exc
        whole = lines[1:] if start else lines
        return tuple(self._parse(line) for line in whole[-count:])

    def close(self) -> None:
        """Give the file up; harmless when done already."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _parse(self, line: bytes) -> GuardrailLine:
        try:
            row = json.loads(line)
            if not isinstance(row, dict) or not isinstance(row.get("fields"), dict):
                raise ValueError("not an object with `fields`")
            texts = {name: row[name] for name in _TEXTS}
            if not all(isinstance(text, str) for text in texts.values()):
                raise ValueError("a member is not text")
            return GuardrailLine(from_iso(texts.pop("ts")), **texts, fields=row["fields"])
        except (ValueError, KeyError) as exc:
            raise JournalError(f"{self.path}: {line[:80]!r} is not a guardrail event ({exc}); move the file away") from exc

    def _cut_torn_line(self) -> None:
        """Cut what a writer that was killed left behind its last newline."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        try:
            size = os.fstat(self._descriptor).st_size
            start = max(0, size - _TAIL_BYTES)
            data = os.pread(self._descriptor, size - start, start)
            end = start + data.rfind(b"\n") + 1
            if end < size:
                os.ftruncate(self._descriptor, end)
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)
