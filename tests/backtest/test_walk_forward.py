from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.backtest.executor import Task
from golive.backtest.search import grid_search
from golive.backtest.sweep import Forgetful
from golive.backtest.sweep_row import FIELD
from golive.backtest.sweep_work import SweepWork
from golive.backtest.walk_forward import WalkForward, WindowPlan, WindowResult, stitched, walk, windows
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.clock import MINUTE
from golive.model.errors import ConfigError
from golive.portfolio import Ledger
from golive.runtime.sweep_pool import ThreadExecutor
from support.candles import START, columns_of, rows_of
from support.sweeps import after, candles_of, space_of, work_of

BALANCE = 10_000 * 10**8
PLAN = WindowPlan(train=600, test=300, purge=20, embargo=10)


def free_work_of(candles: CandleColumns) -> SweepWork:
    """Trades that cost nothing, so that not simply the rarest trader is best."""
    work = work_of([candles])
    free = FeeSchedule(Decimal(0), Decimal(0), FeeAsset.QUOTE)
    return replace(work, spec=replace(work.spec, fees=free, slippage_bps=Decimal(0)))


def walked(candles: CandleColumns, plan: WindowPlan = PLAN) -> list[WindowResult]:
    return walked_with(free_work_of(candles), "return", plan)


def walked_with(work: SweepWork, objective: str, plan: WindowPlan = PLAN) -> list[WindowResult]:
    candles = work.candles
    ledger = Ledger([each.instrument for each in candles], work.spec.start_balances)
    made = WalkForward(candles, objective, ledger, lambda: grid_search(space_of(), 100), lambda _: Forgetful())
    with ThreadExecutor(work, 2) as executor:
        return walk(made, windows(candles, plan, 100), executor, lambda *_: None)


def holding_base(work: SweepWork) -> SweepWork:
    return replace(work, spec=replace(work.spec, start_balances={"USDT": Decimal(10_000), "BTC": Decimal("0.5")}))


def test_windows_leave_purge_and_embargo_between_training_and_test() -> None:
    found = windows([candles_of(1500)], PLAN, 50)
    assert [(each.train.since, each.train.until, each.test.since, each.test.until) for each in found] == [
        (START, after(580), after(610), after(910)),
        (after(300), after(880), after(910), after(1210)),
        (after(600), after(1180), after(1210), after(1500)),
    ]
    assert all(each.train.warm_bars == each.test.warm_bars == 50 and each.test.is_closed for each in found)


def test_anchored_windows_begin_where_the_data_does() -> None:
    found = windows([candles_of(1500)], WindowPlan(600, 300, is_anchored=True), 0)
    assert [each.train.since for each in found] == [START] * 3
    assert [each.train.until for each in found] == [after(600), after(900), after(1200)]


@given(
    bars=st.integers(10, 1500), train=st.integers(2, 800), test=st.integers(2, 400), purge=st.integers(0, 50),
    embargo=st.integers(0, 50), is_anchored=st.booleans(),
)  # fmt: skip
def test_tests_cover_the_rest_of_history_once_and_training_never_meets_them(
    bars: int, train: int, test: int, purge: int, embargo: int, is_anchored: bool
) -> None:
    minutes = np.arange(bars, dtype=np.int64) * MINUTE + START
    ones = np.ones(bars, np.int64)
    candles = CandleColumns(candles_of(2).instrument, MINUTE, minutes, ones, ones, ones, ones, ones)
    try:
        found = windows([candles], WindowPlan(train, test, purge, embargo, is_anchored), 0)
    except ConfigError:
        assert bars < train + embargo + 2 or purge + 2 > train
        return
    assert found[0].test.since == after(train + embargo)
    assert found[-1].test.until in (after(bars), after(bars - 1))  # one bar alone cannot be traded
    for each, following in pairwise(found):
        assert each.test.until == following.test.since
    for each in found:
        assert each.test.since - each.train.until == (purge + embargo) * MINUTE
        assert each.test.until - each.test.since >= 2 * MINUTE
        assert each.train.since == START if is_anchored else each.train.until - each.train.since == (train - purge) * MINUTE


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (WindowPlan(1400, 300, embargo=99), "too few"),
        (WindowPlan(1, 300), "at least two"),
        (WindowPlan(600, 300, purge=599), "a --purge of 599 bars leaves fewer than two of the 600 bars of a training"),
        (WindowPlan(7200, 300, purge=8640), "a --purge of 8,640 bars leaves fewer than two of the 7,200"),
        (WindowPlan(600, 300, embargo=-1), "none or more"),
        (WindowPlan(10, 2), None),
    ],
)
def test_a_plan_that_does_not_fit_is_refused(plan: WindowPlan, said: str | None) -> None:
    candles = candles_of(1500)
    if said is None:
        assert len(windows([candles], plan, 0)) == 745
        return
    with pytest.raises(ConfigError, match=said):
        windows([candles], plan, 0)


