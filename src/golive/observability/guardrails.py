"""The report's `guardrails` section: one summary per I/O queue, what to do about it, and the last log lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from golive.metrics.declaration import IO_TIMEOUT_SECONDS, IO_TIMEOUT_TOTAL, IO_WAIT_SECONDS, IO_WAIT_TOTAL, Metric
from golive.metrics.recorder import Samples

from .shape import Count, Instant, Share

Severity: TypeAlias = Literal["error", "info", "normal", "warning"]
GuardrailEvent: TypeAlias = Literal["RATE_LIMIT", "TIMEOUT", "REFUSED", "COMPLIANCE"]
LOG_TAIL = 20
SLOW_WAIT_SECONDS = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFacts:
    """What an I/O queue knows of itself and no series tells: its bounds, its peaks, the calls refused for their rate."""

    environment: str
    queue: str
    max_concurrency: int
    burst: int
    peak_inflight: int
    peak_pending: int
    refused_total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSummary:
    """One queue over the run; None = its series do not exist, which is judged like an error."""

    environment: str
    queue: str
    max_concurrency: Count
    burst: Count
    peak_inflight: Count
    peak_pending: Count
    rate_limit_wait_total: Count | None
    rate_limit_wait_avg_seconds: Share | None
    timeout_total: Count | None
    timeout_avg_seconds: Share | None
    refused_total: Count
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardrailRecord:
    """One line of the guardrail log."""

    ts: Instant
    level: str
    event: GuardrailEvent
    exchange: str
    environment: str
    queue: str
    message: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrails:
    generated_at: Instant
    log_directory: str
    summaries: tuple[QueueSummary, ...]
    recommendations: tuple[str, ...]
    log_records: tuple[GuardrailRecord, ...]
    report_markdown: str | None = None


def guardrails(
    queues: Sequence[QueueFacts],
    samples: Samples,
    log_records: Sequence[GuardrailRecord],
    *,
    generated_at: int,
    log_directory: str,
    report_markdown: str | None = None,
) -> Guardrails:
    """Build the section; `generated_at` is wall clock, ns UTC, of the log records the last 20 are kept."""
    summaries = tuple(summary_of(facts, samples) for facts in sorted(queues, key=lambda q: (q.environment, q.queue)))
    return Guardrails(
        generated_at=generated_at,
        log_directory=log_directory,
        summaries=summaries,
        recommendations=tuple(text for summary in summaries for text in recommendations(summary)),
        log_records=tuple(log_records[-LOG_TAIL:]),
        report_markdown=report_markdown,
    )


def summary_of(facts: QueueFacts, samples: Samples) -> QueueSummary:
    """Join a queue's own facts with its series."""
    waits, wait_average = _count_and_average(samples, facts, IO_WAIT_TOTAL, IO_WAIT_SECONDS)
    timeouts, timeout_average = _count_and_average(samples, facts, IO_TIMEOUT_TOTAL, IO_TIMEOUT_SECONDS)
    return QueueSummary(
        environment=facts.environment,
        queue=facts.queue,
        max_concurrency=facts.max_concurrency,
        burst=facts.burst,
        peak_inflight=facts.peak_inflight,
        peak_pending=facts.peak_pending,
        rate_limit_wait_total=waits,
        rate_limit_wait_avg_seconds=wait_average,
        timeout_total=timeouts,
        timeout_avg_seconds=timeout_average,
        refused_total=facts.refused_total,
        severity=severity(waits, wait_average, timeouts),
    )


def severity(waits: int | None, wait_average: float | None, timeouts: int | None) -> Severity:
    """Return `error` for any time-out (or no measurement), `warning` for long waits, `info` for any wait, else `normal`."""
    if timeouts is None or waits is None or timeouts > 0:
        return "error"
    if wait_average is not None and wait_average >= SLOW_WAIT_SECONDS:
        return "warning"
    return "info" if waits > 0 else "normal"


def recommendations(summary: QueueSummary) -> list[str]:
    """Say what an operator should look at; nothing for a quiet queue."""
    place = f"{summary.queue} ({summary.environment})"
    if summary.timeout_total is None or summary.rate_limit_wait_total is None:
        return [f"{place}: no measurement exists; check that the venue adapter was started"]
    lines = []
    if summary.timeout_total:
        lines.append(f"{place}: {summary.timeout_total} call(s) timed out; check the venue's status and the network path")
    if summary.severity == "warning" or (summary.rate_limit_wait_avg_seconds or 0) >= SLOW_WAIT_SECONDS:
        average = f"{summary.rate_limit_wait_avg_seconds or 0:.2f} s"
        lines.append(f"{place}: calls waited {average} on average; lower the request rate or raise max_concurrency")
    if summary.refused_total:
        lines.append(f"{place}: {summary.refused_total} call(s) were refused for their rate; lower the request rate")
    return lines


def _count_and_average(
    samples: Samples, facts: QueueFacts, counter: Metric, histogram: Metric
) -> tuple[int | None, float | None]:
    labels = {"queue": facts.queue, "environment": facts.environment}
    count = samples.value(counter.name, **labels)
    if count is None:
        return None, None
    observations, seconds = samples.value(histogram.name, **labels), samples.total(histogram.name, **labels)
    average = seconds / observations if seconds is not None and observations else 0.0
    return round(count), average
