"""Files that are replaced whole, and the lock that lets one writer in; what the candle store rests on."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from golive.model.errors import JournalError


def make_folder(path: Path) -> None:
    """Create `path` and its missing parents; raise JournalError when that is impossible."""
    try:
        path.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as exc:
        raise JournalError(f"{path}: cannot create the folder: {exc.strerror}; free the name or choose another --home") from exc


def temporary_beside(path: Path) -> Path:
    """Return a name in the folder of `path` that nobody uses; `is_temporary` knows it again after a crash."""
    return path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")


def is_temporary(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(".tmp")


def sync(path: Path) -> None:
    """Make the bytes of a file, or the names in a folder, outlast the machine; raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` by `data`: a reader sees the old bytes or the new ones. Both are durable when this returns.

    Raises JournalError on failure, and the old file stands.
    """
    temporary = temporary_beside(path)
    try:
        temporary.write_bytes(data)
        sync(temporary)
        temporary.rename(path)
        sync(path.parent)
    except OSError as exc:
        with contextlib.suppress(OSError):  # the first failure is the one to tell
            temporary.unlink(missing_ok=True)
        raise JournalError(f"{path}: cannot write: {exc.strerror}") from exc


@contextlib.contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`, waiting for a writer that has it; the system frees it when a process ends, however it ends.

    Raises JournalError when the lock file cannot be opened.
    """
    path = folder / ".lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be locked: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
