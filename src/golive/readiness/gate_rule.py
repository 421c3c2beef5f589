"""Which checks a gate asks for, and when one of them is green: pure over findings (CONTRACT "Readiness and gate")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from .check_table import CHECKS, is_asked
from .finding import Finding, Status

OPTIONAL: Final = frozenset({"ai_models", "ui_prelive", "cloud"})
"""what production may do without: only these are `not_applicable` there"""


def asked_of(findings: Iterable[Finding], *, is_rehearsal: bool) -> tuple[Finding, ...]:
    """Return one finding for each check that the gate asks for, in the order of the table.

    A check of which nothing was said, or more than one thing, is unknown; one that says of itself that it does not apply, in
    production and not optional, is blocked.
    """
    said: dict[str, list[Finding]] = {}
    for each in findings:
        said.setdefault(each.id, []).append(each)
    return tuple(
        _of_gate(id_, said.get(id_, ()), is_rehearsal=is_rehearsal) for id_ in CHECKS if is_asked(id_, is_rehearsal=is_rehearsal)
    )


def not_green(findings: Iterable[Finding], *, is_rehearsal: bool) -> tuple[Finding, ...]:
    """Return what keeps the gate shut: blocked ones first, then unknown ones; nothing when all that is asked is green."""
    shut = [each for each in asked_of(findings, is_rehearsal=is_rehearsal) if each.status in (Status.BLOCKED, Status.UNKNOWN)]
    return tuple(sorted(shut, key=lambda each: each.status is not Status.BLOCKED))


def told(findings: Sequence[Finding]) -> str:
    """Say in one line what is not green, each with its first reason: `mtls is blocked: a certificate has run out; …`."""
    return "; ".join(f"{each.id} is {each.status}: {each.reasons[0]}" for each in findings)


def _of_gate(id_: str, said: Sequence[Finding], *, is_rehearsal: bool) -> Finding:
    row = CHECKS[id_]
    if len(said) != 1:
        why = "it says more than one thing" if said else "nothing was said of it"
        owner = tuple(str(each) for each in row.owners)
        return Finding(id_, Status.UNKNOWN, (why,), owner=owner, next_command=row.next_command)
    found = said[0]
    if found.status is Status.NOT_APPLICABLE and not is_rehearsal and id_ not in OPTIONAL:
        reasons = ("says that it does not apply, and production asks for it always", *found.reasons)
        return replace(found, status=Status.BLOCKED, reasons=reasons, next_command=found.next_command or row.next_command)
    return found
