"""What a verification of a licence leaves: `golive.licence_verification.v1`, one declaration for text, schema and check."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from golive.model.json import JsonObject, JsonValue
from golive.observability.shape import Count, Instant, Sha256, as_json, document_schema
from golive.security.licence.fault import Fault
from golive.security.licence.fingerprint import Match
from golive.security.licence.payload import Licence

SCHEMA: Final = "golive.licence_verification.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceTold:
    """The licence as its issuer signed it."""

    license_id: str
    issuer: str
    customer: str
    allowed_profiles: tuple[str, ...]
    environments: tuple[str, ...]
    modules: tuple[str, ...]
    not_before: Instant
    not_after: Instant
    fingerprint: str
    min_revocation_version: Count
    development: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchTold:
    """How much of `fingerprint.json` this machine is."""

    same: tuple[str, ...]
    changed: tuple[str, ...]
    absent: tuple[str, ...]
    required: Count
    strength: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTold:
    path: str
    sha256: Sha256 | None
    """null: there is none, or it cannot be read"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultTold:
    document: str
    code: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceVerification:
    """Everything about an installation's licence at one moment."""

    verified_at: Instant
    valid: bool
    standing: str
    good_until: Instant | None
    key_id: str | None
    licence: LicenceTold | None
    profiles: tuple[str, ...]
    live_allowed: bool
    list_version: Count | None
    fingerprint: MatchTold | None
    registry_records: Count
    files: Mapping[str, FileTold]
    faults: tuple[FaultTold, ...]

    def as_document(self) -> JsonObject:
        body = as_json(self)
        assert isinstance(body, dict)
        return {"schema": SCHEMA, **body}


def verification_schema() -> dict[str, JsonValue]:
    """Return its JSON Schema."""
    return document_schema(SCHEMA, "Verification of a licence", LicenceVerification)


def licence_told(licence: Licence | None) -> LicenceTold | None:
    if licence is None:
        return None
    return LicenceTold(
        license_id=licence.license_id, issuer=licence.issuer, customer=licence.customer,
        allowed_profiles=licence.allowed_profiles, environments=licence.environments, modules=licence.modules,
        not_before=licence.not_before, not_after=licence.not_after, fingerprint=licence.fingerprint,
        min_revocation_version=licence.min_revocation_version, development=licence.development,
    )  # fmt: skip


def match_told(match: Match | None) -> MatchTold | None:
    if match is None:
        return None
    return MatchTold(
        same=match.same, changed=match.changed, absent=match.absent, required=match.required, strength=match.strength
    )


def faults_told(faults: tuple[Fault, ...]) -> tuple[FaultTold, ...]:
    return tuple(FaultTold(document=str(each.document), code=str(each.code), text=each.text) for each in faults)
