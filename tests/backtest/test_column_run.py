"""Running over columns: what is compiled is there before the time is taken, and the report says how targets were found."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from golive.backtest.column_run import load, run_over_columns
from golive.engine.columns import warm
from golive.matching.columns import CandleColumns
from golive.matching.compiled import compiles, numba_module
from golive.strategy import Bar, with_order_parameters
from support.backtests import market, spec


class Counting:
    """A strategy that no other test compiles."""

    name, summary, parameters = "counting", "of a test of loading", with_order_parameters({})

    def initial(self, params: Any) -> Any:
        return SimpleNamespace(bars=0)

    def warm_up(self, params: Any) -> int:
        return 1

    @staticmethod
    def step(state: Any, bar: Bar, params: Any) -> float:
        state.bars += 1
        return 0.8125 if state.bars % 40 < 20 else 0.0


class AtOnce(Counting):
    form = "signals"

    def targets(self, candles: CandleColumns, params: Any) -> Any:
        return np.where(np.arange(len(candles)) % 40 < 20, 1.0, 0.0)


def test_a_run_compiles_nothing_that_was_loaded_before(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    if not compiles():
        pytest.skip("nothing is compiled (NUMBA_DISABLE_JIT)")
    numba_module()
    from numba.core import event  # not before: the product says how numba is to be imported

    warm.load()
    monkeypatch.setattr("golive.matching.compiled.cache_folder", lambda: tmp_path)  # not what a run of this test before has kept
    terms, candles = replace(spec(), strategy=Counting()), [market(300)]
    with event.install_recorder("numba:compile") as loaded:
        load(terms, candles)
    assert loaded.buffer
    with event.install_recorder("numba:compile") as run:
        result = run_over_columns(terms, candles)
    assert not run.buffer
    assert result.why_driver == "targets compiled"
    assert len(result.fills) > 10


def test_how_targets_were_found_is_said() -> None:
    result = run_over_columns(replace(spec(), strategy=AtOnce()), [market(300)])
    assert result.why_driver == "targets of all bars at once, as the signals form gives them"
