"""What was ordered, executed and lost before this process began, from the order journals of every account of a desk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from golive.model.clock import MINUTE
from golive.model.errors import MalformedPayload
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.model.order import Fill, NewOrder, OrderType, Side
from golive.risk import OrderFlow
from golive.risk.flow import KEPT, Book
from golive.storage.order_journal import JournalPlace, NoteItem
from golive.storage.order_journal.history import Allowed, OrderHistory
from golive.storage.order_journal.opening import open_for_reading

from .track_record import TRACK_RECORD, TrackRecord, tell

THROTTLED: Final = "throttled"
"""the note that a side was executed too often, and is shut until a named person re-arms it; its subject is the side"""
REARMED: Final = "rearmed"
"""the note that a named person has done so, for every side of the account"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What the journal of one account tells."""

    last_decision: int
    """the sequence of the newest"""
    allowed: list[Allowed]
    first_fills: list[Fill]
    record: TrackRecord
    has_grown: bool
    """the record knows of fills that its note does not"""
    throttled: Mapping[Book, int]
    """since when, ns UTC"""
    rearmed_at: int
    """ns UTC; 0: never"""


def past_of(place: JournalPlace, notes: Mapping[str, JsonObject], instruments: Iterable[Instrument], now: int) -> Past:
    """Return what a journal tells at `now` (ns UTC), whose notes were `notes` when it was opened; blocks for the disk.

    Raises JournalError, and MalformedPayload for a note that cannot be read: what risk would not remember it must not forget.
    """
    least = {each.id: each.lot_size * each.min_quantity for each in instruments}
    record, rearmed_at = TrackRecord.stored(notes), _rearmed_at(notes)
    with closing(open_for_reading(place)) as database:
        history = OrderHistory(database)
        before = record.to
        for booked in history.fills_after(before):
            record.take(booked, least, rearmed_at)
        return Past(
            last_decision=history.last_decision(),
            allowed=history.allowed(now - KEPT),
            first_fills=history.first_fills(now - MINUTE),
            record=record,
            has_grown=record.to > before,
            throttled=_throttled(notes),
            rearmed_at=rearmed_at,
        )


def flow_of(pasts: Iterable[Past]) -> OrderFlow:
    """Return the flow that remembers what the accounts tell; a person re-arms all of them at once."""
    pasts = tuple(pasts)
    flow = OrderFlow()
    rearmed_at = max((past.rearmed_at for past in pasts), default=0)
    for ts, order in sorted((each for past in pasts for each in past.allowed), key=lambda each: each.ts):
        flow.approved(order, ts)
    for fill in sorted((fill for past in pasts for fill in past.first_fills), key=lambda fill: fill.ts):
        if fill.ts > rearmed_at:
            flow.executed(executed_by(fill), fill.ts)
    tell((past.record for past in pasts), flow, rearmed_at)
    flow.throttled.update(side for past in pasts for side, since in past.throttled.items() if since > rearmed_at)
    return flow


def executed_by(fill: Fill) -> NewOrder:
    """Return the order of a fill as far as the count of executions asks for it: instrument and side."""
    return NewOrder(fill.client_order_id, fill.instrument, fill.side, OrderType.MARKET, fill.quantity)


def throttled_note(side: Book, now: int, operator: str) -> NoteItem:
    """Return the note that a side is shut from `now` on (ns UTC)."""
    return NoteItem(THROTTLED, {"subject": f"{side[0]} {side[1]}", "since": str(now)}, operator)


def rearmed_note(now: int, operator: str) -> NoteItem:
    """Return the note that `operator`, a named person, has opened every side again at `now` (ns UTC)."""
    return NoteItem(REARMED, {"at": str(now)}, operator)


def record_note(record: TrackRecord, operator: str) -> NoteItem:
    """Return the note that keeps a track record."""
    return NoteItem(TRACK_RECORD, record.body(), operator)


def _throttled(notes: Mapping[str, JsonObject]) -> dict[Book, int]:
    found: dict[Book, int] = {}
    for key, body in notes.items():
        event, _, subject = key.partition(":")
        if event == THROTTLED:
            instrument, _, side = subject.partition(" ")
            try:
                found[InstrumentId.parse(instrument), Side(side)] = int(str(body["since"]))
            except (KeyError, ValueError) as exc:
                raise MalformedPayload(f"the journal's note of {key} cannot be read: {exc}") from exc
    return found


def _rearmed_at(notes: Mapping[str, JsonObject]) -> int:
    try:
        return int(str(notes.get(REARMED, {"at": "0"})["at"]))
    except (KeyError, ValueError) as exc:
        raise MalformedPayload(f"the journal's note of re-arming cannot be read: {exc}") from exc


def fees_in(record: TrackRecord, quote: str) -> Decimal:
    """Return all fees that an account ever paid for trades in a quote asset."""
    return record.fees.get(quote, Decimal(0))
