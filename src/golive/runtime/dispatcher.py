"""The one dispatcher: gives events to the engine, one at a time, and carries its commands out in order.

An approved order leaves in two moves: its record goes to the journal thread, and only when that reports it durable does the
engine get the `Durable` event that makes it say `Submit`. `settle` is the point where the loop waits for the disk.

After a restart the stored events go through `replay`, which acts on nothing, and `resume` takes up what they left.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from golive.engine import Engine
from golive.engine.auto_trader import TraderState
from golive.engine.codec import CommandDigest, encode_event
from golive.execution import ExecutionService
from golive.execution.emergency_gate import may_leave
from golive.execution.market_clock import MarketClock
from golive.market.bars import BarBuilder
from golive.model.command import Alert, Amend, Cancel, Command, Record, SetTimer, Submit
from golive.model.decision import DecisionCode
from golive.model.emergency import TradingState
from golive.model.event import Durable, Event, Operator, OperatorAction
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import Fill, OrderUpdate
from golive.orders import OrderEvent


class Journal(Protocol):
    """The durable side, as the dispatcher sees it; enqueuing never blocks."""

    def event(self, seq: int, kind: str, body: bytes) -> None: ...

    def record(self, record: Record) -> None: ...

    def news(self, news: Fill | OrderUpdate) -> None: ...

    async def durable(self, record_seq: int) -> None:
        """Return when all records up to `record_seq` are on disk; JournalError when they never will be."""
        ...


@dataclass(slots=True)
class _Past:
    """What replayed events say about orders."""

    updates: list[OrderUpdate] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)
    canceling: set[ClientOrderId] = field(default_factory=set)


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
        self._past = _Past()
        self._finishing = False
        self._trading_state = TradingState.ACTIVE
        self.on_decision: Callable[[Record], None] | None = None
        """told of each record, also while stored events are replayed, before what follows from it"""
        self.on_bar: Callable[[Candle], None] | None = None
        """told of each closed bar"""
        self.between: Callable[[], None] | None = None
        """called when an event was taken, before what it led to is: a session that runs again puts acts there (`Restart`)"""

    def replay(self, event: Event) -> Sequence[Command]:
        """Take the next stored event of before a restart; return what the engine asked for then.

        Engine, digest, market clock and timers follow, and the market that execution sees. Nothing is journaled, sent or told;
        timers that came due are among the stored events.
        """
        self.events += 1
        if not isinstance(event, Operator):
            self.clock.advance(event.ts)
        match event:
            case Book() | Candle() | Trade():
                self._execution.on_market(event)
            case OrderUpdate():
                self._past.updates.append(event)
            case Fill():
                self._past.fills.append(event)
            case Operator():
                self._turn_gate(event)
        commands = self._engine.process(event)
        self.digest.update(commands)
        for command in commands:
            if isinstance(command, Record) and self.on_decision is not None:
                self.on_decision(command)
            elif isinstance(command, SetTimer):
                self.clock.set_timer(command.name, command.due)
            elif isinstance(command, Cancel):
                self._past.canceling.add(command.client_order_id)
        return commands

    def resume(self, ts: int) -> None:
        """Let execution go on from what was replayed, at market time `ts`; call `settle` afterwards."""
        past, self._past = self._past, _Past()
        self.clock.advance(ts)
        self._news(self._execution.restore(self._engine.orders, past.updates, past.fills, past.canceling, self.clock.now))

    def market(self, events: Iterable[MarketEvent]) -> None:
        """Take market events in order; call `settle` afterwards."""
        for event in events:
            self._tick(event.ts)
            self._news(self._execution.on_market(event))
            if isinstance(event, Book):
                self._process(replace(event, bids=event.bids[:1], asks=event.asks[:1]))
            elif isinstance(event, Candle):
                self._process(event)
            elif isinstance(event, Trade):
                if event.instrument in self._bars:
                    self._closed(self._bars[event.instrument].on_trade(event))
                if self._engine.wants_trades:
                    self._process(event)

    def time(self, ts: int) -> None:
        """Take the market clock's time without an event: timers come due, news arrive, orders expire, bars close."""
        self._tick(ts)
        self._news(self._execution.on_time(ts))
        for builder in self._bars.values():
            self._closed(builder.on_time(ts))

    @property
    def trader_state(self) -> TraderState:
        """What the engine's auto-trader is."""
        return self._engine.auto_trader.state

    def allows(self, action: OperatorAction) -> bool:
        """Say whether an operator's act is possible now; one that is not would end the session."""
        return self._engine.auto_trader.allows(action)

    def operator(self, event: Event) -> None:
        """Take an operator's act."""
        self._process(event)

    def finish(self) -> None:
        """Let the engine end its runs and cancel what works; call `settle` afterwards, which waits for what is on its way."""
        self._finishing = True
        self._process(Operator(OperatorAction.STOP, "session", "session_end", self.clock.now))

    async def keep(self) -> None:
        """Wait until everything that was recorded is durable."""
        await self._journal.durable(self._engine.record_seq)

    async def settle(self) -> None:
        """Wait until everything the last events asked for is durable and done."""
        await self._settle_records()
        while self._finishing and (due := self._execution.next_due) is not None:
            self._news(self._execution.on_time(due))
            await self._settle_records()

    async def _settle_records(self) -> None:
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
        elif isinstance(event, Operator):
            self._turn_gate(event)
        self._tell_bar(event)
        commands = self._engine.process(event)
        if commands:
            self._carry_out(commands)
        if self.between is not None:
            self.between()
        if commands:
            self._drain()

    def _tell_bar(self, event: Event) -> None:
        if self.on_bar is not None and isinstance(event, Candle):
            self.on_bar(event)

    def _turn_gate(self, act: Operator) -> None:
        """Close the gate to entries in emergency mode, whatever the engine makes of the act; open it when that was lifted."""
        if act.action is OperatorAction.EMERGENCY:
            self._trading_state = TradingState.REDUCING
        elif act.action is OperatorAction.CLEAR_EMERGENCY:
            self._trading_state = TradingState.ACTIVE

    def _carry_out(self, commands: Sequence[Command]) -> None:
        self.digest.update(commands)
        for command in commands:
            match command:
                case Record():
                    self._journal.record(command)
                    if self.on_decision is not None:
                        self.on_decision(command)
                case Submit(approved) if not may_leave(self._trading_state, approved.order.side):
                    code = DecisionCode.EMERGENCY_MODE
                    name = approved.order.client_order_id
                    self._queue.append(OrderUpdate(name, self.clock.now, OrderEvent.NOT_SENT, code=code))
                case Submit(approved):
                    self._queue.extend(self._execution.submit(approved, self.clock.now))
                case Amend(approved):
                    self._queue.extend(self._execution.amend(approved, self.clock.now))
                case Cancel(client_order_id):
                    self._queue.extend(self._execution.cancel(client_order_id, self.clock.now))
                case SetTimer(name, due):
                    self.clock.set_timer(name, due)
                case Alert():
                    self._alert(command)
