"""The first driver over history: every candle is an event, through the engine and the paper execution that sessions use.

The order of events is that of a lock-step session, and so are its commands; here the disk is not waited for, because nothing is
written. Whatever the latency, the slippage and the form of the strategy, this driver runs it. The second driver (`columns`) says
the same in less time where there is no latency.
"""

from __future__ import annotations

import heapq
from array import array
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, Final, TypeAlias

from golive.engine import Engine
from golive.execution import News, PaperExecution
from golive.execution.market_clock import MarketClock
from golive.matching.columns import CandleColumns
from golive.model.command import Amend, Cancel, Command, SetTimer, Submit
from golive.model.errors import ConfigError
from golive.model.event import Durable, Event, Operator, OperatorAction
from golive.model.market import Candle

_CHUNK: Final = 512
"""candles made at a time: so few that they are still in the cache when they are used"""
_WHOLE, _DETAIL, _COARSE = range(3)

Row: TypeAlias = tuple[int, int, int, Candle]
"""closing time, instrument number, kind, candle"""


class EventDriver:
    """Runs one engine with its paper execution over candles. `on_commands` is told what the engine asks for, in order."""

    def __init__(
        self, engine: Engine, execution: PaperExecution, *, on_commands: Callable[[Sequence[Command]], None] | None = None
    ) -> None:
        self.equity_ts = array("q")
        self.equity = array("q")
        """a row a closing time, when all its candles were seen: ns UTC, smallest quote units; none before there is a price"""
        self._engine = engine
        self._execution = execution
        self._on_commands = on_commands
        self._clock = MarketClock()
        self._queue: deque[Event] = deque()
        self._is_quiet = True
        """the execution has neither orders nor messages, and no timer is set"""
        self._unseen: dict[int, Candle] = {}
        """by instrument: the newest candle that a quiet execution was not bothered with"""
        self._acts: Mapping[type, Callable[[Any, int], None]] = {
            Submit: self._submit,
            Amend: lambda amend, now: self._queue.extend(execution.amend(amend.approved, now)),
            Cancel: lambda cancel, now: self._queue.extend(execution.cancel(cancel.client_order_id, now)),
            SetTimer: lambda timer, _: self._clock.set_timer(*timer),
        }
        """records and alerts: nobody keeps them here"""

    def warm_up(self, candles: Sequence[CandleColumns]) -> None:
        """Move the strategy by candles from before the run, of which the account sees nothing. Raises StrategyError."""
        for each in candles:
            for candle in _candles_of(each):
                self._engine.warm_up(candle)

    def run(
        self, candles: Sequence[CandleColumns], detail: Sequence[CandleColumns] | None = None, *, began: int | None = None
    ) -> None:
        """Trade from the first candle to the last and end as a session ends.

        Args:
            candles: one entry for each instrument of the engine, in its order; the strategy is stepped on them.
            detail: finer candles of the same instruments, which orders meet instead; they also mark the account.
            began: market time of the confirmation, ns; the opening of the first candle when None.

        Raises:
            ConfigError: `detail` is not finer than `candles` or not of the same instruments.
            IllegalTransition, MagnitudeError, StrategyError: as `Engine.process`.
        """
        starts = [int(each.opened_at[0]) for each in (*candles, *(detail or ())) if len(each)]
        began = min(starts, default=0) if began is None else began
        self._process(Operator(OperatorAction.START, "backtest", "session_start", began))
        self._process(Operator(OperatorAction.CONFIRM, "backtest", "session_command", began))
        self._settle(began)
        if detail is not None:
            _check_detail(candles, detail)
            self._run_rows(_merged([(each, _DETAIL) for each in detail], [(each, _COARSE) for each in candles]))
        elif len(candles) == 1:
            self._run_single(candles[0])
        else:
            self._run_rows(_merged([(each, _WHOLE) for each in candles]))
        self._process(Operator(OperatorAction.STOP, "session", "session_end", self._clock.now))
        self._settle(self._clock.now)
        while (due := self._execution.next_due) is not None:
            self._news(self._execution.on_time(due))
            self._settle(self._clock.now)
        if self._engine.strategy_failure is not None:
            raise self._engine.strategy_failure

    def _run_single(self, columns: CandleColumns) -> None:
        """One instrument: a closing time is one candle, its equity a row of the engine's curve, a quiet bar one call."""
        process, clock = self._engine.process, self._clock
        for candle in _candles_of(columns):
            if self._is_quiet:
                commands = process(candle)
                if not commands:
                    continue
                self._unseen[0] = candle
                clock.advance(candle.closed_at)
            else:
                for timer in clock.advance(candle.closed_at):
                    self._process(timer)
                self._meet(0, candle)
                commands = process(candle)
            if commands:
                self._carry_out(commands)
            self._end_step(candle.closed_at)
        if len(columns):
            clock.advance(int(columns.opened_at[-1]) + columns.timeframe_ns)
        self.equity_ts, self.equity = self._engine.curve.ts, self._engine.curve.equity

    def _run_rows(self, rows: Iterator[Row]) -> None:
        """Any number of instruments, with or without detail, in the order of closing times."""
        engine, now = self._engine, None
        has_whole = False
        for ts, number, kind, candle in rows:
            if ts != now:
                if now is not None:
                    self._close_step(now, has_whole)
                now, has_whole = ts, False
            for timer in self._clock.advance(ts):
                self._process(timer)
            if kind != _COARSE:
                if self._is_quiet:
                    self._unseen[number] = candle
                else:
                    self._meet(number, candle)
            if kind == _DETAIL:
                commands = engine.mark(candle.instrument, candle.close, ts)
            else:
                has_whole = True
                commands = engine.process(candle)
            if commands:
                self._carry_out(commands)
        if now is not None:
            self._close_step(now, has_whole)

    def _close_step(self, ts: int, is_whole: bool) -> None:
        equity = self._engine.last_equity
        if is_whole and equity is not None:
            self.equity_ts.append(ts)
            self.equity.append(equity)
        self._end_step(ts)

    def _end_step(self, ts: int) -> None:
        """All candles of this time were seen: news of this time arrive, and decisions become orders."""
        execution = self._execution
        if not self._is_quiet:
            self._news(execution.on_time(ts))
        self._settle(ts)
        self._is_quiet = not (execution.working or self._clock.has_timers) and execution.next_due is None

    def _settle(self, ts: int) -> None:
        while self._engine.awaiting_durable:
            self._process(Durable(self._engine.record_seq, ts))

    def _meet(self, number: int, candle: Candle) -> None:
        self._unseen.pop(number, None)
        self._news(self._execution.on_market(candle))

    def _news(self, news: Sequence[News]) -> None:
        if news:
            self._queue.extend(news)
            self._drain()

    def _drain(self) -> None:
        queue = self._queue
        while queue:
            self._process(queue.popleft())

    def _process(self, event: Event) -> None:
        commands = self._engine.process(event)
        if commands:
            self._carry_out(commands)

    def _carry_out(self, commands: Sequence[Command]) -> None:
        """Do what the engine asks for, in order, then take the answers in."""
        if self._on_commands is not None:
            self._on_commands(commands)
        acts, now = self._acts, self._clock.now
        for command in commands:
            act = acts.get(type(command))
            if act is not None:
                act(command, now)
        self._drain()

    def _submit(self, submit: Submit, now: int) -> None:
        """Send an order; the markets are shown their newest candle first: nothing was there to meet the ones before."""
        if self._is_quiet:
            self._is_quiet = False
            for candle in self._unseen.values():
                self._execution.on_market(candle)
            self._unseen.clear()
        self._queue.extend(self._execution.submit(submit.approved, now))


