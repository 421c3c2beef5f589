"""The text of the live series is what Prometheus reads, and the file is whole or not there."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from golive.metrics.declaration import EXCHANGE_REQUESTS, LIVE_LATENCY, LIVE_ORDERS, LIVE_UNKNOWN
from golive.metrics.recorder import MemoryRecorder
from golive.model.errors import JournalError
from golive.runtime.live.export import exposition, write_exposition


def recorded() -> MemoryRecorder:
    recorder = MemoryRecorder()
    recorder.count(LIVE_ORDERS, 3, exchange="okx", route='a "quoted" \\ route\n', result="filled")
    recorder.set(LIVE_UNKNOWN, 2, exchange="okx")
    for seconds in (0.004, 0.3, 7.5):
        recorder.observe(LIVE_LATENCY, seconds, exchange="okx", route="main", result="accepted")
    recorder.count(EXCHANGE_REQUESTS, exchange="okx", environment="okx_live", status="ok")
    return recorder


def test_prometheus_reads_back_what_was_recorded() -> None:
    families = {family.name: family for family in text_string_to_metric_families(exposition(recorded()))}
    assert set(families) == {"live_orders", "live_orders_unknown", "live_execution_latency_seconds"}
    (orders,) = families["live_orders"].samples
    assert (orders.labels["route"], orders.value) == ('a "quoted" \\ route\n', 3)
    latency = families["live_execution_latency_seconds"].samples
    buckets = {float(each.labels["le"]): each.value for each in latency if each.name.endswith("_bucket")}
    assert buckets[0.005] == 1
    assert buckets[0.35] == 2
    assert buckets[math.inf] == 3
    assert next(each.value for each in latency if each.name.endswith("_sum")) == pytest.approx(7.804)
    assert families["live_orders"].type == "counter"
    assert families["live_execution_latency_seconds"].type == "histogram"


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "metrics" / "live_router.prom"
    recorder = recorded()
    write_exposition(path, recorder)
    first = path.read_text()
    recorder.set(LIVE_UNKNOWN, 0, exchange="okx")
    write_exposition(path, recorder)
    assert path.read_text() == exposition(recorder) != first
    assert [each.name for each in path.parent.iterdir()] == ["live_router.prom"]


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "metrics").write_text("in the way")
    with pytest.raises(JournalError):
        write_exposition(tmp_path / "metrics" / "live_router.prom", recorded())
