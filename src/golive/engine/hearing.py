"""What a strategy gets to hear: closed bars, its own fills and public trades, all as floats."""

from __future__ import annotations

from collections.abc import Mapping

from golive.model.market import Trade
from golive.model.order import Fill, Side
from golive.strategy import Bar, Strategy, bound
from golive.strategy.protocol import FillSeen, TradeSeen

from .desk import Desk

_new_tuple = tuple.__new__
"""makes a named tuple of a row, without its constructor's own frame: a bar of every instrument is one"""


class Hearing:
    """One strategy with its parameters; the state of each instrument lies on its desk."""

    def __init__(self, strategy: Strategy, parameters: Mapping[str, float]) -> None:
        self.params = bound(parameters)
        self._step = strategy.step
        self._on_fill = getattr(strategy, "on_fill", None)
        self._on_trade = getattr(strategy, "on_trade", None)

    @property
    def wants_trades(self) -> bool:
        """Whether the strategy listens to single trades."""
        return self._on_trade is not None

    def bar(self, desk: Desk, ts: int, open_: int, high: int, low: int, close: int, volume: int) -> float:
        """Step the strategy on a closed bar, in ticks and lots; return its target."""
        tick = desk.tick
        bar = _new_tuple(Bar, (ts, tick * open_, tick * high, tick * low, tick * close, desk.lot * volume))
        return self._step(desk.strategy_state, bar, self.params)

    def trade(self, desk: Desk, trade: Trade) -> None:
        if self._on_trade is not None:
            seen = TradeSeen(trade.ts, trade.price * desk.tick, trade.quantity * desk.lot, trade.side is Side.BUY)
            self._on_trade(desk.strategy_state, seen, self.params)

    def fill(self, desk: Desk, fill: Fill, position: int) -> None:
        """`position` in lots, after the fill."""
        if self._on_fill is not None:
            price, quantity = fill.price * desk.tick, fill.quantity * desk.lot
            self._on_fill(
                desk.strategy_state, FillSeen(fill.ts, fill.side is Side.BUY, price, quantity, position * desk.lot), self.params
            )
