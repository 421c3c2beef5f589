"""`kyc_aml_signoff`: allowed live with this risk profile, signed by compliance and security, documents of the venue at hand."""

from __future__ import annotations

from collections.abc import Iterator

from golive.config.rbac import SignOff

from ..compliance_register import DocumentKind
from ..finding import Finding, Status
from ..objection import Objection
from ..sign_off import KYC, ComplianceEvidence, document_faults, kyc_scope, objections, sign_offs_for

ROLES = (SignOff.COMPLIANCE, SignOff.SECURITY)
WANTED = ((DocumentKind.KYC, DocumentKind.KYB), (DocumentKind.OFFLINE_ACCESS,))
"""one document of each group, for the exchange"""


def kyc_aml_signoff(evidence: ComplianceEvidence) -> Finding:
    """Judge; `not_applicable` only where the configuration asks for no sign-off and no real money is at stake."""
    found = list[Objection]()
    asked = evidence.compliance is None or evidence.compliance.require_signoff or not evidence.is_rehearsal
    if asked and evidence.compliance is not None:
        found += objections(evidence, KYC, kyc_scope(evidence.entrypoint), ROLES)
        found += _of_the_documents(evidence)
    found += _of_the_section(evidence)  # what is edited by hand comes last: once all of it is signed
    reasons = tuple(dict.fromkeys(each.reason for each in found))
    worst = Status.OK if asked else Status.NOT_APPLICABLE
    if not asked and not found:
        reasons = ("require_signoff is false, and the environment leads to this machine",)
    for status in (Status.UNKNOWN, Status.BLOCKED):
        worst = status if any(each.status is status for each in found) else worst
    section, register = evidence.compliance, evidence.register
    return Finding(
        KYC,
        worst,
        reasons,
        measured={
            "live_allowed": section is not None and section.live_allowed,
            "risk_profile": evidence.risk_profile,
            "signoffs": [row.id for row in sign_offs_for(evidence, KYC)],
            "documents": 0 if register is None else sum(each.exchange == evidence.exchange for each in register.documents),
        },
        threshold={"roles": [str(role) for role in ROLES], "scope": kyc_scope(evidence.entrypoint)},
        evidence=evidence.evidence,
        owner=tuple(str(role) for role in ROLES),
        next_command=next((each.next_command for each in found if each.status is worst), ""),
    )


def _of_the_section(evidence: ComplianceEvidence) -> Iterator[Objection]:
    path, check = f"runtime_entrypoints.{evidence.entrypoint}.compliance", "golive config check"
    section = evidence.compliance
    if section is None:
        reason = f"core.yaml has no {path}"
        yield Objection(Status.BLOCKED, f"{reason}: add live_allowed, risk_profiles and signoffs: []", check)
        return
    if not section.live_allowed:
        told = "set it to true in core.yaml once all is signed, and freeze the configuration anew"
        yield Objection(Status.BLOCKED, f"{path}.live_allowed is false: {told}", check)
    if evidence.risk_profile not in section.risk_profiles:
        yield Objection(Status.BLOCKED, f"{path}.risk_profiles does not permit {evidence.risk_profile}", check)
    if not section.require_signoff and not evidence.is_rehearsal:
        yield Objection(Status.BLOCKED, f"{path}.require_signoff is false, which counts in rehearsal only", check)


def _of_the_documents(evidence: ComplianceEvidence) -> Iterator[Objection]:
    if evidence.register is None:
        return
    exchange = evidence.exchange
    kept = [each for each in evidence.register.documents if each.exchange == exchange]
    for kinds in WANTED:
        add = f"golive compliance document add FILE --exchange {exchange} --kind {kinds[0]} --operator NAME"
        if not any(each.kind in kinds for each in kept):
            yield Objection(Status.BLOCKED, f"no document {' or '.join(kinds)} of {exchange} in the register", add)
    for each in kept:
        for status, reason in document_faults(evidence, each.path, each.sha256):
            yield Objection(status, reason, "golive compliance document list")
