"""A class of the form in both drivers of a backtest: the same fills, with its stop resting at the venue."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from golive.backtest.column_run import needs_events, run_over_columns
from golive.backtest.event_run import run_events
from golive.backtest.spec import OPEN_PROFILE, BacktestSpec
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.strategy import resolve_parameters
from golive.strategy.freqtrade_form import FrameStrategy
from support.frame_strategies import SMALL, candles, params, strategy

STOPPED = SMALL.replace("stoploss = -0.99", "stoploss = -0.0003\n    minimal_roi = {'60': 0.0001, '0': 0.0006}")
ALWAYS_IN = STOPPED.replace('qtpylib.crossed_above(dataframe["fast"], dataframe["slow"])', 'dataframe["volume"] > 0').replace(
    'qtpylib.crossed_below(dataframe["fast"], dataframe["slow"])', 'dataframe["volume"] < 0'
)


def spec_of(of: FrameStrategy, **given: Any) -> BacktestSpec:
    return BacktestSpec(
        strategy=of,
        parameters=resolve_parameters(of.name, of.parameters, given),
        timeframe_ns=of.bar_ns,
        profile=OPEN_PROFILE,
        fees=FeeSchedule(Decimal(8), Decimal(10), FeeAsset.QUOTE),
        start_balances={"USDT": Decimal(10_000)},
        slippage_bps=Decimal(0),
        participation=(1, 1),
    )


def thick(history: CandleColumns) -> CandleColumns:
    """The same candles with volume enough for any order."""
    return CandleColumns(
        history.instrument, history.timeframe_ns, history.opened_at, history.open, history.high, history.low, history.close,
        np.full(len(history), 10**10),
    )  # fmt: skip


def assert_same_fills(of: FrameStrategy, history: CandleColumns) -> Any:
    spec = spec_of(of)
    assert needs_events(spec, [history]) is None
    columns, events = run_over_columns(spec, [history]), run_events(spec, [history])
    for name in ("ts", "price", "quantity", "fee"):
        assert np.array_equal(getattr(columns.fills, name), getattr(events.fills, name)), name
    assert columns.balances == events.balances
    assert np.array_equal(columns.equity, events.equity)
    return columns


def test_both_drivers_fill_alike_and_the_stop_fires() -> None:
    history = thick(candles(700, 3))
    result = assert_same_fills(strategy(STOPPED), history)
    assert len(result.fills.ts) > 20
    sales = ~result.fills.is_buy.astype(bool)
    opens = history.open[np.searchsorted(history.opened_at, result.fills.ts[sales], side="left") - 1]
    assert 0 < (result.fills.price[sales] != opens).sum() < sales.sum()  # at the stop's level, and at an open by signal or roi


@pytest.mark.parametrize("lines", ["stoploss = -0.00012", "stoploss = -0.0002\n    trailing_stop = True"])
def test_stops_fire_in_the_candles_that_the_class_is_told_and_entries_follow_at_the_next_open(lines: str) -> None:
    text = ALWAYS_IN.replace("stoploss = -0.0003\n    minimal_roi = {'60': 0.0001, '0': 0.0006}", lines)
    of, history = strategy(text), thick(candles(400, 3))
    result = assert_same_fills(of, history)
    targets = of.targets(history, params(of))
    assert len(np.unique(targets[31:])) == 2  # in, and in again; never out
    bars = np.searchsorted(history.opened_at, result.fills.ts, side="left") - 1  # a fill's time is its candle's close
    is_buy = result.fills.is_buy.astype(bool)
    told = np.flatnonzero(np.diff(targets[30:]) != 0) + 31
    assert len(told) > 3
    assert bars[~is_buy].tolist() == told.tolist()
    assert bars[is_buy].tolist() == [31, *(told + 1).tolist()][: is_buy.sum()]
