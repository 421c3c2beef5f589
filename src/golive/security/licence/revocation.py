"""The list of what its issuer takes back: licences by id, keys by id. A list has a version and soon runs out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from golive.model.clock import DAY, to_iso
from golive.model.json import JsonObject

from .fields import Fields, count_of, demand_fields, malformed, texts_of
from .payload import is_id, moment_of

FIELDS: Final = ("version", "issued", "expires", "licences", "keys")
LONGEST_NS: Final = 7 * DAY
"""so that a list which somebody withholds is missed within a week"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevocationList:
    """A list as its issuer signed it; times in ns UTC, `expires` is the first moment at which it is stale."""

    version: int
    issued: int
    expires: int
    licences: tuple[str, ...]
    keys: tuple[str, ...]

    def as_payload(self) -> JsonObject:
        return {
            "version": self.version, "issued": to_iso(self.issued), "expires": to_iso(self.expires),
            "licences": list(self.licences), "keys": list(self.keys),
        }  # fmt: skip


def read_revocations(payload: Fields) -> RevocationList:
    """Return the list that a payload is; NotBelieved (`malformed`) naming the field that is not what it must be."""
    demand_fields(payload, FIELDS, "the revocation list")
    found = RevocationList(
        version=count_of(payload, "version", 1),
        issued=moment_of(payload, "issued"),
        expires=moment_of(payload, "expires"),
        licences=texts_of(payload, "licences", is_id),
        keys=texts_of(payload, "keys", is_id),
    )
    if not 0 < found.expires - found.issued <= LONGEST_NS:
        raise malformed(f"it is not good for up to {LONGEST_NS // DAY} days from when it was issued")
    return found
