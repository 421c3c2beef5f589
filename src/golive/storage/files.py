"""Files and directories: created private, replaced whole, on disk before anybody relies on them."""

from __future__ import annotations

import contextlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError

from .failpoint import reach

PRIVATE_DIRECTORY: Final = 0o700
LOG_FILE: Final = 0o640
MOST_LOG: Final = 16 << 30
"""bytes of one file of a log"""
SECRET_FILE: Final = 0o600


def make_directory(path: Path, mode: int = 0o750) -> None:
    """Create `path` and its missing parents with `mode`, each durable in its parent; an existing one is left alone.

    Raises JournalError when it cannot be created.
    """
    try:
        missing = [p for p in (path, *path.parents) if not p.exists()]
        for directory in reversed(missing):
            reach("file.directory.before")
            directory.mkdir(mode=mode, exist_ok=True)
            directory.chmod(mode)  # whatever the umask: whose group reads logs and metrics needs the way to them
            sync_directory(directory.parent)
            reach("file.directory.after")
    except OSError as exc:
        raise JournalError(f"{path}: cannot create the directory: {exc.strerror}") from exc


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Which file it is that has a name now; that a file which is held open has still the name by which others find it."""

    path: Path
    device: int
    inode: int

    @classmethod
    def of(cls, path: Path, descriptor: int | None = None) -> FilePlace:
        """Return the place of the file that `path` names, or of the open file that it named. Raises OSError."""
        found = path.stat() if descriptor is None else os.fstat(descriptor)
        return cls(path, found.st_dev, found.st_ino)

    def is_held(self) -> bool:
        """Say whether the name still is that of the same file: it was neither removed nor replaced."""
        try:
            found = self.path.stat()
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == (self.device, self.inode)


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


def write_atomic(path: Path, data: bytes, *, mode: int = LOG_FILE, durable_name: bool = False, replaces: bool = True) -> None:
    """Replace `path` by `data`: a reader sees the old bytes or the new ones, never a mixture.

    Its mode is `mode`, whatever the umask.
    Content is on disk before the rename; with `durable_name` the rename is as well. Raises JournalError on failure,
    and the old file stands; without `replaces` FileExistsError where there is one.
    """
    make_directory(path.parent)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        reach("file.temporary.before")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
        try:
            os.fchmod(descriptor, mode)
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        reach("file.temporary.after")
        if replaces:
            temporary.rename(path)
        else:
            os.link(temporary, path)
            temporary.unlink()
        reach("file.rename.after")
        if durable_name:
            sync_directory(path.parent)
            reach("file.name_durable.after")
    except OSError as exc:
        with contextlib.suppress(OSError):  # the first failure is the one to tell
            temporary.unlink(missing_ok=True)
        if isinstance(exc, FileExistsError) and not replaces:
            raise
        raise JournalError(f"{path}: cannot write: {exc.strerror}") from exc


def open_with_mode(path: Path, flags: int, mode: int = LOG_FILE) -> int:
    """Open a file and return its descriptor; one that is made by this has exactly `mode`, whatever the umask. Raises OSError."""
    try:
        descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        return os.open(path, flags | os.O_CREAT, mode)
    os.fchmod(descriptor, mode)
    return descriptor


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of `data`, going on after a short write; raises OSError."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
