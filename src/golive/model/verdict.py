"""Verdicts and the exit codes that tell them to a shell."""

from __future__ import annotations

from enum import IntEnum, StrEnum


class Verdict(StrEnum):
    """Only OK and NOT_APPLICABLE open anything."""

    OK = "ok"
    BREACHED = "breached"
    UNKNOWN = "unknown"
    BLOCKED = "blocked"
    NOT_APPLICABLE = "not_applicable"


class ExitCode(IntEnum):
    OK = 0
    USAGE = 2
    BLOCKED = 3
    VALIDATION_FAILED = 4
    BREACHED = 5
    UNKNOWN = 6
    INTERNAL = 70


class RunStatus(StrEnum):
    """`status` of a run report; each has exactly one exit code."""

    SUCCESS = "success"
    BLOCKED = "blocked"
    VALIDATION_FAILED = "validation_failed"
    BREACHED = "breached"
    UNKNOWN = "unknown"
    ERROR = "error"

    @property
    def exit_code(self) -> ExitCode:
        return _EXIT[self]


_EXIT = {
    RunStatus.SUCCESS: ExitCode.OK,
    RunStatus.BLOCKED: ExitCode.BLOCKED,
    RunStatus.VALIDATION_FAILED: ExitCode.VALIDATION_FAILED,
    RunStatus.BREACHED: ExitCode.BREACHED,
    RunStatus.UNKNOWN: ExitCode.UNKNOWN,
    RunStatus.ERROR: ExitCode.INTERNAL,
}


class Stage(StrEnum):
    DEMO = "demo"
    PAPER = "paper"
    TESTNET = "testnet"
    REHEARSAL = "rehearsal"
    LIVE = "live"


class EvidenceClass(StrEnum):
    """Where the evidence came from: the kind of endpoint."""

    EMBEDDED = "embedded"
    SANDBOX = "sandbox"
    PUBLIC = "public"
    PRODUCTION = "production"
    CUSTOM = "custom"


class KeyClass(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"
