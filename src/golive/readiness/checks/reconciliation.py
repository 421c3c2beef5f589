"""`reconciliation`: orders, fills and balances of every account of live agree with its venue, and nothing is foreign."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from golive.model.clock import to_iso

from ..finding import Evidence, Finding, Status
from ..objection import Objection, blocked, finding_of, too_old, unknown

ID: Final = "reconciliation"


class AccountName(NamedTuple):
    """An account of ours."""

    adapter: str
    keychain_key: str

    def __str__(self) -> str:
        return f"{self.adapter} ({self.keychain_key})"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSeen:
    """How one account stood."""

    status: str
    """`agrees`, `differs` or `unknown`"""
    told: tuple[str, ...] = ()
    """what did not agree, or why it could not be said"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationSeen:
    """What the newest signed result says."""

    made_at: int
    """ns UTC"""
    environment: str
    endpoint_host: str
    accounts: dict[AccountName, AccountSeen] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationEvidence:
    """The newest result that the decision log names, and the accounts that live would trade on."""

    entrypoint: str
    environment: str
    endpoint_host: str
    accounts: tuple[AccountName, ...]
    seen: ReconciliationSeen | None = None
    """None: there is none, or `fault` says why it does not count"""
    fault: str = ""
    fault_status: Status = Status.UNKNOWN
    max_age_hours: int
    now: int
    files: tuple[Evidence, ...] = ()

    @property
    def command(self) -> str:
        return f"golive reconcile --entrypoint {self.entrypoint}"


def reconciliation(evidence: ReconciliationEvidence) -> Finding:
    """Judge the newest result."""
    seen = evidence.seen
    return finding_of(
        ID,
        _objections(evidence),
        measured={
            "made_at": None if seen is None else to_iso(seen.made_at),
            "accounts": {} if seen is None else {str(name): each.status for name, each in sorted(seen.accounts.items())},
        },
        threshold={"accounts": [str(name) for name in evidence.accounts], "max_age_hours": evidence.max_age_hours},
        evidence=evidence.files,
    )


def _objections(evidence: ReconciliationEvidence) -> Iterator[Objection]:
    seen, command = evidence.seen, evidence.command
    if evidence.fault:
        broken_log = "decision_logs" in evidence.fault
        yield Objection(evidence.fault_status, evidence.fault, "golive audit verify --all" if broken_log else command)
        return
    if seen is None:
        yield unknown(f"the accounts of {evidence.entrypoint} were never reconciled", command)
        return
    if (seen.environment, seen.endpoint_host) != (evidence.environment, evidence.endpoint_host):
        was, now = (f"{each.environment} at {each.endpoint_host or 'its real venue'}" for each in (seen, evidence))
        yield blocked(f"the reconciliation is of {was}, not of {now}", command)
    yield from too_old("the reconciliation", seen.made_at, evidence.now, evidence.max_age_hours, command)
    for name in evidence.accounts:
        if name not in seen.accounts:
            yield unknown(f"{name} was not reconciled", command)
    for name, account in sorted(seen.accounts.items()):
        if account.status == "agrees":
            continue
        say = blocked if account.status == "differs" else unknown
        for text in account.told or (account.status,):
            yield say(f"{name}: {text}", command)
