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

from .files import LOG_FILE, make_directory, write_all

PATH: Final = Path("logs/runtime/golive.jsonl")
LARGEST: Final = 16 * 1024 * 1024
KEPT: Final = 5
"""older files, `golive.jsonl.1` the newest of them"""


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
                if os.fstat(descriptor).st_size >= self._largest and self._is_current(descriptor):
                    self._give_way()
                    os.close(descriptor)
                    descriptor = self._open()
                write_all(descriptor, line)
            finally:
                os.close(descriptor)
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot write the log: {exc.strerror}") from exc

    def _open(self) -> int:
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, LOG_FILE)

    def _is_current(self, descriptor: int) -> bool:
        """Say whether nobody else has moved the file away meanwhile."""
        try:
            here, there = os.fstat(descriptor), self.path.stat()
        except FileNotFoundError:
            return False
        return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)

    def _give_way(self) -> None:
        for number in range(KEPT - 1, 0, -1):
            older = self.path.with_name(f"{self.path.name}.{number}")
            if older.exists():
                older.replace(self.path.with_name(f"{self.path.name}.{number + 1}"))
        self.path.replace(self.path.with_name(f"{self.path.name}.1"))
