"""The in-process recorder: what exists, what adds up, what is refused."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.metrics import declaration as m
from golive.metrics.declaration import DECLARED, Metric, MetricType
from golive.metrics.recorder import MemoryRecorder

LABELS = {"exchange": "okx", "environment": "okx_paper"}


def test_what_was_never_created_is_absent_and_what_was_is_zero() -> None:
    recorder = MemoryRecorder()
    assert recorder.value("bot_exchange_rate_limited_total", **LABELS) is None
    recorder.create(m.EXCHANGE_RATE_LIMITED, **LABELS)
    assert recorder.value("bot_exchange_rate_limited_total", **LABELS) == 0
    assert recorder.value("bot_exchange_rate_limited_total", exchange="okx", environment="other") is None


def test_creating_again_keeps_what_was_counted() -> None:
    recorder = MemoryRecorder()
    recorder.count(m.EXCHANGE_RATE_LIMITED, 3, **LABELS)
    recorder.create(m.EXCHANGE_RATE_LIMITED, **LABELS)
    assert recorder.value("bot_exchange_rate_limited_total", **LABELS) == 3


def test_a_query_with_other_labels_finds_nothing() -> None:
    recorder = MemoryRecorder()
    recorder.create(m.EXCHANGE_RATE_LIMITED, **LABELS)
    assert recorder.value("bot_exchange_rate_limited_total", exchange="okx") is None
    assert recorder.value("bot_exchange_rate_limited_total", **LABELS, severity="error") is None


@pytest.mark.parametrize(
    "labels",
    [{"exchange": "okx"}, {**LABELS, "more": "x"}, {"exchange": "okx", "env": "okx_paper"}],
)
def test_a_sample_needs_exactly_the_declared_labels(labels: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="takes labels"):
        MemoryRecorder().create(m.EXCHANGE_RATE_LIMITED, **labels)


def test_a_label_value_outside_its_closed_set_is_refused() -> None:
    with pytest.raises(ValueError, match="severity='fatal' is not one of"):
        MemoryRecorder().count(m.EXCHANGE_ERRORS, 1, severity="fatal", **LABELS)


@pytest.mark.parametrize("amount", [-1, float("nan"), float("-inf")])
def test_a_counter_never_falls(amount: float) -> None:
    with pytest.raises(ValueError, match="needs a counter"):
        MemoryRecorder().count(m.EXCHANGE_RATE_LIMITED, amount, **LABELS)


def test_an_infinite_amount_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a counter"):
        MemoryRecorder().count(m.EXCHANGE_RATE_LIMITED, float("inf"), **LABELS)


def test_each_kind_of_metric_has_its_own_verb() -> None:
    recorder = MemoryRecorder()
    with pytest.raises(ValueError, match="needs a gauge"):
        recorder.set(m.EXCHANGE_RATE_LIMITED, 1, **LABELS)
    with pytest.raises(ValueError, match="needs a histogram"):
        recorder.observe(m.EXCHANGE_HEALTH, 1, **LABELS)
    with pytest.raises(ValueError, match="needs a counter"):
        recorder.count(m.EXCHANGE_HEALTH, 1, **LABELS)
    with pytest.raises(ValueError, match="needs a gauge and a number"):
        recorder.set(m.EXCHANGE_HEALTH, float("nan"), **LABELS)


def test_an_observation_falls_into_the_first_bucket_that_holds_it() -> None:
    recorder = MemoryRecorder()
    for seconds in (0.005, 0.0051, 10.0, 11.0):
        recorder.observe(m.EXCHANGE_LATENCY, seconds, **LABELS)
    [(metric, [(_, series)])] = list(recorder.snapshot())
    assert metric is m.EXCHANGE_LATENCY
    assert series.counts == [1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]
    assert recorder.value("bot_exchange_latency_seconds", **LABELS) == 4


@given(st.lists(st.floats(min_value=0, max_value=100)))
def test_a_histogram_counts_and_sums_every_observation(observations: list[float]) -> None:
    recorder = MemoryRecorder()
    recorder.create(m.EXCHANGE_LATENCY, **LABELS)
    for seconds in observations:
        recorder.observe(m.EXCHANGE_LATENCY, seconds, **LABELS)
    [(_, [(_, series)])] = list(recorder.snapshot())
    assert sum(series.counts) == series.value == len(observations)
    assert recorder.total("bot_exchange_latency_seconds", **LABELS) == pytest.approx(sum(observations))


def test_only_a_histogram_has_a_total() -> None:
    recorder = MemoryRecorder()
    recorder.count(m.EXCHANGE_RATE_LIMITED, 2, **LABELS)
    assert recorder.total("bot_exchange_rate_limited_total", **LABELS) is None
    assert recorder.total("bot_exchange_latency_seconds", **LABELS) is None


def test_a_snapshot_is_a_copy_sorted_by_name_and_labels() -> None:
    recorder = MemoryRecorder()
    recorder.count(m.EXCHANGE_RATE_LIMITED, 1, exchange="okx", environment="okx_paper")
    recorder.count(m.EXCHANGE_RATE_LIMITED, 1, exchange="kraken", environment="kraken_paper")
    recorder.count(m.EXCHANGE_ERRORS, 1, severity="warning", **LABELS)
    snapshot = list(recorder.snapshot())
    recorder.count(m.EXCHANGE_RATE_LIMITED, 5, **LABELS)
    assert [metric.name for metric, _ in snapshot] == ["bot_exchange_errors_total", "bot_exchange_rate_limited_total"]
    assert [(labels["exchange"], series.value) for labels, series in snapshot[1][1]] == [("kraken", 1), ("okx", 1)]


def test_counts_from_many_threads_all_arrive() -> None:
    recorder = MemoryRecorder()

    def count() -> None:
        for _ in range(2000):
            recorder.count(m.EXCHANGE_RATE_LIMITED, 1, **LABELS)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert recorder.value("bot_exchange_rate_limited_total", **LABELS) == 8000


def test_a_metric_that_is_not_declared_cannot_be_recorded() -> None:
    stranger = Metric("somebody_elses_total", MetricType.COUNTER, "Not ours.")
    with pytest.raises(ValueError, match="somebody_elses_total is not declared"):
        MemoryRecorder().count(stranger)


def test_a_second_declaration_of_a_known_name_cannot_be_recorded() -> None:
    impostor = Metric("bot_exchange_rate_limited_total", MetricType.GAUGE, "Another kind.", ("exchange",))
    with pytest.raises(ValueError, match="is not declared"):
        MemoryRecorder().set(impostor, 1, exchange="okx")


@pytest.mark.parametrize("metric", DECLARED.values(), ids=lambda metric: metric.name)
def test_a_declaration_is_sound(metric: Metric) -> None:
    assert set(metric.closed) <= set(metric.labels)
    assert (metric.type is MetricType.COUNTER) == metric.name.endswith("_total")
    assert (metric.type is MetricType.HISTOGRAM) == bool(metric.buckets)
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert metric.help.endswith(".")


def test_the_metrics_of_the_contract_are_declared_with_their_labels() -> None:
    contract = {
        "bot_exchange_requests_total": ("exchange", "environment", "status"),
        "bot_exchange_errors_total": ("exchange", "environment", "severity"),
        "bot_exchange_rate_limited_total": ("exchange", "environment"),
        "bot_exchange_health_status": ("exchange", "environment"),
        "bot_exchange_latency_seconds": ("exchange", "environment"),
        "bot_exchange_reconnect_required": ("exchange",),
        "exchange_io_inflight": ("queue", "environment"),
        "exchange_io_pending": ("queue", "environment"),
        "exchange_io_rate_limit_wait_total": ("queue", "environment"),
        "exchange_io_rate_limit_wait_seconds": ("queue", "environment"),
        "exchange_io_timeout_total": ("queue", "environment"),
        "exchange_io_timeout_duration_seconds": ("queue", "environment"),
        "paper_orders_total": ("exchange", "result"),
        "paper_orders_rejected_total": ("exchange", "reason"),
        "paper_traded_notional_total": ("exchange",),
        "risk_used_ratio": ("entrypoint", "limit"),
        "risk_decisions_total": ("result", "code"),
        "risk_emergency_mode": ("profile",),
        "golive_build_info": ("version", "revision"),
    }
    assert {name: DECLARED[name].labels for name in contract} == contract
    assert m.EXCHANGE_LATENCY.buckets == (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
    assert set(m.REQUEST_STATUSES) == {"ok", "refused", "rate_limited", "network_error", "timeout", "malformed"}
    assert set(m.SEVERITIES) == {"critical", "error", "warning"}
