"""From outside an account's order journal: who holds its lock, and how that process is kept from sending anything more."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from golive.model.errors import JournalError

from .order_journal.lease import epoch_in


def holder_of(path: Path) -> int | None:
    """Return the process that holds this lock now (0 when it has not said its number yet), None when nobody does.

    Raises JournalError when the lock cannot be looked at.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise JournalError(f"{path}: cannot open the lock: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        words = os.pread(descriptor, 64, 0).split()
        return int(words[0]) if words and words[0].isdigit() else 0
    finally:
        os.close(descriptor)
    return None


def fence_out(path: Path) -> int:
    """Write another epoch into the lock of whoever holds it, and return it: that one's lease has lapsed before the next send.

    Raises JournalError when the file cannot be read or written.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            epoch = epoch_in(os.pread(descriptor, 64, 0)) + 1
            content = f"{os.getpid()} {epoch}\n".encode()
            os.pwrite(descriptor, content, 0)
            os.ftruncate(descriptor, len(content))
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise JournalError(f"{path}: cannot write another epoch: {exc.strerror}") from exc
    return epoch
