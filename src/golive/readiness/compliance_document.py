"""The JSON documents of `golive signoff list | check` and `golive compliance document list`, and their schemas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from golive.config.rbac import SignOff
from golive.model.json import JsonObject, JsonValue
from golive.observability.shape import closed_object

from .compliance_register import DocumentKind
from .finding import Finding, Status

LIST: Final = "golive.signoff_list.v1"
CHECK: Final = "golive.signoff_check.v1"
DOCUMENTS: Final = "golive.compliance_documents.v1"
SIGN_OFF_STATES: Final = ("configured", "not configured", "expired", "revoked")
DOCUMENT_STATES: Final = ("sound", "missing", "changed", "unreadable")
_TEXT: Final[JsonObject] = {"type": "string"}
_TEXTS: Final[JsonObject] = {"type": "array", "items": _TEXT}
_INSTANT: Final[JsonObject] = {"type": "string", "format": "date-time"}
_SHA256: Final[JsonObject] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def list_document(rows: Sequence[JsonObject]) -> JsonObject:
    """Return the document of `golive signoff list`: each sign-off of the register with its id and state."""
    return {"schema": LIST, "signoffs": list(rows)}


def check_document(entrypoint: str, findings: Sequence[Finding]) -> JsonObject:
    """Return the document of `golive signoff check`."""
    return {"schema": CHECK, "entrypoint": entrypoint, "findings": [_finding(each) for each in findings]}


def documents_document(rows: Sequence[Mapping[str, str]]) -> JsonObject:
    """Return the document of `golive compliance document list`."""
    return {"schema": DOCUMENTS, "documents": [dict(row) for row in rows]}


def list_schema() -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {
        "id": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
        "role": {"enum": [str(each) for each in SignOff]},
        "person": _TEXT,
        "scope": _TEXT,
        "at": _INSTANT,
        "expires_at": _INSTANT,
        "document": _TEXT,
        "sha256": _SHA256,
        "signature": _TEXT,
        "state": {"enum": list(SIGN_OFF_STATES)},
        "revoked_because": {"type": ["string", "null"]},
    }
    return _schema(LIST, "Sign-offs of the register", {"signoffs": _array(row)})


def check_schema() -> dict[str, JsonValue]:
    age: JsonObject = {"type": ["number", "null"], "minimum": 0}
    row: dict[str, JsonValue] = {
        "id": {"enum": ["kyc_aml_signoff", "risk_limits"]},
        "status": {"enum": [str(each) for each in Status]},
        "reasons": _TEXTS,
        "measured": {"type": "object"},
        "threshold": {"type": "object"},
        "owner": _TEXTS,
        "next_command": _TEXT,
        "evidence": _array({"path": _TEXT, "sha256": _SHA256, "age_seconds": age}),
    }
    return _schema(CHECK, "The sign-offs of an entrypoint, judged", {"entrypoint": _TEXT, "findings": _array(row)})


def documents_schema() -> dict[str, JsonValue]:
    row: dict[str, JsonValue] = {
        "state": {"enum": list(DOCUMENT_STATES)},
        "exchange": _TEXT,
        "kind": {"enum": [str(each) for each in DocumentKind]},
        "path": _TEXT,
        "sha256": _SHA256,
        "at": _INSTANT,
        "person": _TEXT,
    }
    return _schema(DOCUMENTS, "Documents of the register", {"documents": _array(row)})


def _finding(found: Finding) -> JsonObject:
    return {
        "id": found.id, "status": str(found.status), "reasons": list(found.reasons), "measured": found.measured,
        "threshold": found.threshold, "owner": list(found.owner), "next_command": found.next_command,
        "evidence": [{"path": e.path, "sha256": e.sha256, "age_seconds": e.age_seconds} for e in found.evidence],
    }  # fmt: skip


def _array(properties: dict[str, JsonValue]) -> JsonObject:
    return {"type": "array", "items": closed_object(properties)}


def _schema(name: str, title: str, properties: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:golive:schema:{name}",
        "title": title,
        **closed_object({"schema": {"const": name}, **properties}),
    }
