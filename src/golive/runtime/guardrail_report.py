"""The report's guardrail section, from the adapters' queues and the guardrail log."""

from __future__ import annotations

from typing import Final, get_args

from golive.metrics.declaration import EXCHANGE_REQUESTS
from golive.metrics.recorder import Samples
from golive.observability.guardrails import GuardrailEvent, GuardrailRecord, Guardrails, QueueFacts, guardrails
from golive.storage.guardrail_log import GuardrailLine, GuardrailLog

from .plan import Plan
from .venue_access import VenueAccess


def guardrail_section(plan: Plan, access: VenueAccess | None, log: GuardrailLog | None, samples: Samples, now: int) -> Guardrails:
    """Return the section at wall clock `now` (ns UTC)."""
    queues = []
    for adapter in access.adapters.values() if access is not None else ():
        settings, meter = adapter.settings, adapter.meter
        labels = {"exchange": settings.exchange, "environment": settings.environment}
        refused = samples.value(EXCHANGE_REQUESTS.name, **labels, status="rate_limited")
        queues.append(
            QueueFacts(
                environment=settings.environment,
                queue=settings.queue,
                max_concurrency=settings.max_concurrency,
                burst=settings.burst,
                peak_inflight=meter.peak_inflight,
                peak_pending=meter.peak_pending,
                refused_total=int(refused or 0),
            )
        )
    records = [_record(line) for line in log.tail()] if log is not None else []
    return guardrails(queues, samples, records, generated_at=now, log_directory=plan.entrypoint.io.log_directory)


_EVENTS: Final[dict[str, GuardrailEvent]] = {name: name for name in get_args(GuardrailEvent)}


def _record(line: GuardrailLine) -> GuardrailRecord:
    return GuardrailRecord(
        ts=line.ts,
        level=line.level,
        event=_EVENTS[line.event],
        exchange=line.exchange,
        environment=line.environment,
        queue=line.queue,
        message=line.message,
        fields=line.fields,
    )
