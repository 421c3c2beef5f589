"""The sign-off part of `risk_limits`: somebody of role `risk` signed exactly the limits that the entrypoint would trade under.

A finding of it is one part of that check; that the limits are above zero and are those of the engine is the other.
"""

from __future__ import annotations

from golive.config.rbac import SignOff

from ..finding import Finding, Status
from ..objection import Objection
from ..sign_off import RISK, ComplianceEvidence, objections, risk_scope, sign_offs_for

ROLES = (SignOff.RISK,)


def risk_signoff(evidence: ComplianceEvidence) -> Finding:
    """Judge; limits that were changed since are not those that were signed."""
    scope = risk_scope(evidence.entrypoint, evidence.risk_profile, evidence.risk_profile_digest)
    section = evidence.compliance
    found: list[Objection] = []
    asked = section is None or section.require_signoff or not evidence.is_rehearsal
    if section is None:
        reason = f"core.yaml has no runtime_entrypoints.{evidence.entrypoint}.compliance"
        found.append(Objection(Status.BLOCKED, reason, "golive config check"))
    elif asked:
        found += objections(evidence, RISK, scope, ROLES)
    reasons = tuple(dict.fromkeys(each.reason for each in found))
    worst = Status.OK if asked else Status.NOT_APPLICABLE
    if not asked:
        reasons = ("require_signoff is false, and the environment leads to this machine",)
    for status in (Status.UNKNOWN, Status.BLOCKED):
        worst = status if any(each.status is status for each in found) else worst
    return Finding(
        RISK,
        worst,
        reasons,
        measured={
            "signoffs": [row.id for row in sign_offs_for(evidence, RISK)],
            "risk_profile_digest": evidence.risk_profile_digest,
        },
        threshold={"roles": [str(role) for role in ROLES], "scope": scope},
        evidence=evidence.evidence,
        owner=tuple(str(role) for role in ROLES),
        next_command=next((each.next_command for each in found if each.status is worst), ""),
    )
