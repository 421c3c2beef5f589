"""Does a sign-off hold? Configuration, book of operators, register and archive have to agree on it; whatever differs is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from golive.audit.sign_off import FIELDS, SignOffText
from golive.config.compliance_section import Compliance, SignedOff
from golive.config.rbac import SIGNS, SignOff
from golive.model.clock import DAY, from_iso

from .compliance_register import ComplianceRegister, Principal
from .finding import Evidence, Status
from .objection import Objection

REGISTER_PATH: Final = "var/audit/compliance/register.json"
DOCUMENTS_PATH: Final = "var/audit/compliance/documents"
MOST_DAYS: Final = 366
"""the longest time for which somebody can answer with one signature"""
KYC: Final = "kyc_aml_signoff"
RISK: Final = "risk_limits"
_DOCUMENTS: Final = "golive compliance document list"


@dataclass(frozen=True, slots=True)
class ArchivedFile:
    """A document of the archive as it lies there now."""

    sha256: str = ""
    """empty: it is not there"""
    fault: str = ""
    """why it could not be read"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComplianceEvidence:
    """All that says whether an entrypoint was signed off."""

    entrypoint: str
    exchange: str
    """label of its exchange"""
    is_rehearsal: bool
    """its environment leads to this machine: no real money"""
    risk_profile: str
    risk_profile_digest: str
    compliance: Compliance | None
    """None: the configuration has no section for it"""
    people: Mapping[str, Principal] | None
    """the book of operators now; None: it could not be read"""
    people_fault: str = ""
    register: ComplianceRegister | None
    """None: `register_fault` says why"""
    register_fault: str = ""
    register_status: Status = Status.OK
    """blocked: it is not what was written; unknown: it could not be read"""
    archive: Mapping[str, ArchivedFile] = field(default_factory=dict)
    """by path: every document of the register"""
    evidence: tuple[Evidence, ...] = ()
    now: int
    """ns UTC"""


def kyc_scope(entrypoint: str) -> str:
    return f"{KYC}:{entrypoint}"


def risk_scope(entrypoint: str, profile: str, digest: str) -> str:
    """Return what a sign-off of limits is about: changed limits are another scope."""
    return f"{RISK}:{entrypoint}:{profile}:{digest[:16]}"


def text_of(signed: SignedOff) -> SignOffText:
    return SignOffText(*(str(getattr(signed, name)) for name in FIELDS))


def sign_offs_for(evidence: ComplianceEvidence, check: str) -> tuple[SignOffText, ...]:
    """Return the sign-offs of the configuration that are about `check`, whatever they are worth."""
    rows = evidence.compliance.signoffs if evidence.compliance else ()
    return tuple(text_of(row) for row in rows if row.scope.partition(":")[0] == check)


def objections(evidence: ComplianceEvidence, check: str, scope: str, roles: Sequence[SignOff]) -> Iterator[Objection]:
    """Yield all that keeps the sign-offs of `check` from being those of each of `roles` for `scope`."""
    add = add_command(evidence, roles[0])
    rows = sign_offs_for(evidence, check)
    if evidence.register is None:
        command = "golive audit verify --all"
        yield Objection(evidence.register_status, f"{REGISTER_PATH}: {evidence.register_fault}", command)
    if evidence.people is None:
        yield Objection(Status.UNKNOWN, f"the book of operators: {evidence.people_fault}", "golive operator list")
    for role in roles:
        if not any(row.role == role for row in rows):
            reason = f"no sign-off of role {role} for {scope}"
            yield Objection(Status.BLOCKED, reason, add_command(evidence, role))
    for row in rows:
        what = f"sign-off {row.id} of {row.person} as {row.role}"
        if row.role not in roles:
            yield Objection(Status.BLOCKED, f"{what}: {check} is signed as {' or '.join(roles)}", add)
        if row.scope != scope:
            yield Objection(Status.BLOCKED, f"{what}: is for {row.scope}, not for {scope}", add)
        again = add_command(evidence, SignOff(row.role)) if row.role in roles else add
        for status, reason in faults(evidence, row):
            command = _DOCUMENTS if reason.startswith(DOCUMENTS_PATH) else again
            yield Objection(status, f"{what}: {reason}", command)


