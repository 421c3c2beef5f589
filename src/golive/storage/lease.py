"""The lease of an entrypoint: at most one process on this host runs it, and each run gets a higher epoch.

The lock is the kernel's (`flock`), so it ends with the process however that ends.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError, PrerequisiteMissing

from .files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, write_all, write_atomic

PATIENCE_S: Final = 0.1
"""longer than somebody who asks who holds it (`lease_holder`) keeps it"""


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


def lease_holder(home: Path, entrypoint: str) -> int | None:
    """Return the process that runs `entrypoint` now (0 when it has not said its number yet), None when nobody does.

    Raises JournalError when the lock cannot be looked at.
    """
    path = home / "var/state" / f"{entrypoint}.lock"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise JournalError(f"{path}: cannot open the lock: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
        return int(text) if text.isascii() and text.isdigit() else 0
    finally:
        os.close(descriptor)
    return None


def newest_epoch(home: Path, entrypoint: str) -> int:
    """Return the epoch of the newest run of `entrypoint`, 0 before the first; JournalError when it cannot be read."""
    path = home / "var/state" / f"{entrypoint}.epoch"
    return _epoch_in(path)


def fence_out(home: Path, entrypoint: str) -> int:
    """Raise the epoch past that of whoever runs `entrypoint`, and return it: what that one still writes is of an older one.

    Raises JournalError when the counter cannot be read or written.
    """
    return _next_epoch(home / "var/state" / f"{entrypoint}.epoch")


def _lock(descriptor: int, path: Path, entrypoint: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError as exc:
            if time.monotonic() < deadline:
                time.sleep(0.005)
                continue
            holding = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise PrerequisiteMissing(
                f"{entrypoint} is running already in process {holding} (lock {path}); stop it, or choose another entrypoint"
            ) from exc
    try:
        os.ftruncate(descriptor, 0)
        write_all(descriptor, f"{os.getpid()}\n".encode())
    except OSError as exc:
        raise JournalError(f"{path}: cannot write the lock: {exc.strerror}") from exc


def _next_epoch(path: Path) -> int:
    """Raise the counter by one; one that cannot be read is an error, since a lower epoch could repeat order ids."""
    epoch = _epoch_in(path) + 1
    write_atomic(path, f"{epoch}\n".encode(), durable_name=True)
    return epoch


def _epoch_in(path: Path) -> int:
    try:
        text = path.read_text(encoding="ascii") if path.exists() else "0\n"
    except (OSError, UnicodeDecodeError) as exc:
        raise JournalError(f"{path}: cannot read the epoch: {exc}") from exc
    digits = text.removesuffix("\n")
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 15):
        raise JournalError(f"{path}: {text[:40]!r} is not an epoch; write a number above every epoch in var/state/sessions")
    return int(digits)
