import math
from dataclasses import replace

import numpy as np
import pytest

from golive.backtest.event_run import run_events
from golive.backtest.executor import Task
from golive.backtest.returns import Undefined
from golive.backtest.statistics import statistics_of
from golive.backtest.sweep_row import FIELD, FIELDS, SampleGrid
from golive.backtest.sweep_score import checked_objective, objective_of, period_returns, ranking, scores, told_objective
from golive.model.errors import ConfigError
from support.sweeps import aim_of, candles_of, whole_span, work_of

BALANCE = 10_000 * 10**8


@pytest.mark.parametrize("bars", [50, 2500, 11_000])  # sampled by bars, and by hours; long enough for a growth a year
@pytest.mark.parametrize("fast", [3.0, 20.0])
def test_a_row_says_what_the_statistics_of_a_single_backtest_say(bars: int, fast: float) -> None:
    work = work_of([candles_of(bars)])
    values = (fast, 21.0)
    row = work.rows(Task((0,), (values,), whole_span(work)))
    result = run_events(replace(work.spec, parameters=work.parameters_of(values)), work.candles)
    statistics = statistics_of(result)
    aim = aim_of(work)
    assert statistics.sampling == aim.grid.sampling
    found = scores(row, BALANCE, aim.grid)
    for name, of_one in (("sharpe", "sharpe"), ("sortino", "sortino"), ("return", "total_return")):
        expected = statistics.values[of_one]
        value = float(found[name][0])
        assert math.isnan(value) if isinstance(expected, Undefined) else value == pytest.approx(expected, rel=1e-9), name
    fall = statistics.values["max_drawdown"]
    assert not isinstance(fall, Undefined)
    assert fall <= float(found["drawdown"][0]) <= fall + 1e-3  # the engine also looks between closes
    growth = statistics.values["cagr"]
    calmar = float(found["calmar"][0])
    assert math.isnan(calmar) if isinstance(growth, Undefined) else calmar == pytest.approx(growth / found["drawdown"][0])
    assert int(row[0, FIELD["fills"]]) == len(result.fills)
    trades = result.trades
    assert int(row[0, FIELD["trades"]]) == int(trades.closed().sum())
    assert int(row[0, FIELD["wins"]]) == int((trades.profit[trades.closed()] > 0).sum())
    assert int(row[0, FIELD["turnover"]]) == int(result.money.notional.sum())
    assert int(row[0, FIELD["final_equity"]]) == int(result.equity[-1]) == int(row[0, -1])
    assert period_returns(row, BALANCE)[0] == pytest.approx(statistics.returns, abs=1e-15)


def _row(*equity: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.array([[equity[-1], 0, 0, 100, *(0 for _ in FIELDS[4:]), *equity]], dtype=np.int64)


def test_what_is_undefined_is_no_number() -> None:
    grid = SampleGrid.of([candles_of(40)])
    flat = scores(_row(100, 100, 100), 100, grid)
    assert math.isnan(flat["sharpe"][0])
    assert math.isnan(flat["sortino"][0])
    assert math.isnan(flat["calmar"][0])
    assert flat["return"][0] == 0
    broke = scores(_row(100, 0, 50), 100, grid)
    assert math.isnan(broke["sharpe"][0])
    assert np.isfinite(period_returns(_row(100, 0, 50), 100)).all()


def test_the_best_comes_first_the_lower_number_among_equals_and_the_undefined_last() -> None:
    assert ranking(np.array([0.5, np.nan, 2.0, 0.5, -np.inf, 2.0])) == [2, 5, 0, 3, 4, 1]


@pytest.mark.parametrize("name", ["return", "drawdown", "sharpe"])
def test_a_set_that_never_traded_has_no_objective(name: str) -> None:
    candles = candles_of(600)
    work = replace(work_of([candles]), names=("warm_up_bars",))
    rows = work.rows(Task((0, 1), ((9_000.0,), (30.0,)), whole_span(work)))
    found = scores(rows, BALANCE, SampleGrid.of([candles]))
    assert found["return"][1] < found["return"][0] == 0
    objective = objective_of(rows, found, name)
    assert math.isnan(objective[0])
    assert objective[1] == told_objective(name, found[name][1])
    assert found["drawdown"][1] > 0
    assert ranking(objective) == [1, 0]


def test_an_unknown_objective_is_refused() -> None:
    assert checked_objective("calmar") == "calmar"
    with pytest.raises(ConfigError, match="--objective luck: known are sharpe, sortino"):
        checked_objective("luck")


def test_fields_come_before_samples() -> None:
    assert [FIELD[name] for name in FIELDS] == list(range(len(FIELDS)))
