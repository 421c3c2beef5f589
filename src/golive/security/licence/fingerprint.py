"""The fingerprint of a device: keyed digests of what its hardware says of itself, of which some may change. No identifier
is kept.

A digest under a random salt keeps identifiers from being read or compared between licences; who holds the file and can guess an
identifier can still test the guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from golive.model.clock import to_iso
from golive.model.json import JsonObject

from .fields import Fields, count_of, demand_fields, malformed, text_of
from .payload import is_device, moment_of

FIELDS: Final = ("device", "issued", "salt", "required", "factors")
FACTORS: Final = ("machine_id", "board", "cpu", "disk", "mac")
REQUIRED: Final = 2
"""of the factors that were there when the fingerprint was taken"""
_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fingerprint:
    """What a device was when it was licensed. `device` is its name for life; the factors may be taken anew."""

    device: str
    issued: int
    """ns UTC"""
    salt: str
    required: int
    factors: Mapping[str, str]
    """name → digest"""

    def as_payload(self) -> JsonObject:
        return {
            "device": self.device, "issued": to_iso(self.issued), "salt": self.salt, "required": self.required,
            "factors": dict(self.factors),
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match:
    """How much of a fingerprint this machine is. Names are those of `FACTORS`, in that order."""

    same: tuple[str, ...]
    changed: tuple[str, ...]
    """found, and another"""
    absent: tuple[str, ...]
    """in the fingerprint, and nothing of it can be read here"""
    required: int

    @property
    def is_enough(self) -> bool:
        return len(self.same) >= self.required

    @property
    def strength(self) -> str:
        """How much the match says: each factor that is the same makes another machine less likely."""
        return ("none", "weak", "weak", "fair", "strong", "strong")[len(self.same)]

    def __str__(self) -> str:
        told = [f"{len(self.same)} of {len(FACTORS)} factors are the same ({', '.join(self.same) or 'none'}): {self.strength}"]
        told += [f"changed: {', '.join(self.changed)}"] if self.changed else []
        told += [f"cannot be read here: {', '.join(self.absent)}"] if self.absent else []
        return f"{'; '.join(told)}; needed are {self.required}"


def read_fingerprint(payload: Fields) -> Fingerprint:
    """Return the fingerprint that a payload is; NotBelieved (`malformed`) naming the field that is not what it must be."""
    demand_fields(payload, FIELDS, "the fingerprint")
    factors = payload["factors"]
    if not isinstance(factors, dict):
        raise malformed("field 'factors' is no object")
    digests = {name: text_of(factors, name, _DIGEST.fullmatch) for name in factors}
    if not digests.keys() <= set(FACTORS):
        raise malformed(f"field 'factors' has one that is none of {', '.join(FACTORS)}")
    required = count_of(payload, "required")
    if required > len(digests):
        raise malformed("it requires more factors than it has")
    return Fingerprint(
        device=text_of(payload, "device", is_device),
        issued=moment_of(payload, "issued"),
        salt=text_of(payload, "salt", _DIGEST.fullmatch),
        required=required,
        factors=digests,
    )


def digests(factors: Mapping[str, str], salt: str) -> dict[str, str]:
    """Return the keyed digest of each factor; what is empty after normalising is no factor."""
    found = {}
    for name in FACTORS:
        value = normalised(factors.get(name, ""))
        if value:
            message = f"golive.factor.v1\n{name}\n{value}".encode()
            found[name] = hmac.new(bytes.fromhex(salt), message, hashlib.sha256).hexdigest()
    return found


def matched(fingerprint: Fingerprint, factors: Mapping[str, str]) -> Match:
    """Hold what can be read of this machine against a fingerprint."""
    here = digests(factors, fingerprint.salt)
    then = [name for name in FACTORS if name in fingerprint.factors]
    same = tuple(n for n in then if n in here and hmac.compare_digest(here[n], fingerprint.factors[n]))
    changed = tuple(name for name in then if name in here and name not in same)
    return Match(same, changed, tuple(name for name in then if name not in here), fingerprint.required)


def normalised(value: str) -> str:
    """Return an identifier without what differs between tools: case, spaces, separators; empty for one that says nothing."""
    text = re.sub(r"[^0-9a-z]", "", value.lower())
    return "" if text in _EMPTY or set(text) <= {"0"} or set(text) <= {"f"} else text


_EMPTY: Final = frozenset(
    {
        "none",
        "unknown",
        "default",
        "defaultstring",
        "notspecified",
        "notapplicable",
        "tobefilledbyoem",
        "systemserialnumber",
        "na",
    }
)
"""what firmware says where nobody has written anything"""
