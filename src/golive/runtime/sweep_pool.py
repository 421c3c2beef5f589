"""The executors of one host: threads, for compiled strategies that leave Python alone, and processes for all others.

Threads share the columns as they are; processes are started afresh (`spawn`) and map the same file.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, ThreadPoolExecutor, wait
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import TYPE_CHECKING, Self

from golive.backtest.executor import Task
from golive.backtest.search import Values
from golive.backtest.sweep_work import SweepWork

from .sweep_order import SweepOrder, opened

if TYPE_CHECKING:
    from concurrent.futures import Executor as Pool

    from golive.backtest.sweep_row import Rows


def default_workers() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0))


class ThreadExecutor:
    """Threads of this process; one computes where it is called."""

    name = "threads"

    def __init__(self, work: SweepWork, workers: int) -> None:
        self.workers = workers
        self._work = work
        self._pool = ThreadPoolExecutor(workers, "sweep") if workers > 1 else None

    def make_ready(self, values: Values) -> None:
        self._work.make_ready(values)

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Rows]]:
        if self._pool is None:
            return ((task, self._work.rows(task)) for task in tasks)
        return _as_finished(self._pool, {self._pool.submit(self._work.rows, task): task for task in tasks})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


class ProcessExecutor:
    """Processes of this host, which end when this one does, however it ends.

    An interrupt from the keyboard is this process's to handle: they ignore it and are ended by it.
    """

    name = "processes"

    def __init__(self, order: SweepOrder, workers: int) -> None:
        self.workers = workers
        self._order = order
        self._pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_start, initargs=(order,))

    def make_ready(self, values: Values) -> None:
        """Compile in this process: the others load it from the disk."""
        opened(self._order).make_ready(values)

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Rows]]:
        return _as_finished(self._pool, {self._pool.submit(_rows, task): task for task in tasks})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._pool.shutdown(cancel_futures=True)


def _as_finished(pool: Pool, futures: dict[Future[Rows], Task]) -> Iterator[tuple[Task, Rows]]:
    waiting = set(futures)
    while waiting:
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            yield futures[future], future.result()


class _Assigned:
    """The order of this worker process."""

    order: SweepOrder


def _start(order: SweepOrder) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.stdout = sys.stderr  # for what strategies print: stdout is the command's, for its result alone
    threading.Thread(target=_end_with_parent, name="parent", daemon=True).start()
    _Assigned.order = order
    opened(order)


def _end_with_parent() -> None:
    """Wait until the pipe to the parent closes, which a killed one does not outlive, and end this process without ado."""
    parent = parent_process()
    assert parent is not None, "a worker has a parent"
    parent.join()
    os._exit(1)


def _rows(task: Task) -> Rows:
    return opened(_Assigned.order).rows(task)