def faults(evidence: ComplianceEvidence, row: SignOffText) -> Iterator[tuple[Status, str]]:
    """Yield why one sign-off of the configuration does not hold, whatever it is about."""
    blocked = Status.BLOCKED
    for reason in (*_times(row, evidence.now), *_alone(evidence, row)):
        yield blocked, reason
    if evidence.people is not None and evidence.register is not None:
        for reason in _signer(row, evidence.people, evidence.register):
            yield blocked, reason
    if evidence.register is not None:
        if (kept := evidence.register.given.get(row.id)) is None:
            yield blocked, "the register knows no such sign-off; only golive signoff add makes one"
        elif kept != row:
            differing = ", ".join(name for name in FIELDS if getattr(kept, name) != getattr(row, name))
            yield blocked, f"the register has another {differing}"
        if (why := evidence.register.revoked.get(row.id)) is not None:
            yield blocked, f"was revoked: {why}"
        yield from document_faults(evidence, row.document, row.sha256)


def _times(row: SignOffText, now: int) -> Iterator[str]:
    try:
        at, end = from_iso(row.at), from_iso(row.expires_at)
    except ValueError as exc:
        yield f"at or expires_at is no time: {exc}"
        return
    if at > now:
        yield f"is not valid before {row.at}"
    if end <= now:
        yield f"expired on {row.expires_at}"
    if not at < end <= at + MOST_DAYS * DAY:
        yield f"does not end within {MOST_DAYS} days after it was made"


def _alone(evidence: ComplianceEvidence, row: SignOffText) -> Iterator[str]:
    """One person answers as one role for an entrypoint, and once for each scope."""
    assert evidence.compliance is not None
    same = [text_of(each) for each in evidence.compliance.signoffs if each.person == row.person]
    others = sorted({each.role for each in same} - {row.role})
    if others:
        yield f"{row.person} signs as {', '.join(others)} as well; two roles take two people"
    if sum(each.scope == row.scope for each in same) > 1:
        yield f"{row.person} stands there twice for {row.scope}"


def _signer(row: SignOffText, people: Mapping[str, Principal], register: ComplianceRegister) -> Iterator[str]:
    person, listed = people.get(row.person), register.principals.get(row.person)
    if person is None:
        yield f"there is no operator {row.person}"
        return
    role = SignOff(row.role) if row.role in set(SignOff) else None
    if role not in person.roles:
        takes = f"role {SIGNS[role]}" if role is not None else "a role"
        yield f"{row.person} does not hold {takes}, which signs as {row.role}"
    if listed is None:
        yield f"{row.person} is not in the register; golive signoff key --operator {row.person} enters them"
        return
    if role not in listed.roles:
        yield f"the register does not list {row.person} for {row.role}; golive signoff key --operator {row.person} enters it"
    if not person.public_key or listed.public_key != person.public_key:
        yield f"the signing key of {row.person} in the book of operators is not the one in the register"
    elif not row.is_signed_by(_bytes(person.public_key)):
        yield f"the signature is not one of {row.person} over these fields"


def document_faults(evidence: ComplianceEvidence, path: str, sha256: str) -> Iterator[tuple[Status, str]]:
    """Yield what is wrong with one archived document that is said to have the digest `sha256`."""
    assert evidence.register is not None
    registered = evidence.register.digests.get(path)
    if registered is None:
        yield Status.BLOCKED, f"the register has no document {path}"
        return
    if registered != sha256:
        yield Status.BLOCKED, f"the register has another digest of {path}"
    found = evidence.archive.get(path, ArchivedFile())
    if found.fault:
        yield Status.UNKNOWN, f"{path} cannot be read: {found.fault}"
    elif not found.sha256:
        yield Status.BLOCKED, f"{path} is missing; restore it from a backup"
    elif found.sha256 != registered:
        yield Status.BLOCKED, f"{path} was changed since it was archived; restore it from a backup"


def add_command(evidence: ComplianceEvidence, role: SignOff) -> str:
    """Return the command that makes a sign-off of `role`."""
    what = f"--entrypoint {evidence.entrypoint} --role {role}"
    return f"golive signoff add {what} --operator NAME --document FILE --expires DATE --write"


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        return b""
