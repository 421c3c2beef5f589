"""A session as a real process: it measures itself, a killed one is missing from then on, and nothing it writes tells its keys."""

from __future__ import annotations

import json
import re
import signal
import time
from pathlib import Path

import pytest

from golive.storage.indicator_store import read_indicator
from support.forked_golive import ForkedHome
from support.golive_process import Home, wait_for_file
from support.published import published

pytestmark = pytest.mark.e2e_demo_paper
OKX = "okx_desktop_paper"


def kept(home: Home, indicator: str) -> int:
    found = read_indicator(home.path, OKX, indicator, 0)
    return len(found.samples) or len(found.spans)


def test_a_session_measures_itself_and_a_killed_one_is_down(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    ready = tmp_path / "ready.json"
    process = home.start("demo", "--speed", "600", "--max-runtime", "0", "--ready-file", str(ready))
    try:
        wait_for_file(ready, timeout_s=60)
        deadline = time.monotonic() + 60
        while kept(home, "decision_latency_ms") < 20 or not kept(home, "risk_service_up"):
            assert time.monotonic() < deadline, "nothing was measured"
            time.sleep(0.2)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
    asked = home.golive("slo", "report", "--json", "decision_latency_p95", "risk_service_available", "--label", "stage=demo")
    results = published(asked.stdout)["results"]
    latency = results["decision_latency_p95"]
    assert latency["sample_size"] >= 20
    assert latency["value"] > 0
    assert latency["error_budget"]["allowed"] == 0.05
    for indicator in ("bot_exchange_latency_seconds", "bot_exchange_request_success", "bot_exchange_health_status"):
        assert kept(home, indicator), indicator
    time.sleep(max(0.0, 6 - (time.time() - _last_seen(home))))
    later = published(home.golive("slo", "report", "--json", "risk_service_available").stdout)["results"][
        "risk_service_available"
    ]
    assert later["error_budget"]["used"] > 0, "it was killed and has not run since"


def _last_seen(home: Home) -> float:
    return read_indicator(home.path, OKX, "risk_service_up", 0).runs[-1].seen / 1e9


def test_a_simulation_measures_nothing(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    done = home.run("demo", "--candles", "60", "--lang", "pl", "--log-level", "info")
    assert done.code in (0, 6), done.stderr
    assert not (tmp_path / "var/state/slo").exists()
    assert home.golive("slo", "report").code == 6
    told = [json.loads(line) for line in (tmp_path / "logs/runtime/golive.jsonl").read_text().splitlines()]
    events = [each["event"] for each in told]
    assert events[0] == "session_started"
    assert events[-1] == "session_ended"
    assert told[-1]["fields"]["exit_code"] == done.code
    assert re.search(r"^\d\d:\d\d:\d\d info: sesja się zakończyła", done.stderr, re.MULTILINE)


def test_what_stops_a_session_is_told_on_the_console_and_in_the_log(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    done = home.run("paper", "--candles", "60", "--lang", "pl")
    assert done.code == 3
    assert "błąd: sesja nie może się zacząć" in done.stderr
    assert "session_blocked" in (tmp_path / "logs/runtime/golive.jsonl").read_text()
