"""The guardrail report as a page: whether anything was throttled, the queues, what to change, and the last events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from golive.model.clock import from_iso
from golive.model.json import JsonObject

from . import reading as read
from .guardrails import LOG_TAIL
from .page import Banner, Block, Cell, Figure, Lines, Page, Section, Table, Tone, compact, moment
from .presentation_tables import badge, columns

BEFORE, DURING, AFTER = "before", "this run", "after it"
_ALL: Final[Mapping[str, int]] = {}
_BANNERS: Final[dict[str, tuple[str, str, Tone]]] = {
    "ok": ("Ok", "No call of a queue that judges its entrypoint timed out.", "good"),
    "breached": ("Breached", "Calls of a queue that judges its entrypoint timed out; the stage is not passed.", "bad"),
    "unknown": ("Unknown", "A queue was not measured, or something happened after the run that measured it.", "warn"),
    "not_applicable": ("Not judged", "No trading profile of these entrypoints lists io_queue among its guardrails.", "warn"),
}


def guardrail_page(document: JsonObject) -> Page:
    """Return the page of a document `golive.guardrails.v1`; MalformedPayload when it is none."""
    entrypoints = read.mappings(document, "entrypoints")
    began = [from_iso(text) for each in entrypoints if (text := read.optional_text(each, "run_started_at")) is not None]
    asked = ", ".join(read.texts(document, "tags"))
    return Page(
        title="Guardrails" + (f" · {asked}" if asked else ""),
        subtitle=f"{moment(read.text(document, 'generated_at'))} · events in {read.text(document, 'log_directory')}",
        banner=Banner(*_BANNERS[read.text(document, "status")]),
        figures=_figures(document),
        sections=(
            Section("Queues", guardrail_blocks(document, since=min(began, default=None), until=_measured(entrypoints))),
            Section("Entrypoints", (_entrypoints(document),)),
        ),
    )


def guardrail_blocks(section: JsonObject, *, since: int | None, until: Mapping[str, int] = _ALL) -> tuple[Block, ...]:
    """Return what a report shows of a guardrail section; events before `since` (ns UTC) are not of its runs, None: none ran.

    Nor are those after `until` (ns UTC), when an environment was measured.
    """
    return (
        _throttling(section, since, until),
        _queues(section),
        Lines(tuple(read.texts(section, "recommendations")), empty="no recommendation"),
        _events(section, since, until),
    )


def _throttling(section: JsonObject, since: int | None, until: Mapping[str, int]) -> Lines:
    """Say in one sentence whether anything was throttled: calls that waited, timed out or were refused, events that say so."""
    queues = read.mappings(section, "summaries")
    if not queues or any(read.value(each, "timeout_total") is None for each in queues):
        return Lines(("Throttling is unknown: not every queue was measured.",), "warn")
    waited, timed_out, refused = (
        sum(int(read.number(each, name)) for each in queues)
        for name in ("rate_limit_wait_total", "timeout_total", "refused_total")
    )
    told = sum(_when(each, since, until) != BEFORE for each in read.mappings(section, "log_records"))
    if not (waited or timed_out or refused or told):
        return Lines(("No throttling: no call waited in a queue, timed out, or was refused by a venue.",), "good")
    events = f"{LOG_TAIL} or more" if told >= LOG_TAIL else str(told)
    return Lines(
        (f"Throttling: {waited} waited in a queue, {timed_out} timed out, {refused} refused for their rate; events: {events}.",),
        "warn",
    )


def _measured(entrypoints: Sequence[JsonObject]) -> dict[str, int]:
    """Return when each environment was measured."""
    return {
        read.text(each, "environment"): from_iso(text)
        for each in entrypoints
        if (text := read.optional_text(each, "measured_at")) is not None
    }


def _when(record: JsonObject, since: int | None, until: Mapping[str, int]) -> str:
    """Say whether an event is of the runs that a report tells of."""
    ts, ended_at = from_iso(read.text(record, "ts")), until.get(read.text(record, "environment"))
    if ended_at is not None and ts > ended_at:
        return AFTER
    return DURING if since is not None and ts >= since else BEFORE


def _figures(document: JsonObject) -> tuple[Figure, ...]:
    queues = read.mappings(document, "summaries")

    def total(name: str) -> str:
        counts = [read.optional_number(each, name) for each in queues]
        return "–" if not counts or None in counts else f"{sum(int(each or 0) for each in counts):,}"

    return (
        Figure("Queues", str(len(queues)), f"of {len(read.mappings(document, 'entrypoints'))} entrypoints"),
        Figure("Waits", total("rate_limit_wait_total"), "calls that waited for their turn"),
        Figure("Time-outs", total("timeout_total")),
        Figure("Refused", total("refused_total"), "by the venue, for their rate"),
    )


def _queues(section: JsonObject) -> Table:
    rows = []
    for queue in read.mappings(section, "summaries"):
        wait, lasted = (read.optional_number(queue, f"{kind}_avg_seconds") for kind in ("rate_limit_wait", "timeout"))
        rows.append(
            (
                Cell(read.text(queue, "environment")),
                Cell(read.text(queue, "queue")),
                badge(read.text(queue, "severity")),
                Cell(_used(queue, "peak_inflight", "max_concurrency")),
                Cell(_used(queue, "peak_pending", "burst")),
                Cell(compact(read.value(queue, "rate_limit_wait_total"))),
                Cell("–" if wait is None else f"{wait:.3f} s"),
                Cell(compact(read.value(queue, "timeout_total"))),
                Cell("–" if lasted is None else f"{lasted:.3f} s"),
                Cell(compact(read.value(queue, "refused_total"))),
            )
        )
    titles = ("environment", "queue", "severity", "peak in flight#", "peak pending#", "waits#", "average wait#")
    return Table(columns(*titles, "time-outs#", "average time-out#", "refused#"), tuple(rows), "no queue was used")


def _used(queue: JsonObject, peak: str, bound: str) -> str:
    return f"{int(read.number(queue, peak))} of {int(read.number(queue, bound))}"


def _events(section: JsonObject, since: int | None, until: Mapping[str, int]) -> Table:
    rows = [
        (
            Cell(moment(read.text(record, "ts"))),
            Cell(when := _when(record, since, until), "muted" if when == BEFORE else ""),
            Cell(read.text(record, "level")),
            Cell(read.text(record, "event")),
            Cell(read.text(record, "environment")),
            Cell(read.text(record, "queue")),
            Cell(read.text(record, "message")),
        )
        for record in read.mappings(section, "log_records")
    ]
    return Table(columns("time", "in", "level", "event", "environment", "queue", "message"), tuple(rows), "no guardrail event")


def _entrypoints(document: JsonObject) -> Table:
    rows = [
        (
            Cell(read.text(each, "entrypoint")),
            Cell(read.text(each, "environment")),
            Cell(", ".join(read.texts(each, "tags"))),
            Cell(", ".join(read.texts(each, "guardrails")) or "none"),
            Cell(read.optional_text(each, "run_id") or "none"),
            Cell(moment(read.optional_text(each, "measured_at"))),
        )
        for each in read.mappings(document, "entrypoints")
    ]
    return Table(columns("entrypoint", "environment", "tags", "judged by", "measured by run", "at"), tuple(rows), "no entrypoint")
