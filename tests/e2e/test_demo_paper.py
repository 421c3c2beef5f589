"""Demo → paper as real processes, and what must stop it."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import stat
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import psutil
import pytest

from support.forked_golive import ForkedHome
from support.golive_process import ALONE, ROOT, Home, venue_of, wait_for_file
from support.long_form import only_in_proof
from support.venue_process import venue_process

pytestmark = pytest.mark.e2e_demo_paper
SHORT = ("--candles", "400")


@pytest.fixture(scope="module")
def after_demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home in which demo has passed and nothing else has run; tests take copies of it."""
    home = ForkedHome(tmp_path_factory.mktemp("demo"))
    done = home.run("demo", *SHORT)
    assert done.code == 0, done.stderr + done.stdout[-2000:]
    return home.path


def copied(after_demo: Path, to: Path) -> Home:
    """Return a home of its own in which the same demo has passed."""
    home = ForkedHome(to)
    shutil.copytree(after_demo, to, dirs_exist_ok=True)
    return home


@pytest.fixture(scope="module")
def passed(after_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Home, dict[str, Any]]:
    """A home in which demo and paper have passed, with the report of paper."""
    home = copied(after_demo, tmp_path_factory.mktemp("home"))
    done = home.run("paper", *SHORT)
    assert done.code == 0, done.stderr + done.stdout[-2000:]
    return home, done.report


