"""A sweep: ask the search, compute what is not known yet, tell the search, until it ends or nothing gets better.

The outcome depends on the search, the data and the terms alone: rows are ordered by the number of their set, whoever computed
them, in whatever order, before or after an interruption.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from .executor import Executor, Span, Task
from .search import Search, Values
from .sweep_row import SampleGrid
from .sweep_score import objective_of, scores, told_objective

if TYPE_CHECKING:
    from .sweep_row import Rows

_TASKS_PER_WORKER: Final = 4


class ResultStore(Protocol):
    """Keeps the rows of finished sets, by number, so that an interrupted sweep goes on."""

    def known(self) -> Mapping[int, tuple[Values, bytes]]:
        """Return what is kept."""
        ...

    def keep(self, rows: Sequence[tuple[int, Values, bytes]]) -> None:
        """Keep rows for good before returning."""
        ...


class Forgetful:
    """Keeps nothing: for a sweep that nobody will resume."""

    def known(self) -> Mapping[int, tuple[Values, bytes]]:
        return {}

    def keep(self, rows: Sequence[tuple[int, Values, bytes]]) -> None:
        """Nothing is kept."""


@dataclass(frozen=True, slots=True)
class Aim:
    """What a sweep looks for: the objective, over which span, from which balance."""

    objective: str
    span: Span
    balance: int
    """smallest units of the quote asset"""
    grid: SampleGrid
    stop_after: int | None = None
    """sets without a better objective after which the sweep ends"""
    task_size: int = 16
    """most sets of one task"""


@dataclass(frozen=True, slots=True, eq=False)
class SweepResult:
    """Every set tried, by number, with its row. `is_stopped`: it ended because nothing got better."""

    sets: tuple[Values, ...]
    rows: Rows
    is_stopped: bool
    resumed: int
    """rows that were known before"""

    @property
    def digest(self) -> str:
        """SHA-256 of sets and rows, the same for the same search over the same data."""
        import numpy as np

        digest = hashlib.sha256(f"{self.rows.shape} {self.is_stopped}\n".encode())
        digest.update(np.array(self.sets, dtype="<f8").tobytes())
        digest.update(np.ascontiguousarray(self.rows, dtype="<i8").tobytes())
        return digest.hexdigest()


Watch = Callable[[int, int, "float | None"], None]
"""called with the sets done, those there are at most, and the best objective of the batches that are complete"""


def run_sweep(search: Search, aim: Aim, executor: Executor, store: ResultStore, watch: Watch) -> SweepResult:
    """Run the search to its end and return every set tried."""
    import numpy as np

    known = dict(store.known())
    sets: list[Values] = []
    rows: list[bytes] = []
    resumed = 0
    trail = _Trail(aim)
    while batch := search.ask():
        first = len(sets)
        wanted = list(enumerate(batch, first))
        found = {number: known[number][1] for number, values in wanted if known.get(number, (None,))[0] == values}
        resumed += len(found)
        watch(first + len(found), search.total, trail.told)
        missing = [pair for pair in wanted if pair[0] not in found]
        for task, made in executor.results(_tasks(missing, aim, executor.workers)):
            lines = [row.tobytes() for row in made]
            fresh = list(zip(task.numbers, task.sets, lines, strict=True))
            store.keep(fresh)
            found.update((number, row) for number, _, row in fresh)
            watch(first + len(found), search.total, trail.told)
        in_order = [found[number] for number, _ in wanted]
        objectives = _objectives(in_order, aim)
        taken = trail.take(objectives)
        sets += batch[:taken]
        rows += in_order[:taken]
        watch(len(sets), search.total, trail.told)
        if trail.is_over:
            break
        search.tell(objectives)
    matrix = np.frombuffer(b"".join(rows), dtype=np.int64).reshape(len(rows), -1)
    return SweepResult(tuple(sets), matrix, trail.is_over, resumed)


def _tasks(wanted: Sequence[tuple[int, Values]], aim: Aim, workers: int) -> list[Task]:
    """Cut what is wanted into tasks: a few for each worker, so that all end at about the same time."""
    size = max(1, min(aim.task_size, math.ceil(len(wanted) / (workers * _TASKS_PER_WORKER))))
    parts = [wanted[first : first + size] for first in range(0, len(wanted), size)]
    return [Task(tuple(number for number, _ in part), tuple(values for _, values in part), aim.span) for part in parts]


def _objectives(rows: Sequence[bytes], aim: Aim) -> list[float | None]:
    import numpy as np

    matrix = np.frombuffer(b"".join(rows), dtype=np.int64).reshape(len(rows), -1)
    found = objective_of(matrix, scores(matrix, aim.balance, aim.grid), aim.objective)
    return [None if math.isnan(value) else value for value in found.tolist()]


class _Trail:
    """The best objective so far, and for how many sets nothing has been better."""

    def __init__(self, aim: Aim) -> None:
        self._objective, self._patience = aim.objective, aim.stop_after
        self._since = 0
        self._best: float | None = None
        self.is_over = False

    @property
    def told(self) -> float | None:
        """The best as people read it."""
        return None if self._best is None else told_objective(self._objective, self._best)

    def take(self, objectives: Sequence[float | None]) -> int:
        """Take objectives in the order of their sets; return how many of them were taken before patience ended."""
        for count, value in enumerate(objectives, 1):
            if value is not None and (self._best is None or value > self._best):
                self._best, self._since = value, 0
            else:
                self._since += 1
            if self._patience is not None and self._since >= self._patience:
                self.is_over = True
                return count
        return len(objectives)
