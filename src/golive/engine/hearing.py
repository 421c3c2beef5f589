"""What a strategy gets to hear: closed bars, its own fills and public trades, all as floats; and whether its answer is a target.

A strategy that fails is never asked again. It fails at a bar, before anything was done about that bar; an error in what it makes
of a fill or a trade, which cannot be undone, is raised at the next bar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from golive.model.errors import StrategyError
from golive.model.ids import InstrumentId
from golive.model.market import Trade
from golive.model.order import Fill, Side
from golive.strategy import Bar, Strategy, bound
from golive.strategy.failure import FAILURES, failed, failed_to_start, failed_when_told, no_target
from golive.strategy.protocol import FillSeen, MemberSaid, TradeSeen, started

from .desk import Desk

_new_tuple = tuple.__new__
"""makes a named tuple of a row, without its constructor's own frame: a bar of every instrument is one"""


class Hearing:
    """One strategy with its parameters; the state of each instrument lies on its desk."""

    def __init__(self, strategy: Strategy, parameters: Mapping[str, float]) -> None:
        self.params = bound(parameters)
        self.failure: StrategyError | None = None
        """why the strategy is not asked any more"""
        self._name = strategy.name
        self._strategy = strategy
        self._step = strategy.step
        self._said: Callable[[Any], tuple[MemberSaid, ...]] | None = getattr(strategy, "members_said", None)
        self.members_held_back: Callable[[Any], tuple[MemberSaid, ...]] | None = getattr(strategy, "members_held_back", None)
        """of an allocation: returns, for the state at an instrument, who wants more there than their times allow"""
        self._on_fill = getattr(strategy, "on_fill", None)
        self._on_trade = getattr(strategy, "on_trade", None)

    @property
    def wants_trades(self) -> bool:
        """Whether the strategy listens to single trades."""
        return self._on_trade is not None

    def initial(self, instrument: InstrumentId) -> Any:
        """Return a fresh state for an instrument; raise StrategyError when the strategy cannot begin."""
        try:
            return started(self._strategy, self.params, instrument)
        except FAILURES as exc:
            raise self._fail(failed_to_start(self._name, exc)) from exc

    def bar(self, desk: Desk, ts: int, open_: int, high: int, low: int, close: int, volume: int) -> float:
        """Step the strategy on a closed bar, in ticks and lots; return its target, a share of 0 to 1 or NaN for WARMING_UP.

        Raises StrategyError naming the bar when it failed, or gave anything else.
        """
        step, tick = self._step, desk.tick
        bar = _new_tuple(Bar, (ts, tick * open_, tick * high, tick * low, tick * close, desk.lot * volume))
        try:
            target = step(desk.strategy_state, bar, self.params)
        except FAILURES as exc:
            raise self._fail(failed(self._name, ts, exc)) from exc
        try:
            if 0.0 <= target <= 1.0 or target != target:  # noqa: PLR0124 (only NaN is not itself; isnan would be a call a bar)
                return target
        except (TypeError, ValueError):
            pass
        raise self._fail(no_target(self._name, ts, target))

    def members(self, desk: Desk) -> tuple[MemberSaid, ...]:
        """Return what the members of an allocation said at the newest bar of an instrument; of one strategy nothing."""
        return () if self._said is None else self._said(desk.strategy_state)

    def trade(self, desk: Desk, trade: Trade) -> None:
        if self._on_trade is None:
            return
        seen = TradeSeen(trade.ts, trade.price * desk.tick, trade.quantity * desk.lot, trade.side is Side.BUY)
        try:
            self._on_trade(desk.strategy_state, seen, self.params)
        except FAILURES as exc:
            self._fail(failed_when_told(self._name, "a trade", trade.ts, exc))

    def fill(self, desk: Desk, fill: Fill, position: int) -> None:
        """`position` in lots, after the fill."""
        if self._on_fill is None:
            return
        price, quantity = fill.price * desk.tick, fill.quantity * desk.lot
        seen = FillSeen(fill.ts, fill.side is Side.BUY, price, quantity, position * desk.lot)
        try:
            self._on_fill(desk.strategy_state, seen, self.params)
        except FAILURES as exc:
            self._fail(failed_when_told(self._name, "its fill", fill.ts, exc))

    def _fail(self, failure: StrategyError) -> StrategyError:
        """Ask the strategy nothing any more; a further bar raises the first failure again."""
        if self.failure is None:
            self.failure = failure
            self._on_fill = self._on_trade = None
            self._step = self._raise
        return self.failure

    def _raise(self, state: Any, bar: Bar, params: Any) -> float:
        assert self.failure is not None
        raise self.failure
