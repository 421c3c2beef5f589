"""The lease of an entrypoint: at most one process on this host runs it, and each run gets a higher epoch.

The lock is the kernel's (`flock`), so it ends with the process however that ends.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from golive.model.errors import JournalError, PrerequisiteMissing

from .files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, write_all, write_atomic


class Lease:
    """Held from `acquire` to `release`; `epoch` is 1 for an entrypoint's first run and rises by one each time."""

    def __init__(self, descriptor: int, path: Path, epoch: int) -> None:
        self._descriptor = descriptor
        self.path = path
        self.epoch = epoch

    @classmethod
    def acquire(cls, home: Path, entrypoint: str) -> Lease:
        """Take the lock `var/state/<entrypoint>.lock` and a new epoch, durable on return.

        Raises PrerequisiteMissing naming the process that holds it, JournalError when lock or epoch cannot be used.
        """
        directory = home / "var/state"
        make_directory(directory, PRIVATE_DIRECTORY)
        path = directory / f"{entrypoint}.lock"
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, LOG_FILE)
        except OSError as exc:
            raise JournalError(f"{path}: cannot open the lock: {exc.strerror}") from exc
        try:
            _lock(descriptor, path, entrypoint)
            epoch = _next_epoch(directory / f"{entrypoint}.epoch")
        except BaseException:
            os.close(descriptor)
            raise
        return cls(descriptor, path, epoch)

    def release(self) -> None:
        """Give the lock back; harmless when done already."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _lock(descriptor: int, path: Path, entrypoint: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as exc:
        holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
        raise PrerequisiteMissing(
            f"{entrypoint} is running already in process {holder} (lock {path}); stop it, or choose another entrypoint"
        ) from exc
    try:
        os.ftruncate(descriptor, 0)
        write_all(descriptor, f"{os.getpid()}\n".encode())
    except OSError as exc:
        raise JournalError(f"{path}: cannot write the lock: {exc.strerror}") from exc


def _next_epoch(path: Path) -> int:
    """Raise the counter by one; one that cannot be read is an error, since a lower epoch could repeat order ids."""
    try:
        text = path.read_text(encoding="ascii") if path.exists() else "0\n"
    except (OSError, UnicodeDecodeError) as exc:
        raise JournalError(f"{path}: cannot read the epoch: {exc}") from exc
    digits = text.removesuffix("\n")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise JournalError(f"{path}: {text[:40]!r} is not an epoch; write a number above every epoch in var/state/sessions")
    epoch = int(digits) + 1
    write_atomic(path, f"{epoch}\n".encode(), durable_name=True)
    return epoch
