"""What may be wrong with a licence and what belongs to it: one code for each, and which of them a time of grace covers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Document(StrEnum):
    """What a fault is about."""

    LICENCE = "licence"
    FINGERPRINT = "fingerprint"
    EXPECTED = "expected fingerprint"
    REVOCATIONS = "revocation list"
    CLOCK = "clock"
    REGISTRY = "registry"


class FaultCode(StrEnum):
    """Stable names of faults; part of the evidence that `--verify` leaves."""

    MISSING = "missing"
    MALFORMED = "malformed"
    """not exactly the fields, types and bytes that it must be"""
    COPY_DIFFERS = "copy_differs"
    """the readable copy says something else than the signed bytes"""
    KEY_UNKNOWN = "key_unknown"
    SIGNATURE = "signature"
    KEY_REVOKED = "key_revoked"
    ISSUER = "issuer"
    """an issuer that is not allowed here, or another one than the licence's"""
    NOT_YET = "not_yet"
    EXPIRED = "expired"
    TOO_LONG = "too_long"
    PROFILE = "profile"
    ENVIRONMENT = "environment"
    DEVELOPMENT = "development"
    OTHER_DEVICE = "other_device"
    """made for another device than the licence"""
    OTHER_MACHINE = "other_machine"
    """too few of its factors are found on this machine"""
    REVOKED = "revoked"
    STALE = "stale"
    ROLLED_BACK = "rolled_back"
    """older than what was seen before: a list's version, or the clock"""
    TOO_OLD = "too_old"
    """a list below the version that the licence demands"""
    MARKS = "marks"
    """what was seen before cannot be believed"""
    NOT_REGISTERED = "not_registered"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, in words that name what mends it."""

    document: Document
    code: FaultCode
    text: str

    def __str__(self) -> str:
        return f"{self.document}: {self.text}"


GRACE: Final = frozenset({(Document.LICENCE, FaultCode.EXPIRED), (Document.REVOCATIONS, FaultCode.STALE)})
"""faults that come with time alone; nothing else is ever excused"""


class NotBelieved(ValueError):
    """A document cannot be believed; `code` says why."""

    def __init__(self, code: FaultCode, text: str) -> None:
        super().__init__(text)
        self.code = code
