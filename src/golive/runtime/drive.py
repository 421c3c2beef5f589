"""The two drivers of a session: lock-step with a simulated venue, and the stream of a market that does not wait.

Both give the same events to the same dispatcher; they differ only in who sets the pace.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from enum import Enum, auto
from typing import Protocol

from golive.market.lockstep import LockStep
from golive.model.errors import VenueError
from golive.model.event import Operator
from golive.model.market import Book, Candle, MarketEvent, Trade

from .dispatcher import Dispatcher

_ORDER = {Trade: 0, Book: 1, Candle: 2}


class Ending(Enum):
    """Why a session stopped looking at the market."""

    END_OF_DATA = auto()
    DEADLINE = auto()
    STOPPED = auto()
    VENUE_LOST = auto()


class Stream(Protocol):
    """The market stream of an adapter."""

    received: Counter[str]
    channels: frozenset[str]

    async def wait_for(self, counts: Counter[str]) -> None: ...

    @property
    def failure(self) -> VenueError | None: ...


class Repeated(Protocol):
    """The acts of people in a session that is run again, which come again where they came then."""

    @property
    def next_act(self) -> Operator | None:
        """The act that came next, None when something else did."""
        ...

    @property
    def caught_up(self) -> bool: ...


class Inbox:
    """Where the stream's sink puts market events, and whoever speaks for people their acts, until the dispatcher takes them.

    `warn` is told of an act that came when it was not possible.
    """

    def __init__(self, warn: Callable[[str], None] = lambda text: None) -> None:
        self.warn = warn
        self.repeated: Repeated | None = None
        """set while a session is run again: what people ask for now waits until that is done"""
        self.when_caught_up: Callable[[], None] = lambda: None
        """called when that is so, before anything that the session did not do before"""
        self._events: list[MarketEvent] = []
        self._came_at: int | None = None
        self.taken_at: int | None = None
        """when the first of the events taken last arrived, monotonic ns; None: there was none"""
        self._acts: list[tuple[Operator, Callable[[], None]]] = []
        self._arrived = asyncio.Event()
        self.first_ts: int | None = None
        self.last_ts: int | None = None

    def put(self, event: MarketEvent) -> None:
        if self._came_at is None:
            self._came_at = time.monotonic_ns()
        self._events.append(event)
        self._arrived.set()

    def take(self) -> list[MarketEvent]:
        """Return what has arrived: by kind (trades, books, closed bars), each in the order of arrival.

        The kinds come over different connections; this order is the one that needs no knowledge of the future: a bar is
        decided on after everything that happened in it.
        """
        events, self._events = self._events, []
        self.taken_at, self._came_at = self._came_at, None
        self._arrived.clear()
        events.sort(key=lambda event: _ORDER[type(event)])
        self._note(events)
        return events

    def post(self, act: Operator, done: Callable[[], None] = lambda: None) -> None:
        """Let the dispatcher take a person's act before the next market events; then `done` is called.

        It happens at the market's time; before the first event of the market at its own.
        """
        self._acts.append((act, done))
        self._arrived.set()

    @property
    def has_acts(self) -> bool:
        return bool(self._acts)

    def caught_up(self) -> None:
        """Say that the session has done again all that it had done before."""
        self.when_caught_up()

    @property
    def repeats(self) -> bool:
        """Whether a session is run again and has not come to where it was cut off."""
        return self.repeated is not None and not self.repeated.caught_up

    def repeated_act(self) -> Operator | None:
        """Return the act that came next when the session ran before, None when something else did."""
        return None if self.repeated is None else self.repeated.next_act

    def take_acts(self) -> list[tuple[Operator, Callable[[], None]]]:
        """Return the acts that were posted, in that order; none as long as a session is run again."""
        if self.repeats:
            return []
        acts, self._acts = self._acts, []
        return acts

    def saw(self, first_ts: int | None, last_ts: int | None) -> None:
        """Note the span of market time that was seen before a restart, ns UTC."""
        self.first_ts, self.last_ts = first_ts, last_ts

    async def wait(self) -> None:
        await self._arrived.wait()

    def nudge(self) -> None:
        """Let the dispatcher look: there is news that is no event of the market."""
        self._arrived.set()

    def _note(self, events: Iterable[MarketEvent]) -> None:
        for event in events:
            began = event.opened_at if isinstance(event, Candle) else event.ts
            self.first_ts = began if self.first_ts is None else min(self.first_ts, began)
            self.last_ts = event.ts if self.last_ts is None else max(self.last_ts, event.ts)


class Pace(Protocol):
    """When a session has to stop by the wall clock, and what it does from time to time."""

    def over(self) -> Ending | None:
        """Return why the session must stop now, None while it may go on."""
        ...

    def seconds_left(self) -> float | None:
        """Return the seconds until `over` must be asked again at the latest; None = no deadline."""
        ...


async def drive_lock_step(
    lock: LockStep, stream: Stream, inbox: Inbox, dispatcher: Dispatcher, pace: Pace, on_step: Callable[[int], None]
) -> Ending:
    """Run until the data ends, the pace says stop, or the venue is lost (VenueError).

    A step is acknowledged only after all its messages arrived and everything they caused is durable and done.
    """
    expected = Counter(stream.received)
    await lock.start()
    while (step := await lock.next()) is not None:
        for channel, count in step.published.items():
            if channel in stream.channels:
                expected[channel] += count
        await stream.wait_for(expected)
        await _hear(inbox, dispatcher)
        dispatcher.market(inbox.take())
        dispatcher.time(step.ts)
        await dispatcher.settle()
        on_step(step.number)
        if (ending := pace.over()) is not None:
            return ending
        await lock.acknowledge(step)
    return Ending.END_OF_DATA


async def drive_stream(
    stream: Stream,
    inbox: Inbox,
    dispatcher: Dispatcher,
    pace: Pace,
    on_step: Callable[[int], None],
    look_around: Callable[[], None],
) -> Ending:
    """Run at the market's own pace until the pace says stop or the stream is lost for good (VenueError).

    `look_around` is called before the market is shown to the dispatcher, for what it must know by then.
    """
    steps = 0
    while (ending := pace.over()) is None:
        try:
            await asyncio.wait_for(inbox.wait(), min(0.5, pace.seconds_left() or 0.5))
        except TimeoutError:
            if stream.failure is not None:
                raise stream.failure from None
            continue
        events = inbox.take()
        await _hear(inbox, dispatcher)
        look_around()
        dispatcher.market(events)
        dispatcher.time(dispatcher.clock.now)
        await dispatcher.settle()
        steps += 1
        on_step(steps)
    return ending


async def _hear(inbox: Inbox, dispatcher: Dispatcher) -> None:
    """Take what people have asked for; what it causes is done, and the act durable, before they are told so."""
    while (repeated := inbox.repeated_act()) is not None:
        dispatcher.operator(repeated)
        await dispatcher.settle()
    for act, done in inbox.take_acts():
        if dispatcher.allows(act.action):
            dispatcher.operator(replace(act, ts=dispatcher.clock.now or act.ts))
            await dispatcher.settle()
            await dispatcher.keep()  # told is kept: a session that is killed now has it when it is resumed
        else:
            inbox.warn(f"{act.action} by {act.operator} was refused: the auto-trader is {dispatcher.trader_state}")
        done()
