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
    """Say what an operator should look at, and which key of runtime.yaml to change; nothing for a quiet queue."""
    place, key = f"{summary.queue} ({summary.environment})", f"io_queue.exchanges.{summary.queue}"
    if summary.timeout_total is None or summary.rate_limit_wait_total is None:
        return [f"{place}: not measured; the venue was not opened: golive venue check {summary.environment}"]
    lines = []
    if summary.timeout_total:
        lines.append(
            f"{place}: {_calls(summary.timeout_total)} timed out, after {summary.timeout_avg_seconds or 0:.2f} s on average; no "
            f"key of the queue mends that: golive venue check {summary.environment} looks at the venue and the network path to it"
        )
    if (summary.rate_limit_wait_avg_seconds or 0) >= SLOW_WAIT_SECONDS:
        waited = f"{place}: {_calls(summary.rate_limit_wait_total)} waited {summary.rate_limit_wait_avg_seconds:.2f} s on average"
        bounds = f"{key}.max_concurrency (it was {summary.max_concurrency})"
        if summary.peak_pending >= summary.burst:
            bounds += f" and {key}.burst (it was {summary.burst})"
        lines.append(
            f"{waited}; widening the queue would not help while the venue refuses calls for their rate"
            if summary.refused_total
            else f"{waited}; raise {bounds} in runtime.yaml, or let fewer programs use this venue"
        )
    if summary.refused_total:
        lines.append(
            f"{place}: the venue refused {_calls(summary.refused_total)} for their rate; raise "
            f"observability.health.probe_interval_seconds or lower {key}.max_concurrency (it was {summary.max_concurrency}) in "
            "runtime.yaml, and look for other programs with the same address or key"
        )
    return lines


def queue_status(environment: str, queue: str, summaries: Sequence[QueueSummary]) -> Literal["ok", "breached", "unknown"]:
    """Return how a queue is judged where a trading profile lists `io_queue`: any time-out breaches, no measurement is unknown."""
    own = [each for each in summaries if (each.environment, each.queue) == (environment, queue)]
    if any(each.timeout_total for each in own):
        return "breached"
    return "ok" if own and all(each.timeout_total is not None for each in own) else "unknown"


def _calls(count: int) -> str:
    return "1 call" if count == 1 else f"{count} calls"


def _count_and_average(
    samples: Samples, facts: QueueFacts, counter: Metric, histogram: Metric
) -> tuple[int | None, float | None]:
    labels = {"queue": facts.queue, "environment": facts.environment}
    count = samples.value(counter.name, **labels)
    if count is None:
        return None, None
    observations, seconds = samples.value(histogram.name, **labels), samples.total(histogram.name, **labels)
    average = seconds / observations if seconds is not None and observations else 0.0
    return round(count), round(average, 4)  # as the report has it, so that a stored one gives the same advice
