"""Whether each signal of a session ended in exactly one decision, inaction included: read from its records alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from golive.model.json import JsonValue

from .decision_event import DECISIONS, FOR_PROTECTION


class Told(NamedTuple):
    """A record of the decision journal."""

    record_seq: int
    event: str
    body: Mapping[str, JsonValue]


def signal_faults(records: Iterable[Told], *, ended: bool) -> Iterator[str]:
    """Yield each signal of one session without a decision or with more than one, and each decision without its signal.

    `records` are in their order. Of a session that has not `ended` the last signal of an instrument may still wait. Decisions
    that name no `purpose` (written before there was one) count as the waiting signal's.
    """
    waiting: dict[JsonValue, Told] = {}
    decided: dict[JsonValue, int] = {}
    for record in records:
        body = record.body
        if record.event == "signal_received":
            before = waiting.get(body.get("instrument"))
            if before is not None:
                yield f"signal {before.body.get('signal_id')} has no decision: record {record.record_seq} is the next signal"
            if body.get("signal_id") in decided:
                yield f"signal {body.get('signal_id')} is received twice, again in record {record.record_seq}"
            waiting[body.get("instrument")] = record
        elif record.event in DECISIONS:
            signal, awaited = body.get("signal_id"), waiting.get(body.get("instrument"))
            is_awaited = awaited is not None and awaited.body.get("signal_id") == signal
            purpose = body.get("purpose")
            if purpose == FOR_PROTECTION or (purpose is None and not is_awaited and record.event != "signal_neutral"):
                continue
            if is_awaited:
                del waiting[body.get("instrument")]
                decided[signal] = record.record_seq
            elif signal in decided:
                yield f"signal {signal} has two decisions: records {decided[signal]} and {record.record_seq}"
            else:
                yield f"record {record.record_seq} ({record.event}) decides about signal {signal}, which was not received"
    if ended:
        for record in waiting.values():
            yield f"signal {record.body.get('signal_id')} has no decision: the session ended after record {record.record_seq}"
