"""Targets over history: interpreted and compiled forms are one source and one result."""

from __future__ import annotations

import math
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.columns import CandleColumns
from golive.model.clock import to_iso
from golive.model.errors import StrategyError
from golive.strategy import (
    STRATEGIES,
    WARMING_UP,
    Bar,
    Parameter,
    bound,
    indicators,
    resolve_parameters,
    strategy_named,
    with_order_parameters,
)
from golive.strategy.compiling import NotCompilable
from golive.strategy.targets import TargetChanges, changes_of, sweep_targets, targets_of
from support.candle_columns import jumpy_columns, walk_columns


def params_of(name: str, **changes: float) -> Any:
    strategy = strategy_named(name)
    return bound(resolve_parameters(name, strategy.parameters, changes))


def same(left: TargetChanges, right: TargetChanges) -> bool:
    return np.array_equal(left.index, right.index) and np.array_equal(left.target, right.target, equal_nan=True)


def one_by_one(strategy: Any, params: Any, candles: CandleColumns) -> list[float]:
    """What a session would hear, bar by bar."""
    tick, lot = float(candles.instrument.tick_size), float(candles.instrument.lot_size)
    state, said = strategy.initial(params), []
    for row in zip(*(column.tolist() for column in candles.columns), strict=True):
        ts, open_, high, low, close, volume = row
        bar = Bar(ts + candles.timeframe_ns, open_ * tick, high * tick, low * tick, close * tick, volume * lot)
        said.append(strategy.step(state, bar, params))
    return said


@pytest.mark.parametrize("name", sorted(STRATEGIES))
@settings(deadline=None, max_examples=8)
@given(st.integers(1, 10_000), st.booleans(), st.integers(0, 5000))
def test_compiled_and_interpreted_targets_are_equal_bit_for_bit(name: str, seed: int, is_jumpy: bool, bars: int) -> None:
    candles = jumpy_columns(bars, seed) if is_jumpy else walk_columns(min(bars, 800), seed)
    strategy, params = strategy_named(name), params_of(name)
    interpreted = targets_of(strategy, params, candles, compiled=False)
    assert same(targets_of(strategy, params, candles, compiled=True), interpreted)
    if len(candles):
        said = one_by_one(strategy, params, candles)
        assert np.array_equal(interpreted.at_every_bar(len(candles)), np.array(said), equal_nan=True)


def test_changes_hold_across_the_chunks_of_the_interpreted_form() -> None:
    candles = jumpy_columns(10_000, 3)
    params = params_of("ema_cross", warm_up_bars=4500)
    changes = targets_of(strategy_named("ema_cross"), params, candles, compiled=False)
    assert changes.index[0] == 0
    assert math.isnan(changes.target[0])
    assert changes.index[1] == 4500
    assert all(np.diff(changes.index) > 0)
    assert all(np.diff(changes.target[1:]) != 0)


@pytest.mark.parametrize(
    ("name", "sets"),
    [
        ("ema_cross", [{"fast_bars": fast, "slow_bars": 40} for fast in (2, 5, 9, 13, 21, 30, 39)]),
        ("rsi_reversion", [{"rsi_bars": bars, "enter_below": 20 + bars} for bars in (5, 7, 9, 11, 13, 15, 17)]),
    ],
)
def test_a_sweep_says_of_each_set_what_one_run_says(name: str, sets: list[dict[str, float]]) -> None:
    strategy, candles = strategy_named(name), jumpy_columns(3000, 5)
    rows = [params_of(name, **each) for each in sets]
    found = list(sweep_targets(strategy, rows, candles))
    assert len(found) == len(rows)
    for params, changes in zip(rows, found, strict=True):
        assert same(changes, targets_of(strategy, params, candles, compiled=False))
    assert len({tuple(changes.index) for changes in found}) == len(rows)


def test_the_ema_cross_is_the_rule_written_out() -> None:
    candles = jumpy_columns(2000, 8)
    closes = [close * float(candles.instrument.tick_size) for close in candles.close.tolist()]
    fast = slow = closes[0]
    expected = []
    for number, close in enumerate(closes):
        fast += 2.0 / 21.0 * (close - fast)
        slow += 2.0 / 51.0 * (close - slow)
        expected.append(math.nan if number < 500 else float(fast > slow))
    params = params_of("ema_cross", fast_bars=20, slow_bars=50, warm_up_bars=500)
    found = targets_of(strategy_named("ema_cross"), params, candles, compiled=True)
    assert same(found, changes_of(np.array(expected)))


class Own:
    """A strategy of a test: `step` and the state are given."""

    name, summary = "own", "a strategy of a test"

    def __init__(self, step: Any, **state: Any) -> None:
        self.parameters: dict[str, Parameter] = {}
        self.step, self._state = step, state

    def initial(self, params: Any) -> Any:
        return SimpleNamespace(**self._state)

    def warm_up(self, params: Any) -> int:
        return 1


def _suppressing(state: Any, bar: Bar, params: Any) -> float:
    with suppress(OSError):
        return 1.0
    return 0.0


def _formatting(state: Any, bar: Bar, params: Any) -> float:
    return float(f"{bar.close}")


def _claiming(state: Any, bar: Bar, params: Any) -> float:
    return float(bar.close > bar.open)


def _guessing(state: Any, bar: Bar, params: Any) -> float:
    return float(bar.colour)  # type: ignore[attr-defined]


def _outside(state: Any, bar: Bar, params: Any) -> float:
    state.last[int(bar.close)] = 1.0
    return 0.0


def _recursive(state: Any, bar: Bar, params: Any) -> float:
    return 0.0 if bar.close > 0 else _recursive(state, bar, params)


