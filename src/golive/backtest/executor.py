"""Where the tasks of a sweep are computed: the port behind which threads, processes and clusters stand.

A task is self-contained and gives the same integers wherever and whenever it runs; an executor may finish tasks in any order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from .search import Values

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Span:
    """The time over which sets are judged.

    Candles that close in (since, until] are traded over; `warm_bars` candles before them move the strategy and trade nothing.
    """

    since: int
    """ns UTC"""
    until: int
    warm_bars: int = 0
    balance: int | None = None
    """smallest units of the quote asset at the start; None = the sweep's"""
    is_closed: bool = False
    """whether the target of the last two bars is 0, so that what is held is sold at the open of the last"""
    period_ns: int | None = None
    """how often equity is looked at; None = as the statistics of a single backtest over the span do"""


@dataclass(frozen=True, slots=True)
class Task:
    """Some parameter sets with their numbers, all over one span."""

    numbers: tuple[int, ...]
    sets: tuple[Values, ...]
    span: Span


class Executor(Protocol):
    """Computes tasks. A context manager: leaving it gives up what has not begun and ends what it started."""

    name: str
    """`threads`, `processes` or `cluster`"""
    workers: int

    def make_ready(self, values: Values) -> None:
        """Have everything compiled that tasks need, so that the time they take is spent on computing; `values` is any set."""
        ...

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, npt.NDArray[np.int64]]]:
        """Yield each task with its rows (`sweep_row.py`), as they are finished."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...
