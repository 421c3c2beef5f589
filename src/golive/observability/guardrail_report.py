"""The guardrail report: queues, recommendations and last events of the entrypoints with certain tags, as a document of its own.

Each run writes one of all its entrypoints; a later one for chosen tags is joined from those and from the event log.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias, get_args

from golive.model.clock import from_iso
from golive.model.errors import MalformedPayload
from golive.model.json import JsonObject, JsonValue

from . import reading as read
from .guardrails import GuardrailRecord, Guardrails, QueueSummary, Severity, queue_status, recommendations
from .shape import Instant, as_json, document_schema

SCHEMA: Final = "golive.guardrails.v1"
_SEVERITIES: Final[dict[str, Severity]] = {name: name for name in get_args(Severity)}
QueueVerdict: TypeAlias = Literal["ok", "breached", "unknown", "not_applicable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardedEntrypoint:
    """An entrypoint with its queue, and the run that measured it last; None = no run has."""

    entrypoint: str
    environment: str
    exchange: str
    queue: str
    tags: tuple[str, ...]
    guardrails: tuple[str, ...]
    """what judges it, as its trading profile lists it"""
    run_id: str | None = None
    run_started_at: Instant | None = None
    measured_at: Instant | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailReport(Guardrails):
    """The section of a run's report, with whose queues it is about."""

    status: QueueVerdict
    """of the queues that judge, those of profiles that list `io_queue`: the worst; without one `not_applicable`, or `unknown`
    when nothing was measured"""
    tags: tuple[str, ...]
    """what was asked for: every entrypoint has all of them; none = all entrypoints"""
    entrypoints: tuple[GuardedEntrypoint, ...]


@dataclass(frozen=True, slots=True)
class StoredMeasurement:
    """What one stored report says of one queue."""

    run_id: str
    run_started_at: int
    measured_at: int
    summary: QueueSummary


def guardrail_report(section: Guardrails, entrypoints: Sequence[GuardedEntrypoint], tags: Sequence[str] = ()) -> GuardrailReport:
    """Return the report of these entrypoints, sorted by name."""
    guarded = tuple(sorted(entrypoints, key=lambda each: each.entrypoint))
    return GuardrailReport(
        generated_at=section.generated_at,
        log_directory=section.log_directory,
        summaries=section.summaries,
        recommendations=section.recommendations,
        log_records=section.log_records,
        report_markdown=section.report_markdown,
        status=_worst(guarded, section.summaries),
        tags=tuple(sorted(tags)),
        entrypoints=guarded,
    )


def joined_section(
    section: Guardrails, stored: Sequence[StoredMeasurement], unmeasured: Sequence[GuardedEntrypoint]
) -> Guardrails:
    """Return `section` with the queues of stored reports, and what to do about them; a queue that no run measured is named."""
    summaries = tuple(sorted((each.summary for each in stored), key=lambda each: (each.environment, each.queue)))
    lines = [text for each in summaries for text in recommendations(each)]
    lines += [
        f"{each.queue} ({each.environment}): no run has measured it yet: golive run --entrypoint {each.entrypoint}"
        + ("" if each.guardrails else " --mode live --read-only")
        for each in unmeasured
    ]
    return replace(section, summaries=summaries, recommendations=tuple(lines))


def happened_since(report: GuardrailReport, later: Sequence[GuardrailRecord]) -> GuardrailReport:
    """Return `report` with what the event log says after the runs that measured it: of a run that was killed, or goes on.

    A time-out of a queue that judges breaches; anything else is a run whose counts nobody has, so the queue is unknown.
    """
    verdict, lines = report.status, list(report.recommendations)
    for each in report.entrypoints:
        events = [event.event for event in later if (event.environment, event.queue) == (each.environment, each.queue)]
        if not events:
            continue
        timed_out = events.count("TIMEOUT")
        lines.append(
            f"{each.queue} ({each.environment}): {len(events)} events ({timed_out} of them time-outs) are later than the end of "
            f"the run that measured it, so another goes on or was killed; golive run --entrypoint {each.entrypoint} measures anew"
        )
        if "io_queue" in each.guardrails and verdict != "breached":
            verdict = "breached" if timed_out else "unknown"
    return replace(report, status=verdict, recommendations=tuple(lines))


