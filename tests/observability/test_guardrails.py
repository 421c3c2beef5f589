"""Guardrail summaries from queue facts and series."""

from __future__ import annotations

import pytest

from golive.metrics import declaration as m
from golive.metrics.recorder import MemoryRecorder
from golive.observability.guardrails import GuardrailRecord, QueueFacts, guardrails, recommendations, summary_of
from support.reports import QUEUE, STARTED, adapter_recorder


def facts(queue: str = "okx_spot", refused: int = 0) -> QueueFacts:
    return QueueFacts(
        environment="okx_paper", queue=queue, max_concurrency=3, burst=6, peak_inflight=2, peak_pending=4, refused_total=refused
    )


def recorded(waits: list[float], timeouts: list[float]) -> MemoryRecorder:
    recorder = adapter_recorder()
    for seconds in waits:
        recorder.count(m.IO_WAIT_TOTAL, 1, **QUEUE)
        recorder.observe(m.IO_WAIT_SECONDS, seconds, **QUEUE)
    for seconds in timeouts:
        recorder.count(m.IO_TIMEOUT_TOTAL, 1, **QUEUE)
        recorder.observe(m.IO_TIMEOUT_SECONDS, seconds, **QUEUE)
    return recorder


@pytest.mark.parametrize(
    ("waits", "timeouts", "severity"),
    [
        ([], [], "normal"),
        ([0.1], [], "info"),
        ([0.5, 1.5], [], "warning"),  # exactly 1.0 s on average
        ([0.5, 1.49], [], "info"),
        ([], [12.5], "error"),
        ([5.0], [12.5], "error"),
    ],
)
def test_severity_follows_waits_and_time_outs(waits: list[float], timeouts: list[float], severity: str) -> None:
    summary = summary_of(facts(), recorded(waits, timeouts))
    assert summary.severity == severity
    assert (summary.rate_limit_wait_total, summary.timeout_total) == (len(waits), len(timeouts))
    assert summary.rate_limit_wait_avg_seconds == pytest.approx(sum(waits) / len(waits) if waits else 0.0)
    assert summary.timeout_avg_seconds == pytest.approx(sum(timeouts) / len(timeouts) if timeouts else 0.0)
    assert bool(recommendations(summary)) == (severity in ("warning", "error"))


def test_a_queue_without_series_is_an_error_and_not_a_quiet_queue() -> None:
    summary = summary_of(facts(), MemoryRecorder())
    assert (summary.severity, summary.rate_limit_wait_total, summary.timeout_total) == ("error", None, None)
    assert recommendations(summary) == ["okx_spot (okx_paper): no measurement exists; check that the venue adapter was started"]


def test_refused_calls_are_recommended_upon() -> None:
    summary = summary_of(facts(refused=3), recorded([], []))
    assert summary.refused_total == 3
    assert recommendations(summary) == ["okx_spot (okx_paper): 3 call(s) were refused for their rate; lower the request rate"]


def test_the_section_is_sorted_and_keeps_the_last_twenty_lines() -> None:
    lines = [
        GuardrailRecord(
            ts=STARTED + n, level="WARNING", event="TIMEOUT", exchange="okx", environment="okx_paper", queue="okx_spot",
            message=f"line {n}", fields={"n": n},
        )
        for n in range(30)
    ]  # fmt: skip
    section = guardrails([facts("z"), facts("a")], recorded([], []), lines, generated_at=STARTED, log_directory="logs/guardrails")
    assert [summary.queue for summary in section.summaries] == ["a", "z"]
    assert [line.message for line in section.log_records] == [f"line {n}" for n in range(10, 30)]
