"""Walk-forward: choose parameters on one stretch of history, trade the next one with them, move on, and join what was traded.

A window is seen by the search up to the end of its training; what comes later cannot change its choice. Between training and
test lie `purge` and `embargo` bars: the purge shortens the training, so that no position of it reaches into the test; the embargo
delays the test, so that what both have in common has faded. Source: López de Prado, Advances in Financial Machine Learning, 2018,
ch. 7 and 12; here training always comes first, so an embargo after the test has nothing to protect.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from golive.engine.opening import known_opening, untouched_equity
from golive.model.errors import ConfigError
from golive.portfolio import Ledger

from .executor import Executor, Span, Task
from .returns import sampling_of
from .search import Search, Values
from .sweep import Aim, ResultStore, SweepResult, run_sweep
from .sweep_row import FIELD, FIELDS, SampleGrid
from .sweep_score import objective_of, ranking, scores
from .sweep_span import cut

if TYPE_CHECKING:
    from golive.matching.columns import CandleColumns

    from .sweep_row import Rows

MOST_WINDOWS: Final = 1000


@dataclass(frozen=True, slots=True)
class WindowPlan:
    """How history is cut, in bars of market time. `is_anchored`: training always begins where the data does."""

    train: int
    test: int
    purge: int = 0
    embargo: int = 0
    is_anchored: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    """One training and the test after it."""

    number: int
    train: Span
    test: Span


def windows(candles: Sequence[CandleColumns], plan: WindowPlan, warm_bars: int) -> tuple[Window, ...]:
    """Return the windows over all candles; tests follow each other without a gap, the last may be cut short by the data's end.

    Raises ConfigError when the plan makes no sense or not even one test of two bars fits.
    """
    if plan.train < 2 or plan.test < 2 or plan.purge < 0 or plan.embargo < 0:
        raise ConfigError("--train and --test need at least two bars, --purge and --embargo none or more")
    if plan.purge + 2 > plan.train:
        raise ConfigError(f"a --purge of {plan.purge:,} bars leaves fewer than two of the {plan.train:,} bars of a training")
    length = candles[0].timeframe_ns
    begin = min(int(each.opened_at[0]) for each in candles)
    end = max(int(each.opened_at[-1]) for each in candles) + length
    first_test = begin + (plan.train + plan.embargo) * length
    count = -(-(end - first_test - length) // (plan.test * length))
    if count < 1:
        needed, have = plan.train + plan.embargo + 2, (end - begin) // length
        raise ConfigError(f"{have:,} bars are too few: training, embargo and a test of two bars need {needed:,}")
    if count > MOST_WINDOWS:
        raise ConfigError(f"{count:,} windows; the most is {MOST_WINDOWS:,}: take a longer --test")
    period = sampling_of(end - first_test, length).length_ns
    found = []
    for number in range(count):
        tested = first_test + number * plan.test * length
        trained = tested - plan.embargo * length
        since = begin if plan.is_anchored else trained - plan.train * length
        train = Span(since, trained - plan.purge * length, warm_bars)
        test = Span(tested, min(tested + plan.test * length, end), warm_bars, None, True, period)
        found.append(Window(number, train, test))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class WindowResult:
    """What one window chose and what became of it; `chosen` is None where no set had an objective: nothing was traded then."""

    window: Window
    sweep: SweepResult
    chosen: int | None
    in_sample: dict[str, float]
    """scores of the chosen set in training"""
    out_of_sample: dict[str, float]
    """its scores in the test"""
    row: Rows | None
    """its row in the test"""
    grid: SampleGrid
    balance: int
    """what the account is worth at the start of the test"""
    samples: tuple[int, ...]
    """and at the ends of its periods"""

    @property
    def values(self) -> Values | None:
        return None if self.chosen is None else self.sweep.sets[self.chosen]

    @property
    def final(self) -> int:
        return self.samples[-1] if self.row is None else int(self.row[0, FIELD["final_equity"]])


@dataclass(frozen=True, slots=True)
class WalkForward:
    """What every window has in common. `search_of` begins the search anew; `store_of` keeps the results of a named part."""

    candles: Sequence[CandleColumns]
    objective: str
    ledger: Ledger
    """the account as it begins"""
    search_of: Callable[[], Search]
    store_of: Callable[[str], ResultStore]
    stop_after: int | None = None


Watch = Callable[[int, int, int, int, "float | None"], None]
"""called with the window's number, how many there are, the sets done of it and at most, and its best objective"""


def walk(plan: WalkForward, found: Sequence[Window], executor: Executor, watch: Watch) -> list[WindowResult]:
    """Run the windows in order; each training begins with the start balances, each test with what the one before left.

    A traded test leaves nothing but the quote asset. Raises ConfigError for a window in which something held has no price.
    """
    results: list[WindowResult] = []
    balance: int | None = None
    for window in found:
        trained = _traded(plan.candles, window.train)
        start = known_opening(plan.ledger, trained).equity
        aim = Aim(plan.objective, window.train, start, SampleGrid.of(trained, window.train.period_ns), plan.stop_after)

        def show(done: int, total: int, best: float | None, number: int = window.number) -> None:
            watch(number, len(found), done, total, best)

        sweep = run_sweep(plan.search_of(), aim, executor, plan.store_of(f"train {window.number}"), show)
        result = _tested(plan, window, sweep, aim, executor, balance)
        results.append(result)
        if balance is not None or result.row is not None:
            balance = result.final
        if result.final <= 0:
            break
    return results


def _tested(
    plan: WalkForward, window: Window, sweep: SweepResult, aim: Aim, executor: Executor, balance: int | None
) -> WindowResult:
    """Trade what the training chose; `balance` is what tests before left, None while the start balances were not touched."""
    traded = _traded(plan.candles, window.test)
    grid = SampleGrid.of(traded, window.test.period_ns)
    start = known_opening(plan.ledger, traded).equity if balance is None else balance
    trained = scores(sweep.rows, aim.balance, aim.grid)
    objective = objective_of(sweep.rows, trained, plan.objective)
    best = ranking(objective)[0]
    if math.isnan(objective[best]):
        ends = grid.ends.tolist()
        kept = untouched_equity(plan.ledger, traded, ends) if balance is None else [balance] * len(ends)
        return WindowResult(window, sweep, None, {}, {}, None, grid, start, tuple(kept))
    in_sample = {name: float(column[best]) for name, column in trained.items()}
    task = Task((0,), (sweep.sets[best],), replace(window.test, balance=balance))
    ((_, row),) = executor.results([task])
    out = {name: float(column[0]) for name, column in scores(row, start, grid).items()}
    return WindowResult(window, sweep, best, in_sample, out, row, grid, start, tuple(row[0, len(FIELDS) :].tolist()))


def _traded(candles: Sequence[CandleColumns], span: Span) -> list[CandleColumns]:
    return [cut(each, replace(span, warm_bars=0))[0] for each in candles]


def stitched(results: Sequence[WindowResult]) -> tuple[list[int], list[int]]:
    """Return when the joined tests were looked at (ns UTC, ends of periods) and what the account was worth then."""
    ts: list[int] = []
    equity: list[int] = []
    for each in results:
        ends = each.grid.ends.tolist()
        if ts and ends[0] <= ts[-1]:  # a period that the test before shares: its end is this one's
            ts.pop()
            equity.pop()
        ts += ends
        equity += each.samples
    return ts, equity
