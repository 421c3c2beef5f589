"""Indicators against what TA-Lib's C library said of the same candles (recorded, see the file's `judge`)."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from golive.model.errors import ConfigError
from golive.strategy.freqtrade_form import foreign_names
from golive.strategy.freqtrade_form.ta.calling import ABSTRACT, FUNCTIONS
from golive.strategy.freqtrade_form.ta.table import INDICATORS

RECORDED = json.loads(Path(__file__).with_name("talib_vectors.json").read_text())
CANDLES = pd.DataFrame(RECORDED["candles"], columns=["open", "high", "low", "close", "volume"])


def first_known(values: Any) -> int:
    known = np.flatnonzero(~np.isnan(np.asarray(values, dtype=float)))
    return int(known[0]) if len(known) else len(values)


@pytest.mark.parametrize("case", RECORDED["cases"], ids=lambda case: case["name"])
def test_an_indicator_says_what_ta_lib_says_from_the_same_bar_on(case: dict[str, Any]) -> None:
    found = ABSTRACT[case["name"]](CANDLES, **case["parameters"])
    assert len(found) == len(CANDLES)
    for column, judged in case["columns"].items():
        series = found[column] if column else found
        assert first_known(series) == judged["first"]
        for bar, value in judged["values"].items():
            assert series.iloc[int(bar)] == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_every_indicator_was_judged() -> None:
    assert {case["name"] for case in RECORDED["cases"]} == set(INDICATORS)


def test_values_missing_at_the_start_are_left_out_and_a_gap_ends_the_results() -> None:
    late = CANDLES["close"].copy()
    late[:7] = math.nan
    found = FUNCTIONS["EMA"](late, 5)
    assert first_known(found) == 7 + 4
    assert np.array_equal(found[7:], FUNCTIONS["EMA"](CANDLES["close"][7:], 5), equal_nan=True)
    late[50] = math.nan
    assert first_known(found[::-1]) == 0
    assert np.isnan(FUNCTIONS["EMA"](late, 5)[50:]).all()


def test_fewer_candles_than_an_indicator_needs_give_nothing_and_no_error() -> None:
    for name, call in ABSTRACT.items():
        for count in (0, 1, 2):
            assert len(call(CANDLES[:count])) == count, name


def test_both_ways_of_calling_agree() -> None:
    close, high, low = CANDLES["close"], CANDLES["high"], CANDLES["low"]
    assert FUNCTIONS["RSI"](close, timeperiod=9).equals(ABSTRACT["RSI"](CANDLES, 9))
    assert isinstance(ABSTRACT["RSI"](close, timeperiod=9), np.ndarray)
    line, signal, histogram = FUNCTIONS["MACD"](close)
    assert pd.DataFrame({"macd": line, "macdsignal": signal, "macdhist": histogram}).equals(ABSTRACT["MACD"](CANDLES))
    assert FUNCTIONS["ATR"](high, low, close).equals(ABSTRACT["ATR"](CANDLES))


def test_a_frame_keeps_its_index() -> None:
    moved = CANDLES.set_index(CANDLES.index + 1000)
    assert list(ABSTRACT["EMA"](moved, timeperiod=5).index) == list(moved.index)
    assert list(ABSTRACT["STOCH"](moved).index) == list(moved.index)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: ABSTRACT["RSI"](CANDLES, period=5), "talib.RSI does not take period; it takes timeperiod"),
        (lambda: ABSTRACT["RSI"](CANDLES, timeperiod=2.5), "timeperiod=2.5 is not a whole number of bars"),
        (lambda: ABSTRACT["RSI"](CANDLES, 0), "timeperiod=0 is not a whole number of bars"),
        (lambda: ABSTRACT["RSI"](CANDLES, price="nothing"), "the frame has no column 'nothing'"),
        (lambda: ABSTRACT["MA"](CANDLES, matype=7), "matype=7 is not supported"),
        (lambda: FUNCTIONS["ATR"](CANDLES["high"], CANDLES["low"]), "talib.ATR needs high, low, close"),
        (lambda: FUNCTIONS["CORREL"](CANDLES["high"], CANDLES["low"][1:]), "inputs differ in length"),
    ],
)
def test_a_wrong_call_is_said_in_one_sentence(call: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        call()


def test_a_function_that_is_not_made_here_is_named() -> None:
    with foreign_names():
        import talib.abstract as ta

        with pytest.raises(ConfigError, match=r"talib\.abstract\.CDLHAMMER is not among .*`pip install TA-Lib`"):
            ta.CDLHAMMER(CANDLES)
