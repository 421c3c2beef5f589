"""The second place of seals: every seal of every log, appended to one file a log, `var/audit/seals/<log>.seals`.

The seal beside a log is replaced by the next, and can be removed or put back with it. These stay, and `golive audit collect`
takes them to where this installation cannot write.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from golive.inputs import read_beside
from golive.model.errors import JournalError

from .failpoint import reach
from .files import make_directory, open_with_mode, sync_directory, write_all

DIRECTORY: Final = Path("var/audit/seals")
SUFFIX: Final = ".seals"
MOST_BYTES: Final = 1 << 30
"""of one log's seals: two million of them"""


def copies_path(place: Path, log_id: str) -> Path:
    """Return the file that has the seals of a log in a place."""
    return place / f"{log_id.replace('/', '.')}{SUFFIX}"


def keep_copy(place: Path, log_id: str, document: bytes) -> None:
    """Append one seal document; durable on return. The caller holds the log's lock. Raises JournalError."""
    path = copies_path(place, log_id)
    make_directory(place)
    try:
        is_new = not path.exists()
        descriptor = open_with_mode(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            _cut_torn(descriptor)
            reach("seal_copy.before")
            write_all(descriptor, document)
            os.fdatasync(descriptor)
            reach("seal_copy.after")
        finally:
            os.close(descriptor)
        if is_new:
            sync_directory(place)
    except OSError as exc:
        raise JournalError(f"{path}: the copy of a seal cannot be written: {exc.strerror}") from exc


def read_copies(place: Path, log_id: str) -> tuple[bytes, ...]:
    """Return the seal documents of a log that a place has, oldest first, unchecked; half a line at the end is none.

    Raises JournalError when they cannot be read.
    """
    path = copies_path(place, log_id)
    try:
        data = read_beside(path, most=MOST_BYTES) if path.exists() else b""
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    return tuple(line + b"\n" for line in data.split(b"\n")[:-1])


def logs_in(place: Path) -> Iterator[Path]:
    """Yield the files of seals in a place."""
    return iter(sorted(place.glob(f"*{SUFFIX}")))


def _cut_torn(descriptor: int) -> None:
    """Cut half a document off that a crash left."""
    size = os.fstat(descriptor).st_size
    start = max(0, size - (1 << 16))
    tail = os.pread(descriptor, size - start, start)
    if tail and not tail.endswith(b"\n"):
        os.ftruncate(descriptor, start + tail.rfind(b"\n") + 1)
