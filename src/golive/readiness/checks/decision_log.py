"""`decision_log`: the log of live orders is what was written, keeps its bounds, and has the steps that come before live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ..finding import Evidence, Finding, Status
from ..objection import Objection, blocked, finding_of, unknown

ID: Final = "decision_log"
_VERIFY: Final = "golive audit verify --all"
_LABS: Final = "paper_labs"
_CONSOLE: Final = "ui_start"
_CLOUD: Final = "cloud_handshake"
EARLY: Final = ("mtls_prepared", "licence_verified", _LABS, "router_configured")
"""steps that come before anything live is started"""
LATE: Final = ("daemon_start", _CONSOLE, _CLOUD, "announcement")
"""steps that only a running read-only daemon can bring"""
STEPS: Final = (*EARLY, *LATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The newest record of a step."""

    status: str
    at: str
    operator: str
    changed: tuple[str, ...] = ()
    """files that it left and that are gone or not the same any more"""
    is_development: bool = False
    """it rests on a licence for development, which no production does"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionLogEvidence:
    """What was read of the log."""

    entrypoint: str
    is_rehearsal: bool
    uses_console: bool
    uses_cloud: bool
    fault: str = ""
    """why the log cannot be believed"""
    fault_status: Status = Status.UNKNOWN
    records: int = 0
    broken_bounds: tuple[str, ...] = ()
    """the first order that was too slow, the first record of an operator nobody knows"""
    latency_ms: int
    steps: Mapping[str, Step] = field(default_factory=dict)
    """of STEPS, those that are there"""
    files: tuple[Evidence, ...] = ()

    @property
    def wanted(self) -> tuple[str, ...]:
        """Return the steps that are asked for: those of rooms that are there, and used."""
        unused = {_LABS: self.is_rehearsal, _CONSOLE: not self.uses_console, _CLOUD: not self.uses_cloud}
        return tuple(step for step in STEPS if not unused.get(step, False))


def decision_log(evidence: DecisionLogEvidence) -> Finding:
    """Judge; an early step that is missing blocks, a late one is unknown until a daemon that may not trade brought it."""
    return finding_of(
        ID,
        _objections(evidence),
        measured={
            "records": evidence.records,
            "steps": {name: step.at for name, step in sorted(evidence.steps.items())},
        },
        threshold={"latency_ms": evidence.latency_ms, "steps": list(evidence.wanted)},
        evidence=evidence.files,
    )


def _objections(evidence: DecisionLogEvidence) -> Iterator[Objection]:
    if evidence.fault:
        yield Objection(evidence.fault_status, evidence.fault, _VERIFY)
        return
    for reason in evidence.broken_bounds:
        yield blocked(reason, _VERIFY)
    for name in evidence.wanted:
        command = _command(evidence, name)
        step = evidence.steps.get(name)
        if step is None:
            say = blocked if name in EARLY else unknown
            yield say(f"the step {name} is missing", command)
            continue
        if step.status != "ok":
            yield blocked(f"the step {name} of {step.at} by {step.operator} ended {step.status}", command)
        elif step.is_development and not evidence.is_rehearsal:
            yield blocked(f"the step {name} of {step.at} rests on a licence for development", command)
        for path in step.changed:
            yield blocked(f"the step {name} of {step.at} left {path}, which is gone or was changed since", command)


def _command(evidence: DecisionLogEvidence, step: str) -> str:
    name = evidence.entrypoint
    commands = {
        "mtls_prepared": "python scripts/generate_mtls_bundle.py",
        "licence_verified": "golive provision --verify",
        "announcement": f"golive window announce --entrypoint {name} --starts-at TIME --operator NAME",
        "router_configured": f"golive run --mode live --read-only --entrypoint {name}",
        "daemon_start": f"golive run --mode live --read-only --entrypoint {name}",
    }
    return commands.get(step, "golive runbook show LIVE_EXECUTION_CHECKLIST")
