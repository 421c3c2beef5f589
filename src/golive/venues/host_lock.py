"""Locks that all processes of a host share, many in one file, released by the kernel when their holder dies.

Children that a process starts by `subprocess` do not inherit them (the file is closed on exec).

Each named lock is one byte of the file, taken as an open-file-description lock (Linux `F_OFD_SETLK`): it belongs to
this object, not to the process or thread, so two adapters in one process exclude each other as two processes do.
Nothing here waits.
"""

from __future__ import annotations

import fcntl
import os
import struct
from hashlib import sha256
from pathlib import Path
from typing import Final

_FLOCK: Final = struct.Struct("hhqqi4x")
"""C `struct flock` of 64-bit Linux: type, whence, start, length, pid"""


def slot(name: str) -> int:
    """Return the byte that stands for `name`; two of 2^55 names rarely share one, and then only wait for each other."""
    return int.from_bytes(sha256(name.encode()).digest()[:7], "big") >> 1


class HostLock:
    """One open file of byte locks."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def try_lock(self, at: int, length: int = 1) -> bool:
        """Take the bytes and return True, or return False when somebody else holds one of them."""
        try:
            self._set(fcntl.F_WRLCK, at, length)
        except BlockingIOError:
            return False
        return True

    def unlock(self, at: int, length: int = 1) -> None:
        self._set(fcntl.F_UNLCK, at, length)

    def is_held(self, at: int) -> bool:
        """Return whether somebody other than this object holds the byte."""
        answer = fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, at, 1, 0))
        kind: int = _FLOCK.unpack(answer)[0]
        return kind != fcntl.F_UNLCK

    def read(self, at: int, length: int) -> bytes:
        """Return what the file holds there; zeros or less beyond its end."""
        return os.pread(self._file, length, at)

    def write(self, at: int, content: bytes) -> None:
        os.pwrite(self._file, content, at)

    def _set(self, kind: int, at: int, length: int) -> None:
        fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _FLOCK.pack(kind, os.SEEK_SET, at, length, 0))

    def close(self) -> None:
        """Release everything held; idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
