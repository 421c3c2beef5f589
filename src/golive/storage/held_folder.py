"""A folder in which one process at a time does what is done in it: a lock that the kernel ends with the process."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from golive.model.errors import JournalError, PrerequisiteMissing

from .files import make_directory


@contextmanager
def held_folder(path: Path) -> Iterator[None]:
    """Hold the folder, which is made when it is not there.

    Raises PrerequisiteMissing while another process holds it, JournalError when it cannot be opened.
    """
    make_directory(path)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be opened: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise PrerequisiteMissing(f"{path}: another process is at work there; wait until it has ended") from None
    try:
        yield
    finally:
        os.close(descriptor)
