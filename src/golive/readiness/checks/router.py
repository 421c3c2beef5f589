"""`router`: every instrument has a route to a venue of ours, alert rules are those of the configuration, nobody reconnects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..finding import Evidence, Finding
from ..objection import Objection, blocked, finding_of

ID: Final = "router"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """Where orders of one instrument go."""

    instrument: str
    route: str | None
    """None: no route takes them"""
    homeless: tuple[str, ...] = ()
    """venues that the route falls back to and that have no live environment of their own"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterEvidence:
    """Routes, alert rules, and what the newest live session said of its connections."""

    entrypoint: str
    ways: tuple[Way, ...]
    rule_faults: tuple[str, ...] = ()
    """rule files that are missing or are not those of the configuration"""
    rules: int = 0
    reconnect_required: int | None = None
    """adapters that had to reconnect when the newest live session reported; None: none has reported"""
    session: str = ""
    changed: tuple[str, ...] = ()
    """reports of that session that are gone or not the same any more"""
    files: tuple[Evidence, ...] = ()


def router(evidence: RouterEvidence) -> Finding:
    """Judge; where no live session has reported yet there is no connection that could need anything."""
    return finding_of(
        ID,
        _objections(evidence),
        measured={
            "routes": {way.instrument: way.route for way in evidence.ways},
            "alert_rules": evidence.rules,
            "reconnect_required": evidence.reconnect_required,
            "reported_by": evidence.session or f"no session of {evidence.entrypoint} has reported yet",
        },
        threshold={"reconnect_required": 0},
        evidence=evidence.files,
    )


def _objections(evidence: RouterEvidence) -> Iterator[Objection]:
    if not evidence.ways:
        yield blocked(f"{evidence.entrypoint} has no instrument", "golive config check")
    for way in evidence.ways:
        if way.route is None:
            reason = f"no route takes {way.instrument} of {evidence.entrypoint}: core.yaml: execution.live_router.routes"
            yield blocked(reason, "golive config show --origin")
        for adapter in way.homeless:
            reason = f"route {way.route} of {way.instrument} leads to {adapter}, which has not exactly one live environment"
            yield blocked(reason, "golive config show --origin")
    for fault in evidence.rule_faults:
        yield blocked(fault, "golive metrics rules")
    for path in evidence.changed:
        reason = f"{evidence.session} left {path}, which is gone or was changed since"
        yield blocked(reason, f"golive run --mode live --read-only --entrypoint {evidence.entrypoint}")
    if evidence.reconnect_required:
        reason = f"{evidence.reconnect_required} adapters had to reconnect when {evidence.session} reported"
        yield blocked(reason, f"golive venue check {evidence.entrypoint}")
