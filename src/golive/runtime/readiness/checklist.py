"""`live_readiness_checklist`: each check of the table with what is gathered for it (CONTRACT "Readiness and gate").

A check joins by a line in `GATHERED`, once `readiness/checks/` has it. Until then it is unknown and says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from golive.model.errors import GoliveError
from golive.readiness.check_table import CHECKS
from golive.readiness.checks.ai_models import ai_models
from golive.readiness.checks.alerting import alerting
from golive.readiness.checks.config_freeze import config_freeze
from golive.readiness.checks.data_completeness import data_completeness
from golive.readiness.checks.decision_log import decision_log
from golive.readiness.checks.incident_comms import incident_comms
from golive.readiness.checks.io_queue import io_queue
from golive.readiness.checks.ip_allowlist import ip_allowlist
from golive.readiness.checks.kyc_aml_signoff import kyc_aml_signoff
from golive.readiness.checks.licenses import licenses
from golive.readiness.checks.limits_vs_paper import limits_vs_paper
from golive.readiness.checks.live_checklist import live_checklist
from golive.readiness.checks.mtls import mtls
from golive.readiness.checks.named_tests import named_tests
from golive.readiness.checks.not_there import paper_labs, unused
from golive.readiness.checks.paper_gate import paper_gate
from golive.readiness.checks.reconciliation import reconciliation
from golive.readiness.checks.risk_limits import risk_limits
from golive.readiness.checks.router import router
from golive.readiness.checks.secrets_rotation import secrets_rotation
from golive.readiness.checks.thresholds import thresholds
from golive.readiness.checks.venue_permissions import venue_permissions
from golive.readiness.finding import Finding, Status

from .alerting import alert_evidence
from .compliance import compliance_evidence
from .config_freeze import freeze_evidence
from .configuration import model_evidence, queue_evidence, threshold_evidence
from .data import data_evidence
from .decision_log import decision_log_evidence
from .incident_comms import comms_evidence
from .licence import licence_evidence
from .live_checklist import box_evidence
from .mtls import bundle_evidence
from .named_tests import named_tests_evidence
from .paper import limits_evidence, paper_evidence
from .reconciliation import reconciliation_evidence
from .risk_limits import limit_evidence
from .router import router_evidence
from .scene import Scene
from .stage_logs import StageLogs
from .venue_key import key_evidence

Look = Callable[[Scene], Finding]


def _kyc_aml_signoff(scene: Scene) -> Finding:
    return kyc_aml_signoff(compliance_evidence(scene.configuration, scene.home, scene.live.name, scene.clock.now()))


def _config_freeze(scene: Scene) -> Finding:
    return config_freeze(freeze_evidence(scene.home, scene.configuration, scene.clock))


GATHERED: Final[Mapping[str, Look]] = {
    "kyc_aml_signoff": _kyc_aml_signoff,
    "config_freeze": _config_freeze,
    "alerting": lambda scene: alerting(alert_evidence(scene)),
    "risk_limits": lambda scene: risk_limits(limit_evidence(scene)),
    "data_completeness": lambda scene: data_completeness(data_evidence(scene)),
    "licenses": lambda scene: licenses(licence_evidence(scene)),
    "ai_models": lambda scene: ai_models(model_evidence(scene)),
    "secrets_rotation": lambda scene: secrets_rotation(key_evidence(scene)),
    "ip_allowlist": lambda scene: ip_allowlist(key_evidence(scene)),
    "venue_permissions": lambda scene: venue_permissions(key_evidence(scene)),
    "mtls": lambda scene: mtls(bundle_evidence(scene)),
    "io_queue": lambda scene: io_queue(queue_evidence(scene)),
    "thresholds": lambda scene: thresholds(threshold_evidence(scene)),
    "paper_gate": lambda scene: paper_gate(paper_evidence(scene)),
    "limits_vs_paper": lambda scene: limits_vs_paper(limits_evidence(scene)),
    "named_tests": lambda scene: named_tests(named_tests_evidence(scene)),
    "decision_log": lambda scene: decision_log(decision_log_evidence(scene)),
    "router": lambda scene: router(router_evidence(scene)),
    "reconciliation": lambda scene: reconciliation(reconciliation_evidence(scene)),
    "live_checklist": lambda scene: live_checklist(box_evidence(scene)),
    "incident_comms": lambda scene: incident_comms(comms_evidence(scene)),
    "paper_labs": lambda scene: paper_labs(),
    "ui_prelive": lambda scene: unused("ui_prelive", found=False),
    "cloud": lambda scene: unused("cloud", found=(scene.home / "config/cloud/server.yaml").exists()),
}
"""check id → gathers its evidence and judges it"""


def examine(scene: Scene, id_: str) -> Finding:
    """Return what the check `id_` of the table finds; whatever keeps it from looking is unknown."""
    row = CHECKS[id_]
    owner = tuple(str(each) for each in row.owners)
    if id_ not in GATHERED:
        needs = f", and {row.needs}" if row.needs else ""
        return Finding(
            id_, Status.UNKNOWN, (f"not built yet: check {id_} ({row.looks_at}){needs}",), owner=owner,
            next_command=row.next_command,
        )  # fmt: skip
    try:
        return GATHERED[id_](scene)
    except (GoliveError, OSError, ValueError) as exc:
        reason = (str(exc).splitlines() or [type(exc).__name__])[0].replace(f"{scene.home}/", "")
        return Finding(
            id_, Status.UNKNOWN, (f"could not be looked at: {reason}",), owner=owner, next_command=row.next_command
        )  # fmt: skip


def checklist(scene: Scene) -> tuple[Finding, ...]:
    """Return a finding for every check of the table, in its order. All of them see the same decision logs, read here and now."""
    scene = replace(scene, logs=StageLogs(scene.home))
    return tuple(examine(scene, id_) for id_ in CHECKS)


def is_built(id_: str) -> bool:
    """Say whether the check can be carried out."""
    return id_ in GATHERED
