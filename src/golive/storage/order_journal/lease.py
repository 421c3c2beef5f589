"""The lease of an account: one process writes its journal, and stops sending when it did not run for a while.

The lock is the kernel's (`flock`), so it ends with the process however that ends. The file holds process id and epoch; whoever
must stop a writer from outside writes another epoch there.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from golive.model.clock import SECOND, Clock
from golive.model.errors import JournalError, PrerequisiteMissing

from ..failpoint import reach
from ..files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, write_all
from ..owned_path import check_directory, check_status

LONGEST_AGE_S = 5.0
"""RELIABILITY §4.4: a process that was stopped for so long sends nothing any more"""


class AccountLease:
    """Held from `acquire` to `release`. `renew` is the journal thread's, `check` anybody's.

    It lapses when it was not renewed for `longest_age_s`, when the file names another epoch, or when the file was replaced; a
    lapsed lease is never revived.
    """

    def __init__(self, descriptor: int, path: Path, clock: Clock, longest_age_s: float) -> None:
        self.path = path
        self._descriptor = descriptor
        self._clock = clock
        self.longest_age_s = longest_age_s
        self._longest_ns = round(longest_age_s * SECOND)
        self._name = str(path)
        self._inode = os.fstat(descriptor).st_ino
        self._content = b""
        before = os.pread(descriptor, 64, 0)
        self.was_used = bool(before)
        """an epoch was begun under it before; it is written after the journal's first row is durable"""
        self._last_epoch = epoch_in(before)
        self._renewed = clock.monotonic()
        self._lapsed: str | None = None

    @classmethod
    def acquire(cls, path: Path, clock: Clock, *, longest_age_s: float = LONGEST_AGE_S) -> AccountLease:
        """Take the lock; PrerequisiteMissing names the process that holds it, JournalError says why it cannot be used."""
        make_directory(path.parent, PRIVATE_DIRECTORY)
        check_directory(path.parent)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, LOG_FILE)
        except OSError as exc:
            raise JournalError(f"{path}: cannot open the lock: {exc.strerror}") from exc
        try:
            check_status(path, os.fstat(descriptor))
            reach("orders.lock.before")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            reach("orders.lock.after")
            return cls(descriptor, path, clock, longest_age_s)
        except BlockingIOError as exc:
            holder = os.pread(descriptor, 64, 0).decode("ascii", "replace").partition(" ")[0].strip() or "unknown"
            os.close(descriptor)
            raise PrerequisiteMissing(
                f"the orders of {path.stem} are in the hands of process {holder} (lock {path}); stop it first"
            ) from exc
        except BaseException:
            os.close(descriptor)
            raise

    def fence(self, epoch: int) -> None:
        """Write down who holds it and under which epoch; from now on `check` demands exactly that. Raises JournalError."""
        content = f"{os.getpid()} {epoch}\n".encode()
        try:
            os.ftruncate(self._descriptor, 0)
            os.lseek(self._descriptor, 0, os.SEEK_SET)
            write_all(self._descriptor, content)
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot write the lock: {exc.strerror}") from exc
        self._content = content
        self._renewed = self._clock.monotonic()

    def begin(self) -> None:
        """Count the age from now on: opening the logs may have taken long, and nothing was sent yet. JournalError as `renew`."""
        self._check_file()
        self._renewed = self._clock.monotonic()

    def renew(self) -> None:
        """Say that the journal thread is alive; raise JournalError when the lease has lapsed."""
        now = self._clock.monotonic()
        self._check(now)
        self._renewed = now

    def check(self) -> None:
        """Raise JournalError unless the lease holds; called right before each send."""
        self._check(self._clock.monotonic())

    def lapse(self, reason: str) -> None:
        """Let it lapse now, keeping the lock: nothing may leave any more."""
        self._lapsed = self._lapsed or reason

    @property
    def last_epoch(self) -> int:
        """The epoch that stood in the file when it was taken; 0 when there was none."""
        return self._last_epoch

    @property
    def used_up_to(self) -> int | None:
        """That epoch; None for an account that was never used."""
        return self._last_epoch if self.was_used else None

    def release(self) -> None:
        """Give the lock back; harmless when done already."""
        if self._descriptor >= 0:
            self._lapsed = self._lapsed or "it was given back"
            os.close(self._descriptor)
            self._descriptor = -1

    def _check(self, now: int) -> None:
        age = now - self._renewed
        if self._lapsed is None and age >= self._longest_ns:
            self._lapsed = f"the journal thread did not renew it for {age / SECOND:.1f} s"
        self._check_file()

    def _check_file(self) -> None:
        if self._lapsed is None:
            self._lapsed = self._what_happened_to_it()
        if self._lapsed is not None:
            raise JournalError(f"{self.path}: the lease has lapsed: {self._lapsed}; nothing is sent any more, start again")

    def _what_happened_to_it(self) -> str | None:
        try:
            if os.pread(self._descriptor, 64, 0) != self._content:
                return "another epoch was written into it"
            if os.stat(self._name).st_ino != self._inode:  # noqa: PTH116 - asked before each send: a Path costs twice as much
                return "the file was replaced"
        except OSError as exc:
            return f"it cannot be read: {exc.strerror}"
        return None


def used_up_to(path: Path) -> int | None:
    """Return the epoch that a lock names, without taking it; None where it was never used. JournalError: it cannot be read."""
    try:
        content = path.read_bytes()[:64]
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise JournalError(f"{path}: cannot read the lock: {exc.strerror}") from exc
    return epoch_in(content) if content else None


def epoch_in(content: bytes) -> int:
    """Return the epoch that a lock names.

    The journal itself says the epoch; a higher one here keeps ids from coming twice after an older copy was put back.
    """
    words = content.split()
    return int(words[1]) if len(words) == 2 and words[1].isdigit() and len(words[1]) <= 15 else 0
