"""What a licence says: for whom, for what, from when to when, for which device. Exactly these fields, each of its type."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from golive.model.clock import from_iso, to_iso
from golive.model.json import JsonObject

from .fields import Fields, count_of, demand_fields, flag_of, malformed, text_of, texts_of

FIELDS: Final = (
    "license_id", "issuer", "customer", "allowed_profiles", "environments", "modules", "not_before", "not_after", "fingerprint",
    "min_revocation_version", "development",
)  # fmt: skip
ENVIRONMENTS: Final = ("paper", "testnet", "live")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_DEVICE: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Licence:
    """A licence as its issuer signed it; times in ns UTC, `not_after` is the first moment at which it is no more valid."""

    license_id: str
    issuer: str
    customer: str
    allowed_profiles: tuple[str, ...]
    """labels of exchanges are entitlements to these, the others are profiles such as `desktop`"""
    environments: tuple[str, ...]
    modules: tuple[str, ...]
    not_before: int
    not_after: int
    fingerprint: str
    """the device that it is for: that of the fingerprint that it goes with"""
    min_revocation_version: int
    development: bool

    def as_payload(self) -> JsonObject:
        return {
            "license_id": self.license_id, "issuer": self.issuer, "customer": self.customer,
            "allowed_profiles": list(self.allowed_profiles), "environments": list(self.environments),
            "modules": list(self.modules), "not_before": to_iso(self.not_before), "not_after": to_iso(self.not_after),
            "fingerprint": self.fingerprint, "min_revocation_version": self.min_revocation_version,
            "development": self.development,
        }  # fmt: skip


def read_licence(payload: Fields) -> Licence:
    """Return the licence that a payload is; NotBelieved (`malformed`) naming the field that is not what it must be."""
    demand_fields(payload, FIELDS, "the licence")
    licence = Licence(
        license_id=text_of(payload, "license_id", is_id),
        issuer=text_of(payload, "issuer", is_id),
        customer=text_of(payload, "customer", is_name_of_people),
        allowed_profiles=texts_of(payload, "allowed_profiles", _NAME.fullmatch),
        environments=texts_of(payload, "environments", ENVIRONMENTS.__contains__),
        modules=texts_of(payload, "modules", _NAME.fullmatch),
        not_before=moment_of(payload, "not_before"),
        not_after=moment_of(payload, "not_after"),
        fingerprint=text_of(payload, "fingerprint", is_device),
        min_revocation_version=count_of(payload, "min_revocation_version"),
        development=flag_of(payload, "development"),
    )
    if licence.not_before >= licence.not_after:
        raise malformed("not_after is not after not_before")
    return licence


def moment_of(fields: Fields, name: str) -> int:
    """Return a moment, ns UTC, of a text that is written as we write it."""
    text = text_of(fields, name, len)
    try:
        ns = from_iso(text)
        if to_iso(ns) == text:
            return ns
    except (ValueError, OverflowError):
        pass  # told below, like a moment that is written in another way
    raise malformed(f"field {name!r} is no time such as 2026-01-10T00:00:00Z")


def is_id(text: str) -> bool:
    return _ID.fullmatch(text) is not None


def is_device(text: str) -> bool:
    return _DEVICE.fullmatch(text) is not None


def is_name_of_people(text: str) -> bool:
    return 0 < len(text) <= 120 and text.isprintable() and text == text.strip()
