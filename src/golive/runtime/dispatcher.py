"""The one dispatcher: gives events to the engine, one at a time, and carries its commands out in order.

An approved order leaves in two moves: its record goes to the journal thread, and only when that reports it durable does the
engine get the `Durable` event that makes it say `Submit`. `settle` is the point where the loop waits for the disk.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from golive.engine import Engine
from golive.engine.codec import CommandDigest, encode_event
from golive.execution import ExecutionService
from golive.market.bars import BarBuilder
from golive.model.command import Alert, Amend, Cancel, Command, Record, SetTimer, Submit
from golive.model.errors import IllegalTransition
from golive.model.event import Durable, Event, Operator, OperatorAction
from golive.model.ids import InstrumentId
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import Fill, OrderUpdate

from .market_clock import MarketClock


class Journal(Protocol):
    """The durable side, as the dispatcher sees it; enqueuing never blocks."""

    def event(self, seq: int, kind: str, body: bytes) -> None: ...

    def record(self, record: Record) -> None: ...

    def news(self, news: Fill | OrderUpdate) -> None: ...

    async def durable(self, record_seq: int) -> None:
        """Return when all records up to `record_seq` are on disk; JournalError when they never will be."""
        ...


class Dispatcher:
    """Ties engine, execution, bars, timers and journal of one session."""

    def __init__(
        self,
        *,
        engine: Engine,
        execution: ExecutionService,
        journal: Journal,
        alert: Callable[[Alert], None],
        bars: dict[InstrumentId, BarBuilder],
    ) -> None:
        self.clock = MarketClock()
        self.digest = CommandDigest()
        self.events = 0
        self._engine = engine
        self._execution = execution
        self._journal = journal
        self._alert = alert
        self._bars = bars
        self._queue: deque[Event] = deque()

    def market(self, events: Iterable[MarketEvent]) -> None:
        """Take market events in order; call `settle` afterwards."""
        for event in events:
            self._tick(event.ts)
            self._news(self._execution.on_market(event))
            if isinstance(event, Book):
                self._process(replace(event, bids=event.bids[:1], asks=event.asks[:1]))
            elif isinstance(event, Candle):
                self._process(event)
            elif isinstance(event, Trade) and event.instrument in self._bars:
                self._closed(self._bars[event.instrument].on_trade(event))

    def time(self, ts: int) -> None:
        """Take the market clock's time without an event: timers come due, bars close."""
        self._tick(ts)
        for builder in self._bars.values():
            self._closed(builder.on_time(ts))

    def operator(self, event: Event) -> None:
        """Take an operator's act."""
        self._process(event)

    def finish(self) -> None:
        """Let the engine end its runs and cancel what works; call `settle` afterwards."""
        self._process(Operator(OperatorAction.STOP, "session", "session_end", self.clock.now))

    async def settle(self) -> None:
        """Wait until everything the last events asked for is durable and done."""
        while self._engine.awaiting_durable:
            seq = self._engine.record_seq
            await self._journal.durable(seq)
            self._process(Durable(seq, self.clock.now))

    def _closed(self, candles: Sequence[Candle]) -> None:
        for candle in candles:
            self._process(candle)

    def _tick(self, ts: int) -> None:
        for timer in self.clock.advance(ts):
            self._process(timer)

    def _news(self, news: Iterable[Fill | OrderUpdate]) -> None:
        self._queue.extend(news)
        self._drain()

    def _drain(self) -> None:
        while self._queue:
            self._process(self._queue.popleft())

    def _process(self, event: Event) -> None:
        self.events += 1
        self._journal.event(self.events, *encode_event(event))
        if isinstance(event, Fill | OrderUpdate):
            self._journal.news(event)
        commands = self._engine.process(event)
        if commands:
            self._carry_out(commands)
            self._drain()

    def _carry_out(self, commands: Sequence[Command]) -> None:
        self.digest.update(commands)
        for command in commands:
            match command:
                case Record():
                    self._journal.record(command)
                case Submit(approved):
                    self._queue.extend(self._execution.submit(approved, self.clock.now))
                case Cancel(client_order_id):
                    self._queue.extend(self._execution.cancel(client_order_id, self.clock.now))
                case SetTimer(name, due):
                    self.clock.set_timer(name, due)
                case Alert():
                    self._alert(command)
                case Amend():
                    raise IllegalTransition("paper orders are canceled and asked for again, never amended")
