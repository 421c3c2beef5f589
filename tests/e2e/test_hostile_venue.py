"""A venue that answers badly: counted, classified, never a success, and never an order that is not there."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from support.forked_golive import ForkedHome
from support.golive_process import Finished, Home
from support.long_form import only_in_proof
from support.venue_process import venue_process

pytestmark = pytest.mark.e2e_demo_paper


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose demo has passed."""
    made = ForkedHome(tmp_path_factory.mktemp("home"))
    assert made.run("demo", "--candles", "200").code == 0
    return made


def paper_against(home: Home, fault: str) -> tuple[Finished, list[dict[str, Any]], list[dict[str, Any]]]:
    """Run paper on a venue with this fault; return the run, the venue's orders and the requests it saw."""
    with venue_process("--steps", "200", "--fault", fault) as venue:
        env = {"GOLIVE__ENVIRONMENTS__OKX_PAPER__ENDPOINT": venue.rest}
        done = home.run("paper", "--speed", "max", env=env)
        return done, venue.orders(), venue.requests(500)


def logged(home: Home, run_id: str) -> set[str]:
    """Return the events that the log has since a run began."""
    lines = [json.loads(line) for line in (home.path / "logs/runtime/golive.jsonl").read_text().splitlines()]
    began = max(i for i, line in enumerate(lines) if line["event"] == "session_started" and line["fields"]["run_id"] == run_id)
    return {line["event"] for line in lines[began:]}


def raised(home: Home, run_id: str) -> list[str]:
    """Return the titles of the alerts that one run raised."""
    with closing(sqlite3.connect(home.path / "var/state/alerts/outbox.sqlite")) as outbox:
        found = outbox.execute("SELECT title FROM outbox WHERE json_extract(context, '$.run_id') = ?", (run_id,))
        return [title for (title,) in found]


@pytest.mark.parametrize(
    "kind",
    ["html", "http_503", "throttle", *only_in_proof("truncated", "empty", "garbage", "http_500", "http_429", "drop_before")],
)
def test_a_venue_that_never_answers_properly_is_counted_and_opens_nothing(home: Home, kind: str) -> None:
    done, orders, _ = paper_against(home, f"{kind},match=/api/v5/*")
    assert done.code == 5, done.stderr
    report = done.report
    entry = report["paper_exchange_metrics"]["okx_desktop_paper"]
    assert any("health_min" in warning for warning in report["warnings"])
    assert entry["network_errors"] > 0
    if kind in ("http_429", "throttle"):
        assert entry["rate_limited_events"] > 0
        assert any("rate_limit_max" in warning for warning in report["warnings"])
    else:
        assert entry["rate_limited_events"] == 0, "what is no rate limit is not counted as one"
    assert report["errors"]
    assert "okx_desktop_paper: health_min is broken" in raised(home, report["run_id"])
    assert {"venue_down", "alert_raised", "window_breached"} <= logged(home, report["run_id"])
    assert "okx_desktop_paper broke " in done.stderr
    assert orders == report["outcome"]["orders"] == []


@pytest.fixture(scope="module")
def healthy(home: Home) -> int:
    """How many probes a venue sees in a session in which nothing goes wrong."""
    _, _, requests = paper_against(home, "delay,match=/nothing,seconds=0")
    return sum("/api/v5/public/time" in str(r) for r in requests)


@pytest.mark.parametrize("kind", ["garbage", *only_in_proof("html", "truncated", "http_429")])
def test_a_venue_that_turns_bad_in_the_middle_ends_in_5_with_what_was_traded_before(home: Home, healthy: int, kind: str) -> None:
    assert healthy >= 2, "one probe at the start and one at the end"
    done, orders, _ = paper_against(home, f"{kind},match=/api/v5/public/time,after={healthy - 1}")
    assert done.code == 5, done.stderr
    report = done.report
    assert report["outcome"]["market"]["candles"] == 200, "the market itself went on"
    assert any("health_min" in warning for warning in report["warnings"])
    assert orders == [], "paper sends no order to a venue"


def test_a_recovered_read_is_one_warning_and_within_the_limit(home: Home) -> None:
    done, _, _ = paper_against(home, "http_500,match=/api/v5/public/time,count=1")
    assert done.code == 0, done.stderr
    entry = done.report["paper_exchange_metrics"]["okx_desktop_paper"]
    assert entry["network_errors_by_severity"] == {"critical": 0, "error": 0, "warning": 1}


def test_an_unreachable_venue_is_neither_replaced_nor_a_success(home: Home) -> None:
    env = {"GOLIVE__ENVIRONMENTS__OKX_PAPER__ENDPOINT": "http://127.0.0.1:9"}
    done = home.run("paper", env=env)
    assert done.code in (5, 6), done.stderr
    assert done.report["evidence_class"] == "custom"
    assert done.report["measured"]["venue"]["pid"] is None, "no embedded venue steps in"


def test_lock_step_with_a_venue_that_has_none_is_a_clear_refusal(home: Home, tmp_path: Path) -> None:
    done = home.run("paper", "--speed", "3", env={"GOLIVE__ENVIRONMENTS__OKX_PAPER__ENDPOINT": "http://127.0.0.1:9"})
    assert done.code == 2
    assert "--speed 3" in done.stderr


def test_a_real_time_session_ends_at_its_deadline_with_a_judged_window(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    quick = "{fast_bars: 2, slow_bars: 3, reversion_bars: 3, breakout_bars: 2, volatility_bars: 5}"
    home.edit("core.yaml", "parameters: {} ", f"parameters: {quick} ")
    done = home.run("demo", "--speed", "1", "--timeframe", "1s", "--max-runtime", "26")  # an average true range takes 15 bars
    report = done.report
    assert done.code == 0, done.stderr
    assert report["speed"] == "1"
    assert report["outcome"]["market"]["candles"] >= 6
    assert report["duration_seconds"] < 45
    assert report["stage_record"]["ok_window_seconds"] >= 5
