"""`incident_comms`: the start was announced, `oem-live` took the message, and a named person confirmed both on the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from golive.model.clock import from_iso, to_iso

from ..finding import Evidence, Finding, Status
from ..objection import AHEAD_NS, Objection, blocked, finding_of, too_old, unknown

ID: Final = "incident_comms"
CHANNEL: Final = "oem-live"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """The newest step `announcement` of the entrypoint."""

    at: str
    status: str
    operators: tuple[str, ...]
    starts_at: int | None
    """ns UTC; None: it names no start"""
    alert_id: str
    changed: tuple[str, ...] = ()
    """documents that it left and that are gone or not the same any more"""
    is_delivered: bool = False
    """whether the audit of alerts has the row that the channel took it"""
    audit_fault: str = ""
    """why the audit cannot say"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommsEvidence:
    """What log and audit say of the announcement."""

    entrypoint: str
    announced: Announced | None = None
    fault: str = ""
    """why the log cannot be believed"""
    fault_status: Status = Status.UNKNOWN
    people: frozenset[str]
    """operators of this installation"""
    max_age_hours: int
    now: int
    files: tuple[Evidence, ...] = ()

    @property
    def command(self) -> str:
        return f"golive window announce --entrypoint {self.entrypoint} --starts-at TIME --operator NAME"


def incident_comms(evidence: CommsEvidence) -> Finding:
    """Judge the newest announcement; without one it is unknown, as only a window that is about to begin brings it."""
    step = evidence.announced
    return finding_of(
        ID,
        _objections(evidence),
        measured=None
        if step is None
        else {
            "announced_at": step.at,
            "starts_at": None if step.starts_at is None else to_iso(step.starts_at),
            "operators": list(step.operators),
            "alert_id": step.alert_id,
            "delivered": step.is_delivered,
        },
        threshold={"channel": CHANNEL, "max_age_hours": evidence.max_age_hours},
        evidence=evidence.files,
    )


def _objections(evidence: CommsEvidence) -> Iterator[Objection]:
    command, step = evidence.command, evidence.announced
    if evidence.fault:
        yield Objection(evidence.fault_status, evidence.fault, "golive audit verify --all")
        return
    if step is None:
        yield unknown(f"the start of {evidence.entrypoint} was not announced", command)
        return
    told = f"the announcement of {step.at}"
    if step.status != "ok":
        yield blocked(f"{told} ended {step.status}", command)
    if from_iso(step.at) > evidence.now + AHEAD_NS:
        yield unknown(f"{told} is to come: is the clock right?", command)
    for path in step.changed:
        yield blocked(f"{told} left {path}, which is gone or was changed since", command)
    if not step.operators:
        yield blocked(f"{told} names no operator", command)
    for name in step.operators:
        if name not in evidence.people:
            yield blocked(f"{told} names {name}, who is no operator here", command)
    if step.starts_at is None:
        yield blocked(f"{told} names no start", command)
    elif step.starts_at <= evidence.now:
        yield from too_old("the start that was announced", step.starts_at, evidence.now, evidence.max_age_hours, command)
    if step.audit_fault:
        yield unknown(
            f"the audit of alerts cannot say whether {CHANNEL} took it: {step.audit_fault}", "golive audit verify --all"
        )
    elif not step.is_delivered:
        yield blocked(f"the audit of alerts has no row that {CHANNEL} took alert {step.alert_id[:8]}", "golive alerts list")
