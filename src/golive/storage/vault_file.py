"""The file of the vault, `secrets/vault.json`: `0600` in a `0700` folder, changed under one lock, replaced whole."""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError

from .files import PRIVATE_DIRECTORY, SECRET_FILE, make_directory, write_atomic

DIRECTORY: Final = Path("secrets")
NAME: Final = "vault.json"
MAX_BYTES: Final = 1 << 20
PATIENCE_S: Final = 5.0
"""people act seldom and may wait for each other"""


class VaultFile:
    """The vault of one installation. Change it inside `locked`; reading needs no lock, for the file is replaced whole."""

    def __init__(self, home: Path) -> None:
        self._directory = home / DIRECTORY
        self.path = self._directory / NAME

    @property
    def exists(self) -> bool:
        return self.path.is_symlink() or self.path.exists()

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other writer from the file; the folder is made. JournalError when that is not private, or held for 5 s.

        What a writer that was killed has left beside the file is removed: it may be sealed under a passphrase of before.
        """
        make_directory(self._directory, PRIVATE_DIRECTORY)
        self._check_directory()
        lock = self._directory / "vault.lock"
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, SECRET_FILE)
        except OSError as exc:
            raise JournalError(f"{lock}: cannot open the lock: {exc.strerror}") from exc
        try:
            _wait_for(descriptor, lock)
            self._clear()
            yield
        finally:
            os.close(descriptor)

    def read(self) -> bytes | None:
        """Return the file's bytes, None when there is none; JournalError when it, or its folder, is not this user's alone."""
        if not self.exists:
            return None
        self._check_directory()
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as exc:
            told = (
                "is a symbolic link; put the file itself there" if self.path.is_symlink() else f"cannot be read: {exc.strerror}"
            )
            raise JournalError(f"{self.path}: {told}") from exc
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):  # before it is made a file of Python's, which a folder cannot be
                raise JournalError(f"{self.path}: is not a regular file")
            _check_private(self.path, found, "600")
            with os.fdopen(descriptor, "rb", closefd=False) as file:
                data = file.read(MAX_BYTES + 1)
        finally:
            os.close(descriptor)
        if len(data) > MAX_BYTES:
            raise JournalError(f"{self.path}: is longer than {MAX_BYTES} bytes, which no vault of ours is")
        return data

    def write(self, data: bytes) -> None:
        """Replace the file; durable on return. Raises JournalError, and the old file stands; also for more than would be read."""
        if len(data) > MAX_BYTES:
            raise JournalError(
                f"{self.path}: would have {len(data)} bytes, more than {MAX_BYTES}: remove secrets that nothing uses"
            )
        write_atomic(self.path, data, mode=SECRET_FILE, durable_name=True)

    def _clear(self) -> None:
        for left in self._directory.glob(f".{NAME}.*.tmp"):
            try:
                left.unlink(missing_ok=True)
            except OSError as exc:
                raise JournalError(f"{left}: is left of a writer that was killed, and cannot be removed: {exc.strerror}") from exc

    def _check_directory(self) -> None:
        try:
            found = self._directory.lstat()
        except OSError as exc:
            raise JournalError(f"{self._directory}: cannot be read: {exc.strerror}") from exc
        if not stat.S_ISDIR(found.st_mode):
            raise JournalError(f"{self._directory}: is not a directory (links are refused)")
        _check_private(self._directory, found, "700")


def _check_private(path: Path, found: os.stat_result, mode: str) -> None:
    shown = f"{path}/" if stat.S_ISDIR(found.st_mode) else f"{path}"  # what follows `secrets:` would be hidden as a secret
    if found.st_uid != os.geteuid():
        raise JournalError(f"{shown}: belongs to user {found.st_uid}, not to {os.geteuid()}; look into it before you change that")
    if found.st_mode & 0o077:
        raise JournalError(
            f"{shown}: others may use it (mode {stat.S_IMODE(found.st_mode):04o}); look into it, then: chmod {mode} {path}"
        )


def _wait_for(descriptor: int, lock: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError as exc:
            if time.monotonic() >= deadline:
                raise JournalError(f"{lock}: another process is changing the vault; nothing was changed") from exc
            time.sleep(0.02)
