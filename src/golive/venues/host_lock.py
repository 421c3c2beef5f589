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
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
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
        self.path = path
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

    def is_held(self, at: int, length: int = 1) -> bool:
        """Return whether somebody other than this object holds one of the bytes."""
        answer = fcntl.fcntl(self._file, fcntl.F_OFD_GETLK, _packed(fcntl.F_WRLCK, at, length))
        kind: int = _FLOCK.unpack(answer)[0]
        return kind != fcntl.F_UNLCK

    def holders(self, at: int, length: int = 1) -> str:
        """Name the processes that hold one of the bytes, as far as /proc tells: `process 7 (stopped)`; for messages only.

        The kernel tells no owner of such a lock; the open files of a process do, of one's own user's processes.
        """
        found = [_named(pid) for pid in _others_with(self.path) if _holds(pid, self.path, at, length)]
        return ", ".join(found) or "another process"

    def read(self, at: int, length: int) -> bytes:
        """Return what the file holds there; zeros or less beyond its end."""
        return os.pread(self._file, length, at)

    def write(self, at: int, content: bytes) -> None:
        os.pwrite(self._file, content, at)

    def _set(self, kind: int, at: int, length: int) -> None:
        fcntl.fcntl(self._file, fcntl.F_OFD_SETLK, _packed(kind, at, length))

    def close(self) -> None:
        """Release everything held; idempotent."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


@lru_cache(maxsize=256)
def _packed(kind: int, at: int, length: int) -> bytes:
    """The same few locks are asked for with every call."""
    return _FLOCK.pack(kind, os.SEEK_SET, at, length, 0)


def _others_with(path: Path) -> Iterator[int]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and int(entry.name) != os.getpid() and any(True for _ in _open_at(int(entry.name), path)):
            yield int(entry.name)


def _open_at(pid: int, path: Path) -> Iterator[str]:
    """Yield what the kernel says about each of the process's files that is `path`."""
    wanted = os.path.realpath(path)
    with suppress(OSError):
        for each in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if str(each.readlink()) == wanted:
                    yield Path(f"/proc/{pid}/fdinfo/{each.name}").read_text(encoding="ascii")


def _holds(pid: int, path: Path, at: int, length: int) -> bool:
    for text in _open_at(pid, path):
        for line in text.splitlines():
            if line.startswith("lock:"):
                first, last = line.split()[-2:]
                if int(first) < at + length and (last == "EOF" or int(last) >= at):
                    return True
    return False


def _named(pid: int) -> str:
    with suppress(OSError, IndexError):
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[0]
        return f"process {pid}{' (stopped)' if state in 'Tt' else ''}"
    return f"process {pid}"
