"""That a gate is being opened at this moment, for who closes gates: a shared lock, which the kernel ends with the process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError

from .files import make_directory

DIRECTORY: Final = Path("var/state")
"""relative to home; what is locked"""
_FLAGS: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def being_opened(home: Path) -> Iterator[None]:
    """Say to others that a gate of this installation is being opened; several may be at once. Raises JournalError."""
    make_directory(home / DIRECTORY)
    try:
        descriptor = os.open(home / DIRECTORY, _FLAGS)
    except OSError as exc:
        raise JournalError(f"{home / DIRECTORY}: cannot be opened: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        yield
    finally:
        os.close(descriptor)


def is_being_opened(home: Path) -> bool:
    """Say whether somebody is opening a gate of this installation now."""
    try:
        descriptor = os.open(home / DIRECTORY, _FLAGS)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
