"""What `golive gate status` says: the gate, every check, and the exit code that tells it to a shell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import ExitCode, Stage
from golive.observability.shape import Fragment, Instant, as_json, document_schema

from .checklist_report import ItemDocument
from .finding import Status
from .gate_state import GateState, Opened

SCHEMA: Final = "golive.gate_status.v1"
CODES: Final[Mapping[Status, ExitCode]] = {
    Status.OK: ExitCode.OK,
    Status.BLOCKED: ExitCode.BLOCKED,
    Status.UNKNOWN: ExitCode.UNKNOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDocument:
    """Open or shut. A gate that is open by its records, and would be refused all the same, is shut."""

    state: Literal["open", "shut"]
    because: str
    """why it is shut; empty where it is open"""
    since: Instant | None
    """when it was opened, or shut where that can be told"""
    until: Instant | None
    """until when it stands if nobody looks any more; null where it is shut"""
    operators: tuple[str, ...]
    """who opened it"""
    closed_by: str
    report: str
    """the signed checklist it was opened with"""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateStatus:
    """All of it."""

    entrypoint: str
    environment: str
    stage: Stage
    checked_at: Instant
    status: Status
    """of the checks that the gate asks for"""
    exit_code: Annotated[int, Fragment({"enum": [0, 3, 6]})]
    gate: GateDocument
    halts: tuple[str, ...]
    """what would keep a session from ordering whatever the checks find, and what ends it: emergency mode, stops that stand"""
    items: tuple[ItemDocument, ...]
    written: str | None
    """path of the signed report, where one was asked for"""


def gate_document(state: GateState, faults: tuple[str, ...]) -> GateDocument:
    """Return a gate as it is shown; `faults`: why one that is open would be refused."""
    if isinstance(state, Opened):
        return GateDocument(
            state="shut" if faults else "open", because="; ".join(faults), since=None if faults else state.opened_at,
            until=None if faults else state.expires_at, operators=tuple(state.operators), closed_by="", report=state.report,
        )  # fmt: skip
    return GateDocument(
        state="shut", because=state.because, since=state.since, until=None, operators=(), closed_by=state.by, report=""
    )  # fmt: skip


def status_document(status: GateStatus) -> JsonObject:
    value = as_json(status)
    assert isinstance(value, dict)
    return {"schema": SCHEMA, **value}


def status_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "The gate of an entrypoint, and every check of readiness", GateStatus)
