"""`live_readiness_checklist` as a document: what each check found, what the gate asked for, and what it was bound to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import EvidenceClass, KeyClass, Stage
from golive.observability.shape import Fragment, Instant, as_json, document_schema

from .finding import Finding, Status
from .gate_binding import Binding

SCHEMA: Final = "golive.live_readiness_checklist.v1"


@dataclass(frozen=True, slots=True)
class EvidenceDocument:
    """A file that a finding rests on."""

    path: str
    sha256: str
    age_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemDocument:
    """What one check found."""

    id: str
    asked: bool
    """whether this gate asks for it"""
    status: Status
    reasons: tuple[str, ...]
    measured: object
    threshold: object
    evidence: tuple[EvidenceDocument, ...]
    owner: tuple[str, ...]
    next_command: str
    checked_at: Instant
    expires_at: Instant


@dataclass(frozen=True, slots=True)
class PersonDocument:
    """Somebody who opened the gate."""

    name: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistReport:
    """All of it, at one moment."""

    entrypoint: str
    environment: str
    stage: Stage
    evidence_class: EvidenceClass
    key_class: KeyClass
    checked_at: Instant
    expires_at: Instant
    status: Status
    """of what is asked"""
    operators: tuple[PersonDocument, ...]
    """who opened the gate with it; empty where nothing was opened"""
    bound: Binding | None
    """what the gate holds for; null where nothing was opened"""
    items: tuple[ItemDocument, ...]
    key_id: str
    """which published key of `var/audit/keys/` checks it"""
    signature: Annotated[str, Fragment({"pattern": "^[0-9a-f]{128}$"})]
    """hex Ed25519 over the canonical JSON of all other fields"""


def report_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "The checks of readiness for live, and the gate that was opened with them", ChecklistReport)


def report_fields(report: ChecklistReport) -> JsonObject:
    """Return the document without `key_id` and `signature`, for signing."""
    value = as_json(report)
    assert isinstance(value, dict)
    del value["key_id"], value["signature"]
    return {"schema": SCHEMA, **value}


def items_of(findings: Iterable[Finding], asked: Iterable[Finding], checked_at: int, expires_at: int) -> tuple[ItemDocument, ...]:
    """Return an item for every finding; `asked`: those that the gate asks for, as it takes them."""
    taken = {each.id: each for each in asked}
    rows = {each.id: taken.get(each.id, each) for each in findings} | taken
    return tuple(_item(each, each.id in taken, checked_at, expires_at) for each in rows.values())


def people_of(operators: Mapping[str, Sequence[str]]) -> tuple[PersonDocument, ...]:
    return tuple(PersonDocument(name, tuple(roles)) for name, roles in operators.items())


def _item(finding: Finding, asked: bool, checked_at: int, expires_at: int) -> ItemDocument:
    return ItemDocument(
        id=finding.id, asked=asked, status=finding.status, reasons=finding.reasons, measured=finding.measured,
        threshold=finding.threshold, owner=finding.owner, next_command=finding.next_command, checked_at=checked_at,
        expires_at=expires_at, evidence=tuple(EvidenceDocument(e.path, e.sha256, e.age_seconds) for e in finding.evidence),
    )  # fmt: skip
