"""The journal thread of a session: it commits what is queued, then says how far the records are durable.

Everything waiting goes into one transaction (group commit). Events alone wait for the next other item, for 500 of
them, or for 250 ms. A failure stops all further commits and is told to the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId

from .item import AnswerItem, AttemptItem, EventItem, Item
from .session_store import SessionStore, StoredRecord

T = TypeVar("T")
EVENTS_PER_COMMIT: Final = 500
LONGEST_WAIT_S: Final = 0.25
SYNC_EVERY_S: Final = 60.0
"""so that the files that repeat a quiet session are sealed, too"""


class Projection(Protocol):
    """A file that repeats committed records; it follows the store and never leads it."""

    def project(self, records: Sequence[StoredRecord]) -> None:
        """Append the records in order; JournalError when that fails."""
        ...

    def sync(self) -> None:
        """Make what was appended durable, and sign a seal that is due."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class DurationSummary:
    """How long commits took, in milliseconds."""

    count: int
    p50: float
    p99: float
    max: float


class _Barrier:
    """Somebody waits for the commit that contains this place of the queue."""

    __slots__ = ("done",)

    def __init__(self) -> None:
        self.done = threading.Event()


class JournalWriter:
    """Owns a session store from `start` to `close`. `submit` is called on the loop's thread only.

    `on_durable(record_seq)` and `on_failure(error)` are called on the loop.
    """

    def __init__(
        self,
        store: SessionStore,
        projections: Sequence[Projection] = (),
        *,
        loop: asyncio.AbstractEventLoop,
        on_durable: Callable[[int], None],
        on_failure: Callable[[JournalError], None],
    ) -> None:
        self._store = store
        self._projections = projections
        self._loop = loop
        self._on_durable = on_durable
        self._on_failure = on_failure
        self._queue: deque[Item | _Barrier] = deque()
        self._reached: list[_Barrier] = []
        self._wake = threading.Event()
        self._closing = False
        self._ends = True
        self._failure: JournalError | None = None
        self._durations: list[float] = []
        self._committing_since: float | None = None
        self._waiting_since: float | None = None
        self._thread = threading.Thread(target=self._run, name="journal-writer", daemon=True)

    def start(self) -> None:
        """Start the thread; nothing is written before."""
        self._thread.start()

    @property
    def failure(self) -> JournalError | None:
        return self._failure

    def submit(self, items: Iterable[Item]) -> None:
        """Queue items in order; raise the failure that stopped the writer, if any."""
        if self._failure is not None:
            raise self._failure
        if self._closing:
            raise JournalError("the journal writer is closed")
        queue = self._queue
        urgent = False
        for item in items:
            if not urgent and type(item) is not EventItem:
                urgent = True
                if self._waiting_since is None:
                    self._waiting_since = time.monotonic()
            queue.append(item)
        if (urgent or len(queue) >= EVENTS_PER_COMMIT) and not self._wake.is_set():
            self._wake.set()

    def flush(self, timeout_s: float = LONGEST_WAIT_S) -> None:
        """Wait until everything queued is durable; JournalError when that fails or takes longer than `timeout_s`."""
        barrier = _Barrier()
        if self._failure is not None:
            raise self._failure
        self._queue.append(barrier)
        self._wake.set()
        if not barrier.done.wait(timeout_s) and self._failure is None:
            raise JournalError(f"{self._store.path}: the journal is stalled for more than {timeout_s} s")
        if self._failure is not None:
            raise self._failure

    async def record_attempt(self, client_order_id: ClientOrderId, n: int, deadline_ms: int) -> None:
        """Write down attempt `n` of an intent; durable on return."""
        self.submit([AttemptItem(client_order_id, n, deadline_ms)])
        await asyncio.to_thread(self.flush)

    async def record_answer(self, client_order_id: ClientOrderId, n: int, answer: str) -> None:
        """Write down the answer to attempt `n`; durable on return."""
        self.submit([AnswerItem(client_order_id, n, answer)])
        await asyncio.to_thread(self.flush)

    def stalled_s(self) -> float:
        """Return how long the oldest item that must be durable has been waiting, in seconds; above 0.25 no orders."""
        since = [moment for moment in (self._waiting_since, self._committing_since) if moment is not None]
        return time.monotonic() - min(since) if since else 0.0

    def durations(self) -> DurationSummary | None:
        """Return the commit durations so far; None before the first commit."""
        values = sorted(self._durations)
        if not values:
            return None
        count = len(values)
        p50, p99 = (values[min(count - 1, int(count * share))] for share in (0.50, 0.99))
        return DurationSummary(count, p50, p99, values[-1])

    def close(self, timeout_s: float = 10.0, *, ends: bool = True) -> None:
        """Commit what is queued, end the thread, end and seal the store; raise the failure that stopped the writer, if any.

        With `ends` False the store is given up without an end: its session can be resumed.
        """
        self._ends = ends
        self._closing = True
        self._wake.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise JournalError(f"{self._store.path}: the journal writer did not finish within {timeout_s} s")
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            dirty, synced = False, time.monotonic()
            while True:
                woken = self._wake.wait(LONGEST_WAIT_S)
                self._wake.clear()
                closing = self._closing
                if self._queue:
                    self._commit()
                    dirty = True
                elif closing:
                    break
                if not woken and (dirty or time.monotonic() - synced >= SYNC_EVERY_S):
                    dirty, synced = self._sync(), time.monotonic()
            self._finish()
        except JournalError as exc:
            self._fail(exc)
        except Exception as exc:  # noqa: BLE001 - the outermost loop of this thread: any surprise must stop trading
            self._fail(JournalError(f"{self._store.path}: the journal writer failed: {exc!r}"))

    def _commit(self) -> None:
        began = time.monotonic()
        self._committing_since, self._waiting_since = began, None
        batch: list[Item] = []
        for _ in range(len(self._queue)):
            item = self._queue.popleft()
            if isinstance(item, _Barrier):
                self._reached.append(item)
            else:
                batch.append(item)
        committed = self._store.commit(batch) if batch else None
        self._durations.append((time.monotonic() - began) * 1000)
        self._committing_since = None
        self._release()
        if committed is None or committed.last_record_seq is None:
            return
        self._tell(self._on_durable, committed.last_record_seq)
        for projection in self._projections:
            projection.project(committed.records)

    def _sync(self) -> bool:
        for projection in self._projections:
            projection.sync()
        return False

    def _finish(self) -> None:
        if self._ends:
            self._store.close()
        else:
            self._store.release()
        for projection in self._projections:
            projection.close()

    def _fail(self, error: JournalError) -> None:
        self._failure = error
        self._tell(self._on_failure, error)
        self._reached.extend(item for item in list(self._queue) if isinstance(item, _Barrier))
        self._release()
        for projection in self._projections:
            with contextlib.suppress(JournalError):  # the first failure is the one that counts
                projection.close()

    def _release(self) -> None:
        for barrier in self._reached:
            barrier.done.set()
        self._reached.clear()

    def _tell(self, callback: Callable[[T], None], value: T) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, value)
        except RuntimeError:
            # The loop is closed: nobody is left to act on it; `close` still raises a failure.
            return