def _candles_of(columns: CandleColumns) -> Iterator[Candle]:
    return chain.from_iterable(_chunks_of(columns))


def _chunks_of(columns: CandleColumns) -> Iterator[Iterator[Candle]]:
    instrument, length = columns.instrument.id, columns.timeframe_ns
    for first in range(0, len(columns), _CHUNK):
        part = columns.between(first, first + _CHUNK)
        opened, *prices = (column.tolist() for column in part.columns)
        rows = zip(repeat(instrument), opened, (part.opened_at + length).tolist(), *prices, strict=False)
        yield map(tuple.__new__, repeat(Candle), rows)


def _merged(*groups: Sequence[tuple[CandleColumns, int]]) -> Iterator[Row]:
    """Yield candles by closing time, then in the order of instruments, detail before the candle it is detail of."""
    streams = [_rows(columns, number, kind) for group in groups for number, (columns, kind) in enumerate(group)]
    return heapq.merge(*streams, key=itemgetter(0, 1, 2))


def _rows(columns: CandleColumns, number: int, kind: int) -> Iterator[Row]:
    for candle in _candles_of(columns):
        yield candle.closed_at, number, kind, candle


def _check_detail(candles: Sequence[CandleColumns], detail: Sequence[CandleColumns]) -> None:
    if [each.instrument.id for each in candles] != [each.instrument.id for each in detail]:
        raise ConfigError("detail candles must be of the same instruments as the candles, in the same order")
    for coarse, fine in zip(candles, detail, strict=True):
        if coarse.timeframe_ns % fine.timeframe_ns:
            raise ConfigError(f"{coarse.instrument.id}: detail candles must divide the candles they are the detail of")
