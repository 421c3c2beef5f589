"""Gathers what `decision_log` judges: the log of live orders, believed by its seals, and the steps in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

from golive.audit import Entry
from golive.inputs import read_bytes
from golive.model.clock import from_iso
from golive.model.errors import JournalError
from golive.readiness.checks.decision_log import STEPS, DecisionLogEvidence, Step
from golive.readiness.finding import Evidence, Status
from golive.readiness.objection import age_seconds
from golive.storage.decision_step import LIVE
from golive.storage.live_verification import bounds_of
from golive.storage.live_verifier import LiveBounds, LiveVerifier
from golive.storage.sealed_log import SealedFile
from golive.storage.verified import VerificationKeys

from .evidence_file import shown, told
from .scene import Scene, decision_logs


def decision_log_evidence(scene: Scene) -> DecisionLogEvidence:
    """Return what the log of live orders says; one that cannot be believed is said in it."""
    execution = scene.configuration.core.execution
    latency_ms = execution.live_router.metrics.latency_alert_threshold_ms
    faults: tuple[str, ...] = ()
    fault, status, files, steps = "", Status.UNKNOWN, tuple[SealedFile, ...](), tuple[Entry, ...]()
    try:
        logs = decision_logs(scene)
        files, steps = logs.files(LIVE), logs.steps(LIVE)
        bounds = LiveBounds(latency_ms, execution.order_journal.url)
        operators = operators_of(scene, bounds)
        faults = tuple(str(each) for file in files for each in bounds_of(file, latency_ms, operators))
    except JournalError as exc:
        fault = told(scene.home, exc)
        status = Status.BLOCKED if "tampered" in fault else Status.UNKNOWN
    return DecisionLogEvidence(
        entrypoint=scene.live.name,
        is_rehearsal=scene.is_rehearsal,
        uses_console=False,
        uses_cloud=False,
        fault=fault,
        fault_status=status,
        records=sum(each.records for each in files),
        broken_bounds=faults,
        latency_ms=latency_ms,
        steps=_newest(scene, steps),
        files=log_files_as_evidence(scene, files, steps),
    )


def operators_of(scene: Scene, bounds: LiveBounds) -> frozenset[str]:
    """Return who has traded here, by the order journals."""
    risk_log = scene.home / scene.configuration.runtime.risk.decision_log.path
    return LiveVerifier(scene.home, VerificationKeys.of_home(scene.home), bounds, risk_log).operators()


def log_files_as_evidence(scene: Scene, files: Sequence[SealedFile], entries: Sequence[Entry]) -> tuple[Evidence, ...]:
    """Return the files of a log; as old as the newest of `entries`."""
    now = scene.clock.now()
    at = from_iso(entries[-1].ts) if entries else now
    return tuple(Evidence(shown(scene.home, each.path), each.sha256, age_seconds(at, now)) for each in files)


def newest_step(scene: Scene, steps: Iterable[Entry], name: str) -> Entry | None:
    """Return the newest record of a step; one that names another entrypoint is not ours."""
    ours = [
        entry
        for entry in steps
        if entry.body.get("step") == name and entry.body.get("entrypoint", scene.live.name) == scene.live.name
    ]
    return ours[-1] if ours else None


def changed_artefacts(home: Path, entry: Entry) -> tuple[str, ...]:
    """Return the files that a step left and that are gone or not the same any more."""
    artefacts = entry.body.get("artefacts")
    named = [each for each in artefacts if isinstance(each, dict)] if isinstance(artefacts, list) else []
    return tuple(str(each.get("path")) for each in named if _sha256(home, str(each.get("path"))) != each.get("sha256"))


def left_by(home: Path, entry: Entry) -> str:
    """Return the first file that a step left. Raises JournalError where it names none, or the file is not the one it left."""
    artefacts = entry.body.get("artefacts")
    first = artefacts[0] if isinstance(artefacts, list) and artefacts else None
    path = first.get("path") if isinstance(first, dict) else None
    if not isinstance(path, str):
        raise JournalError(f"the step {entry.body.get('step')} of {entry.ts} in the decision log names no file")
    if path in changed_artefacts(home, entry):
        raise JournalError(f"{path}: tampered: it is gone, or not the file that the decision log names")
    return path


def _newest(scene: Scene, steps: Sequence[Entry]) -> dict[str, Step]:
    found = {name: newest_step(scene, steps, name) for name in STEPS}
    return {
        name: Step(
            status=str(entry.body.get("status")),
            at=entry.ts,
            operator=entry.operator,
            changed=changed_artefacts(scene.home, entry),
            is_development=entry.body.get("development") is True,
        )
        for name, entry in found.items()
        if entry is not None
    }


def _sha256(home: Path, path: str) -> str:
    try:
        return hashlib.sha256(read_bytes(home, path)).hexdigest()
    except OSError:
        return ""
