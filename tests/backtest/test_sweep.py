import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np
import pytest

from golive.backtest.executor import Task
from golive.backtest.search import Axis, Search, Space, Values, grid_search, random_search
from golive.backtest.sweep import Forgetful, SweepResult, run_sweep
from golive.backtest.sweep_row import FIELD, Rows
from golive.backtest.sweep_score import scores
from golive.backtest.sweep_work import SweepWork
from support.sweeps import aim_of, candles_of, space_of, work_of


class Shuffled:
    """An executor that computes here, in an order of its own."""

    name = "shuffled"

    def __init__(self, work: SweepWork, seed: int, workers: int = 1) -> None:
        self.workers = workers
        self.computed = 0
        self._work = work
        self._random = random.Random(seed)

    def make_ready(self, values: Values) -> None:
        self._work.make_ready(values)

    def results(self, tasks: Sequence[Task]) -> Iterator[tuple[Task, Rows]]:
        order = list(tasks)
        self._random.shuffle(order)
        for task in order:
            self.computed += len(task.sets)
            yield task, self._work.rows(task)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        pass


class Memory:
    """A store that lives as long as the test."""

    def __init__(self) -> None:
        self.rows: dict[int, tuple[Values, bytes]] = {}

    def known(self) -> Mapping[int, tuple[Values, bytes]]:
        return dict(self.rows)

    def keep(self, rows: Sequence[tuple[int, Values, bytes]]) -> None:
        self.rows.update({number: (values, row) for number, values, row in rows})


WORK = work_of([candles_of(1500)])


def swept(
    search: Search | None = None, *, seed: int = 0, workers: int = 1, stop_after: int | None = None, size: int = 16
) -> SweepResult:
    aim = aim_of(WORK, stop_after=stop_after, task_size=size)
    return run_sweep(search or grid_search(space_of(), 100), aim, Shuffled(WORK, seed, workers), Forgetful(), lambda *_: None)


def test_the_outcome_does_not_depend_on_the_order_of_completion_the_workers_or_the_size_of_tasks() -> None:
    plain = swept()
    assert len(plain.sets) == 13
    for other in (
        swept(seed=1, size=1),
        swept(seed=2, workers=3, size=2),
        swept(seed=3, size=5),
        swept(grid_search(space_of(), 4)),
    ):
        assert other.digest == plain.digest
    assert swept(grid_search(space_of(fast=(3, 5, 8, 12)), 100)).digest != plain.digest


def test_a_sweep_goes_on_from_what_is_known_and_ends_the_same() -> None:
    class Killed(Exception):
        pass

    def kill_after(done: int, total: int, best: float | None) -> None:
        if done >= 6:
            raise Killed

    store, aim = Memory(), aim_of(WORK, task_size=2)
    with pytest.raises(Killed):
        run_sweep(grid_search(space_of(), 100), aim, Shuffled(WORK, 5), store, kill_after)
    assert 6 <= len(store.rows) < 13
    second = Shuffled(WORK, 6)
    known = len(store.rows)
    result = run_sweep(grid_search(space_of(), 100), aim, second, store, lambda *_: None)
    assert (result.resumed, second.computed) == (known, 13 - known)
    assert result.digest == swept().digest


def test_a_kept_row_of_other_parameters_is_computed_again() -> None:
    store, aim = Memory(), aim_of(WORK)
    store.keep([(0, (99.0, 100.0), b"\0" * 8)])
    result = run_sweep(grid_search(space_of(), 100), aim, Shuffled(WORK, 0), store, lambda *_: None)
    assert result.resumed == 0
    assert result.digest == swept().digest


def test_a_sweep_stops_when_nothing_gets_better_at_the_same_set_for_any_batch() -> None:
    full = swept()
    objective = scores(full.rows, 10_000 * 10**8, aim_of(WORK).grid)["sharpe"]
    running = np.maximum.accumulate(objective)
    count = next(n for n in range(4, 14) if running[n - 1] == running[n - 4])
    for batch in (1, 4, 100):
        stopped = swept(grid_search(space_of(), batch), stop_after=3)
        assert stopped.is_stopped
        assert len(stopped.sets) == count < 13
        assert np.array_equal(stopped.rows, full.rows[:count])


def test_progress_rises_to_the_total_and_tells_the_best() -> None:
    seen: list[tuple[int, int, float | None]] = []
    aim = aim_of(WORK, task_size=3)
    result = run_sweep(random_search(space_of(), 8, 1, 4), aim, Shuffled(WORK, 1), Forgetful(), lambda *at: seen.append(at))
    assert [done for done, _, _ in seen] == sorted(done for done, _, _ in seen)
    assert seen[-1][:2] == (8, 8)
    assert seen[-1][2] == np.nanmax(scores(result.rows, aim.balance, aim.grid)["sharpe"])


def test_the_best_is_never_a_set_that_did_not_trade() -> None:
    work = replace(WORK, names=("fast_bars", "warm_up_bars"))
    space = Space(
        tuple(Axis(name, a, b, (a, b), True) for name, a, b in (("fast_bars", 3.0, 5.0), ("warm_up_bars", 0.0, 9_000.0)))
    )
    seen: list[float | None] = []
    aim = aim_of(work, "return")
    result = run_sweep(grid_search(space, 100), aim, Shuffled(work, 0), Forgetful(), lambda *at: seen.append(at[2]))
    traded = result.rows[:, FIELD["fills"]] > 0
    found = scores(result.rows, aim.balance, aim.grid)["return"]
    assert traded.tolist() == [True, False, True, False]
    assert seen[-1] == found[traded].max() < 0 == found[~traded].max()


def test_rows_hold_trades() -> None:
    rows = swept().rows
    assert (rows[:, FIELD["fills"]] > 10).all()
    assert len(np.unique(rows[:, FIELD["final_equity"]])) == len(rows)


def test_the_best_is_told_as_people_read_it() -> None:
    seen: list[float | None] = []
    aim = aim_of(WORK, "drawdown")
    result = run_sweep(grid_search(space_of(), 5), aim, Shuffled(WORK, 0), Forgetful(), lambda *at: seen.append(at[2]))
    assert seen[-1] == scores(result.rows, aim.balance, aim.grid)["drawdown"].min() > 0
