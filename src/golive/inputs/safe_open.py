"""Opening a file below a trusted root: no link in any component, no way out, nothing but a regular file, bounded size.

Each folder of the name is opened in the one before it, so nothing can be exchanged between the check and the reading: what was
checked is what is read. The root itself is trusted; that it is a link is the operator's business.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 64 * 1024 * 1024
"""of a document whose reader names no bound of its own"""
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
"""a FIFO opens at once instead of waiting for a writer, a terminal does not become ours; both are refused then"""


class InputRefused(OSError):
    """A name or a file that is not opened; `strerror` says why and what to do."""

    def __init__(self, path: Path, why: str, code: int = errno.EINVAL) -> None:
        super().__init__(code, why, str(path))


@contextmanager
def safe_open(root: Path, rel: str | os.PathLike[str], *, most: int = MOST_BYTES) -> Iterator[BufferedReader]:
    """Open the regular file `rel` below `root` for reading.

    Args:
        root: a folder that is trusted, followed if it is a link.
        rel: a relative name without `..`, empty parts or NUL.
        most: bytes the file may have when it is opened; whoever reads a growing one reads `most + 1` at most.

    Raises InputRefused for a name that leads out of `root`, a link in any component, a folder, FIFO, socket or device, and a file
    longer than `most`; FileNotFoundError and other OSErrors as they are.
    """
    descriptor = _opened(root, os.fspath(rel))
    try:
        _check(root / rel, os.fstat(descriptor), most)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def read_bytes(root: Path, rel: str | os.PathLike[str], *, most: int = MOST_BYTES) -> bytes:
    """Return the content of the file `rel` below `root`; raises as `safe_open` does."""
    with safe_open(root, rel, most=most) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise InputRefused(root / rel, _too_long(most), errno.EFBIG)
    return content


def read_beside(path: Path, *, most: int = MOST_BYTES) -> bytes:
    """Return the content of a file whose folder is trusted: only its own name is not followed; raises as `safe_open` does."""
    return read_bytes(path.parent, path.name, most=most)


@contextmanager
def open_beside(path: Path, *, most: int) -> Iterator[BufferedReader]:
    """Open a file whose folder is trusted, as `read_beside` reads it."""
    with safe_open(path.parent, path.name, most=most) as file:
        yield file


def _opened(root: Path, rel: str) -> int:
    parts = _parts(root, rel)
    folder = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for at, part in enumerate(parts[:-1], 1):
            inner = _step(part, _FOLDER, folder, root.joinpath(*parts[:at]))
            os.close(folder)
            folder = inner
        return _step(parts[-1], _FILE, folder, root / rel)
    finally:
        os.close(folder)


def _parts(root: Path, rel: str) -> list[str]:
    parts = rel.split("/")
    if rel.startswith("/"):
        raise InputRefused(Path(rel), f"an absolute name; give one relative to {root}")
    if ".." in parts:
        raise InputRefused(root / rel, f"leads out of {root}; give a name without ..")
    if "\0" in rel or not rel.strip("./"):
        raise InputRefused(root, "not the name of a file")
    return [part for part in parts if part not in ("", ".")]


def _step(name: str, flags: int, folder: int, path: Path) -> int:
    try:
        return os.open(name, flags, dir_fd=folder)
    except OSError as exc:
        if exc.errno == errno.ELOOP or (exc.errno == errno.ENOTDIR and _is_link(name, folder)):
            raise InputRefused(path, "a symbolic link; give the file itself, where it really lies", errno.ELOOP) from exc
        if exc.errno == errno.ENXIO:
            raise InputRefused(path, "not a regular file", errno.ENXIO) from exc
        raise OSError(exc.errno, exc.strerror, str(path)) from exc


def _is_link(name: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _check(path: Path, found: os.stat_result, most: int | None) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise InputRefused(path, "Is a directory" if stat.S_ISDIR(found.st_mode) else "not a regular file")
    if most is not None and found.st_size > most:
        raise InputRefused(path, _too_long(most), errno.EFBIG)


def _too_long(most: int) -> str:
    return f"longer than {most} bytes"


@contextmanager
def open_named(path: Path, *, most: int | None = None) -> Iterator[BufferedReader]:
    """Open a regular file that an operator has named on the command line, also by a link; None: of any length.

    Raises InputRefused for a folder, FIFO, socket or device, and for one longer than `most`; other OSErrors as they are.
    """
    descriptor = os.open(path, _FILE & ~os.O_NOFOLLOW)
    try:
        _check(path, os.fstat(descriptor), most)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)
