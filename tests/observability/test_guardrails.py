"""Guardrail summaries from queue facts and series."""

from __future__ import annotations

import dataclasses
import re

import pytest
import yaml

from golive.metrics import declaration as m
from golive.metrics.recorder import MemoryRecorder
from golive.observability.guardrails import GuardrailRecord, QueueFacts, guardrails, queue_status, recommendations, summary_of
from support.golive_process import ROOT
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


def test_advice_says_what_the_stored_report_says() -> None:
    """1.13499 s would be 1.13 s; the report has 1.135 s, of which its readers make 1.14 s."""
    summary = summary_of(facts(), recorded([1.13499], [1.13499]))
    assert (summary.rate_limit_wait_avg_seconds, summary.timeout_avg_seconds) == (1.135, 1.135)
    assert [line.count("1.14 s") for line in recommendations(summary)] == [1, 1]


def test_a_queue_without_series_is_an_error_and_not_a_quiet_queue() -> None:
    summary = summary_of(facts(), MemoryRecorder())
    assert (summary.severity, summary.rate_limit_wait_total, summary.timeout_total) == ("error", None, None)
    assert recommendations(summary) == [
        "okx_spot (okx_paper): not measured; the venue was not opened: golive venue check okx_paper"
    ]


@pytest.mark.parametrize(
    ("pending", "refused", "waits", "timeouts", "says"),
    [
        (4, 1, [], [], ["the venue refused 1 call for their rate", "observability.health.probe_interval_seconds",
                        "lower io_queue.exchanges.okx_spot.max_concurrency (it was 3) in runtime.yaml"]),
        (5, 0, [2.0], [], ["1 call waited 2.00 s", "raise io_queue.exchanges.okx_spot.max_concurrency (it was 3) in runtime.yaml"]),
        (6, 0, [2.0], [], ["max_concurrency (it was 3) and io_queue.exchanges.okx_spot.burst (it was 6) in runtime.yaml"]),
        (6, 2, [2.0], [], ["widening the queue would not help while the venue refuses", "the venue refused 2 calls"]),
        (1, 0, [], [10.0, 11.0], ["2 calls timed out, after 10.50 s on average", "golive venue check okx_paper"]),
    ],
)  # fmt: skip
def test_a_recommendation_says_which_key_to_change_where(
    pending: int, refused: int, waits: list[float], timeouts: list[float], says: list[str]
) -> None:
    queue = dataclasses.replace(facts(refused=refused), peak_pending=pending)
    text = "\n".join(recommendations(summary_of(queue, recorded(waits, timeouts))))
    assert all(part in text for part in says), text
    assert ("burst" in text) is (pending == 6 and not refused)


def test_every_key_that_a_recommendation_names_is_one_of_the_configuration() -> None:
    queue = dataclasses.replace(facts(refused=1), peak_pending=6)
    told = recommendations(summary_of(queue, recorded([], []))) + recommendations(
        summary_of(dataclasses.replace(queue, refused_total=0), recorded([2.0], []))
    )
    keys = set(re.findall(r"\b(?:io_queue|observability)\.[a-z_.]+", " ".join(told)))
    assert len(keys) == 3
    shipped = yaml.safe_load((ROOT / "config/runtime.yaml").read_text())
    for key in keys:
        value = shipped
        for part in key.split("."):
            value = value[part]
        assert value > 0


@pytest.mark.parametrize(
    ("rows", "status"),
    [([], "unknown"), ([0], "ok"), ([1], "breached"), ([None], "unknown"), ([0, 2], "breached"), ([0, None], "unknown")],
)
def test_a_queue_that_judges_is_breached_by_any_time_out_and_unknown_without_a_measurement(
    rows: list[int | None], status: str
) -> None:
    quiet = summary_of(facts(), recorded([], []))
    summaries = [dataclasses.replace(quiet, timeout_total=each) for each in rows]
    others = [
        dataclasses.replace(quiet, environment="okx_live", timeout_total=9),
        dataclasses.replace(quiet, queue="x", timeout_total=9),
    ]
    assert queue_status("okx_paper", "okx_spot", [*others, *summaries]) == status


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
