"""What `golive decisions` says of one session: its decisions and its runs of inaction, in order, and how often each code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit.decision_event import DECISIONS
from golive.market.timeframe import timeframe_ns
from golive.model.clock import from_iso
from golive.model.json import JsonValue
from golive.observability.shape import Count, Instant, as_json, document_schema
from golive.storage.session_identity import TIMEFRAME
from golive.storage.session_reader import SessionReader
from golive.storage.session_store import StoredRecord

from .journal_doubts import journal_doubts
from .member_told import MemberTold, members_told
from .session_rows import SessionHead
from .session_view import view_session

SCHEMA: Final = "golive.decisions.v1"
IDLE: Final = "inaction"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLine:
    """A decision about a signal or about an order that protects, or a run of bars on which nothing was done."""

    record_seq: Count
    ts: Instant
    """market time; of a run the close of its first bar: when nothing was done first"""
    event: str
    instrument: str
    signal_id: str | None
    client_order_id: str | None
    purpose: str | None
    """`target`, or `protection` of a position; None where nothing was to be ordered"""
    code: str
    limit: str | None
    value: str | None
    until: Instant | None
    """end of a run's last bar; None for a decision"""
    bars: Count | None
    members: tuple[MemberTold, ...]
    """of a run on which the times of an allocation's members held them back: who, and as on its last bar"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionList:
    """The decisions that were asked for; `by_code` counts decisions, `idle_bars` the bars of runs, both of what is listed."""

    session: SessionHead
    decisions: tuple[DecisionLine, ...]
    """by market time"""
    by_code: Mapping[str, Count]
    idle_bars: Mapping[str, Count]
    doubts: tuple[str, ...]
    """why this cannot be believed: where the signed decision journal does not say of the session what its store says"""


def decision_list(path: Path, home: Path, *, code: str | None = None, since: int | None = None) -> DecisionList:
    """Read a session's store and hold it against the decision journal; `since` is market time in ns.

    Raises JournalError when the store cannot be read or is not what was written.
    """
    head = view_session(path, home).head
    with closing(SessionReader(path)) as reader:
        records = reader.records()
        bar_ns = timeframe_ns(reader.identity.terms.rules[TIMEFRAME])
    lines = [
        line
        for line in _lines(records, bar_ns)
        if code in (None, line.code) and (since is None or (line.ts if line.until is None else line.until) >= since)
    ]
    lines.sort(key=lambda line: (line.ts, line.record_seq))
    taken: Counter[str] = Counter()
    idle: Counter[str] = Counter()
    for line in lines:
        if line.bars is None:
            taken[line.code] += 1
        else:
            idle[line.code] += line.bars
    return DecisionList(
        session=head,
        decisions=tuple(lines),
        by_code=dict(sorted(taken.items())),
        idle_bars=dict(sorted(idle.items())),
        doubts=journal_doubts(head, home, records),
    )


def document(decisions: DecisionList) -> dict[str, JsonValue]:
    """Return the JSON document."""
    told = as_json(decisions)
    assert isinstance(told, dict)
    return {"schema": SCHEMA, **told}


def decisions_schema() -> dict[str, JsonValue]:
    """Return its JSON Schema (2020-12)."""
    return document_schema(SCHEMA, "What one session of Golive decided", DecisionList)


def _lines(records: Iterable[StoredRecord], bar_ns: int) -> Iterator[DecisionLine]:
    for record in records:
        if record.event in DECISIONS or record.event == IDLE:
            yield _line(record, bar_ns)


def _line(record: StoredRecord, bar_ns: int) -> DecisionLine:
    body = record.body

    def text(name: str) -> str | None:
        return None if body.get(name) is None else str(body[name])

    is_run = record.event == IDLE
    return DecisionLine(
        record_seq=record.record_seq,
        ts=from_iso(str(body["from"])) + bar_ns if is_run else record.ts,
        event=record.event,
        instrument=str(body["instrument"]),
        signal_id=text("signal_id"),
        client_order_id=text("client_order_id"),
        purpose=text("purpose"),
        code=str(body["code"]),
        limit=text("limit"),
        value=text("value"),
        until=from_iso(str(body["to"])) if is_run else None,
        bars=int(str(body["bars"])) if is_run else None,
        members=members_told(body),
    )
