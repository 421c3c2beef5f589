"""The runbooks' steps about a window: what they say before it, of it, and of what was changed or went wrong."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from golive.model.json import JsonObject
from golive.model.verdict import ExitCode
from golive.readiness.finding import Status
from golive.runtime.clock import SystemClock
from golive.runtime.host_signer import host_signer
from golive.runtime.runbook.place import Done, Place
from golive.runtime.runbook.steps import MACHINE
from golive.runtime.runbook.window_steps import LIVE_SHOWN, parts_asked
from golive.runtime.window.bootstrap_log import COMPONENTS, ORIGINS, PATH
from golive.runtime.window.span import LAST_OPENING
from golive.storage.decision_step import record_step
from support.live_window import ENTRYPOINT, observe, open_gate, window_scene

CLOSING = ("window_archive", "migration_summary", "transition_record")


def look(home: Path, step: str) -> Done:
    scene = window_scene(home, SystemClock())
    place = Place(
        home=home, runtime_file=scene.runtime_file, configuration=scene.configuration, entrypoint=scene.paper, clock=scene.clock,
        store=scene.store, operator="olga", walk=lambda mode, entrypoint: ExitCode.OK,
    )  # fmt: skip
    return MACHINE[step](place, "live")


@pytest.fixture
def closed(archived: Path, tmp_path: Path) -> Path:
    shutil.copytree(archived, tmp_path / "home")
    return tmp_path / "home"


@pytest.mark.parametrize("step", CLOSING)
def test_before_it_is_closed_a_window_is_unknown_and_the_command_is_named(traded: Path, step: str) -> None:
    found = look(traded, step)
    assert (found.status, found.said) == (Status.UNKNOWN, f"the window of {ENTRYPOINT} is not closed yet")
    assert found.next_command == f"golive window close --entrypoint {ENTRYPOINT} --operator NAME"


@pytest.mark.parametrize("step", CLOSING)
def test_a_window_that_was_closed_in_order_is_ok_with_its_files(archived: Path, step: str) -> None:
    found = look(archived, step)
    assert (found.status, found.next_command) == (Status.OK, "")
    assert found.artefacts
    assert all(path.is_file() for path in found.artefacts)


def test_a_summary_ticks_its_box_whatever_service_levels_came_to(archived: Path) -> None:
    [path] = (archived / "var/audit/live").glob("2*/migration_summary.json")
    summary = json.loads(path.read_text())
    summary["slo"]["status"] = "unknown"
    assert parts_asked(summary).keys() == {"observation", "kyc", "risk_limits", "alerts"}
    assert "slo" not in look(archived, "migration_summary").said


def test_a_changed_archive_and_a_journal_that_is_cut_are_blocked(closed: Path) -> None:
    [summary] = (closed / "var/audit/live").glob("2*/migration_summary.json")
    told = json.loads(summary.read_text())
    told["slo"]["status"] = "breached"
    summary.write_text(json.dumps(told))
    for step in ("window_archive", "migration_summary"):
        assert look(closed, step).status is Status.BLOCKED
    [journal] = (closed / "audit/decisions").glob("*.jsonl")
    journal.write_bytes(journal.read_bytes()[:-100])
    found = look(closed, "transition_record")
    assert (found.status, found.next_command) == (Status.BLOCKED, "golive audit verify --all")


def test_an_observation_counts_since_the_gate_was_opened_last(closed: Path) -> None:
    assert look(closed, "live_observation").status is Status.OK
    open_gate(closed)
    assert look(closed, "live_observation").status is Status.UNKNOWN
    facts: JsonObject = {"entrypoint": "kraken_desktop_live", "minutes": 60}
    record_step(closed, host_signer(closed, SystemClock(), "olga"), "observation", "ok", 0, [], facts=facts)
    assert look(closed, "live_observation").status is Status.UNKNOWN
    assert {look(closed, step).status for step in CLOSING} == {Status.UNKNOWN}
    observe(closed, "breached", minutes=3)
    found = look(closed, "live_observation")
    assert (found.status, found.said) == (Status.BLOCKED, "3 minutes, breached")


def test_the_way_to_live_is_that_of_the_newest_window(closed: Path) -> None:
    facts: JsonObject = {
        "entrypoint": ENTRYPOINT, "archive": "var/audit/live/20300101", "manifest_sha256": "0" * 64, LAST_OPENING: 2,
    }  # fmt: skip
    record_step(closed, host_signer(closed, SystemClock(), "olga"), "window_closed", "ok", 0, [], facts=facts)
    found = look(closed, "transition_record")
    assert found.status is Status.BLOCKED
    assert found.said == "no stage_transition of var/audit/live/20300101 in the decision journal"


def components() -> list[dict[str, Any]]:
    return [
        {
            "ts": "2026-01-10T09:00:00Z", "event": "component", "component": name, "instance_id": f"{name}-1", "mode": "live",
            "class": "LiveExecutionRouter" if name == "execution_service" else name.title(), "mtls": True, "healthy": True,
            "origin": origin,
        }
        for origin in ORIGINS
        for name in COMPONENTS
    ]  # fmt: skip


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "an aggregator of one's own": ({"component": "market_intel", "instance_id": "2"}, "market_intel is not one and the same"),
    "paper execution": (
        {"component": "execution_service", "class": "PaperExecution"},
        "is PaperExecution, not LiveExecutionRouter",
    ),
    "not healthy": ({"component": "adapter", "healthy": False}, "adapter is not healthy"),
    "without mTLS": ({"component": "adapter", "mtls": False}, "mTLS was not in force"),
    "wired for paper": ({"component": "risk_engine", "mode": "paper"}, "mode paper, not live"),
    "a component left out": ({"component": "auto_trader", "event": "other"}, "bootstrap_environment has no auto_trader"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_live_start_is_judged_by_its_newest_lines(tmp_path: Path, traded: Path, change: str) -> None:
    home = tmp_path / "home"
    shutil.copytree(traded / "config", home / "config")
    assert look(home, "live_bootstrap").status is Status.UNKNOWN
    wrong, said = CHANGES[change]
    changed = components()
    row = next(each for each in changed if each["component"] == wrong["component"])
    row.update(wrong)
    path = home / PATH
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(each) + "\n" for each in [*components(), *changed]))
    found = look(home, "live_bootstrap")
    assert (found.status, said in found.said) == (Status.BLOCKED, True), found.said
    path.write_text("".join(json.dumps(each) + "\n" for each in [*changed, *components()]))
    assert look(home, "live_bootstrap").status is Status.OK


def test_dashboards_are_shown_by_a_snapshot_of_them_and_its_own_picture(home: Path) -> None:
    assert look(home, "dashboard_snapshot").status is Status.UNKNOWN
    folder = home / "var/audit/metrics"
    folder.mkdir(parents=True)
    picture = folder / "dashboards_x.svg"
    picture.write_text("<svg/>")
    names = [metric.name for metric in LIVE_SHOWN]
    document = {
        "start": "2026-01-10T09:00:00Z", "end": "2026-01-10T10:00:00Z", "picture": picture.name,
        "picture_sha256": hashlib.sha256(b"<svg/>").hexdigest(),
        "dashboards": [{"panels": [{"queries": [{"expression": name, "series": [{}]} for name in names]}]}],
    }  # fmt: skip
    file = folder / "dashboards_x.json"
    file.write_text(json.dumps(document))
    assert look(home, "dashboard_snapshot").status is Status.OK
    older = file.with_name("dashboards_w.json")
    older.write_text(json.dumps({**document, "dashboards": []}))
    assert look(home, "dashboard_snapshot").status is Status.OK, "the newest counts"
    for change, says in (
        ({"picture_sha256": "0" * 64}, "is not the picture"),
        ({"dashboards": []}, f"{names[1]} was not asked for"),
        ({"dashboards": [{"panels": [{"queries": [{"expression": " ".join(names), "series": []}]}]}]}, "to be shown"),
    ):
        file.write_text(json.dumps({**document, **change}))
        found = look(home, "dashboard_snapshot")
        assert found.status is Status.BLOCKED
        assert says in found.said


def test_a_start_that_ended_paper_only_says_nothing_of_the_next(tmp_path: Path, traded: Path) -> None:
    shutil.copytree(traded / "config", tmp_path / "config")
    path = tmp_path / PATH
    path.parent.mkdir(parents=True)
    ended = {"ts": "2026-01-10T08:00:00Z", "event": "paper_only_mode", "mode": "paper_only_mode", "origin": ORIGINS[0]}
    lines = [ended, *components()]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    assert look(tmp_path, "live_bootstrap").status is Status.OK
    path.write_text("".join(json.dumps(each) + "\n" for each in [*lines, ended]))
    found = look(tmp_path, "live_bootstrap")
    assert (found.status, found.said) == (Status.BLOCKED, "paper_only_mode: live was not wired")
