"""A drill from end to end: scenarios one after the other, what they came to, and the evidence of it, signed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.config.resilience_section import Resilience
from golive.model.clock import SECOND, Clock
from golive.model.json import JsonObject
from golive.model.verdict import ExitCode, Stage
from golive.readiness.resilience.document import (
    ALL,
    AuditSummary,
    FailoverSummary,
    FileTold,
    SelfHealingReport,
    csv_text,
    document,
    healing_of,
    told,
)
from golive.readiness.resilience.service import Limits, Scenario, Service, ServiceStatus, exit_code, worst_of
from golive.storage.decision_step import record_step
from golive.storage.files import make_directory, write_atomic
from golive.storage.live_segments import DIRECTORY as DECISION_LOGS

from ..code_version import code_version
from ..host_signer import host_signer
from .scenario import Course, run_scenario

FOLDER: Final = Path("var/audit/resilience")
"""relative to home"""
AUDIT_FILE: Final = "audit_summary.json"
FAILOVER_FILE: Final = "failover_summary.json"
CSV_FILE: Final = "failover_summary.csv"
HEALING_FILE: Final = "self_healing_report.json"
STEP: Final = "resilience_drill"
HOST: Final = "127.0.0.1"
TIME_SCALE: Final = 5


@dataclass(frozen=True, slots=True)
class Drill:
    """What a drill came to."""

    name: str
    executed_at: int
    """ns UTC"""
    duration_seconds: float
    time_scale: int
    services: tuple[Service, ...]
    courses: tuple[Course, ...]

    @property
    def status(self) -> ServiceStatus:
        return worst_of(self.services)

    @property
    def exit_code(self) -> ExitCode:
        return exit_code(self.services)

    @property
    def summary(self) -> FailoverSummary:
        return FailoverSummary(self.name, self.executed_at, tuple(map(told, self.services)))


async def run_drill(
    scenarios: Sequence[Scenario],
    limits: Resilience,
    clock: Clock,
    operator: str,
    *,
    time_scale: int = TIME_SCALE,
    say: Callable[[str], None] = lambda line: None,
) -> Drill:
    """Run the scenarios and judge them by `limits`; `say` hears what goes on. Raises GoliveError when one cannot begin."""
    executed_at, began = clock.now(), clock.monotonic()
    courses = []
    for scenario in scenarios:
        say(f"{scenario} …")
        courses.append(await run_scenario(scenario, time_scale, operator))
    services = tuple(Service(scenario=each.scenario, measured=each.measured, limits=_limits(limits, each)) for each in courses)
    name = scenarios[0] if len(scenarios) == 1 else ALL
    seconds = (clock.monotonic() - began) / SECOND
    return Drill(name, executed_at, seconds, time_scale, services, tuple(courses))


def keep_drill(home: Path, drill: Drill, clock: Clock, operator: str) -> tuple[Path, ...]:
    """Write the four files, and the step `resilience_drill` with their digests into the decision log; return the files.

    Raises JournalError.
    """
    folder = home / FOLDER
    make_directory(folder)
    signer = host_signer(home, clock, operator)
    rows = drill.summary.services
    healing = SelfHealingReport(
        drill.name, drill.executed_at, rows,
        tuple(healing_of(service, course.signs, course.alerts) for service, course in _pairs(drill)),
    )  # fmt: skip
    files = {
        FAILOVER_FILE: _bytes(document(drill.summary)),
        CSV_FILE: csv_text(drill.summary).encode(),
        HEALING_FILE: _bytes(document(healing)),
    }
    listed = tuple(FileTold(str(FOLDER / name), hashlib.sha256(data).hexdigest()) for name, data in sorted(files.items()))
    audit = AuditSummary(
        drill.name, drill.executed_at, rows, drill.status, drill.duration_seconds, operator, code_version(),
        str(Stage.REHEARSAL), "embedded", HOST, str(signer.keys.key_class), drill.time_scale, listed,
        str(DECISION_LOGS / "live_execution.jsonl"),
    )  # fmt: skip
    files[AUDIT_FILE] = _bytes(document(audit))
    for name, data in files.items():
        write_atomic(folder / name, data, durable_name=True)
    paths = tuple(folder / name for name in sorted(files))
    milliseconds = int(drill.duration_seconds * 1000)
    record_step(home, signer, STEP, str(drill.status), milliseconds, paths, stage=str(Stage.REHEARSAL))
    return paths


def _pairs(drill: Drill) -> zip[tuple[Service, Course]]:
    return zip(drill.services, drill.courses, strict=True)


def _limits(limits: Resilience, course: Course) -> Limits:
    section = getattr(limits, course.scenario)
    return Limits(max_rto_minutes=section.max_rto_minutes, max_rpo_minutes=section.max_rpo_minutes)


def _bytes(told: JsonObject) -> bytes:
    return (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()
