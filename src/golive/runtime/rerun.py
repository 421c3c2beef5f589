"""Running an embedded lock-step session again from its first step to where it was cut, and on from there.

The embedded venue ends with its session, and starts anew with the same market. The whole session is run again against it, with
orders, latency and queues as they were; this journal compares every event with the stored one and writes only what was not
written yet. So a restart ends exactly where an uninterrupted session would have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from golive.engine.codec import decode_event
from golive.model.command import Record
from golive.model.event import Operator, OperatorAction
from golive.model.order import Fill, OrderUpdate
from golive.storage.item import EventItem

from .dispatcher import Dispatcher, Journal
from .failure import SessionDiverged
from .replay import Written


def hear_at_once(dispatcher: Dispatcher, rerun: RerunJournal, when_caught_up: Callable[[], None]) -> None:
    """Let `dispatcher` take the acts that were taken within a step where they were; after the last event call `when_caught_up`.

    What that gives the dispatcher comes before anything that the session had not done yet.
    """

    def between() -> None:
        act = rerun.next_act
        if act is not None and act.at_once:
            dispatcher.operator(act)
        elif rerun.caught_up and dispatcher.between is not None:
            dispatcher.between = None
            when_caught_up()

    if not rerun.caught_up:
        dispatcher.between = between


class RerunJournal:
    """A `Journal` that knows what is stored. `on_caught_up` is called once, with the last stored event come out again."""

    def __init__(self, inner: Journal, stored: Iterator[EventItem], written: Written, on_caught_up: Callable[[], None]) -> None:
        self._inner = inner
        self._stored = stored
        self._written = written
        self._on_caught_up = on_caught_up
        self._next: EventItem | None = None
        self.caught_up = False
        self._advance()

    @property
    def expects_stop(self) -> bool:
        """Whether the session was ended at this point: the next thing that was written down is its stop."""
        act = self._next_operator()
        return act is not None and act.action is OperatorAction.STOP

    @property
    def next_act(self) -> Operator | None:
        """What an operator did at this point, None when the next thing that was written down is something else."""
        act = self._next_operator()
        return act if act is not None and act.action is not OperatorAction.STOP else None

    def _next_operator(self) -> Operator | None:
        if self._next is None or self._next.kind != Operator.__name__:
            return None
        event = decode_event(self._next.kind, self._next.body)
        return event if isinstance(event, Operator) else None

    def event(self, seq: int, kind: str, body: bytes) -> None:
        if self._next is None:
            self._inner.event(seq, kind, body)
            return
        if (seq, kind, body) != (self._next.seq, self._next.kind, self._next.body):
            raise SessionDiverged(
                f"event {self._next.seq} of the session was {self._next.kind} {self._next.body.decode():.200}, and running it "
                f"again gives {kind} {body.decode():.200}; the venue's market is not the one it was"
            )
        self._advance()

    def record(self, record: Record) -> None:
        if not self._written.has_record(record):
            self._demand_news(f"record {record.seq} ({record.event})")
            self._inner.record(record)

    def news(self, news: Fill | OrderUpdate) -> None:
        if not self._written.has_news(news):
            self._demand_news(f"news of order {news.client_order_id}")
            self._inner.news(news)

    async def durable(self, record_seq: int) -> None:
        await self._inner.durable(record_seq)

    def _demand_news(self, what: str) -> None:
        """Only what the last stored event led to may be missing in the store."""
        if not self.caught_up:
            raise SessionDiverged(f"running the session again gives {what}, which it never wrote down")

    def _advance(self) -> None:
        self._next = next(self._stored, None)
        if self._next is None:
            self.caught_up = True
            self._on_caught_up()
