"""The log of one process: each event to the file, and to the console what matters enough, in the operator's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from golive.model.clock import Clock
from golive.model.errors import GoliveError, JournalError
from golive.observability.log_line import LogLine, log_line
from golive.observability.log_words import Level, LogEvent
from golive.observability.wording import Language
from golive.storage.event_log import EventLog


class Log(Protocol):
    """Where facts are told; never raises, whatever becomes of them."""

    def say(self, event: LogEvent, *, error: BaseException | None = None, **fields: object) -> None: ...


class SilentLog:
    """Tells nobody: for sessions that are driven by something else than a command."""

    def say(self, event: LogEvent, *, error: BaseException | None = None, **fields: object) -> None:
        pass


class ProcessLog:
    """Tells the file all, and the console what is at least as grave as `level`.

    That the file cannot be written is told once; what would be nowhere then, the trace of an error, is told there, too.
    """

    def __init__(
        self, home: Path, clock: Clock, console: Callable[[str], None], *, context: Mapping[str, str],
        level: Level = Level.WARNING, language: Language = Language.EN,
    ) -> None:  # fmt: skip
        self._file = EventLog(home)
        self._clock = clock
        self._console = console
        self._context = context
        self._level = level
        self._language = language
        self._is_writable = True

    def say(self, event: LogEvent, *, error: BaseException | None = None, **fields: object) -> None:
        """Tell a fact; every secret of this process is hidden in it, whatever field it is in.

        A trace that the log does not take is shown, unless the error says by itself what is in the way.
        """
        line = log_line(self._clock.now(), event, fields, error=error)
        is_kept = self._write(line)
        self._show(line)
        if not is_kept and line.level.rank >= self._level.rank and not isinstance(error, (GoliveError, OSError)):
            for each in line.trace():
                self._console(each)

    def _write(self, line: LogLine) -> bool:
        try:
            self._file.append(line.bytes(self._context))
        except JournalError as exc:
            if self._is_writable:
                self._show(log_line(line.ts, LogEvent.LOG_UNUSABLE, {"reason": str(exc)}))
            self._is_writable = False
        else:
            self._is_writable = True
        return self._is_writable

    def _show(self, line: LogLine) -> None:
        if line.level.rank >= self._level.rank:
            self._console(line.text(self._language))
