"""A session's guardrail section, from the adapters' queues and the event log, and the files it leaves of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, get_args

from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.declaration import EXCHANGE_REQUESTS
from golive.metrics.recorder import Samples
from golive.model.errors import JournalError
from golive.observability.guardrail_report import GuardedEntrypoint, document, guardrail_report
from golive.observability.guardrails import GuardrailEvent, GuardrailRecord, Guardrails, QueueFacts, guardrails
from golive.storage.guardrail_line import GuardrailLine
from golive.storage.guardrail_log import GuardrailLog
from golive.storage.guardrail_reports import guardrail_files, write_guardrail_files

from .facts import SessionFacts
from .plan import Plan
from .venue_access import VenueAccess

_EVENTS: Final[dict[str, GuardrailEvent]] = {name: name for name in get_args(GuardrailEvent)}


def guardrail_section(
    plan: Plan, access: VenueAccess | None, log: GuardrailLog | None, facts: SessionFacts, now: int
) -> Guardrails:
    """Return the section at wall clock `now` (ns UTC); an event log that cannot be read any more fails the session."""
    samples = facts.recorder
    queues = [] if access is None else [_queue(access, name, samples) for name in access.adapters]
    records: list[GuardrailRecord] = []
    if log is not None:
        try:
            records = guardrail_records(log.tail())
        except JournalError as exc:
            facts.fail_once(exc)
    return guardrails(queues, samples, records, generated_at=now, log_directory=plan.entrypoint.io.log_directory)


def guardrail_records(lines: Sequence[GuardrailLine]) -> list[GuardrailRecord]:
    """Return lines of the event log as rows of a report."""
    return [
        GuardrailRecord(
            ts=line.ts,
            level=line.level,
            event=_EVENTS[line.event],
            exchange=line.exchange,
            environment=line.environment,
            queue=line.queue,
            message=line.message,
            fields=line.fields,
        )
        for line in lines
    ]


def guarded(entrypoint: ResolvedEntrypoint) -> GuardedEntrypoint:
    """Return what a report says of an entrypoint; no run has measured it yet."""
    return GuardedEntrypoint(
        entrypoint=entrypoint.name,
        environment=entrypoint.environment,
        exchange=entrypoint.exchange,
        queue=entrypoint.io.queue,
        tags=tuple(sorted(entrypoint.tags)),
        guardrails=entrypoint.guardrails,
    )


def leave_guardrail_files(plan: Plan, facts: SessionFacts, section: Guardrails) -> Guardrails:
    """Write the session's guardrail report beside the event log; return the section that names its Markdown.

    Raises JournalError when it cannot be written.
    """
    from golive.observability.guardrail_page import guardrail_page
    from golive.observability.markdown import page_markdown

    files = guardrail_files(plan.home / plan.entrypoint.io.log_directory, facts.started_at, facts.run_id)
    named = replace(section, report_markdown=files.markdown.relative_to(plan.home).as_posix())
    measured = {(each.environment, each.queue) for each in section.summaries}
    rows = [guarded(each) for each in (plan.entrypoint, *plan.others)]
    told = document(
        guardrail_report(
            named,
            [
                replace(each, run_id=facts.run_id, run_started_at=facts.started_at, measured_at=section.generated_at)
                if (each.environment, each.queue) in measured
                else each
                for each in rows
            ],
        )
    )
    write_guardrail_files(files, told, page_markdown(guardrail_page(told)))
    return named


def _queue(access: VenueAccess, name: str, samples: Samples) -> QueueFacts:
    settings, meter = access.adapters[name].settings, access.adapters[name].meter
    labels = {"exchange": settings.exchange, "environment": settings.environment}
    refused = samples.value(EXCHANGE_REQUESTS.name, **labels, status="rate_limited")
    return QueueFacts(
        environment=settings.environment,
        queue=settings.queue,
        max_concurrency=settings.max_concurrency,
        burst=settings.burst,
        peak_inflight=meter.peak_inflight,
        peak_pending=meter.peak_pending,
        refused_total=int(refused or 0),
    )
