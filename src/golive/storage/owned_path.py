"""Whose an account's files are: this user's alone to change, never reached by a link (journal, log, seal, lock, directory)."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError

from .files import LOG_FILE, PRIVATE_DIRECTORY

_FILE_MASK: Final = 0o027
_DIRECTORY_MASK: Final = 0o022
"""others may see the names where the operator wants that"""


def check_file(path: Path) -> None:
    """Raise JournalError unless `path` is a regular file of this user that others cannot read or change, or cannot be read."""
    check_status(path, _status(path))


def check_present(path: Path) -> None:
    """As `check_file`, for a file that need not be there."""
    if path.is_symlink() or path.exists():
        check_file(path)


def check_status(path: Path, status: os.stat_result) -> None:
    """As `check_file`, by the status of a file that is open."""
    if not stat.S_ISREG(status.st_mode):
        raise JournalError(f"{path}: not a regular file (links are refused)")
    _check_owner(path, status)
    if status.st_mode & _FILE_MASK:
        mode = f"{stat.S_IMODE(status.st_mode):o}"
        raise JournalError(f"{path}: others may read or change it (mode {mode}); look into it, then: chmod {LOG_FILE:o} {path}")


def check_directory(path: Path) -> None:
    """Raise JournalError unless `path` is a directory of this user in which nobody else may put or replace files."""
    status = _status(path)
    if not stat.S_ISDIR(status.st_mode):
        raise JournalError(f"{path}: not a directory (links are refused)")
    _check_owner(path, status)
    if status.st_mode & _DIRECTORY_MASK:
        mode = f"{stat.S_IMODE(status.st_mode):o}"
        raise JournalError(
            f"{path}: others may replace what is in it (mode {mode}); look into it, then: chmod {PRIVATE_DIRECTORY:o} {path}"
        )


def _status(path: Path) -> os.stat_result:
    try:
        return path.lstat()
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc


def _check_owner(path: Path, status: os.stat_result) -> None:
    if status.st_uid != os.geteuid():
        raise JournalError(f"{path}: belongs to user {status.st_uid}, not to {os.geteuid()}; look into it before you change that")
