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
from typing import Final

from golive.model.errors import VenueUnavailable

from .admission import NotAdmitted
from .host_lock import HostLock, slot

_CELLS: Final = 4096
_CELL_BYTES: Final = 8
_POLL_S: Final = 0.001
_DRAW_LIMIT_S: Final = 1.0
_PLAUSIBLE: Final = 100 * 365 * 86_400_000
"""no clock of ours was ever this far ahead, ms: what says so is damage, and sending it would spoil the key's nonces for ever"""


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
        self._cells: HostLock | None = None
        """opened by the first nonce"""

    def rise(self, floor: int) -> int:
        with self._threads:
            try:
                return self._rise(self._opened(), floor)
            except OSError as exc:
                raise self._unusable(f"cannot be kept ({exc})") from exc

    def _opened(self) -> HostLock:
        if self._cells is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._cells = HostLock(self._path)
        return self._cells

    def _rise(self, cells: HostLock, floor: int) -> int:
        self._await_cell(cells)
        try:
            last = int.from_bytes(cells.read(self._at, _CELL_BYTES), "big")
            if last > floor + _PLAUSIBLE:
                raise self._unusable(f"are damaged (the last one reads {last})")
            nonce = max(floor, last + 1)
            cells.write(self._at, nonce.to_bytes(_CELL_BYTES, "big"))
        finally:
            cells.unlock(self._at, _CELL_BYTES)
        return nonce

    def _unusable(self, why: str) -> VenueUnavailable:
        fix = "check its disk, or stop all Golive processes and delete it"
        return VenueUnavailable(f"the nonces of this host, {self._path}, {why}: not sent; {fix}")

    def _await_cell(self, cells: HostLock) -> None:
        """Another process holds a cell for microseconds, unless it was stopped in just that moment."""
        deadline = time.monotonic() + _DRAW_LIMIT_S
        while not cells.try_lock(self._at, _CELL_BYTES):
            if time.monotonic() > deadline:
                who = cells.holders(self._at, _CELL_BYTES)
                raise VenueUnavailable(f"{who} has held {self._path} for {_DRAW_LIMIT_S:g} s: not sent")
            time.sleep(_POLL_S / 10)

    def close(self) -> None:
        if self._cells is not None:
            self._cells.close()
            self._cells = None


class NonceTurn:
    """The turn of one key: `held()` around each private call, `next()` while signing."""

    def __init__(self, now_ms: Callable[[], int], *, folder: Path | None, adapter: str, key: str) -> None:
        """Share with all processes that use `folder`; with None, with nobody."""
        self._now_ms = now_ms
        self._here = asyncio.Lock()
        self._outside = 0
        """calls of this process that wait for it"""
        self._last: LastNonceHere | LastNonceOfHost = LastNonceHere()
        self._lock: HostLock | None = None
        self._path: Path | None = None
        """of the lock, opened by the first call"""
        if folder is not None:
            self._last = LastNonceOfHost(folder / f"{adapter}.nonces", key)
            self._path = folder / f"{adapter}.lock"
        self._waiting_room = slot(f"next nonce {key}")
        self._call = slot(f"nonce {key}")
        self._turn = _Turn(self)

    def next(self) -> int:
        """Return a nonce above all that any holder of this key on this host has used."""
        return self._last.rise(self._now_ms())

    def held(self, patience_s: float | None = None) -> AbstractAsyncContextManager[None]:
        """Be the only caller with this key on this host; who waited goes before who comes again.

        Raises NotAdmitted when the turn does not come within `patience_s` (None: for as long as it takes), naming who
        holds it, and when the lock file cannot be used.
        """
        return self._turn if patience_s is None else _Turn(self, patience_s)

    async def take(self, patience_s: float | None = None) -> None:
        until = None if patience_s is None else asyncio.get_running_loop().time() + patience_s
        try:
            await self._take(until)
        except TimeoutError:
            raise NotAdmitted(f"the turn of this key did not come in time{self._holder()}: not sent", 0.0) from None
        except OSError as exc:
            why = f"the lock file of this host, {self._path}, cannot be used ({exc}): not sent; check its disk, or delete it"
            raise NotAdmitted(why, None) from exc

    async def _take(self, until: float | None) -> None:
        if self._here.locked() or self._outside:
            self._outside += 1
            try:
                async with asyncio.timeout_at(until):
                    await self._here.acquire()
            finally:
                self._outside -= 1
        else:  # nobody is before us: acquiring does not wait
            await self._here.acquire()
        try:
            lock = self._opened()
            if lock is not None and (lock.is_held(self._waiting_room) or not lock.try_lock(self._call)):
                async with asyncio.timeout_at(until):
                    await self._wait(lock)
        except BaseException:
            self._here.release()
            raise

    def _opened(self) -> HostLock | None:
        if self._lock is None and self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._lock = HostLock(self._path)
        return self._lock

    def _holder(self) -> str:
        lock = self._lock
        if lock is None or not (lock.is_held(self._call) or lock.is_held(self._waiting_room)):
            return " (other calls of this process use it)"
        at = self._call if lock.is_held(self._call) else self._waiting_room
        return f": {lock.holders(at)} holds it in {lock.path}"

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
    """What a caller enters; without a patience it keeps nothing of a caller, so all share one."""

    __slots__ = ("_of", "_patience_s")

    def __init__(self, turn: NonceTurn, patience_s: float | None = None) -> None:
        self._of = turn
        self._patience_s = patience_s

    async def __aenter__(self) -> None:
        await self._of.take(self._patience_s)

    async def __aexit__(self, *_: object) -> None:
        self._of.give_back()


async def _lock(lock: HostLock, at: int) -> None:
    while not lock.try_lock(at):  # noqa: ASYNC110 - other processes set no event of ours
        await asyncio.sleep(_POLL_S)
