"""The guardrail event log `events.jsonl`: its one writer. A plain log, not a journal: it proves nothing.

A file of 4 MiB gives way to a new one; five of them are kept.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from golive.audit.canonical import CanonicalError, canonical
from golive.model.clock import Clock, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.model.redaction import redacted, redacted_value

from .files import make_directory, open_with_mode, write_all
from .giving_way import give_way, is_current
from .guardrail_line import EVENTS, EVENTS_FILE, LEVELS, GuardrailLine, stored_events

LARGEST: Final = 4 * 1024 * 1024
_TAIL_BYTES: Final = 256 * 1024
_BEGINNING: Final = b'{"environment":"'
"""of every line: members are in canonical order"""


class GuardrailLog:
    """Appends to and reads `<directory>/events.jsonl`; several processes may share it.

    Whatever stands in the file, events are added behind it: a venue may have to be called in an emergency. Only a reader minds.
    Raises JournalError when it cannot be opened.
    """

    def __init__(self, directory: Path, clock: Clock, *, largest: int = LARGEST) -> None:
        self.path = directory / EVENTS_FILE
        self._clock = clock
        self._largest = largest
        make_directory(directory)
        try:
            self._descriptor = self._open()
            with self._alone():
                self._end_torn_line()
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
            with self._alone():
                begin = self._end_torn_line()
                if begin >= self._largest:
                    give_way(self.path)
                    self._open_anew()
                    begin = self._end_torn_line()
                try:
                    write_all(self._descriptor, line + b"\n")
                except OSError:
                    os.ftruncate(self._descriptor, begin)
                    raise
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot write: {exc.strerror}") from exc

    def tail(self, count: int = 20) -> tuple[GuardrailLine, ...]:
        """Return the last `count` events, oldest first; JournalError for a line that is no event."""
        try:
            with self._alone():
                self._end_torn_line()
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot read: {exc.strerror}") from exc
        return stored_events(self.path, count)

    def close(self) -> None:
        """Give the file up; harmless when done already."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _open(self) -> int:
        return open_with_mode(self.path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)

    def _open_anew(self) -> None:
        """Go on in the file that has the name now, alone; who waits for the one before finds that it has moved."""
        before, self._descriptor = self._descriptor, self._open()
        os.close(before)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep every other process from writing meanwhile; go on in a new file when this one was moved or removed."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)
        while not is_current(self._descriptor, self.path):
            self._open_anew()
        try:
            yield
        finally:
            fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def _end_torn_line(self) -> int:
        """Cut what a writer that was killed left behind the last newline; return where the next line begins.

        What is no beginning of an event is somebody else's: it stays, as a line of its own.
        """
        size = os.fstat(self._descriptor).st_size
        if not size or os.pread(self._descriptor, 1, size - 1) == b"\n":
            return size
        start = max(0, size - _TAIL_BYTES)
        data = os.pread(self._descriptor, size - start, start)
        torn = data[data.rfind(b"\n") + 1 :]
        if torn.startswith(_BEGINNING) or _BEGINNING.startswith(torn):
            os.ftruncate(self._descriptor, size - len(torn))
            return size - len(torn)
        write_all(self._descriptor, b"\n")
        return size + 1
