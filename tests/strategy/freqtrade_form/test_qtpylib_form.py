"""qtpylib's helpers against what the package `technical` said of the same candles (recorded)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pytest

from golive.model.errors import ConfigError
from golive.strategy.freqtrade_form import qtpylib as q

HERE = Path(__file__)
CANDLES = pd.DataFrame(
    json.loads(HERE.with_name("talib_vectors.json").read_text())["candles"], columns=["open", "high", "low", "close", "volume"]
)
RECORDED = {case["name"]: case["columns"] for case in json.loads(HERE.with_name("qtpylib_vectors.json").read_text())["cases"]}
CLOSE = CANDLES["close"]
TYPICAL = q.typical_price(CANDLES)

CALLS: Final[dict[str, Callable[[], Any]]] = {
    "typical_price": lambda: TYPICAL,
    "mid_price": lambda: q.mid_price(CANDLES),
    "true_range": lambda: q.true_range(CANDLES),
    "atr": lambda: q.atr(CANDLES),
    "rolling_mean": lambda: q.rolling_mean(CLOSE, 9),
    "rolling_std": lambda: q.rolling_std(CLOSE, 9),
    "rolling_min": lambda: q.rolling_min(CLOSE, 9),
    "rolling_max": lambda: q.rolling_max(CLOSE, 9),
    "rolling_weighted_mean": lambda: q.rolling_weighted_mean(CLOSE, 9),
    "hull_moving_average": lambda: q.hull_moving_average(CLOSE, 16),
    "sma": lambda: q.sma(CLOSE, 5),
    "wma": lambda: q.wma(CLOSE, 5),
    "hma": lambda: q.hma(CLOSE, 9),
    "bollinger_bands": lambda: q.bollinger_bands(TYPICAL, 20, 2),
    "weighted_bollinger_bands": lambda: q.weighted_bollinger_bands(TYPICAL, 20, 2),
    "keltner_channel": lambda: q.keltner_channel(CANDLES),
    "awesome_oscillator": lambda: q.awesome_oscillator(CANDLES),
    "macd": lambda: q.macd(CLOSE),
    "roc": lambda: q.roc(CLOSE),
    "returns": lambda: q.returns(CLOSE),
    "log_returns": lambda: q.log_returns(CLOSE),
    "stoch": lambda: q.stoch(CANDLES),
    "zscore": lambda: q.zscore(CANDLES),
    "heikinashi": lambda: q.heikinashi(CANDLES),
    "rolling_vwap": lambda: q.rolling_vwap(CANDLES, 20),
    "pvt": lambda: q.pvt(CANDLES),
    "chopiness": lambda: q.chopiness(CANDLES),
    "crossed_above": lambda: q.crossed_above(CLOSE, 100).astype(float),
    "crossed_below": lambda: q.crossed_below(CLOSE, TYPICAL).astype(float),
    "crossed": lambda: q.crossed(CLOSE, TYPICAL).astype(float),
}


def test_every_recorded_helper_is_called() -> None:
    assert set(CALLS) == set(RECORDED)


@pytest.mark.parametrize("name", sorted(CALLS))
def test_a_helper_says_what_technical_says(name: str) -> None:
    found = CALLS[name]()
    for column, judged in RECORDED[name].items():
        series = np.asarray(found[column] if column else found, dtype=float)
        assert int(np.flatnonzero(~np.isnan(series))[0]) == judged["first"]
        for bar, value in judged["values"].items():
            assert series[int(bar)] == pytest.approx(value, rel=1e-9, abs=1e-9)


def test_crossing_takes_arrays_numbers_and_a_direction() -> None:
    rising, flat = np.array([1.0, 2.0, 3.0, 2.0]), np.array([2.5] * 4)
    assert q.crossed_above(rising, flat).tolist() == [False, False, True, False]
    assert q.crossed(rising, 2.5, "below").tolist() == [False, False, False, True]
    assert q.crossed(rising, 2.5).tolist() == [False, False, True, True]


@pytest.mark.parametrize("name", ["vwap", "cci", "rsi"])
def test_a_helper_that_looks_ahead_is_refused_with_what_to_use(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"qtpylib\.{name} uses candles that come later.*; use "):
        getattr(q, name)(CANDLES)
