"""Gathers what `live_checklist` judges: how far the two runbooks are by the signed decision logs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from golive.audit import Entry
from golive.model.errors import JournalError
from golive.model.verdict import ExitCode
from golive.readiness.checks.live_checklist import RUNBOOKS, Box, BoxEvidence, boxes_of
from golive.readiness.finding import Status
from golive.storage.decision_step import LIVE

from ..identity import operator_identity
from .decision_log import log_files_as_evidence
from .evidence_file import told
from .scene import Scene, decision_logs


def box_evidence(scene: Scene) -> BoxEvidence:
    """Return every box that is asked for, and what it lacks; a result under the paper or the live entrypoint counts."""
    # A runbook carries out checks, this one among them: at the top of the module it would import itself.
    from ..runbook.documents import read_runbook
    from ..runbook.place import Place
    from ..runbook.run import progress

    logs = decision_logs(scene)
    asked: dict[str, Sequence[Entry]] = {}

    def steps(home: Path, stage: str) -> Sequence[Entry]:
        return asked.setdefault(stage, logs.steps(stage))

    try:
        boxes: list[Box] = []
        for name in RUNBOOKS:
            written = read_runbook(name)
            found = []
            for entrypoint in (scene.paper, scene.live):
                place = Place(
                    home=scene.home, runtime_file=scene.runtime_file, configuration=scene.configuration, entrypoint=entrypoint,
                    clock=scene.clock, store=scene.store, operator=operator_identity(), walk=_nothing_runs,
                )  # fmt: skip
                found.append(progress(place, written, steps))
            boxes += boxes_of(name, found, is_rehearsal=scene.is_rehearsal)
        files = [file for stage in asked for file in logs.files(stage)]
        return BoxEvidence(boxes=tuple(boxes), files=log_files_as_evidence(scene, files, logs.steps(LIVE)))
    except JournalError as exc:
        fault = told(scene.home, exc)
        return BoxEvidence(fault=fault, fault_status=Status.BLOCKED if "tampered" in fault else Status.UNKNOWN)


def _nothing_runs(mode: str, entrypoint: str) -> ExitCode:
    raise AssertionError("how far a runbook is, is only looked at")
