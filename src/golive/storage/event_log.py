"""The structured log `logs/runtime/golive.jsonl`: one line per fact, shared by the host's processes. It proves nothing.

A line is one write to a file that only grows, so lines of several processes never mix. A file of 16 MiB gives way to a new one;
five of them are kept.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError

from .files import make_directory, open_with_mode, write_all
from .giving_way import give_way, is_current

PATH: Final = Path("logs/runtime/golive.jsonl")
LARGEST: Final = 16 * 1024 * 1024


class EventLog:
    """Appends lines to the log under `home`; opens it for each, so that one that was moved away is not written to."""

    def __init__(self, home: Path, *, largest: int = LARGEST) -> None:
        self.path = home / PATH
        self._largest = largest

    def append(self, line: bytes) -> None:
        """Write a line that ends in a newline. Raises JournalError; not forced to the disk."""
        try:
            make_directory(self.path.parent)
            descriptor = self._open()
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                if os.fstat(descriptor).st_size >= self._largest and is_current(descriptor, self.path):
                    give_way(self.path)
                    os.close(descriptor)
                    descriptor = self._open()
                write_all(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot write the log: {exc.strerror}") from exc

    def _open(self) -> int:
        return open_with_mode(self.path, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
