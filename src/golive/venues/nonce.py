"""Nonces that strictly rise per API key over all threads and processes of a host, and the turn to use one.

A venue that demands rising nonces refuses a request that overtakes another. So each private call holds its key's turn
from signing until it was answered; the kernel gives the turn back when a process dies. The last nonce of a key stands
in a cell of `<adapter>.nonces`; keys that share a cell only skip numbers. Nonces count milliseconds like CCXT's, so a
key that another CCXT client used before goes on working (VENUES §2: a key belongs to one scale of nonces).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final, Protocol

from golive.model.errors import VenueUnavailable

from .host_lock import HostLock, slot

_CELLS: Final = 4096
_CELL_BYTES: Final = 8
_POLL_S: Final = 0.001
_DRAW_LIMIT_S: Final = 1.0


class LastNonce(Protocol):
    """Where the last nonce of a key stands."""

    def rise(self, floor: int) -> int:
        """Return and remember the larger of `floor` and the last nonce plus one."""
        ...


class LastNonceHere:
    """Of this process alone; safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def rise(self, floor: int) -> int:
        with self._lock:
            self._last = max(floor, self._last + 1)
            return self._last


class LastNonceOfHost:
    """Of all processes that share the file; raises VenueUnavailable when it cannot be had."""

    def __init__(self, path: Path, key: str) -> None:
        self._path = path
        self._at = slot(key) % _CELLS * _CELL_BYTES
        self._threads = threading.Lock()
        self._cells = HostLock(path)

    def rise(self, floor: int) -> int:
        with self._threads:
            self._await_cell()
            try:
                nonce = max(floor, int.from_bytes(self._cells.read(self._at, _CELL_BYTES), "big") + 1)
                self._cells.write(self._at, nonce.to_bytes(_CELL_BYTES, "big"))
            except OSError as exc:
                raise VenueUnavailable(f"the nonces of this host, {self._path}, cannot be kept ({exc}): not sent") from exc
            finally:
                self._cells.unlock(self._at, _CELL_BYTES)
            return nonce

    def _await_cell(self) -> None:
        """Another process holds a cell for microseconds, unless it was stopped in just that moment."""
        deadline = time.monotonic() + _DRAW_LIMIT_S
        while not self._cells.try_lock(self._at, _CELL_BYTES):
            if time.monotonic() > deadline:
                raise VenueUnavailable(f"another process has held {self._path} for {_DRAW_LIMIT_S:g} s: not sent")
            time.sleep(_POLL_S / 10)

    def close(self) -> None:
        self._cells.close()


class NonceTurn:
    """The turn of one key: `held()` around each private call, `next()` while signing."""

    def __init__(self, now_ms: Callable[[], int], *, folder: Path | None, adapter: str, key: str) -> None:
        """Share with all processes that use `folder`; with None, with nobody."""
        self._now_ms = now_ms
        self._here = asyncio.Lock()
        self._last: LastNonceHere | LastNonceOfHost = LastNonceHere()
        self._lock: HostLock | None = None
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            self._last = LastNonceOfHost(folder / f"{adapter}.nonces", key)
            self._lock = HostLock(folder / f"{adapter}.lock")
        self._waiting_room = slot(f"next nonce {key}")
        self._call = slot(f"nonce {key}")
        self._turn = _Turn(self)

    def next(self) -> int:
        """Return a nonce above all that any holder of this key on this host has used."""
        return self._last.rise(self._now_ms())

    def held(self) -> AbstractAsyncContextManager[None]:
        """Be the only caller with this key on this host; who waited goes before who comes again."""
        return self._turn

    async def take(self) -> None:
        await self._here.acquire()
        lock = self._lock
        if lock is None:
            return
        try:
            if lock.is_held(self._waiting_room) or not lock.try_lock(self._call):
                await self._wait(lock)
        except BaseException:
            self._here.release()
            raise

    def give_back(self) -> None:
        try:
            if self._lock is not None:
                self._lock.unlock(self._call)
        finally:
            self._here.release()

    async def _wait(self, lock: HostLock) -> None:
        await _lock(lock, self._waiting_room)
        try:
            await _lock(lock, self._call)
        finally:
            lock.unlock(self._waiting_room)

    def close(self) -> None:
        """Give everything back; idempotent."""
        if self._lock is not None:
            self._lock.close()
        if isinstance(self._last, LastNonceOfHost):
            self._last.close()


class _Turn(AbstractAsyncContextManager[None]):
    """What every caller enters; it keeps nothing of a caller, so all share one."""

    def __init__(self, turn: NonceTurn) -> None:
        self._of = turn

    async def __aenter__(self) -> None:
        await self._of.take()

    async def __aexit__(self, *_: object) -> None:
        self._of.give_back()


async def _lock(lock: HostLock, at: int) -> None:
    while not lock.try_lock(at):  # noqa: ASYNC110 - other processes set no event of ours
        await asyncio.sleep(_POLL_S)
