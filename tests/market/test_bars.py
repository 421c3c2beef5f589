"""Bars from trades: nothing unfinished leaves, nothing is invented."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.config import TIMEFRAMES as CONFIGURABLE
from golive.market.bars import BarBuilder
from golive.market.timeframe import TIMEFRAMES, built_from_trades, timeframe_ns
from golive.model.clock import SECOND
from golive.model.errors import ConfigError
from golive.model.market import Candle, Trade
from golive.model.order import Side
from support.trading import BTC, BTC_ID


def trade(ts: int, price: int, quantity: int = 1) -> Trade:
    return Trade(BTC_ID, ts, price, quantity, Side.BUY, str(ts))


def test_a_bar_leaves_only_when_its_time_is_over() -> None:
    builder = BarBuilder(BTC, SECOND)
    assert builder.on_trade(trade(10 * SECOND, 100)) == []
    assert builder.on_trade(trade(10 * SECOND + 999_999_999, 90)) == []
    assert builder.on_time(11 * SECOND - 1) == []
    assert builder.on_time(11 * SECOND) == [Candle(BTC_ID, 10 * SECOND, 11 * SECOND, 100, 100, 90, 90, 2)]


def test_intervals_without_trades_are_flat_with_no_volume() -> None:
    builder = BarBuilder(BTC, SECOND)
    builder.on_trade(trade(SECOND, 100))
    closed = builder.on_trade(trade(4 * SECOND, 120))
    assert [(c.open, c.high, c.low, c.close, c.volume) for c in closed] == [
        (100, 100, 100, 100, 1),
        (100,) * 4 + (0,),
        (100,) * 4 + (0,),
    ]
    assert builder.on_time(5 * SECOND)[0].open == 120, "the first trade opens the bar, not the last price"


def test_before_the_first_trade_there_is_no_bar() -> None:
    assert BarBuilder(BTC, SECOND).on_time(10**18) == []


def test_a_trade_older_than_the_running_bar_is_counted_and_not_used() -> None:
    builder = BarBuilder(BTC, SECOND)
    builder.on_trade(trade(5 * SECOND, 100))
    assert builder.on_trade(trade(3 * SECOND, 900)) == []
    assert builder.late_trades == 1
    assert builder.on_time(6 * SECOND)[0].high == 100


@given(st.lists(st.tuples(st.integers(0, 2 * SECOND), st.integers(1, 10**6), st.integers(1, 10**6)), min_size=1, max_size=60))
def test_every_bar_holds_exactly_its_trades(steps: list[tuple[int, int, int]]) -> None:
    builder, ts, trades, closed = BarBuilder(BTC, SECOND), 0, [], []
    for delay, price, quantity in steps:
        ts += delay
        trades.append(trade(ts, price, quantity))
        closed += builder.on_trade(trades[-1])
    closed += builder.on_time(ts + SECOND)
    assert sum(c.volume for c in closed) == sum(t.quantity for t in trades)
    assert [c.opened_at for c in closed] == list(range(closed[0].opened_at, closed[-1].opened_at + 1, SECOND))
    for bar in closed:
        inside = [t for t in trades if bar.opened_at <= t.ts < bar.closed_at]
        if inside:
            prices = [t.price for t in inside]
            assert (bar.open, bar.high, bar.low, bar.close) == (prices[0], max(prices), min(prices), prices[-1])


def test_timeframes_have_names() -> None:
    assert timeframe_ns("1m") == 60 * SECOND
    assert built_from_trades("1s")
    assert not built_from_trades("1m")
    assert TIMEFRAMES == CONFIGURABLE, "what the configuration accepts can be run"
    with pytest.raises(ConfigError, match="known: 1s"):
        timeframe_ns("7m")
