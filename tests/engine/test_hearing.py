"""A strategy that listens hears its own fills and the public trades, as floats, each instrument's into its own state."""

from __future__ import annotations

from golive.model.clock import MINUTE
from golive.model.market import Trade
from golive.model.order import Side
from golive.strategy.protocol import FillSeen, TradeSeen
from support.scripted_session import Listener, Session
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
