"""What one check found, and the document of them all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Final

from golive.config.configuration import Configuration
from golive.config.endpoint import parse_endpoint
from golive.model.clock import Clock
from golive.model.errors import ConfigError
from golive.model.json import JsonValue
from golive.model.verdict import ExitCode, Verdict
from golive.observability.shape import Count, Fragment, Instant, as_json, document_schema

SCHEMA: Final = "golive.doctor.v1"
NO_CONFIGURATION: Final = "the configuration cannot be used"
GRAVEST: Final = (Verdict.BLOCKED, Verdict.BREACHED, Verdict.UNKNOWN, Verdict.OK)
EXIT: Final = {
    Verdict.BLOCKED: ExitCode.BLOCKED,
    Verdict.BREACHED: ExitCode.BREACHED,
    Verdict.UNKNOWN: ExitCode.UNKNOWN,
    Verdict.OK: ExitCode.OK,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    measured: str
    next_command: str = ""
    """what to do about it; empty where nothing is to be done"""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table."""

    check: str
    verdict: Verdict
    measured: str
    next_command: str


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """Every check."""

    checked_at: Instant
    verdict: Verdict
    exit_code: Annotated[int, Fragment({"enum": [0, 2, 3, 5, 6]})]
    checks: tuple[Row, ...]
    not_ok: Count
    """rows that are neither `ok` nor `not_applicable`"""


class Patient:
    """What the checks look at: an installation, and its configuration if it can be read."""

    def __init__(self, home: Path, clock: Clock, read: Callable[[], Configuration]) -> None:
        self.home = home
        self.clock = clock
        self._read = read

    @cached_property
    def configuration(self) -> Configuration:
        """The configuration; raises ConfigError."""
        return self._read()

    @property
    def trades_live(self) -> bool:
        """Whether an environment of type live is in use; raises ConfigError."""
        environments = self.configuration.core.environments
        return any(each.environment == "live" and self.configuration.is_in_use(name) for name, each in environments.items())

    @property
    def trades_for_real(self) -> bool:
        """Whether one of those is no rehearsal against a simulated venue; raises ConfigError."""
        environments = self.configuration.core.environments
        return any(
            each.environment == "live" and self.configuration.is_in_use(name) and not parse_endpoint(each.endpoint).is_loopback
            for name, each in environments.items()
        )


Check = Callable[[Patient], Finding]


def ok(measured: str) -> Finding:
    return Finding(Verdict.OK, measured)


def not_applicable(why: str, next_command: str = "") -> Finding:
    return Finding(Verdict.NOT_APPLICABLE, why, next_command)


def blocked(measured: str, next_command: str) -> Finding:
    return Finding(Verdict.BLOCKED, measured, next_command)


def breached(measured: str, next_command: str) -> Finding:
    return Finding(Verdict.BREACHED, measured, next_command)


def unknown(why: str, next_command: str = "") -> Finding:
    return Finding(Verdict.UNKNOWN, why, next_command)


def report_of(rows: Sequence[Row], now: int, *, is_configured: bool) -> DoctorReport:
    """Return what the rows mean together; without a configuration the exit code is 2, whatever else was found."""
    verdict = overall(row.verdict for row in rows)
    code = EXIT[verdict] if is_configured else ExitCode.USAGE
    bad = sum(row.verdict not in (Verdict.OK, Verdict.NOT_APPLICABLE) for row in rows)
    return DoctorReport(now, verdict, code, tuple(rows), bad)


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the gravest; nothing measured is `unknown`."""
    found = set(verdicts)
    return next((each for each in GRAVEST if each in found), Verdict.UNKNOWN)


def row_of(name: str, check: Check, patient: Patient, can_fail: tuple[type[Exception], ...]) -> Row:
    """Carry a check out; what keeps it from looking is `unknown`, never `ok`."""
    try:
        found = check(patient)
    except ConfigError:
        found = unknown(NO_CONFIGURATION, "golive config check")
    except can_fail as exc:
        found = unknown(f"could not be looked at: {exc}".splitlines()[0])
    here = f"{patient.home}/"
    return Row(name, found.verdict, found.measured.replace(here, ""), found.next_command.replace(here, ""))


def document(report: DoctorReport) -> dict[str, JsonValue]:
    """Return the report as its JSON document."""
    value = as_json(report)
    assert isinstance(value, dict)
    return {"schema": SCHEMA, **value}


def doctor_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of that document."""
    return document_schema(SCHEMA, "The state of this machine and this installation", DoctorReport)