@pytest.mark.parametrize(
    ("step", "words"),
    [(_suppressing, "with|suppress|context"), (_formatting, "convert"), (_guessing, "colour"), (_claiming, r"float\(bool\)")],
)
def test_a_step_that_cannot_be_compiled_names_file_line_and_construct(step: Any, words: str) -> None:
    with pytest.raises(NotCompilable, match=rf"strategy own: .*test_targets\.py:\d+ cannot be compiled: .*({words})") as caught:
        targets_of(Own(step), bound({}), walk_columns(10), compiled=True)
    line = int(str(caught.value).split("test_targets.py:")[1].split(" ")[0])
    first = step.__code__.co_firstlineno
    assert first <= line <= first + 2


def test_a_step_that_calls_itself_is_named() -> None:
    with pytest.raises(NotCompilable, match="_recursive calls itself"):
        targets_of(Own(_recursive), bound({}), walk_columns(10), compiled=True)


def test_a_state_that_is_no_number_is_named() -> None:
    with pytest.raises(NotCompilable, match=r"state\.last is dict"):
        targets_of(Own(_outside, last={}), bound({}), walk_columns(10), compiled=True)


@pytest.mark.parametrize("compiled", [True, False])
def test_an_index_outside_a_list_is_an_error_in_both_forms(compiled: bool) -> None:
    with pytest.raises(StrategyError, match=r"strategy own: at the bar closed .*Z: IndexError: .*test_targets.py:\d+"):
        targets_of(Own(_outside, last=[0.0] * 4), bound({}), walk_columns(10), compiled=compiled)


def _by_module(state: Any, bar: Bar, params: Any) -> float:
    index = indicators.rsi(state.index, bar.close, 14)
    return WARMING_UP if math.isnan(index) else (1.0 if index < 40.0 else 0.0)


def test_a_step_may_call_functions_of_a_module_by_its_name_on_a_state_within_the_state() -> None:
    candles = jumpy_columns(3000, 2)
    strategy = Own(_by_module, index=indicators.Rsi())
    compiled = targets_of(strategy, bound({}), candles, compiled=True)
    strategy = Own(_by_module, index=indicators.Rsi())
    assert same(compiled, targets_of(strategy, bound({}), candles, compiled=False))
    assert len(compiled.index) > 20


class Says:
    """Says what it was told to, bar by bar; an exception is raised."""

    name, summary, parameters = "says", "for tests", with_order_parameters({})
    form = "callbacks"

    def __init__(self, said: list[Any]) -> None:
        self.said = said

    def initial(self, params: Any) -> Any:
        return iter(self.said)

    def warm_up(self, params: Any) -> int:
        return 1

    def step(self, state: Any, bar: Bar, params: Any) -> float:
        answer: Any = next(state)
        if isinstance(answer, BaseException):
            raise answer
        return answer  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (5.0, "it gave 5; a target is a share between 0 and 1"),
        (-0.5, "it gave -0.5;"),
        (math.inf, "it gave inf;"),
        (None, "it gave None;"),
        ("much", "it gave 'much';"),
        (ValueError("boo"), r"ValueError: boo \(.*test_targets.py:\d+\)"),
        (SystemExit(3), "SystemExit: 3"),
        (StopIteration(), "StopIteration"),
    ],
)
def test_what_is_no_target_is_told_with_strategy_and_bar(wrong: Any, told: str) -> None:
    candles = walk_columns(5000, 1)
    strategy = Says([WARMING_UP, *[0.5] * 4500, wrong, *[0.5] * 498])
    closed = to_iso(int(candles.opened_at[4501]) + candles.timeframe_ns)
    with pytest.raises(StrategyError, match=f"^strategy says: at the bar closed {closed}:? {told}"):
        targets_of(strategy, params_of("ema_cross"), candles, compiled=False)


class Whole(Says):
    """Asked about all bars at once."""

    def targets(self, candles: CandleColumns, params: Any) -> Any:
        if not self.said:
            raise KeyError("adx")
        return np.array(self.said)


def test_a_strategy_asked_about_all_bars_at_once_is_held_to_the_same() -> None:
    candles = walk_columns(3, 1)
    closed = to_iso(int(candles.opened_at[2]) + candles.timeframe_ns)
    with pytest.raises(StrategyError, match=f"says: at the bar closed {closed} it gave 2;"):
        targets_of(Whole([WARMING_UP, 1.0, 2.0]), params_of("ema_cross"), candles, compiled=False)
    with pytest.raises(StrategyError, match=r"strategy says: over 3 bars: KeyError: 'adx' \(.*test_targets.py:\d+\)"):
        targets_of(Whole([]), params_of("ema_cross"), candles, compiled=False)


def test_a_compiled_step_is_held_to_the_same() -> None:
    candles = walk_columns(200, 1)

    class Leveraged:
        name, summary, parameters = "leveraged", "for tests", with_order_parameters({})

        def initial(self, params: Any) -> Any:
            return SimpleNamespace(bars=0)

        def warm_up(self, params: Any) -> int:
            return 1

        @staticmethod
        def step(state: Any, bar: Bar, params: Any) -> float:
            state.bars += 1
            return 3.0 if state.bars == 100 else 0.5

    closed = to_iso(int(candles.opened_at[99]) + candles.timeframe_ns)
    params = bound(resolve_parameters("leveraged", Leveraged.parameters, {}))
    for compiled in (True, False):
        with pytest.raises(StrategyError, match=f"strategy leveraged: at the bar closed {closed} it gave 3;"):
            targets_of(Leveraged(), params, candles, compiled=compiled)
