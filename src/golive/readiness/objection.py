"""What speaks against something: each objection with what to run, and all of one check as its finding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from golive.model.clock import MINUTE, SECOND, to_iso
from golive.model.json import JsonValue
from golive.model.verdict import KeyClass

from .check_table import CHECKS
from .finding import Evidence, Finding, Status

AHEAD_NS: Final = 5 * MINUTE
"""how far evidence may lie ahead of the clock: clocks are set back a little now and then"""
HOUR: Final = 60 * MINUTE


@dataclass(frozen=True, slots=True)
class Objection:
    """Why something does not hold, and what to run."""

    status: Status
    reason: str
    next_command: str


def blocked(reason: str, next_command: str) -> Objection:
    return Objection(Status.BLOCKED, reason, next_command)


def unknown(reason: str, next_command: str) -> Objection:
    return Objection(Status.UNKNOWN, reason, next_command)


def too_old(what: str, at: int, now: int, hours: int, next_command: str) -> tuple[Objection, ...]:
    """Object to evidence of `at`, ns UTC, that is older than `hours` or to come; nothing against any other."""
    if at > now + AHEAD_NS:
        return (unknown(f"{what} is of {to_iso(at)}, which is to come: is the clock right?", next_command),)
    if now - at > hours * HOUR:
        return (unknown(f"{what} is {(now - at) / HOUR:.1f} hours old, allowed are {hours}", next_command),)
    return ()


def of_development(what: str, key_class: str, *, is_rehearsal: bool, next_command: str) -> tuple[Objection, ...]:
    """Object to evidence for production that no production key signed; nothing against any other."""
    if is_rehearsal or key_class == KeyClass.PRODUCTION:
        return ()
    return (
        blocked(f"{what} is signed by keys for {key_class or 'nobody knows what'}, which production does not take", next_command),
    )


def age_seconds(at: int, now: int) -> float:
    """Return how old something of `at` is, in seconds with milliseconds; 0 for what lies ahead of the clock."""
    return round(max(0, now - at) / SECOND, 3)


def finding_of(
    id_: str,
    objections: Iterable[Objection],
    *,
    measured: JsonValue,
    threshold: JsonValue,
    evidence: tuple[Evidence, ...] = (),
) -> Finding:
    """Return the finding of the check `id_`: ok without objections, else as the gravest, with its command."""
    found = tuple(objections)
    worst = Status.OK
    for status in (Status.UNKNOWN, Status.BLOCKED):
        worst = status if any(each.status is status for each in found) else worst
    return Finding(
        id_,
        worst,
        tuple(dict.fromkeys(each.reason for each in found)),
        measured=measured,
        threshold=threshold,
        evidence=evidence,
        owner=tuple(str(each) for each in CHECKS[id_].owners),
        next_command=next((each.next_command for each in found if each.status is worst), ""),
    )
