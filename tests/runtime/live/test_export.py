"""The text of the live series is what Prometheus reads; the file is whole or not there, and goes on from process to process."""

from __future__ import annotations

import fcntl
import math
import shutil
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from golive.metrics.declaration import EXCHANGE_REQUESTS, LIVE_FALLBACK, LIVE_LATENCY, LIVE_ORDERS, LIVE_UNKNOWN
from golive.metrics.recorder import MemoryRecorder
from golive.model.errors import JournalError
from golive.runtime.live import export
from golive.runtime.live.export import LiveExport
from golive.runtime.live.exposition import MalformedExposition, exposition, read_exposition


def recorded(exchange: str = "okx", orders: int = 3, unknown: int = 2) -> MemoryRecorder:
    recorder = MemoryRecorder()
    recorder.count(LIVE_ORDERS, orders, exchange=exchange, route='a "quoted" \\ route\n', result="filled")
    recorder.count(LIVE_FALLBACK, 1, route="main", from_exchange=exchange, to_exchange="bybit", reason="queue_full")
    recorder.set(LIVE_UNKNOWN, unknown, exchange=exchange)
    for seconds in (0.004, 0.3, 7.5):
        recorder.observe(LIVE_LATENCY, seconds, exchange=exchange, route="main", result="accepted")
    recorder.count(EXCHANGE_REQUESTS, exchange=exchange, environment="okx_live", status="ok")
    return recorder


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "metrics" / "live_router.prom"


def samples(path: Path, name: str) -> dict[str, float]:
    """By exchange."""
    families = text_string_to_metric_families(path.read_text())
    return {each.labels["exchange"]: each.value for family in families for each in family.samples if each.name == name}


def test_prometheus_reads_back_what_was_recorded(path: Path) -> None:
    LiveExport(path, recorded()).write()
    families = {family.name: family for family in text_string_to_metric_families(path.read_text())}
    assert set(families) == {"live_orders", "live_orders_fallback", "live_orders_unknown", "live_execution_latency_seconds"}
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


def test_a_collector_of_another_user_reads_it(path: Path) -> None:
    LiveExport(path, recorded()).write()
    assert stat.S_IMODE(path.stat().st_mode) == 0o644
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o755


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian package prometheus) is not installed")
def test_promtool_takes_the_file(path: Path) -> None:
    LiveExport(path, recorded("kraken")).write()
    LiveExport(path, recorded()).write()
    done = subprocess.run(["promtool", "check", "metrics"], input=path.read_text(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_what_one_process_counted_goes_on_in_the_next_and_other_venues_stay(path: Path) -> None:
    LiveExport(path, recorded("kraken", 7)).write()
    LiveExport(path, recorded("okx", 3)).write()
    later = recorded("okx", 2, unknown=0)
    again = LiveExport(path, later)
    again.write()
    assert samples(path, "live_orders_total") == {"kraken": 7, "okx": 5}
    assert samples(path, "live_execution_latency_seconds_count") == {"kraken": 3, "okx": 6}
    assert samples(path, "live_execution_latency_seconds_sum")["okx"] == pytest.approx(15.608)
    assert samples(path, "live_orders_unknown") == {"kraken": 2, "okx": 0}, "a gauge is what it is now"
    again.write()
    assert samples(path, "live_orders_total")["okx"] == 5, "what was written once is not counted again"
    LiveExport(path, recorded("okx", 1)).write()
    later.count(LIVE_ORDERS, 10, exchange="okx", route='a "quoted" \\ route\n', result="filled")
    again.write()
    assert samples(path, "live_orders_total") == {"kraken": 7, "okx": 16}


def test_processes_that_write_at_the_same_time_lose_nothing(path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: LiveExport(path, recorded("okx", n)).write(), range(1, 25)))
    assert samples(path, "live_orders_total") == {"okx": sum(range(1, 25))}
    assert sorted(each.name for each in path.parent.iterdir()) == [".live_router.prom.lock", "live_router.prom"]


def test_a_file_that_went_away_begins_with_all_that_this_process_counted(path: Path) -> None:
    here = LiveExport(path, recorded("okx", 3))
    here.write()
    path.unlink()
    assert here.write() == ""
    assert samples(path, "live_orders_total") == {"okx": 3}


@pytest.mark.parametrize(
    "text",
    [
        '{"seq":1,"type":"order"}\n',
        "node_load1 0.5\n",
        'live_orders_total{exchange="okx",route="main",result="lost"} 1\n',
        'live_orders_total{exchange="okx",route="main"} 1\n',
        'live_orders_total{exchange="okx",route="main",result="filled"} -1\n',
        'live_orders_total{exchange="okx",route="main",result="filled"} NaN\n',
        'live_orders_total{exchange="okx",route="main",result="filled"} 1',
        'live_queue_wait_seconds_bucket{exchange="okx",le="0.005"} 1\n',
        'live_queue_wait_seconds_count{exchange="okx"} 1\n',
        "live_orders_total{exchange=\n",
        "\0",
    ],
)
def test_what_is_no_export_is_kept_beside_the_new_one(path: Path, text: str) -> None:
    path.parent.mkdir()
    path.write_text(text)
    told = LiveExport(path, recorded()).write()
    assert "live_router.prom.damaged-1" in told
    assert (path.parent / "live_router.prom.damaged-1").read_text() == text
    assert samples(path, "live_orders_total") == {"okx": 3}
    path.write_bytes(b"\xff\n")
    assert "live_router.prom.damaged-2" in LiveExport(path, recorded()).write()


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path, path: Path) -> None:
    (tmp_path / "metrics").write_text("in the way")
    with pytest.raises(JournalError):
        LiveExport(path, recorded()).write()


def test_a_folder_in_the_way_is_an_error(path: Path) -> None:
    path.mkdir(parents=True)
    with pytest.raises(JournalError, match="cannot be read"):
        LiveExport(path, recorded()).write()


def test_a_process_that_keeps_the_file_is_not_waited_for_for_ever(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "PATIENCE_S", 0.05)
    path.parent.mkdir()
    with (path.parent / ".live_router.prom.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(JournalError, match="another process"):
            LiveExport(path, recorded()).write()


@given(st.text(alphabet='live_ordstaquwcnkbymp{}="\n 0123456789.+-eE#,\\', max_size=300))
def test_any_text_is_an_export_or_is_said_to_be_none(text: str) -> None:
    try:
        kept = read_exposition(text)
    except MalformedExposition:
        return
    assert read_exposition(exposition(kept)) == kept


@given(
    st.lists(st.tuples(st.sampled_from(["okx", "kraken"]), st.integers(0, 10**9), st.floats(0, 1e6)), max_size=6),
    st.text(min_size=1, max_size=12).filter(
        lambda text: "\r" not in text and not set(text) & set("\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
    ),
)
def test_what_is_written_is_read_back_as_it_was(rows: list[tuple[str, int, float]], route: str) -> None:
    recorder = MemoryRecorder()
    for exchange, orders, seconds in rows:
        recorder.count(LIVE_ORDERS, orders, exchange=exchange, route=route, result="filled")
        recorder.observe(LIVE_LATENCY, seconds, exchange=exchange, route=route, result="accepted")
    live = {(m.name, tuple(labels.values())): each for m, series in recorder.snapshot() for labels, each in series}
    assert read_exposition(exposition(live)) == live