def _changed(candles: CandleColumns, first: int) -> CandleColumns:
    """The same candles with another history from bar `first` on."""
    other = rows_of(candles_of(len(candles), seed=99))
    return columns_of(rows_of(candles)[:first] + other[first:])


def test_what_comes_after_the_training_does_not_change_what_is_chosen() -> None:
    candles = candles_of(1500, seed=3)
    plain = walked(candles)
    for number, trained in ((0, 580), (1, 880), (2, 1180)):
        other = walked(_changed(candles, trained))
        assert [each.values for each in other[: number + 1]] == [each.values for each in plain[: number + 1]]
        assert [repr(each.in_sample) for each in other[: number + 1]] == [repr(each.in_sample) for each in plain[: number + 1]]
        assert other[number].out_of_sample != plain[number].out_of_sample
    assert walked(_changed(candles, 500))[0].in_sample != plain[0].in_sample  # the detector detects


def test_each_window_trades_the_best_of_its_training() -> None:
    candles = candles_of(1500, seed=3)
    results = walked(candles)
    assert len({each.values for each in results}) > 1
    for each in results:
        rows = free_work_of(candles).rows(Task(tuple(range(len(each.sweep.sets))), each.sweep.sets, each.window.train))
        assert each.chosen == int(rows[:, FIELD["final_equity"]].argmax())
        assert each.in_sample["return"] == rows[each.chosen, FIELD["final_equity"]] / BALANCE - 1


def test_the_joined_curve_goes_on_from_what_each_test_left() -> None:
    results = walked(candles_of(1500, seed=3))
    assert results[0].balance == BALANCE
    for each, following in pairwise(results):
        assert following.balance == each.final != each.balance
    ts, equity = stitched(results)
    assert ts == sorted(set(ts))
    assert equity[-1] == results[-1].final
    product = 1.0
    for each in results:
        product *= 1 + each.out_of_sample["return"]
    assert equity[-1] / BALANCE == pytest.approx(product)


@pytest.mark.parametrize("objective", ["sharpe", "return", "drawdown"])
def test_a_window_in_which_nothing_can_be_ranked_is_not_traded(objective: str) -> None:
    flat = columns_of([(START + n * MINUTE, 1000, 1000, 1000, 1000, 0) for n in range(1500)])
    results = walked_with(work_of([flat]), objective)
    assert [(each.chosen, each.final) for each in results] == [(None, BALANCE)] * 3
    assert set(stitched(results)[1]) == {BALANCE}


@pytest.mark.parametrize("over_columns", [True, False])
def test_base_held_at_the_start_counts_in_the_first_test_and_is_sold_in_it(over_columns: bool) -> None:
    candles = candles_of(1500, seed=3)
    work = replace(holding_base(free_work_of(candles)), over_columns=over_columns)
    first, *others = walked_with(work, "return")
    price = int(candles.close[610])  # the first close of the first test, ticks of 0.1
    assert first.balance == BALANCE + price * 10**8 // 20
    assert first.out_of_sample["return"] == pytest.approx(first.final / first.balance - 1)
    assert abs(first.out_of_sample["return"]) < 0.1
    for before, each in pairwise([first, *others]):
        assert each.balance == before.final
        alone = replace(each.window.test, balance=each.balance)
        assert each.values is not None
        row = replace(work, spec=free_work_of(candles).spec).rows(Task((0,), (each.values,), alone))
        assert row[0, FIELD["final_equity"]] == each.final  # no base but what was bought
    trained = int(candles.close[0]) * 10**8 // 20 + BALANCE
    rows = work.rows(Task(tuple(range(len(first.sweep.sets))), first.sweep.sets, first.window.train))
    assert first.chosen is not None
    assert first.in_sample["return"] == rows[first.chosen, FIELD["final_equity"]] / trained - 1


def test_base_that_no_test_trades_moves_with_its_price() -> None:
    """Nothing can be ranked where nothing has a volume: all orders wait."""
    rows = [(*row[:5], 0) for row in rows_of(candles_of(1500, seed=3))]
    results = walked_with(holding_base(work_of([columns_of(rows)])), "sharpe")
    assert [each.row for each in results] == [None] * 3
    close = [row[4] for row in rows]
    assert [(each.balance, each.final) for each in results] == [
        (BALANCE + close[first] * 10**8 // 20, BALANCE + close[last] * 10**8 // 20)
        for first, last in ((610, 909), (910, 1209), (1210, 1499))
    ]
    assert stitched(results)[1][-1] == results[-1].final
