"""One checked fact about a venue, the document that holds them all, and what they mean together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Final

from golive.model.json import JsonValue
from golive.model.secret import Credentials
from golive.model.verdict import EvidenceClass, ExitCode
from golive.observability.measured import AdapterFailover
from golive.observability.shape import Count, Fragment, Instant, Share, as_json, closed_object, object_properties
from golive.venues.masking import Masking

SCHEMA: Final = "golive.venue_check.v1"
KEY_SHOWN: Final = 4
"""how many characters of an API key are ever printed: the last ones"""


class Status(StrEnum):
    """What is known about a fact. Only `ok` and `not_applicable` are good."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"


@dataclass(frozen=True, slots=True)
class Row:
    """One fact: what was measured, and what mends it when it is not ok."""

    check: str
    status: Status
    measured: str
    fix: str = ""


def ok(check: str, measured: str) -> Row:
    return Row(check, Status.OK, measured)


def failed(check: str, measured: str, fix: str) -> Row:
    return Row(check, Status.FAILED, measured, fix)


def unknown(check: str, measured: str, fix: str) -> Row:
    return Row(check, Status.UNKNOWN, measured, fix)


def not_applicable(check: str, why: str) -> Row:
    return Row(check, Status.NOT_APPLICABLE, why)


@dataclass(frozen=True, slots=True)
class VenueCheck:
    """Everything about one venue that was looked at."""

    entrypoint: str
    environment: str
    adapter: str
    exchange: str
    endpoint: str
    evidence_class: EvidenceClass
    keychain_key: str
    api_key: Annotated[str, Fragment({"pattern": "^(…[^…]{1,4})?$"})]
    """`…` and the last four characters; empty without a key"""
    checked_at: Instant
    duration_seconds: Share
    failover_status: AdapterFailover | None
    """None when the venue was not opened"""
    status: Status
    exit_code: Count
    checks: tuple[Row, ...]


def overall(rows: Sequence[Row]) -> Status:
    """Return `failed` if any row is, else `unknown` if any row is or there is none, else `ok`."""
    found = {row.status for row in rows}
    if Status.FAILED in found:
        return Status.FAILED
    return Status.UNKNOWN if Status.UNKNOWN in found or not rows else Status.OK


def exit_code_of(status: Status) -> ExitCode:
    """Return 0 for `ok`, 4 for `failed`, 6 for everything that cannot say."""
    return {Status.OK: ExitCode.OK, Status.FAILED: ExitCode.VALIDATION_FAILED}.get(status, ExitCode.UNKNOWN)


def shown_key(credentials: Credentials | None) -> str:
    """Return the end of the API key; empty without one."""
    if credentials is None or "apiKey" not in credentials.fields:
        return ""
    return f"…{credentials.fields['apiKey'].reveal()[-KEY_SHOWN:]}"


def without_secrets(row: Row, credentials: Credentials | None) -> Row:
    """Return the row with every credential in it cut out: a venue may send back in words what it was sent."""
    masking = Masking(credentials)
    return replace(row, measured=masking.text(row.measured), fix=masking.text(row.fix))


def document(check: VenueCheck) -> dict[str, JsonValue]:
    """Return the check as its JSON document."""
    value = as_json(check)
    assert isinstance(value, dict)
    return {"schema": SCHEMA, **value}


def document_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of the document; every object in it is closed."""
    definitions: dict[str, JsonValue] = {}
    properties: dict[str, JsonValue] = {"schema": {"const": SCHEMA}, **object_properties(VenueCheck, definitions)}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:golive:schema:{SCHEMA}",
        "title": "Check of one venue",
        **closed_object(dict(sorted(properties.items()))),
        "$defs": definitions,
    }
