"""Paper on the record of a real home: what sessions left opens, and whatever is taken, changed or put back does not."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from golive.model.clock import DAY, SECOND
from golive.model.verdict import Stage, Verdict
from golive.readiness.finding import Finding, Status
from golive.runtime.readiness.checklist import examine
from golive.runtime.readiness.paper import _passed, digest_of, limits_evidence, paper_evidence
from golive.runtime.readiness.scene import Scene
from golive.storage.lease import Lease
from golive.storage.stage_records import DIRECTORY
from support.durable import ENTRYPOINT, START, ToldClock, stage_record
from support.paper_record import LIMITS, failed_session, passed_session, running_session
from support.readiness_scene import production_scene, rehearsal_scene

BEGIN = START - 2 * DAY
LENGTH = DAY // SECOND
STAGE = DIRECTORY / f"{ENTRYPOINT}.jsonl"


@pytest.fixture(scope="module")
def good_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("paper")
    scene = rehearsal_scene(home, ("paper_days: 7 ", "paper_days: 1 "))
    passed_session(home, digest_of(scene, scene.live), begin=BEGIN, seconds=LENGTH)
    return home


@pytest.fixture
def home(good_home: Path, tmp_path: Path) -> Path:
    return shutil.copytree(good_home, tmp_path / "home")


def scene_in(home: Path, now: int = START) -> Scene:
    return rehearsal_scene(home, clock=ToldClock(now))


def found(home: Path, now: int = START) -> tuple[Finding, Finding]:
    scene = scene_in(home, now)
    return examine(scene, "paper_gate"), examine(scene, "limits_vs_paper")


def test_what_a_session_left_is_ok_for_the_live_entrypoint(home: Path) -> None:
    gate, limits = found(home)
    assert (gate.status, limits.status) == (Status.OK, Status.OK), (gate.reasons, limits.reasons)
    assert [each.path for each in gate.evidence] == [str(STAGE), *(f"logs/e2e/{p.name}" for p in (home / "logs/e2e").iterdir())]
    assert all(len(each.sha256) == 64 and each.age_seconds == LENGTH for each in gate.evidence)
    assert isinstance(limits.measured, dict)
    assert limits.measured["max_position_pct"] == LIMITS["max_position_pct"]


def cut(home: Path) -> None:
    path = home / STAGE
    path.write_bytes(path.read_bytes().rpartition(b"\n{")[0] + b"\n")


def edited(home: Path) -> None:
    path = home / STAGE
    path.write_bytes(path.read_bytes().replace(b'"speed":"1"', b'"speed":"9"'))


def gone(home: Path) -> None:
    (home / STAGE).unlink()
    (home / STAGE).with_suffix(".seal.json").unlink()


def without_keys(home: Path) -> None:
    shutil.rmtree(home / "var/state/keys")


def other_report(home: Path) -> None:
    (path,) = (home / "logs/e2e").iterdir()
    path.write_text(path.read_text().replace(LIMITS["max_position_pct"], "0.002"))


def no_report(home: Path) -> None:
    (path,) = (home / "logs/e2e").iterdir()
    path.unlink()


@pytest.mark.parametrize(
    ("harm", "status", "says"),
    [
        (cut, Status.BLOCKED, "tampered"),
        (edited, Status.BLOCKED, "tampered"),
        (gone, Status.UNKNOWN, "there are seals of it"),
        (without_keys, Status.UNKNOWN, "keys that signed it are gone"),
        (other_report, Status.BLOCKED, "not the one that was signed"),
        (no_report, Status.BLOCKED, "cannot be read"),
    ],
)
def test_what_was_changed_or_is_gone_opens_nothing(home: Path, harm: Callable[[Path], None], status: Status, says: str) -> None:
    harm(home)
    for each in found(home):
        assert each.status is status
        assert says in each.reasons[0]


def test_a_session_that_left_no_record_counts_against_by_its_store_alone(home: Path) -> None:
    digest = digest_of(scene_in(home), scene_in(home).live)
    failed_session(home, digest, begin=BEGIN - DAY, run="1" * 32)
    failed_session(home, digest, begin=START - 2000 * SECOND, run="2" * 32, scope="selected")
    failed_session(home, digest, begin=START - 1900 * SECOND, run="3" * 32, **{"read-only": "read_only_option"})
    assert found(home)[0].status is Status.OK
    store = failed_session(home, digest, begin=START - 1000 * SECOND)
    gate = found(home)[0]
    assert gate.status is Status.BLOCKED
    assert f"the last paper session, {store.stem}, did not pass" in gate.reasons
    with sqlite3.connect(store) as connection:
        connection.execute("DROP TRIGGER IF EXISTS session_update")
        connection.execute("PRAGMA writable_schema = 1")
        triggers = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'")]
        for name in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE session SET value = replace(value, '\"all\"', '\"selected\"') WHERE key = 'terms'")
    connection.close()
    gate = found(home)[0]
    assert (gate.status, "tampered" in gate.reasons[0]) == (Status.BLOCKED, True)


def test_a_running_session_is_not_judged_and_those_before_it_are(home: Path) -> None:
    digest = digest_of(scene_in(home), scene_in(home).live)
    running_session(home, digest, begin=START - 1000 * SECOND)
    lease = Lease.acquire(home, ENTRYPOINT)
    try:
        assert found(home)[0].status is Status.OK
        running_session(home, digest, begin=START - 2000 * SECOND, run="1" * 32)
        assert "did not pass" in found(home)[0].reasons[0]
    finally:
        lease.release()
    assert found(home)[0].status is Status.BLOCKED


@pytest.mark.parametrize("windows", [[{"status": "ok"}, {"status": "breached"}], None])
def test_the_report_of_every_session_that_counts_is_judged(home: Path, windows: list[dict[str, str]] | None) -> None:
    digest = digest_of(scene_in(home), scene_in(home).live)
    (older,) = (home / "logs/e2e").iterdir()
    name = passed_session(home, digest, begin=START - 1000 * SECOND, seconds=10, paper_exchange_windows=windows)
    older.unlink()
    for each in found(home):
        assert each.status is Status.BLOCKED
        assert any(f"its report {name} has a window that is not ok" in reason for reason in each.reasons)
        assert any(f"its report logs/e2e/{older.name} cannot be read" in reason for reason in each.reasons)


def test_what_passed_another_stage_is_no_paper(tmp_path: Path) -> None:
    scene = rehearsal_scene(tmp_path, ("paper_days: 7 ", "paper_days: 1 "))
    passed_session(tmp_path, digest_of(scene, scene.live), begin=BEGIN, seconds=LENGTH, stage=Stage.DEMO)
    assert paper_evidence(scene).sessions == ()


def test_paper_is_held_against_what_the_live_entrypoint_would_do(home: Path) -> None:
    scene = scene_in(home)
    gate = examine(replace(scene, live=replace(scene.live, timeframe="5m")), "paper_gate")
    assert (gate.status, "traded with another strategy" in gate.reasons[0]) == (Status.BLOCKED, True)
    tight = replace(scene.live.risk, max_position_pct=Decimal("0.041"))
    assert limits_evidence(replace(scene, live=replace(scene.live, risk=tight))).limits["max_position_pct"] == Decimal("0.041")
    assert paper_evidence(production_scene(home.parent / "production")).is_rehearsal is False


def test_a_session_counts_no_longer_than_it_ran_and_only_if_it_passed() -> None:
    record = replace(stage_record(Stage.PAPER), ok_window_seconds=10**9)
    told = _passed("paper", record)
    assert told.passed is not None
    assert told.passed.ok_ns == told.ended_at - told.started_at > 0
    assert _passed("paper", replace(record, verdict=Verdict.BREACHED)).passed is None


def test_the_clock_of_the_evidence_is_judged(home: Path) -> None:
    assert found(home, START + 13 * DAY)[0].status is Status.OK
    assert found(home, START + 13 * DAY + SECOND)[0].status is Status.UNKNOWN
    assert found(home, START - DAY - SECOND)[0].status is not Status.OK


def test_a_changed_limit_of_the_live_entrypoint_changes_both(home: Path) -> None:
    core = home / "config/core.yaml"
    text = core.read_text()
    core.write_text(text.replace("max_position_pct: 0.05", "max_position_pct: 0.041"))
    gate, limits = found(home)
    assert (gate.status, "another strategy" in gate.reasons[0]) == (Status.BLOCKED, True)
    assert limits.status is Status.UNKNOWN


def test_evidence_of_a_home_without_paper_is_unknown(tmp_path: Path) -> None:
    scene = rehearsal_scene(tmp_path)
    assert paper_evidence(scene).sessions == ()
    assert examine(scene, "paper_gate").status is Status.UNKNOWN
