"""A drill really breaks what it says: its own venues and processes, measured by what happened, and nothing is left behind."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import json
import signal
import subprocess
import time
from decimal import Decimal
from pathlib import Path

import psutil
import pytest

from golive.cli import main as command_line
from golive.config.resilience_section import Resilience, ServiceLimits
from golive.readiness.resilience.service import Scenario
from golive.runtime.clock import SystemClock
from golive.runtime.drill.run import Drill, keep_drill, run_drill
from support.golive_process import GOLIVE, Home
from support.published import published

EVIDENCE = Path("var/audit/resilience")


@pytest.fixture(scope="module")
def outage() -> Drill:
    """One outage, judged by limits that it breaks."""
    limits = Resilience(venue_outage=ServiceLimits(max_rto_minutes=Decimal("0.001")))
    return asyncio.run(run_drill([Scenario.VENUE_OUTAGE], limits, SystemClock(), "anna"))


def test_an_outage_is_noticed_got_round_and_healed_in_this_order(outage: Drill) -> None:
    (service,) = outage.services
    measured = service.measured
    assert measured.detect_seconds is not None
    assert measured.failover_seconds is not None
    assert measured.reconcile_seconds is not None
    assert measured.recover_seconds is not None
    assert measured.fault_seconds is not None
    assert 0 < measured.detect_seconds < measured.failover_seconds < measured.fault_seconds < measured.recover_seconds
    assert measured.fault_seconds < measured.reconcile_seconds
    assert measured.orders_asked > measured.orders_failed > 0
    assert (measured.orders_duplicated, measured.data_loss_seconds) == (0, 0.0)
    assert (service.status, int(outage.exit_code)) == ("critical", 5)
    (course,) = outage.courses
    assert course.signs[0][1] == "okx_spot"


def test_the_evidence_is_what_was_measured_and_is_signed(
    outage: Drill, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_drill(tmp_path, outage, SystemClock(), "anna")
    names = ("failover_summary.json", "self_healing_report.json", "audit_summary.json")
    failover, healing, audit = (published((tmp_path / EVIDENCE / name).read_text()) for name in names)
    (row,) = failover["services"]
    assert set(row) == {
        "name", "detect_seconds", "failover_seconds", "reconcile_seconds", "recover_seconds", "orders_failed",
        "orders_duplicated", "max_rto_minutes", "max_rpo_minutes", "status",
    }  # fmt: skip
    assert set(failover) == {"schema", "drill", "executed_at", "services"}
    assert failover["services"] == healing["services"] == audit["services"]
    assert (row["status"], audit["status"], audit["stage"], audit["operator"]) == ("critical", "critical", "rehearsal", "anna")
    told = list(csv.DictReader((tmp_path / EVIDENCE / "failover_summary.csv").read_text().splitlines()))
    assert [(each["name"], float(each["recover_seconds"]), each["status"]) for each in told] == [
        ("venue_outage", row["recover_seconds"], "critical")
    ]
    for each in audit["files"]:
        assert hashlib.sha256((tmp_path / each["path"]).read_bytes()).hexdigest() == each["sha256"]
    log = (tmp_path / "audit/decision_logs/live_execution.jsonl").read_text().splitlines()
    (step,) = [body for line in log if (body := json.loads(line)["body"]).get("step") == "resilience_drill"]
    assert (step["status"], step["stage"], len(step["artefacts"])) == ("critical", "rehearsal", 4)
    for each in step["artefacts"]:
        assert hashlib.sha256((tmp_path / each["path"]).read_bytes()).hexdigest() == each["sha256"]
    assert command_line.main(["audit", "verify", "--all", "--home", str(tmp_path)]) == 0, capsys.readouterr()


def test_a_killed_process_has_a_successor_that_finds_its_order(tmp_path: Path) -> None:
    home = Home(tmp_path)
    done = home.golive("drill", "run", "--scenario", "process_kill", "--json")
    assert done.code == 0, done.stderr
    (row,) = published(done.stdout)["services"]
    assert 0 < row["detect_seconds"] < row["failover_seconds"] < row["reconcile_seconds"] < row["recover_seconds"] < 30
    assert row["orders_failed"] <= 1, "the one in flight; on a busy machine it may not have left before the kill"
    assert (row["orders_duplicated"], row["status"]) == (0, "ok")
    assert json.loads((tmp_path / EVIDENCE / "failover_summary.json").read_text()) == json.loads(done.stdout)


def test_a_drill_that_is_stopped_leaves_no_process_no_folder_and_no_evidence(tmp_path: Path) -> None:
    (scratch := tmp_path / "scratch").mkdir()
    home = Home(tmp_path / "home")
    command = [*GOLIVE, "drill", "run", "--scenario", "process_kill", "--home", str(home.path)]
    running = subprocess.Popen(command, env={**home.env, "TMPDIR": str(scratch)}, stderr=subprocess.PIPE, text=True)
    children: list[psutil.Process] = []
    for _ in range(1000):  # a venue and the process that trades there
        children = psutil.Process(running.pid).children(recursive=True)
        if len(children) >= 2:
            break
        time.sleep(0.02)
    assert len(children) >= 2
    assert len(list(scratch.iterdir())) == 1
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=20)
    assert (running.returncode, "nothing was written" in said) == (6, True)
    assert psutil.wait_procs(children, timeout=5)[1] == []
    assert list(scratch.iterdir()) == []
    assert not (home.path / "var").exists()


def test_a_scenario_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Home(tmp_path)
    assert command_line.main(["drill", "run", "--scenario", "flood", "--home", str(tmp_path)]) == 2
    assert "process_kill" in capsys.readouterr().err
