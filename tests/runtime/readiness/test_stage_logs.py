"""The decision logs of one examination: read once for all of its checks, and read anew by the next examination."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.readiness.finding import Finding, Status
from golive.runtime.readiness.checklist import checklist, examine
from golive.runtime.readiness.scene import Scene, decision_logs
from golive.runtime.readiness.stage_logs import StageLogs
from golive.storage.decision_step import LIVE, record_step
from golive.storage.live_segments import DIRECTORY, LOG_NAME
from support.durable import ToldClock, signer_of
from support.readiness_scene import rehearsal_scene

LOG = DIRECTORY / f"{LOG_NAME}.jsonl"
READERS = ("live_checklist", "named_tests", "router", "reconciliation", "decision_log", "incident_comms")
"""checks that ask for the log of live orders"""


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    found = rehearsal_scene(tmp_path)
    announce(found)
    return found


def announce(scene: Scene, step: str = "announcement") -> None:
    record_step(scene.home, signer_of(scene.home, ToldClock()), step, "ok", 1, [])


def steps_of(findings: tuple[Finding, ...]) -> set[str]:
    [found] = [each for each in findings if each.id == "decision_log"]
    assert isinstance(found.measured, dict)
    assert isinstance(found.measured["steps"], dict)
    return set(found.measured["steps"])


def spoil(log: Path) -> None:
    log.write_bytes(log.read_bytes().replace(b'"status":"ok"', b'"status":"no"'))


def test_every_check_of_an_examination_has_the_log_as_it_was_read_first(scene: Scene) -> None:
    before = {id_: examine(scene, id_) for id_ in READERS}
    logs = StageLogs(scene.home)
    logs.steps(LIVE)
    logs.steps("demo")
    logs.steps("paper")
    spoil(scene.home / LOG)
    assert {id_: examine(replace(scene, logs=logs), id_) for id_ in READERS} == before
    for id_ in READERS:
        assert "tampered" in examine(scene, id_).reasons[0]


def test_the_next_examination_of_the_same_scene_sees_what_was_changed(scene: Scene) -> None:
    assert steps_of(checklist(scene)) == {"announcement"}
    announce(scene, "daemon_start")
    assert steps_of(checklist(scene)) == {"announcement", "daemon_start"}
    spoil(scene.home / LOG)
    found = {each.id: each for each in checklist(scene)}
    for id_ in READERS:
        assert found[id_].status in (Status.BLOCKED, Status.UNKNOWN)
        assert "tampered" in found[id_].reasons[0]
    assert scene.logs is None


def test_a_log_that_is_not_believed_is_told_to_everybody_who_asks(scene: Scene) -> None:
    spoil(scene.home / LOG)
    logs = decision_logs(scene)
    for ask in (logs.files, logs.steps, logs.files):
        with pytest.raises(JournalError, match="tampered"):
            ask(LIVE)
