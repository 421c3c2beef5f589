"""What one check of the readiness checklist found, and what all of them say together (CONTRACT "Readiness and gate")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from golive.model.json import JsonValue


class Status(StrEnum):
    """Only `ok` and `not_applicable` open anything."""

    OK = "ok"
    BLOCKED = "blocked"
    """measured, and not as it must be"""
    UNKNOWN = "unknown"
    """not measured, or the evidence is missing, too old, or cannot be believed"""
    NOT_APPLICABLE = "not_applicable"
    """by a fact of the configuration or a signed record of scope"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file that a finding rests on."""

    path: str
    """relative to home"""
    sha256: str
    """of the bytes that were read, hex"""
    age_seconds: float
    """since what the evidence says was measured"""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. One that is neither `ok` nor `not_applicable` says why, and what to run next."""

    id: str
    status: Status
    reasons: tuple[str, ...] = ()
    """in the operator's words; empty for `ok`"""
    measured: JsonValue = None
    threshold: JsonValue = None
    evidence: tuple[Evidence, ...] = ()
    owner: tuple[str, ...] = ()
    """roles, as `config/rbac.py` names them"""
    next_command: str = ""
    """a command line that mends it, or shows what to mend"""

    def __post_init__(self) -> None:
        if self.status in (Status.BLOCKED, Status.UNKNOWN) and not (self.reasons and self.next_command):
            raise ValueError(f"{self.id} is {self.status} without a reason, or without the next command")


def overall(findings: Iterable[Finding]) -> Status:
    """Return blocked before unknown before ok; nothing at all is unknown."""
    kinds = {finding.status for finding in findings}
    for status in (Status.BLOCKED, Status.UNKNOWN):
        if status in kinds:
            return status
    return Status.OK if kinds else Status.UNKNOWN
