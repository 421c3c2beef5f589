"""The register of compliance: who may sign with which key, what was signed and withdrawn, which documents are archived.

`var/audit/compliance/register.json` holds it as records of this installation; here is what each record says, and their sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from golive.audit import Entry
from golive.audit.sign_off import FIELDS, SignOffText
from golive.config.rbac import SignOff
from golive.model.json import JsonObject

PRINCIPAL: Final = "principal_registered"
GIVEN: Final = "signoff_given"
REVOKED: Final = "signoff_revoked"
ARCHIVED: Final = "document_archived"


class DocumentKind(StrEnum):
    """What a document of the register is."""

    KYC = "kyc"
    KYB = "kyb"
    OFFLINE_ACCESS = "offline_access"
    """how the API keys are reached when this machine is not: who holds what, where"""
    SIGNED = "signed"
    """what somebody read before signing"""


@dataclass(frozen=True, slots=True)
class Principal:
    """A person who signs: as what, and the public half of their key (64 hex digits; empty: none)."""

    roles: frozenset[SignOff]
    public_key: str


@dataclass(frozen=True, slots=True)
class Document:
    """A document as it was archived."""

    kind: DocumentKind
    exchange: str
    """label of the exchange; empty for one that belongs to none"""
    path: str
    """relative to home"""
    sha256: str
    at: str
    person: str


@dataclass(frozen=True, slots=True)
class ComplianceRegister:
    """What all records say together."""

    principals: Mapping[str, Principal] = field(default_factory=dict)
    given: Mapping[str, SignOffText] = field(default_factory=dict)
    """by id"""
    revoked: Mapping[str, str] = field(default_factory=dict)
    """id → reason"""
    documents: tuple[Document, ...] = ()

    @property
    def digests(self) -> Mapping[str, str]:
        """Return path → digest of every archived document."""
        return {each.path: each.sha256 for each in self.documents}


def principal_body(name: str, principal: Principal) -> JsonObject:
    return {"person": name, "roles": sorted(principal.roles), "public_key": principal.public_key}


def given_body(signed: SignOffText) -> JsonObject:
    return dict(signed._asdict())


def revoked_body(signed: SignOffText, reason: str) -> JsonObject:
    return {"id": signed.id, "role": signed.role, "person": signed.person, "scope": signed.scope, "reason": reason}


def archived_body(document: Document) -> JsonObject:
    return {
        "kind": str(document.kind),
        "exchange": document.exchange,
        "path": document.path,
        "sha256": document.sha256,
    }


def read_register(entries: Iterable[Entry]) -> ComplianceRegister:
    """Return what verified records say, oldest first; ValueError naming the record that says nothing that can be understood."""
    principals: dict[str, Principal] = {}
    given: dict[str, SignOffText] = {}
    revoked: dict[str, str] = {}
    documents: dict[str, Document] = {}
    for entry in entries:
        try:
            if entry.type == PRINCIPAL:
                principals[_text(entry, "person")] = _principal(entry)
            elif entry.type == GIVEN:
                signed = SignOffText(*(_text(entry, name) for name in FIELDS))
                given[signed.id] = signed
            elif entry.type == REVOKED:
                revoked[_text(entry, "id")] = _text(entry, "reason")
            elif entry.type == ARCHIVED:
                documents[_text(entry, "path")] = _document(entry)
        except (ValueError, KeyError) as exc:
            raise ValueError(f"record {entry.seq} ({entry.type}) cannot be understood: {exc}") from None
    return ComplianceRegister(principals, given, revoked, tuple(documents.values()))


def _principal(entry: Entry) -> Principal:
    roles = entry.body["roles"]
    if not isinstance(roles, list):
        raise ValueError("roles is no list")
    return Principal(frozenset(SignOff(str(role)) for role in roles), _text(entry, "public_key"))


def _document(entry: Entry) -> Document:
    return Document(
        DocumentKind(_text(entry, "kind")),
        _text(entry, "exchange"),
        _text(entry, "path"),
        _text(entry, "sha256"),
        entry.ts,
        entry.operator,
    )


def _text(entry: Entry, name: str) -> str:
    value = entry.body[name]
    if not isinstance(value, str):
        raise ValueError(f"{name} is no text")
    return value
