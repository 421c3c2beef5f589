"""`risk_limits`: the four limits are above zero, are those that a session enforced last, and role `risk` signed them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from golive.model.json import JsonValue

from ..finding import Evidence, Finding, Status
from ..objection import Objection, blocked, finding_of, unknown
from ..sign_off import RISK, ComplianceEvidence
from .risk_signoff import risk_signoff

FOUR: Final = ("max_daily_loss_pct", "hard_drawdown_pct", "max_position_pct", "max_open_positions")
_SHOW: Final = "golive risk status"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitEvidence:
    """The limits of one live entrypoint, and those that the newest session of its paper entrypoint enforced."""

    profile: str
    limits: Mapping[str, Decimal | int]
    digest: str
    """of the limits that are configured, as the engine makes it of those that it enforces"""
    paper_entrypoint: str
    session: str = ""
    """name of the newest session; '' where there is none"""
    session_digest: str = ""
    """of the limits that it enforced"""
    session_fault: str = ""
    """why it is not known what it enforced"""
    session_status: Status = Status.UNKNOWN
    """blocked: its store is not what it wrote"""
    files: tuple[Evidence, ...] = ()
    signed: ComplianceEvidence


def risk_limits(evidence: LimitEvidence) -> Finding:
    """Judge limits, digest and sign-off as one."""
    signed = risk_signoff(evidence.signed)
    objections = [*_objections(evidence)]
    if signed.status in (Status.BLOCKED, Status.UNKNOWN):
        objections += [Objection(signed.status, reason, signed.next_command) for reason in signed.reasons]
    measured: dict[str, JsonValue] = {name: str(value) for name, value in sorted(evidence.limits.items())}
    return finding_of(
        RISK,
        objections,
        measured={
            "profile": evidence.profile, "limits": measured, "risk_profile_digest": evidence.digest,
            "enforced_digest": evidence.session_digest, "enforced_by": evidence.session, "sign_off": signed.measured,
        },
        threshold={"limits": dict.fromkeys(FOUR, "> 0"), "sign_off": signed.threshold},
        evidence=(*evidence.files, *signed.evidence),
    )  # fmt: skip


def _objections(evidence: LimitEvidence) -> Iterator[Objection]:
    for name in FOUR:
        value = evidence.limits.get(name)
        if value is None or not value > 0:
            yield blocked(f"risk_profiles.{evidence.profile}.{name} is {value}, and must be above zero", "golive config check")
    run = f"golive run --mode paper --entrypoint {evidence.paper_entrypoint}"
    if evidence.session_fault:
        yield Objection(evidence.session_status, evidence.session_fault, "golive audit verify --all")
    elif not evidence.session:
        yield unknown("no session has enforced these limits yet", run)
    elif evidence.session_digest != evidence.digest:
        reason = f"{evidence.session} enforced other limits ({evidence.session_digest[:12]}…) than {evidence.profile} now has"
        yield blocked(f"{reason} ({evidence.digest[:12]}…)", run if evidence.session_digest else _SHOW)
