"""The file of operators and that of failed proofs, `0600` under `var/security/`: changed under one lock, replaced whole."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError

from .files import PRIVATE_DIRECTORY, SECRET_FILE, make_directory, write_atomic
from .owned_path import check_directory, check_file

DIRECTORY: Final = Path("var/security")
FAILURES_SCHEMA: Final = "golive.operator_failures.v1"


class OperatorFile:
    """The two files of one installation. Read and write them inside `locked`, so that guesses come one after the other."""

    def __init__(self, home: Path) -> None:
        self._directory = home / DIRECTORY
        self.path = self._directory / "operators.json"
        self._failures = self._directory / "operator_failures.json"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep every other process from these files; JournalError when the directory cannot be used or is not private."""
        make_directory(self._directory, PRIVATE_DIRECTORY)
        check_directory(self._directory)
        lock = self._directory / "operators.lock"
        try:
            descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, SECRET_FILE)
        except OSError as exc:
            raise JournalError(f"{lock}: cannot open the lock: {exc.strerror}") from exc
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def read(self) -> bytes | None:
        """Return the book's bytes, None when there is none yet; JournalError when it is not private or cannot be read."""
        return _private_bytes(self.path)

    def write(self, data: bytes) -> None:
        """Replace the book; durable on return. Raises JournalError."""
        write_atomic(self.path, data, mode=SECRET_FILE, durable_name=True)

    def failures(self, name: str) -> tuple[int, ...]:
        """Return when a proof for `name` failed of late, ns UTC; JournalError when that cannot be read."""
        return tuple(self._read_failures().get(_key(name), ()))

    def note_failure(self, name: str, now: int, keep_ns: int) -> None:
        """Remember a failed proof; those older than `keep_ns` are forgotten. Durable on return. Raises JournalError."""
        known = self._read_failures()
        known[_key(name)] = [*known.get(_key(name), ()), now]
        self._write_failures({key: kept for key, times in known.items() if (kept := [at for at in times if now - at < keep_ns])})

    def forget_failures(self, name: str) -> None:
        """Forget the failures of a name whose proof has come."""
        known = self._read_failures()
        if known.pop(_key(name), None):
            self._write_failures(known)

    def _read_failures(self) -> dict[str, list[int]]:
        data = _private_bytes(self._failures)
        if data is None:
            return {}
        try:
            document: Any = parse_json(data)
            if document["schema"] != FAILURES_SCHEMA:
                raise ValueError
            return {str(key): [int(at) for at in times] for key, times in document["failures"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            raise JournalError(f"{self._failures}: cannot be read; look into it, then remove it") from None

    def _write_failures(self, failures: Mapping[str, Sequence[int]]) -> None:
        texts = {key: [str(at) for at in times] for key, times in sorted(failures.items())}
        data = json.dumps({"schema": FAILURES_SCHEMA, "failures": texts}).encode() + b"\n"
        write_atomic(self._failures, data, mode=SECRET_FILE, durable_name=True)


def _key(name: str) -> str:
    """What was given as a name may have been something else, so it is not kept as it is."""
    return hashlib.sha256(name.encode()).hexdigest()[:16]


def _private_bytes(path: Path) -> bytes | None:
    if not path.is_symlink() and not path.exists():
        return None
    check_file(path)
    try:
        if path.stat().st_mode & 0o077:
            raise JournalError(f"{path}: others may read it; look into it, then: chmod 600 {path}")
        return read_beside(path)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
