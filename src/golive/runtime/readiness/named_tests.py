"""Gathers what `named_tests` judges: the newest signed result that the decision log names, and the code that is running."""

from __future__ import annotations

from dataclasses import replace

from golive.model.clock import from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.readiness.checks.named_tests import NamedTestsEvidence, TestsSeen
from golive.readiness.finding import Status
from golive.storage.decision_step import LIVE
from golive.storage.verified import VerificationKeys

from ..code_version import code_version
from ..named_tests.result import STEP, read_result
from .decision_log import left_by, newest_step
from .evidence_file import evidence_of, told
from .scene import Scene, decision_logs


def named_tests_evidence(scene: Scene) -> NamedTestsEvidence:
    """Return what there is to judge by; what cannot be believed is said in it."""
    evidence = NamedTestsEvidence(code_version=code_version())
    try:
        step = newest_step(scene, decision_logs(scene).steps(LIVE), STEP)
        if step is None:
            return evidence
        path = left_by(scene.home, step)
        result = read_result(scene.home, path, VerificationKeys.of_home(scene.home).seal)
        seen = _seen(result, path)
        file = evidence_of(scene.home, scene.home / path, from_iso(str(result["made_at"])), scene.clock.now())
    except (JournalError, OSError) as exc:
        fault = told(scene.home, exc)
        return replace(evidence, fault=fault, fault_status=Status.BLOCKED if "tampered" in fault else Status.UNKNOWN)
    return replace(evidence, seen=seen, files=(file,))


def _seen(result: JsonObject, path: str) -> TestsSeen:
    rows = result.get("tests")
    if not isinstance(rows, list):
        raise JournalError(f"{path}: not whole: it names no tests")
    return TestsSeen(
        code_version=str(result.get("code_version")),
        revision=str(result.get("revision")),
        outcomes={str(row.get("test")): str(row.get("outcome")) for row in rows if isinstance(row, dict)},
    )