def document(report: GuardrailReport) -> dict[str, JsonValue]:
    """Return the document `golive.guardrails.v1`."""
    value = as_json(report)
    assert isinstance(value, dict)
    return {"schema": SCHEMA, **value}


def guardrail_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "Guardrail report of Golive", GuardrailReport)


def measurements(stored: JsonObject) -> dict[tuple[str, str], StoredMeasurement]:
    """Return what a stored report of a run says, by (environment, queue).

    Raises MalformedPayload when it is not a guardrail report, a row of it is not one of a queue, a queue that was measured has
    no row, or one has more rows than entrypoints that use it.
    """
    if read.text(stored, "schema") != SCHEMA:
        raise MalformedPayload(f"schema is {read.text(stored, 'schema')!r}, not {SCHEMA}")
    runs = {}
    users: Counter[tuple[str, str]] = Counter()
    for each in read.mappings(stored, "entrypoints"):
        place = read.text(each, "environment"), read.text(each, "queue")
        if read.optional_text(each, "run_id") is None:
            continue  # its venue was not opened
        users[place] += 1
        runs[place] = [_instant(each, name) for name in ("run_started_at", "measured_at")], read.text(each, "run_id")
    found = {}
    for row in read.mappings(stored, "summaries"):
        summary = _summary(row)
        place = summary.environment, summary.queue
        if place not in runs:
            raise MalformedPayload(f"no run says that it measured the queue {summary.queue} of {summary.environment}")
        if not users[place]:
            raise MalformedPayload(f"the queue {summary.queue} of {summary.environment} has more rows than entrypoints")
        users[place] -= 1
        (started_at, measured_at), run_id = runs[place]
        found[place] = StoredMeasurement(run_id, started_at, measured_at, summary)
    for environment, queue in runs.keys() - found.keys():
        raise MalformedPayload(f"the queue {queue} of {environment} was measured, and summaries has no row of it")
    return found


def _worst(entrypoints: Sequence[GuardedEntrypoint], summaries: Sequence[QueueSummary]) -> QueueVerdict:
    found = {queue_status(each.environment, each.queue, summaries) for each in entrypoints if "io_queue" in each.guardrails}
    verdicts: tuple[QueueVerdict, ...] = ("breached", "unknown", "ok")
    return next((verdict for verdict in verdicts if verdict in found), "not_applicable" if summaries else "unknown")


def _summary(row: JsonObject) -> QueueSummary:
    severity = _SEVERITIES.get(read.text(row, "severity"))
    if severity is None:
        raise MalformedPayload(f"severity is {read.text(row, 'severity')!r}, not one of {', '.join(_SEVERITIES)}")
    return QueueSummary(
        environment=read.text(row, "environment"),
        queue=read.text(row, "queue"),
        max_concurrency=_count(row, "max_concurrency"),
        burst=_count(row, "burst"),
        peak_inflight=_peak(row, "peak_inflight", "max_concurrency"),
        peak_pending=_peak(row, "peak_pending", "burst"),
        rate_limit_wait_total=_count_or_none(row, "rate_limit_wait_total"),
        rate_limit_wait_avg_seconds=read.optional_number(row, "rate_limit_wait_avg_seconds"),
        timeout_total=_count_or_none(row, "timeout_total"),
        timeout_avg_seconds=read.optional_number(row, "timeout_avg_seconds"),
        refused_total=_count(row, "refused_total"),
        severity=severity,
    )


def _count(row: JsonObject, name: str) -> int:
    number = read.number(row, name)
    if not isinstance(number, int) or number < 0:
        raise MalformedPayload(f"{name} is {number!r}, not a count")
    return number


def _peak(row: JsonObject, name: str, bound: str) -> int:
    peak, most = _count(row, name), _count(row, bound)
    if peak > most:
        raise MalformedPayload(f"{name} is {peak} of {most}: a queue never lets more through than {bound}")
    return peak


def _count_or_none(row: JsonObject, name: str) -> int | None:
    return None if read.value(row, name) is None else _count(row, name)


def _instant(row: JsonObject, name: str) -> int:
    try:
        return from_iso(read.text(row, name))
    except ValueError as exc:
        raise MalformedPayload(f"{name}: {exc}") from exc
