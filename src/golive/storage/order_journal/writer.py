"""The journal thread of one account: everything that waits goes into one transaction, made durable by one fsync.

Who waits is told on the loop right after; projections, seals and the heartbeat of the lease come when nobody waits. A failure
stops all further commits, lets the lease lapse, and is told to the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple, Protocol

from golive.model.errors import JournalError

from ..failpoint import reach
from ..writer import DurationSummary
from .item import Item
from .journal import OrderJournal
from .row import JournalRow

BEATS_PER_LEASE: Final = 5
SYNC_EVERY_S: Final = 60.0
"""so that the files that repeat a quiet journal are sealed, too"""
"""how often the lease is renewed while it would last"""
LINGER_S: Final = 0.004
"""for so long at most does what nobody waits for wait for others to share its fsync"""
PAUSE_S: Final = 0.005
"""nobody must have waited for so long before projections and seals get their turn, which would hold up an order on its way out"""
LONGEST_BACKLOG: Final = 4000
"""rows; with more waiting to be projected they get their turn whoever waits"""
LONGEST_OWED_S: Final = 0.5
"""rows that wait for so long get their turn as well, some at a time"""
ROWS_AT_ONCE: Final = 256
"""to be projected before the next look at who waits"""
ALONE_S: Final = 0.002
"""who waits and was preceded by nobody for so long wakes the thread at once; others share a commit with all of their round"""
LET_GO_ON_S: Final = 0.002
"""for so long at most are those who were told alone with the interpreter"""
CALLS_AT_ONCE: Final = 4
"""of those who waited for a commit, on one round of the loop"""
DURATIONS_KEPT: Final = 100_000


class Projection(Protocol):
    """A file that repeats committed rows; it follows the journal and never leads it."""

    def project(self, rows: Sequence[JournalRow]) -> None:
        """Append what of the rows belongs in it, in order; JournalError when that fails."""
        ...

    def sync(self) -> None:
        """Make what was appended durable."""
        ...

    def close(self) -> None: ...


class _Request(NamedTuple):
    items: tuple[Item, ...]
    since: float
    then: Callable[[], None] | None
    otherwise: Callable[[JournalError], None] | None = None
    reached: threading.Event | None = None


class OrderWriter:
    """Owns an order journal from `start` to `close`. All but `close` is called on the loop's thread.

    `on_failure(error)` is called on the loop, once. The lease is renewed every `heartbeat_s`, a fifth of its age unless
    said; what nobody waits for waits for `linger_s`.
    """

    def __init__(
        self,
        journal: OrderJournal,
        projections: Sequence[Projection] = (),
        *,
        loop: asyncio.AbstractEventLoop,
        on_failure: Callable[[JournalError], None],
        heartbeat_s: float | None = None,
        linger_s: float = LINGER_S,
    ) -> None:
        self._journal = journal
        self._projections = projections
        self._loop = loop
        self._on_failure = on_failure
        self._linger_s = linger_s
        self._heartbeat_s = heartbeat_s or journal.lease.longest_age_s / BEATS_PER_LEASE
        self._requests: deque[_Request] = deque()
        self._wakes: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._lingering: asyncio.TimerHandle | None = None
        self._is_waking = False
        self._awaited_at = 0.0
        self._backlog: list[JournalRow] = []
        self._unsynced = False
        self.committed = 0
        """sequence of the last row that this writer has made durable; 0: none yet"""
        self.projected = 0
        """that of the last one which the projections have, too"""
        self._owing_since = 0.0
        self._beaten = self._synced = time.monotonic()
        self._committing_since: float | None = None
        self._closing = False
        self._failure: JournalError | None = None
        self._durations: deque[float] = deque(maxlen=DURATIONS_KEPT)
        self._thread = threading.Thread(target=self._run, name="order-journal", daemon=True)

    def start(self) -> None:
        """Start the thread, which renews the lease from now on; nothing is written before. Raises JournalError."""
        self._journal.lease.begin()
        self._thread.start()

    @property
    def journal(self) -> OrderJournal:
        return self._journal

    @property
    def failure(self) -> JournalError | None:
        return self._failure

    def submit(self, items: Iterable[Item], then: Callable[[], None] | None = None) -> None:
        """Queue items in order, all of one call in one transaction; `then` is called on the loop when they are durable.

        Without it nobody waits: they become durable with what comes next, or a few milliseconds later.
        Raises the failure that stopped the writer, if any; after a later one `then` is never called.
        """
        self._put(_Request(tuple(items), time.monotonic(), then), is_awaited=then is not None)

    def begin(self, items: Iterable[Item]) -> asyncio.Future[None]:
        """Queue items in order; the future ends when they are durable, with JournalError when they will never be.

        Raises the failure that stopped the writer, if any.
        """
        done: asyncio.Future[None] = self._loop.create_future()

        def reached() -> None:
            if not done.done():
                done.set_result(None)

        def failed(error: JournalError) -> None:
            if not done.done():
                done.set_exception(error)

        self._put(_Request(tuple(items), time.monotonic(), reached, failed))
        return done

    async def durable(self, items: Iterable[Item]) -> None:
        """Queue items in order and return when they are durable; raise JournalError when they will never be."""
        await self.begin(items)

    def flush(self, timeout_s: float = 10.0) -> None:
        """Wait until everything queued is durable; JournalError when that fails or takes longer. The loop stands meanwhile."""
        reached = threading.Event()
        self._put(_Request((), time.monotonic(), None, None, reached))
        self._wakes.put(None)  # the loop's next round may be waiting for this one
        if not reached.wait(timeout_s):
            raise JournalError(f"{self._journal.path}: the journal is stalled for more than {timeout_s} s")
        if self._failure is not None:
            raise self._failure

    def stalled_s(self) -> float:
        """Return how long the oldest item that is not durable has been waiting, in seconds; above 0.25 no orders."""
        since = self._committing_since
        if since is None:
            with contextlib.suppress(IndexError):  # nothing waits
                since = self._requests[0].since
        return 0.0 if since is None else time.monotonic() - since

    def durations(self) -> DurationSummary | None:
        """Return how long commits took, of the newest 100,000; None before the first."""
        taken = sorted(self._durations)
        if not taken:
            return None
        p50, p99 = (taken[min(len(taken) - 1, int(len(taken) * share))] for share in (0.50, 0.99))
        return DurationSummary(len(taken), p50, p99, taken[-1])

    def close(self, timeout_s: float = 10.0) -> None:
        """Commit what is queued, end the thread, close and seal the journal; raise the failure that stopped the writer."""
        self._closing = True
        self._wakes.put(None)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise JournalError(f"{self._journal.path}: the journal writer did not finish within {timeout_s} s")
        if self._failure is not None:
            self._journal.release()
            raise self._failure

    def _put(self, request: _Request, *, is_awaited: bool = True) -> None:
        if self._failure is not None:
            raise self._failure
        if self._closing:
            raise JournalError(f"{self._journal.path}: the journal writer is closed")
        self._requests.append(request)
        if is_awaited:
            self._wake_for(request)
        elif self._lingering is None:
            self._lingering = self._loop.call_later(self._linger_s, self._lingered)

    def _wake_for(self, request: _Request) -> None:
        is_alone, self._awaited_at = request.since - self._awaited_at > ALONE_S, request.since
        if is_alone:
            self._wakes.put(None)
        elif not self._is_waking:
            self._is_waking = True
            self._loop.call_soon(self._wake)

    def _wake(self) -> None:
        self._is_waking = False
        self._wakes.put(None)

    def _lingered(self) -> None:
        self._lingering = None
        if self._requests:
            self._wakes.put(None)

    def _run(self) -> None:
        try:
            while True:
                self._wait()
                if self._requests:
                    self._commit()
                elif self._closing:
                    break
                else:
                    self._rest()
                if self._is_owing_long:
                    self._project()
                if time.monotonic() - self._beaten >= self._heartbeat_s:
                    self._beat()
            self._finish()
        except JournalError as exc:
            self._fail(exc)
        except Exception as exc:  # noqa: BLE001 - the outermost loop of this thread: any surprise must stop trading
            self._fail(JournalError(f"{self._journal.path}: the journal writer failed: {exc!r}"))

    @property
    def _is_owing_long(self) -> bool:
        is_long = time.monotonic() - self._owing_since > LONGEST_OWED_S
        return len(self._backlog) > LONGEST_BACKLOG or (bool(self._backlog) and is_long)

    def _wait(self) -> None:
        """Return when somebody waits, or when it is time for what nobody waits for."""
        is_owing = bool(self._backlog) or self._journal.is_seal_due
        with contextlib.suppress(queue.Empty):
            self._wakes.get(timeout=PAUSE_S if is_owing else self._heartbeat_s)
            while True:
                self._wakes.get_nowait()

    def _commit(self) -> None:
        began = time.monotonic()
        self._committing_since = self._requests[0].since
        requests = [self._requests.popleft() for _ in range(len(self._requests))]
        items = [item for request in requests for item in request.items]
        called = deque(request.then for request in requests if request.then is not None)

        def durable() -> None:
            if items:
                self._durations.append((time.monotonic() - began) * 1000)
            self._committing_since = None
            if called:
                self._tell(_call, called, self._loop)
                self._let_go_on()

        try:
            rows: tuple[JournalRow, ...] = ()
            if items:
                rows = self._journal.commit(items, durable)
            else:
                durable()
        except BaseException:
            self._requests.extendleft(reversed(requests))
            raise
        _release(requests)
        if rows:
            self.committed = rows[-1].seq
        if self._projections:
            self._owing_since = self._owing_since if self._backlog else time.monotonic()
            self._backlog.extend(rows)
        else:
            self.projected = self.committed

    def _let_go_on(self) -> None:
        """Leave the interpreter to those who were told, for they have an order to send: what this thread has to do can wait."""
        with contextlib.suppress(queue.Empty):
            self._wakes.get(timeout=LET_GO_ON_S)
            self._wakes.put(None)

    def _rest(self) -> None:
        """Do what nobody waits for, one thing at a time."""
        if self._backlog:
            self._project()
        elif self._journal.is_seal_due:
            self._journal.seal_beside()
        elif self._unsynced or time.monotonic() - self._synced >= SYNC_EVERY_S:
            self._sync()

    def _project(self) -> None:
        rows, self._backlog = self._backlog[:ROWS_AT_ONCE], self._backlog[ROWS_AT_ONCE:]
        for projection in self._projections:
            reach("orders.project.before")
            projection.project(rows)
            reach("orders.project.after")
        self._owing_since = time.monotonic()
        self._unsynced = True
        self.projected = rows[-1].seq

    def _sync(self) -> None:
        for projection in self._projections:
            reach("orders.project_sync.before")
            projection.sync()
            reach("orders.project_sync.after")
        self._unsynced, self._synced = False, time.monotonic()

    def _beat(self) -> None:
        self._journal.beat()
        self._beaten = time.monotonic()

    def _finish(self) -> None:
        while self._backlog:
            self._project()
        self._journal.close()
        for projection in self._projections:
            projection.close()

    def _fail(self, error: JournalError) -> None:
        self._failure = error
        self._journal.give_up(str(error))
        self._tell(self._on_failure, error)
        self._tell(self._fail_waiting, error)
        _release(list(self._requests))
        for projection in self._projections:
            with contextlib.suppress(JournalError):  # the first failure is the one that counts
                projection.close()

    def _fail_waiting(self, error: JournalError) -> None:
        """On the loop, where requests come from: none can come behind this one without meeting the failure."""
        for request in self._requests:
            if request.otherwise is not None:
                request.otherwise(error)

    def _tell(self, callback: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(callback, *arguments)
        except RuntimeError:
            # The loop is closed: nobody is left to act on it; `close` still raises a failure.
            return


def _call(callbacks: deque[Callable[[], None]], loop: asyncio.AbstractEventLoop) -> None:
    """Call some, and the others on the loop's next rounds: each has work to do there, and the loop has other work as well."""
    for _ in range(min(CALLS_AT_ONCE, len(callbacks))):
        try:
            callbacks.popleft()()
        except Exception as exc:  # noqa: BLE001 - one who waited must not keep the news from the others; the loop handles it
            loop.call_exception_handler({"message": "a callback of the order journal failed", "exception": exc})
    if callbacks:
        loop.call_soon(_call, callbacks, loop)


def _release(requests: Sequence[_Request]) -> None:
    for request in requests:
        if request.reached is not None:
            request.reached.set()
