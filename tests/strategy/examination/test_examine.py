"""Each check catches the fault it is there for, and sound strategies pass all of them."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from golive.model.errors import ConfigError
from golive.runtime.strategy_check import generated_candles
from golive.strategy import STRATEGIES, WARMING_UP, Bar, bound, resolve_parameters
from golive.strategy.callbacks import Callbacks, CallbackStrategy
from golive.strategy.examination import Finding, examine
from golive.strategy.examination.examine import bars_needed
from golive.strategy.indicators import batch
from golive.strategy.signals import Signals, SignalsStrategy
from support.frame_strategies import SMALL
from support.frame_strategies import strategy as frame_strategy

MINUTE = 60 * 10**9


def findings(strategy: Any, bars: int = 1500, **values: float) -> dict[str, Finding]:
    params = bound(resolve_parameters(strategy.name, strategy.parameters, values))
    return {each.check: each for each in examine(strategy, params, generated_candles(bars, MINUTE))}


def failed(found: dict[str, Finding]) -> set[str]:
    return {name for name, each in found.items() if each.status == "failed"}


class Stepped:
    """A strategy of a test, from its step."""

    summary, name = "of a test", "stepped"

    def __init__(self, step: Callable[..., float], warm_up: int = 1, **state: Any) -> None:
        self.step, self._state, self._warm_up = step, state, warm_up
        self.parameters: dict[str, Any] = {}

    def initial(self, params: Any) -> Any:
        return SimpleNamespace(**self._state)

    def warm_up(self, params: Any) -> int:
        return self._warm_up


def signalled(signals: Callable[[Any, Any], Any], warm_up: int = 20, window: int = 0) -> SignalsStrategy:
    """A strategy of a test, from its vectorised function."""
    body = {
        "name": "signalled",
        "window_bars": window,
        "warm_up": lambda self, params: warm_up,
        "signals": lambda self, columns, params: signals(columns, params),
    }
    return SignalsStrategy(type("Signalled", (Signals,), body))


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_the_built_in_strategies_pass_every_check(name: str) -> None:
    strategy = STRATEGIES[name]
    params = bound(resolve_parameters(name, strategy.parameters, {}))
    found = findings(strategy, bars_needed(strategy, params))
    assert failed(found) == set()
    assert found["compiled = interpreted"].status == "ok"


def _above_mean(columns: Any, params: Any) -> Any:
    return np.where(columns["close"] > batch.sma(columns["close"], 20), 1.0, 0.0)


def test_a_sound_vectorised_strategy_passes() -> None:
    found = findings(signalled(_above_mean))
    assert failed(found) == set()
    assert found["session = history"].status == "ok"


def test_a_planted_look_ahead_is_caught_at_its_bar_with_both_values() -> None:
    def tomorrow(columns: Any, params: Any) -> Any:
        return np.where(np.roll(columns["close"], -1) > columns["close"], 1.0, 0.0)

    found = findings(signalled(tomorrow))
    assert "no look-ahead" in failed(found)
    assert "bar " in found["no look-ahead"].detail
    assert " 1 " in found["no look-ahead"].detail
    assert " 0 " in found["no look-ahead"].detail
    assert "shift" in found["no look-ahead"].fix


def test_a_figure_of_the_whole_column_is_a_look_ahead() -> None:
    def against_all(columns: Any, params: Any) -> Any:
        return np.where(columns["close"] > columns["close"].mean(), 1.0, 0.0)

    assert "no look-ahead" in failed(findings(signalled(against_all)))


def test_a_planted_repaint_is_caught() -> None:
    def pivots(columns: Any, params: Any) -> Any:
        """The newest candle counts as a turning point until the next one says otherwise."""
        close = columns["close"]
        targets = np.zeros(len(close))
        targets[1:-1] = (close[1:-1] < close[:-2]) & (close[1:-1] < close[2:])
        targets[-1] = close[-1] < close[-2] if len(close) > 1 else 0.0
        return targets

    found = findings(signalled(pivots))
    assert {"no repaint", "session = history"} <= failed(found)
    assert "while it was the newest candle" in found["no repaint"].detail


def _average(bars: float) -> Callable[..., float]:
    def step(state: Any, bar: Bar, params: Any) -> float:
        state.mean = bar.close if state.bars == 0 else state.mean + (bar.close - state.mean) * (2.0 / (bars + 1.0))
        state.bars += 1
        if state.bars < 20:
            return WARMING_UP
        return 1.0 if bar.close > state.mean else 0.0

    return step


def test_a_planted_short_warm_up_is_caught_and_a_long_enough_one_is_not() -> None:
    assert failed(findings(Stepped(_average(400.0), 20, mean=0.0, bars=0))) == {"warm-up long enough"}
    assert failed(findings(Stepped(_average(5.0), 20, mean=0.0, bars=0))) == set()


@pytest.mark.parametrize("declared", [15, 25])
def test_a_first_target_at_another_bar_than_declared_is_caught(declared: int) -> None:
    found = findings(Stepped(_average(5.0), declared, mean=0.0, bars=0))
    assert "warm-up as declared" in failed(found)
    assert "warm_up return 20" in found["warm-up as declared"].fix


def test_a_target_missing_after_the_warm_up_is_caught() -> None:
    def step(state: Any, bar: Bar, params: Any) -> float:
        return WARMING_UP if bar.close > bar.open else 0.0

    def forgetful(state: Any, bar: Bar, params: Any) -> float:
        state.bars += 1
        return WARMING_UP if state.bars == 200 else 1.0

    assert "warm-up as declared" in failed(findings(Stepped(forgetful, 1, bars=0)))
    assert "warm-up as declared" in failed(findings(Stepped(step, 1, bars=0)))


def test_a_position_is_compared_from_where_both_runs_meet() -> None:
    """A latch: what a later start holds is not what the first run holds until the next signal, and that is no fault."""

    def latch(state: Any, bar: Bar, params: Any) -> float:
        move = bar.close / bar.open - 1.0
        if abs(move) > 0.004:
            state.target = 1.0 if move > 0 else 0.0
        return float(state.target)

    plain, latched = Stepped(latch, 1, target=0.0), Stepped(latch, 1, target=0.0)
    latched.remembers = "position"  # type: ignore[attr-defined]
    assert "warm-up long enough" in failed(findings(plain))
    assert failed(findings(latched)) == set()


_COUNTED: dict[str, int] = {"steps": 0}


def _of_chance(state: Any, bar: Bar, params: Any) -> float:
    return float(random.random() < 0.5)


def _of_time(state: Any, bar: Bar, params: Any) -> float:
    return float(time.perf_counter_ns() // 100 % 2)


def _of_the_module(state: Any, bar: Bar, params: Any) -> float:
    _COUNTED["steps"] += 1
    return float(_COUNTED["steps"] % 7 == 0)


@pytest.mark.parametrize("step", [_of_chance, _of_time, _of_the_module])
def test_a_planted_accident_is_caught(step: Callable[..., float]) -> None:
    found = findings(Stepped(step, 1))
    assert "deterministic" in failed(found)
    assert "random" in found["deterministic"].fix


def test_a_state_shared_between_instruments_is_caught() -> None:
    class Shared(Callbacks):
        name = "shared"
        last: ClassVar[list[float]] = [0.0]

        def on_start(self, params: Any) -> None:
            self.last[0] = 0.0

        def on_candle(self, bar: Bar) -> float:
            rises = bar.close > self.last[0]
            self.last[0] = bar.close
            return float(rises)

    found = findings(CallbackStrategy(Shared))
    assert "state of its own" in failed(found)
    assert found["deterministic"].status == "ok"


def test_a_target_out_of_range_is_caught() -> None:
    found = findings(Stepped(lambda state, bar, params: 1.5 if bar.close > bar.open else -1.0, 1))
    assert "targets within 0..1" in failed(found)


def test_a_number_that_changes_its_kind_is_caught_by_the_compiled_form() -> None:
    def step(state: Any, bar: Bar, params: Any) -> float:
        state.share = state.share * 0.5 + (0.5 if bar.close > bar.open else 0.0)
        share: float = state.share
        return min(1.0, share)

    assert "compiled = interpreted" in failed(findings(Stepped(step, 1, share=0)))
    assert "compiled = interpreted" not in failed(findings(Stepped(step, 1, share=0.0)))


def test_an_error_of_the_strategy_is_told_with_bar_file_and_line() -> None:
    def step(state: Any, bar: Bar, params: Any) -> float:
        state.bars += 1
        share: float = 1.0 / (state.bars - 100)
        return share

    found = findings(Stepped(step, 1, bars=0))
    assert set(found) == {"runs"}
    assert "bar 99 (" in found["runs"].detail
    assert f"{Path(__file__).name}:" in found["runs"].detail


def test_signals_that_need_more_past_than_a_session_shows_are_caught() -> None:
    def since_the_start(columns: Any, params: Any) -> Any:
        return np.where(columns["close"] > np.maximum.accumulate(columns["close"]) * 0.99, 1.0, 0.0)

    assert "session = history" in failed(findings(signalled(since_the_start, 20, 25)))


def test_two_forms_of_one_class_that_disagree_are_caught() -> None:
    class Both(Signals):
        name, summary = "both", "of a test"

        def initial(self, params: Any) -> Any:
            return SimpleNamespace(bars=0)

        @staticmethod
        def step(state: Any, bar: Bar, params: Any) -> float:
            return 1.0 if bar.close > bar.open else 0.0

        def signals(self, columns: Any, params: Any) -> Any:
            return np.where(columns["close"] >= columns["open"], 1.0, 0.0)

    class Agreeing(Both):
        def signals(self, columns: Any, params: Any) -> Any:
            return np.where(columns["close"] > columns["open"], 1.0, 0.0)

    assert failed(findings(Both())) == {"signals = step"}
    assert findings(Agreeing())["signals = step"].status == "ok"


def test_too_few_candles_are_refused_with_the_number_needed() -> None:
    with pytest.raises(ConfigError, match="give at least 110"):
        findings(Stepped(_average(5.0), 20, mean=0.0, bars=0), 100)


def test_the_market_that_is_made_is_the_same_each_time_and_has_every_kind_of_candle() -> None:
    first, second = generated_candles(3000, MINUTE), generated_candles(3000, MINUTE)
    for left, right in zip(first.columns, second.columns, strict=True):
        assert np.array_equal(left, right)
    assert (first.close == first.open).any()
    assert (first.volume == 0).any()
    assert (first.low <= np.minimum(first.open, first.close)).all()
    assert (first.high >= np.maximum(first.open, first.close)).all()
    assert not math.isclose(first.close.min(), first.close.max(), rel_tol=0.05)


def test_a_check_has_one_name_whether_it_passes_or_cannot_be_made() -> None:
    def whole_only(columns: Any, params: Any) -> Any:
        if len(columns["close"]) < 100:
            raise ValueError("too short")
        return np.ones(len(columns["close"]))

    found = findings(signalled(whole_only, window=60))
    assert list(found) == list(findings(signalled(_above_mean)))
    assert found["session = history"].status == "failed"
    assert "ValueError: too short (" in found["session = history"].detail


@pytest.mark.parametrize("error", [MemoryError("too much"), SystemExit(2)])
def test_a_strategy_that_cannot_begin_fails_its_first_check(error: BaseException) -> None:
    strategy = Stepped(lambda state, bar, params: 1.0)

    def initial(params: Any) -> Any:
        raise error

    strategy.initial = initial  # type: ignore[method-assign]
    [only] = findings(strategy).values()
    assert (only.check, only.status) == ("runs", "failed")
    assert only.detail.startswith(f"before its first bar: {type(error).__name__}: {error}")


def test_a_single_candle_after_a_late_start_is_not_a_third_of_what_is_compared() -> None:
    def rising(state: Any, bar: Bar, params: Any) -> float:
        rises = bar.close > state.close
        state.close = bar.close
        return 1.0 if rises else 0.0

    assert findings(Stepped(rising, close=0.0))["warm-up long enough"].status == "ok"


RECURSIVE = SMALL.replace("ta.SMA(dataframe, timeperiod=20)", "ta.EMA(dataframe, timeperiod=200)")


@pytest.mark.parametrize(("startup", "status"), [(30, "failed"), (700, "ok")])
def test_of_a_foreign_class_the_signals_are_compared_and_the_fix_is_in_its_words(startup: int, status: str) -> None:
    of = frame_strategy(RECURSIVE.replace("count = 30", f"count = {startup}"))
    params = bound(resolve_parameters(of.name, of.parameters, {}))
    found = {each.check: each for each in examine(of, params, generated_candles(5000, 5 * MINUTE))}["warm-up long enough"]
    assert found.status == status
    assert " signals " in found.detail
    assert "startup_candle_count" in found.fix or status == "ok"


def test_a_position_that_was_entered_elsewhere_is_no_fault_of_the_warm_up() -> None:
    of = frame_strategy(SMALL.replace("stoploss = -0.99", "stoploss = -0.99\n    minimal_roi = {'0': 0.05, '90': 0.001}"))
    params = bound(resolve_parameters(of.name, of.parameters, {}))
    found = {each.check: each for each in examine(of, params, generated_candles(3000, 5 * MINUTE))}
    assert found["warm-up long enough"].status == "ok"
