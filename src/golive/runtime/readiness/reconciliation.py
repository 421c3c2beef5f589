"""Gathers what `reconciliation` judges: the newest signed result that the decision log names, and the accounts of live."""

from __future__ import annotations

from dataclasses import replace

from golive.inputs import read_bytes
from golive.model.clock import from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.readiness.checks.reconciliation import (
    AccountName,
    AccountSeen,
    ReconciliationEvidence,
    ReconciliationSeen,
)
from golive.readiness.finding import Status
from golive.storage.decision_step import LIVE
from golive.storage.verified import VerificationKeys

from ..live.reconcile_result import STEP, read_result
from ..routes import accounts_of
from .decision_log import left_by, newest_step
from .evidence_file import evidence_of, told
from .scene import Scene, decision_logs


def reconciliation_evidence(scene: Scene) -> ReconciliationEvidence:
    """Return what there is to judge by; what cannot be believed is said in it."""
    live = scene.live
    evidence = ReconciliationEvidence(
        entrypoint=live.name,
        environment=live.environment,
        endpoint_host=live.endpoint_host or "",
        accounts=tuple(AccountName(each.adapter, each.keychain_key) for each in accounts_of(scene.configuration, live)),
        max_age_hours=scene.configuration.core.readiness.evidence_max_age_hours,
        now=scene.clock.now(),
    )
    try:
        step = newest_step(scene, decision_logs(scene).steps(LIVE), STEP)
        if step is None:
            return evidence
        path = left_by(scene.home, step)
        seen = _seen(read_result(scene.home, path, VerificationKeys.of_home(scene.home).seal), path)
        file = evidence_of(scene.home, scene.home / path, seen.made_at, evidence.now, read_bytes(scene.home, path))
    except (JournalError, OSError) as exc:
        fault = told(scene.home, exc)
        return replace(evidence, fault=fault, fault_status=Status.BLOCKED if "tampered" in fault else Status.UNKNOWN)
    return replace(evidence, seen=seen, files=(file,))


def _seen(result: JsonObject, path: str) -> ReconciliationSeen:
    try:
        return ReconciliationSeen(
            made_at=from_iso(str(result["made_at"])),
            environment=str(result["environment"]),
            endpoint_host=str(result["endpoint_host"]),
            accounts=dict(map(_account, _rows(result["accounts"]))),
        )
    except (KeyError, ValueError) as exc:
        raise JournalError(f"{path}: not whole: {exc!r}") from exc


def _account(row: JsonObject) -> tuple[AccountName, AccountSeen]:
    differences = [f"{each['kind']} {each['subject']}: {each['detail']}" for each in _rows(row["differences"])]
    problem = [str(row["problem"])] if row["problem"] else []
    name = AccountName(str(row["adapter"]), str(row["keychain_key"]))
    return name, AccountSeen(status=str(row["status"]), told=(*differences, *problem))


def _rows(value: JsonValue) -> list[JsonObject]:
    if not isinstance(value, list):
        raise ValueError("no list of rows")
    return [each for each in value if isinstance(each, dict)]