def test_paper_refuses_without_a_demo_and_names_the_command(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    done = home.run("paper", *SHORT)
    assert done.code == 3
    report = done.report
    assert (report["status"], report["gate"]["verdict"]) == ("blocked", "blocked")
    assert "golive run --mode demo --entrypoint okx_desktop_paper" in report["gate"]["reasons"][0]
    assert report["outcome"]["market"] is None
    assert report["measured"]["requests_total"] == 0, "a blocked session calls no venue"


def test_live_refuses_in_words(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    home.env.pop("GOLIVE__OBSERVABILITY__PROMETHEUS__PORT")  # what is really sent follows the files alone
    done = home.run("live", "--entrypoint", "okx_desktop_live")
    assert done.code == 3
    assert "the gate of okx_desktop_live is shut" in done.report["errors"][0]


def test_keys_are_private_and_no_secret_lies_around(passed: tuple[Home, dict[str, Any]]) -> None:
    home = passed[0].path
    keys = list((home / "var/state/keys/dev").rglob("*"))
    assert keys
    for path in keys:
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_equal_seed_gives_an_equal_outcome_and_another_seed_another(passed: tuple[Home, dict[str, Any]]) -> None:
    home, paper = passed
    again = home.start("paper", *SHORT)  # an interpreter of its own has another hash seed
    assert json.loads(again.communicate(timeout=120)[0])["outcome_sha256"] == paper["outcome_sha256"]
    assert home.run("paper", *SHORT, "--seed", "8").report["outcome_sha256"] != paper["outcome_sha256"]


def test_a_changed_risk_limit_closes_the_door_and_a_demo_that_may_order_nothing_leaves_it_shut(
    after_demo: Path, tmp_path: Path
) -> None:
    home = copied(after_demo, tmp_path)
    home.edit("core.yaml", "max_position_pct: 0.05", "max_position_pct: 0.001")
    assert home.run("paper", *SHORT).code == 3
    tight = home.run("demo", *SHORT)
    assert tight.code == 0
    assert tight.report["outcome"]["decisions"]["by_code"].keys() >= {"RISK_MAX_POSITION"}
    assert tight.report["outcome"]["fills"] == [], "one changed number refuses every order"
    assert tight.report["stage_record"] is None, "nothing was shown of how orders are executed"
    assert "orders were asked for and not one was allowed: the session opens no further stage" in tight.report["warnings"]


def test_a_session_that_decided_nothing_opens_nothing(tmp_path: Path) -> None:
    done = ForkedHome(tmp_path).run("demo", "--candles", "20")
    assert done.code == 6
    assert any("warm-up" in warning for warning in done.report["warnings"])
    assert done.report["stage_record"] is None


def test_a_session_that_monitored_its_own_venue_alone_succeeds_and_opens_nothing(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    done = home.run("demo", "--candles", "200", "--scope", "selected")
    assert done.code == 0, done.stderr
    section = done.report["paper_exchange_metrics"]
    assert section.keys() == {"okx_desktop_paper", "summary"}
    assert (section["summary"]["entrypoints"], section["summary"]["status"], section["summary"]["phase"]) == (1, "ok", "stable")
    assert done.report["stage_record"] is None
    assert any(w.startswith("--scope selected monitored okx_desktop_paper alone") for w in done.report["warnings"])
    assert home.run("paper", *SHORT).code == 3


def test_a_session_is_judged_window_by_window_and_lasts_for_one_of_them_by_itself(tmp_path: Path) -> None:
    home, window = ForkedHome(tmp_path), {"GOLIVE__EXECUTION__REFERENCE_WINDOW_SECONDS": "2"}
    done = home.run("demo", "--speed", "1", "--scope", "selected", env=window)
    windows = done.report["paper_exchange_windows"]
    assert [each["partial"] for each in windows] == [False] * (len(windows) - 1) + [True]
    assert len(windows) > 1
    assert all(one["ended_at"] == following["started_at"] for one, following in itertools.pairwise(windows))
    assert [(each["index"], each["status"], each["breaches"]) for each in windows] == [(n, "ok", []) for n in range(len(windows))]
    entry = done.report["paper_exchange_metrics"]["okx_desktop_paper"]
    assert entry["window"]["started_at"] == windows[-1]["started_at"]
    assert entry["window"]["baseline_at"] >= windows[-1]["started_at"]
    assert entry["health_age_seconds"] < 10, "the session ends with a probe"


@pytest.mark.parametrize("change", ["edited", "deleted"])
def test_a_record_whose_report_is_not_the_signed_one_opens_nothing(after_demo: Path, tmp_path: Path, change: str) -> None:
    home = copied(after_demo, tmp_path)
    [report] = home.reports("demo")
    if change == "edited":
        report.write_text(report.read_text().replace('"status": "success"', '"status": "sucess"'))
    else:
        report.unlink()
    done = home.run("paper", *SHORT)
    assert done.code == 3
    assert report.name in done.report["errors"][0]


def test_a_home_that_cannot_be_written_is_one_clear_line_and_the_report_still_comes_out(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    (home.path / "logs").write_text("in the way of a directory")
    done = home.run("demo", *SHORT)
    assert done.code == 70
    assert "Traceback" not in done.stderr
    assert any("logs" in error for error in done.report["errors"])


def test_a_missing_risk_journal_blocks(after_demo: Path, tmp_path: Path) -> None:
    home = copied(after_demo, tmp_path)
    (home.path / "logs/risk_decisions.jsonl").unlink()
    done = home.run("demo", *SHORT)
    assert done.code == 3
    assert "risk_decisions.jsonl" in done.report["errors"][0]


def test_the_drawdown_stop_holds_until_the_session_ends_and_lets_no_other_begin(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    home.edit("core.yaml", "    hard_drawdown_pct: 0.10\n", "    hard_drawdown_pct: 0.0002\n")
    done = home.run("demo", "--candles", "1200", *ALONE)
    assert done.code == 5
    outcome = done.report["outcome"]
    assert outcome["risk"]["state"] == "REDUCING"
    [breach] = [b for b in outcome["breaches"] if b["code"] == "hard_drawdown_pct"]
    assert all(order["side"] == "sell" for order in outcome["orders"] if order["ts"] > breach["ts"])
    assert outcome["decisions"]["by_code"]["RISK_DRAWDOWN"] > 0
    again = home.run("demo", *SHORT)
    assert again.code == 3
    assert "golive risk release --entrypoint okx_desktop_paper" in again.report["errors"][0]


def test_an_edited_stage_record_opens_nothing(after_demo: Path, tmp_path: Path) -> None:
    home = copied(after_demo, tmp_path)
    record = home.path / "var/audit/stage/okx_desktop_paper.jsonl"
    record.write_text(record.read_text().replace('"verdict":"ok"', '"verdict":"no"'))
    assert home.run("paper", *SHORT).code == 3


def test_refusals_and_errors_of_the_venue_end_in_5_and_name_each_threshold(passed: tuple[Home, dict[str, Any]]) -> None:
    """Each of the two reads is recovered and so one error of severity `warning`: one is allowed."""
    home = passed[0]
    faults = (
        "http_429,match=/api/v5/public/time,count=2,retry_after=0.1",
        "drop_before,match=/api/v5/public/instruments,count=1",
    )
    with venue_process("--steps", "300", *(word for fault in faults for word in ("--fault", fault))) as venue:
        env = {"GOLIVE__ENVIRONMENTS__OKX_PAPER__ENDPOINT": venue.rest}
        done = home.run("paper", "--speed", "max", env=env)
    assert done.code == 5, done.stderr
    report = done.report
    entry = report["paper_exchange_metrics"]["okx_desktop_paper"]
    assert (report["status"], entry["status"], entry["rate_limited_events"]) == ("breached", "breached", 2)
    assert [w for w in report["warnings"] if w.startswith("[paper:")] == [
        "[paper:okx_desktop_paper] rate_limit 2 breaches rate_limit_max: required <= 0",
        "[paper:okx_desktop_paper] network_errors 2 breaches network_errors_max: required <= 1",
    ]
    assert entry["network_errors_by_severity"] == {"critical": 0, "error": 0, "warning": 2}
    assert report["evidence_class"] == "custom"
    assert report["stage_record"]["stage"] == "demo", "a breached session leaves no record of its own"


@pytest.mark.parametrize("mode", ["paper", *only_in_proof("demo")])
def test_killing_the_venue_in_the_middle_is_never_a_success(
    passed: tuple[Home, dict[str, Any]], tmp_path: Path, mode: str
) -> None:
    home, ready = passed[0], tmp_path / "ready.json"
    process = home.start(mode, "--candles", "200000", *ALONE, "--ready-file", str(ready))
    wait_for_file(ready)
    venue_of(process, "okx").kill()
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode in (5, 6), stderr
    report = json.loads(stdout)
    assert report["status"] in ("breached", "unknown")
    assert any("health_min" in warning for warning in report["warnings"])
    assert report["errors"]


def test_a_venue_that_hangs_ends_the_session_within_its_bounds(passed: tuple[Home, dict[str, Any]], tmp_path: Path) -> None:
    home, ready = passed[0], tmp_path / "ready.json"
    process = home.start("demo", "--candles", "200000", *ALONE, "--ready-file", str(ready))
    wait_for_file(ready)
    venue = venue_of(process, "okx")
    venue.suspend()
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == 5, stderr
    report = json.loads(stdout)
    assert any("health_min" in warning for warning in report["warnings"])
    assert report["paper_exchange_metrics"]["okx_desktop_paper"]["health_status"] == 0
    assert not venue.is_running()


@pytest.mark.parametrize("signum", [signal.SIGTERM, *only_in_proof(signal.SIGINT)])
def test_a_signal_ends_the_session_with_a_complete_report(
    passed: tuple[Home, dict[str, Any]], tmp_path: Path, signum: int
) -> None:
    home, ready = passed[0], tmp_path / "ready.json"
    process = home.start("demo", "--candles", "200000", *ALONE, "--ready-file", str(ready))
    wait_for_file(ready)
    children = psutil.Process(process.pid).children()
    process.send_signal(signum)
    stdout, stderr = process.communicate(timeout=30)
    report = json.loads(stdout)
    assert process.returncode == report["exit_code"], stderr
    assert report["finished_at"] is not None
    schema = json.loads((ROOT / "docs/schemas/golive.run_report.v1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(report)
    _gone, alive = psutil.wait_procs(children, timeout=5)
    assert not alive, "the embedded venue must end with its session"


def test_a_killed_session_takes_its_venue_along_and_leaves_the_entrypoint_free(tmp_path: Path) -> None:
    home, ready = ForkedHome(tmp_path), tmp_path / "ready.json"
    process = home.start("demo", "--candles", "200000", *ALONE, "--ready-file", str(ready))
    wait_for_file(ready)
    children = psutil.Process(process.pid).children()
    second = home.run("demo", *SHORT)
    assert second.code == 3, "two sessions of one entrypoint"
    assert str(process.pid) in second.report["errors"][0]
    process.kill()
    process.communicate(timeout=10)
    _, alive = psutil.wait_procs(children, timeout=5)
    assert not alive
    assert home.golive("audit", "verify", "--all").code == 6, "a crashed session's store is unfinished until the next start"
    assert home.run("demo", *SHORT).code == 0
    done = home.golive("audit", "verify", "--all")
    assert done.code == 0, done.stdout + done.stderr


def test_the_report_is_refreshed_while_the_session_runs_and_cannot_be_mistaken_for_a_final_one(tmp_path: Path) -> None:
    home, ready = ForkedHome(tmp_path), tmp_path / "ready.json"
    process = home.start("demo", "--candles", "200000", *ALONE, "--ready-file", str(ready))
    try:
        wait_for_file(ready)
        import time

        deadline = time.monotonic() + 20
        while not home.reports("demo"):
            assert time.monotonic() < deadline
            time.sleep(0.1)
        interim = json.loads(home.reports("demo")[0].read_text())
        assert (interim["finished_at"], interim["status"], interim["exit_code"]) == (None, "unknown", 6)
        schema = json.loads((ROOT / "docs/schemas/golive.run_report.v1.json").read_text())
        jsonschema.Draft202012Validator(schema).validate(interim)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_manual_confirmation_orders_nothing(tmp_path: Path) -> None:
    report = ForkedHome(tmp_path).run("demo", *SHORT, "--manual-confirm").report
    assert report["outcome"]["orders"] == []
    assert report["outcome"]["decisions"]["by_code"].keys() == {"NOT_CONFIRMED"}


def test_auto_trade_off_decides_and_orders_nothing(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    home.edit("runtime.yaml", "enable_auto_trade: true", "enable_auto_trade: false")
    report = home.run("demo", *SHORT).report
    assert report["outcome"]["orders"] == []
    assert report["outcome"]["decisions"]["by_code"].keys() == {"AUTO_TRADE_OFF"}


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--speed", "fast"), "--speed fast"),
        (("--symbol", "DOGE/USDT"), "known: BTC/USDT"),
        (("--timeframe", "7m"), "known: 1s"),
        (("--data", "nowhere.csv"), "not a file"),
        (("--seed", "99999999999999999999"), "--seed"),
        (("--entrypoint", "okx_desktop_papr"), "okx_desktop_paper"),
        (("--candles", "0"), "--candles"),
    ],
)
def test_a_wrong_option_is_named_and_changes_nothing(tmp_path: Path, words: tuple[str, ...], part: str) -> None:
    home = ForkedHome(tmp_path)
    done = home.run("demo", *words)
    assert done.code == 2
    assert part in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home.path / "var").exists()
    assert not (home.path / "logs").exists()


def test_unreadable_data_is_named_with_its_line(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    bad = tmp_path / "bad.csv"
    bad.write_text("timestamp,open,high,low,close,volume\n2024-01-01 00:00:00,1,2,1,1,5\n2024-01-01 00:01:00,1,abc,1,1,5\n")
    done = home.run("demo", "--data", str(bad))
    assert done.code == 2
    assert "bad.csv" in done.stderr
    assert "3" in done.stderr


def test_the_runbooks_script_is_executable_and_is_the_same_command(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    script = ROOT / "scripts/run_local_bot.py"
    assert os.access(script, os.X_OK)
    done = subprocess.run(
        [str(script), "--mode", "paper", "--entrypoint", "okx_desktop_paper", "--home", str(home.path)],
        env=home.env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 3, done.stderr
    assert "--mode demo" in done.stdout + done.stderr
