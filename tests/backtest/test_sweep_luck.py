from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from golive.backtest.sweep_luck import different, luck_of
from golive.backtest.sweep_row import FIELD, FIELDS, SampleGrid
from golive.model.json import JsonObject
from support.sweeps import candles_of

BALANCE = 1_000_000
GRID = SampleGrid.of([candles_of(200)])


def rows_of(*curves: Sequence[int], fills: int = 2) -> npt.NDArray[np.int64]:
    fields = [0] * len(FIELDS)
    fields[FIELD["fills"]] = fills
    return np.array([[*fields, *curve] for curve in curves], dtype=np.int64)


def curve(seed: int) -> list[int]:
    moves = np.random.default_rng(seed).normal(20, 1000, 200)
    return [BALANCE + int(value) for value in np.cumsum(moves)]


def luck(rows: npt.NDArray[np.int64]) -> JsonObject:
    found = luck_of(rows, BALANCE, GRID, 0)
    assert found is not None
    return found


def test_equal_sets_are_one_trial_whose_overfitting_cannot_be_measured() -> None:
    found = luck(rows_of(curve(1), curve(1), curve(1)))
    assert (found["trials"], found["different_trials"], found["independent_trials"]) == (3, 1, 1)
    assert found["backtest_overfitting"] is None
    assert found["expected_best_sharpe"] == 0
    assert found["deflated_sharpe"] == found["probabilistic_sharpe"]


def test_a_repeated_set_changes_no_measure() -> None:
    once = luck(rows_of(curve(1), curve(2), curve(3)))
    again = luck(rows_of(curve(1), curve(2), curve(2), curve(3), curve(1), curve(2)))
    assert {**again, "trials": 3} == once
    assert once["backtest_overfitting"] is not None


def test_sets_that_never_traded_change_no_measure() -> None:
    traded = rows_of(curve(1), curve(2), curve(3))
    idle = rows_of([BALANCE] * 200, fills=0)
    assert {**luck(np.vstack((traded, idle))), "trials": 3} == luck(traded)


def test_different_sets_keep_their_order() -> None:
    rows = rows_of(curve(3), curve(1), curve(3), curve(2))
    assert np.array_equal(different(rows), rows[[0, 1, 3]])


def test_a_best_set_without_spread_has_no_luck() -> None:
    assert luck_of(rows_of([BALANCE] * 200, curve(1)), BALANCE, GRID, 0) is None
