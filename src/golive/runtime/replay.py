"""Stored events through a fresh engine: the state they lead to, and what of its records and news was not written down.

Items are committed in order, so a crash cuts all of them at one place: the news and the records of the last stored event may be
missing, and nothing before them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from golive.audit import canonical
from golive.engine.codec import decode_event
from golive.model.command import Alert, Command, Record
from golive.model.event import Event, Operator, OperatorAction
from golive.model.ids import ClientOrderId, FillId
from golive.model.json import JsonObject
from golive.model.market import Book, Candle
from golive.model.order import Fill, OrderUpdate
from golive.storage.item import EventItem
from golive.storage.session_store import StoredRecord

from .failure import SessionDiverged

Process: TypeAlias = Callable[[Event], Sequence[Command]]


class OrderIds:
    """The client order ids of a session: those that were given before the restart, then new ones of the present epoch."""

    def __init__(self, given: Sequence[ClientOrderId], new: Callable[[int], ClientOrderId]) -> None:
        self._given = given
        self._new = new

    def __call__(self, sequence: int) -> ClientOrderId:
        return self._given[sequence - 1] if sequence <= len(self._given) else self._new(sequence)


class Written:
    """Which records, updates and fills a store has already; asked once for each, in the order they come."""

    def __init__(self, records: Iterable[StoredRecord], updates: int, fills: Iterable[FillId]) -> None:
        self._records = {record.record_seq: record for record in records}
        self._updates = updates
        self._fills = set(fills)

    def has_record(self, record: Record) -> bool:
        """Say whether it is stored; SessionDiverged when another one is stored under its number."""
        stored = self._records.get(record.seq)
        if stored is None:
            return False
        if (record.ts, record.event) != (stored.ts, stored.event) or canonical(record.body) != canonical(stored.body):
            raise SessionDiverged(
                f"record {record.seq} of the session was {_shown(stored.event, stored.body)}, and now it is "
                f"{_shown(record.event, record.body)}"
            )
        return True

    def has_news(self, news: Fill | OrderUpdate) -> bool:
        """Say whether it is stored."""
        if isinstance(news, Fill):
            return news.fill_id in self._fills
        self._updates -= 1
        return self._updates >= 0


@dataclass(slots=True)
class Replayed:
    """What a replay went through; times are market time, ns UTC."""

    events: int = 0
    last_ts: int = 0
    first_market_ts: int | None = None
    last_market_ts: int | None = None
    emergencies: list[Operator] = field(default_factory=list)
    """each time emergency mode was heard of"""
    stopped: bool = False
    """whether the session was ending already"""
    lacking: list[Record | Fill | OrderUpdate] = field(default_factory=list)
    """in order: what the store has not got"""
    alerts: list[Alert] = field(default_factory=list)
    """of the last event, which may not have been told"""


def replay(process: Process, events: Iterable[EventItem], written: Written) -> Replayed:
    """Give every stored event to `process`; SessionDiverged when it answers with another record than the stored one."""
    done = Replayed()
    for item in events:
        event = decode_event(item.kind, item.body)
        _note(event, done)
        if isinstance(event, Fill | OrderUpdate) and not written.has_news(event):
            done.lacking.append(event)
        commands = process(event)
        done.lacking += [each for each in commands if isinstance(each, Record) and not written.has_record(each)]
        done.alerts = [each for each in commands if isinstance(each, Alert)]
    return done


def _note(event: Event, done: Replayed) -> None:
    done.events += 1
    done.last_ts = max(done.last_ts, event.ts)
    if isinstance(event, Candle | Book):
        began = event.opened_at if isinstance(event, Candle) else event.ts
        done.first_market_ts = began if done.first_market_ts is None else min(done.first_market_ts, began)
        done.last_market_ts = max(done.last_market_ts or 0, event.ts)
    elif isinstance(event, Operator):
        done.stopped = done.stopped or event.action is OperatorAction.STOP
        if event.action is OperatorAction.EMERGENCY:
            done.emergencies.append(event)


def _shown(event: str, body: JsonObject) -> str:
    return f"{event} {canonical(body).decode():.200}"
