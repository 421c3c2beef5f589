"""A strategy that listens hears its own fills and the public trades, as floats, each instrument's into its own state."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pytest

from golive.model.clock import MINUTE
from golive.model.errors import StrategyError
from golive.model.market import Trade
from golive.model.order import Side
from golive.strategy import WARMING_UP, Bar
from golive.strategy.protocol import FillSeen, TradeSeen
from support.scripted_session import Listener, Script, Session
from support.trading import BTC, BTC_ID, START

TICK = float(BTC.tick_size)


def test_a_listener_hears_its_fills_with_the_position_after_them() -> None:
    session = Session([1.0, 1.0, 0.0, 0.0], script=Listener)
    for price in (400_000, 400_100, 400_200, 400_300):
        session.flat(price)
    heard = session.engine.desks[BTC_ID].strategy_state[1]
    assert heard == [
        FillSeen(START + 2 * MINUTE, True, 400_100 * TICK, 1.0, 1.0),
        FillSeen(START + 4 * MINUTE, False, 400_300 * TICK, 1.0, 0.0),
    ]


def test_a_listener_hears_trades_and_others_need_not_be_told() -> None:
    session = Session([0.0], script=Listener)
    assert session.engine.wants_trades
    assert session.engine.process(Trade(BTC_ID, START, 400_000, BTC.lots("0.5"), Side.SELL, "1")) == []
    assert session.engine.desks[BTC_ID].strategy_state[1] == [TradeSeen(START, 400_000 * TICK, 0.5, False)]
    assert not Session([0.0]).engine.wants_trades


@pytest.mark.parametrize("said", [5.0, 1.0000000001, -0.1, math.inf, -math.inf, None, "1", 1j])
def test_what_is_no_target_is_told_with_strategy_bar_and_value_and_nothing_is_asked_for(said: Any) -> None:
    session = Session([0.5, said, 0.5])
    session.flat(400_000)
    text = repr(said).removesuffix(".0")
    told = f"strategy script: at the bar closed 2024-01-01T00:02:00Z it gave {text}; a target is a share between 0 and 1"
    with pytest.raises(StrategyError, match=f"^{re.escape(told)}"):
        session.flat(400_100)
    assert len(session.engine.orders) == 1


def test_an_end_of_the_range_and_a_bar_without_an_answer_are_taken() -> None:
    session = Session([0.0, -0.0, 1.0, WARMING_UP, 1.0])
    for price in (400_000, 400_000, 400_000, 400_000, 400_000):
        session.flat(price)
    assert session.engine.signals == 1


class Raiser(Listener):
    """Raises on a bar whose answer is an error, and at its fills."""

    def step(self, state: list[Any], bar: Bar, params: Any) -> float:
        said: Any = super().step(state, bar, params)
        if isinstance(said, BaseException):
            raise said
        return float(said)

    def on_fill(self, state: list[Any], fill: FillSeen, params: Any) -> None:
        raise KeyError("its fill")


@pytest.mark.parametrize("error", [RuntimeError("boo\nboo"), SystemExit(3)])
def test_an_error_of_a_strategy_is_told_with_its_bar_and_line(error: Any) -> None:
    session = Session([0.0, error], script=Raiser)
    session.flat(400_000)
    text = str(error).replace("\n", "; ")
    with pytest.raises(StrategyError, match=rf"at the bar closed .*Z: {type(error).__name__}: {text} \(.*test_hearing.py:\d+\)$"):
        session.flat(400_000)


def test_an_error_at_a_fill_keeps_the_fill_and_is_raised_at_the_next_bar() -> None:
    session = Session([1.0, 1.0, 1.0], script=Raiser)
    session.flat(400_000)
    for _ in range(2):
        with pytest.raises(StrategyError, match="told of its fill at 2024-01-01T00:02:00Z: KeyError: 'its fill'"):
            session.flat(400_000)
    assert len(session.engine.fills) == 1


def test_a_strategy_that_fails_leaves_no_trace_of_its_bar() -> None:
    session = Session([1.0, 1.0, 2.0])
    session.flat(400_000)
    session.flat(400_000)
    engine = session.engine
    before = (engine.candles, len(engine.curve.ts), engine.record_seq, engine.last_equity)
    with pytest.raises(StrategyError, match="it gave 2"):
        session.flat(300_000)
    assert (engine.candles, len(engine.curve.ts), engine.record_seq, engine.last_equity) == before
    assert engine.strategy_failure is not None


def test_a_strategy_that_cannot_begin_is_told() -> None:
    class Broken(Script):
        def initial(self, params: Any) -> list[int]:
            raise OSError("no such file")

    with pytest.raises(StrategyError, match=r"strategy script: before its first bar: OSError: no such file \(.*test_hearing"):
        Session([], script=Broken)


def test_a_truth_value_of_numpy_is_a_target() -> None:
    said: list[Any] = [np.False_, np.True_]
    session = Session(said)
    session.flat(400_000)
    session.flat(400_000)
    assert session.engine.signals == 1
