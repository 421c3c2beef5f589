"""Files and directories: created private, replaced whole, on disk before anybody relies on them."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError

from .failpoint import reach

PRIVATE_DIRECTORY: Final = 0o700
LOG_FILE: Final = 0o640
SECRET_FILE: Final = 0o600


def make_directory(path: Path, mode: int = 0o750) -> None:
    """Create `path` and its missing parents with `mode`, each durable in its parent; an existing one is left alone.

    Raises JournalError when it cannot be created.
    """
    missing = [p for p in (path, *path.parents) if not p.exists()]
    try:
        for directory in reversed(missing):
            reach("file.directory.before")
            directory.mkdir(mode=mode, exist_ok=True)
            sync_directory(directory.parent)
            reach("file.directory.after")
    except OSError as exc:
        raise JournalError(f"{path}: cannot create the directory: {exc.strerror}") from exc


def sync_directory(path: Path) -> None:
    """Make the entries of a directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def move_durably(path: Path, to: Path) -> None:
    """Give a file another name in its directory; durable on return. Raises JournalError."""
    try:
        path.rename(to)
        sync_directory(path.parent)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be moved to {to.name}: {exc.strerror}") from exc


def write_atomic(path: Path, data: bytes, *, mode: int = LOG_FILE, durable_name: bool = False) -> None:
    """Replace `path` by `data`: a reader sees the old bytes or the new ones, never a mixture.

    Content is on disk before the rename; with `durable_name` the rename is as well. Raises JournalError on failure,
    and the old file stands.
    """
    make_directory(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        reach("file.temporary.before")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        reach("file.temporary.after")
        temporary.rename(path)
        reach("file.rename.after")
        if durable_name:
            sync_directory(path.parent)
            reach("file.name_durable.after")
    except OSError as exc:
        with contextlib.suppress(OSError):  # the first failure is the one to tell
            temporary.unlink(missing_ok=True)
        raise JournalError(f"{path}: cannot write: {exc.strerror}") from exc


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`, going on after a short write; raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
