"""Gathers what `incident_comms` judges: the step of the announcement, and the row of the alert audit that it names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from golive.audit import Entry
from golive.model.alert import AlertOutcome
from golive.model.clock import from_iso, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.readiness.checks.incident_comms import CHANNEL, Announced, CommsEvidence
from golive.readiness.finding import Status
from golive.storage.alert_audit import ALERT, alert_files
from golive.storage.decision_step import LIVE
from golive.storage.sealed_log import sealed_file
from golive.storage.verified import VerificationKeys

from ..alerts.policy import audit_place
from ..operators import operators
from .decision_log import changed_artefacts, log_files_as_evidence, newest_step
from .evidence_file import told
from .scene import Scene, decision_logs

STEP = "announcement"


def comms_evidence(scene: Scene) -> CommsEvidence:
    """Return what there is to judge by. Raises JournalError when the book of operators cannot be read."""
    evidence = CommsEvidence(
        entrypoint=scene.live.name,
        people=frozenset(each.name for each in operators(scene.home)),
        max_age_hours=scene.configuration.core.readiness.evidence_max_age_hours,
        now=scene.clock.now(),
    )
    try:
        logs = decision_logs(scene)
        files, step = logs.files(LIVE), newest_step(scene, logs.steps(LIVE), STEP)
    except JournalError as exc:
        fault = told(scene.home, exc)
        return replace(evidence, fault=fault, fault_status=Status.BLOCKED if "tampered" in fault else Status.UNKNOWN)
    if step is None:
        return evidence
    return replace(evidence, announced=_announced(scene, step), files=log_files_as_evidence(scene, files, [step]))


def _announced(scene: Scene, step: Entry) -> Announced:
    body = step.body
    alert = _object(body.get("alert"))
    names = body.get("operators")
    found = Announced(
        at=step.ts,
        status=str(body.get("status")),
        operators=tuple(map(str, names)) if isinstance(names, list) else (),
        starts_at=_time(body.get("starts_at")),
        alert_id=str(alert.get("alert_id", "")),
        changed=changed_artefacts(scene.home, step),
    )
    try:
        return replace(found, is_delivered=_is_delivered(scene, found.alert_id, _time(alert.get("delivered_at"))))
    except JournalError as exc:
        return replace(found, audit_fault=told(scene.home, exc))


def _is_delivered(scene: Scene, alert_id: str, at: int | None) -> bool:
    """Say whether the audit's file of that day has the row that the channel took the alert. Raises JournalError."""
    path = _file_of(scene.home / audit_place(scene.configuration).directory, at)
    if path is None or not alert_id:
        return False
    file = sealed_file(path, VerificationKeys.of_home(scene.home))
    rows = (entry.body for entry in file.records_with(b'"alert_id":"%b"' % alert_id.encode()) if entry.type == ALERT)
    wanted = (alert_id, CHANNEL, AlertOutcome.DELIVERED.value)
    return any((row.get("alert_id"), row.get("channel"), row.get("outcome")) == wanted for row in rows)


def _file_of(directory: Path, at: int | None) -> Path | None:
    """Return the file that has rows of that time: the newest that began by then."""
    day = "" if at is None else to_iso(at)[:10].replace("-", "")
    by_then = [path for path in alert_files(directory) if path.stem.rpartition("-")[2] <= day]
    return by_then[-1] if by_then else None


def _time(value: JsonValue) -> int | None:
    try:
        return from_iso(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _object(value: JsonValue) -> JsonObject:
    return value if isinstance(value, dict) else {}
