"""Which signed sign-off is the one that a box of a runbook asks for, and whether it holds.

It is, when the line of the box is bound to the check that was signed, and the role is one that answers for this check:
`p2l-kyc-ok: signoff compliance` beside `p2l-kyc: check kyc_aml_signoff`. Sign-offs that a check itself judges (KYC, limits) count
until their end; any other one as long as a confirmation.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from golive.audit.sign_off import SignOffText
from golive.config.rbac import SignOff
from golive.model.clock import DAY, Nanos, from_iso

from .check_table import CHECKS
from .finding import Status
from .runbook import Item, Kind, Runbook
from .runbook_progress import FRESH_NS, Result
from .sign_off import KYC, RISK, ComplianceEvidence, add_command, faults, kyc_scope, risk_scope, text_of

_STANDING: Final = (KYC, RISK)


def signed_results(book: Runbook, evidence: ComplianceEvidence) -> tuple[Result, ...]:
    """Return what the sign-offs of the configuration say of each box that asks for one: ok, or unknown with what they lack."""
    rows = [text_of(row) for row in evidence.compliance.signoffs] if evidence.compliance else []
    return tuple(_results(book, evidence, rows))


def _results(book: Runbook, evidence: ComplianceEvidence, rows: list[SignOffText]) -> Iterator[Result]:
    for item in book.items:
        for binding in item.bindings:
            if binding.kind is not Kind.SIGNOFF:
                continue
            scopes = _scopes(book, item, SignOff(binding.name), evidence)
            found = [(row, _lacks(evidence, row)) for row in rows if (row.role, row.scope in scopes) == (binding.name, True)]
            if not found:
                continue
            row, lack = min(found, key=lambda each: bool(each[1]))
            if lack:
                said, again = f"sign-off {row.id} of {row.person}: {lack}", add_command(evidence, SignOff(row.role))
                yield Result(item.id, binding, Status.UNKNOWN, said, Nanos(evidence.now), "", again)
            else:
                said = f"signed by {row.person} as {row.role} until {row.expires_at} (sign-off {row.id})"
                yield Result(item.id, binding, Status.OK, said, from_iso(row.at), row.person, sign_off=row.id)


def _scopes(book: Runbook, item: Item, role: SignOff, evidence: ComplianceEvidence) -> frozenset[str]:
    """Return what a sign-off of `role` may be about to be the one that `item` asks for."""
    bound = {each.name for other in book.items if other.line == item.line for each in other.bindings if each.kind is Kind.CHECK}
    own = {
        KYC: kyc_scope(evidence.entrypoint),
        RISK: risk_scope(evidence.entrypoint, evidence.risk_profile, evidence.risk_profile_digest),
    }
    return frozenset(own.get(each, f"{each}:{evidence.entrypoint}") for each in bound if role in CHECKS[each].owners)


def _lacks(evidence: ComplianceEvidence, row: SignOffText) -> str:
    """Say why a sign-off does not count, '' when it does."""
    if evidence.register is None:
        return f"the register: {evidence.register_fault}"
    if evidence.people is None:
        return f"the book of operators: {evidence.people_fault}"
    if (fault := next((reason for _, reason in faults(evidence, row)), "")) != "":
        return fault
    most = FRESH_NS[Kind.SIGNOFF]
    if row.scope.partition(":")[0] not in _STANDING and evidence.now - from_iso(row.at) >= most:
        return f"was made more than {most // DAY} days ago"
    return ""
