"""What was seen before of lists and clocks, so that neither can be turned back: high-water marks, sealed by this installation."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from golive.audit import canonical
from golive.model.clock import to_iso
from golive.model.json import JsonObject

from .fault import NotBelieved
from .fields import count_of, demand_fields, malformed, strict_object, text_of, texts_of
from .payload import is_id, moment_of

SCHEMA: Final = "golive.licence_marks.v2"
_FIELDS: Final = ("schema", "lists", "taken_back", "clock", "mac")


@dataclass(frozen=True, slots=True)
class Marks:
    """The highest version of each issuer's list, the latest clock (ns UTC) seen, and what each issuer ever took back.

    `doubt` says why they cannot be believed, if so.
    """

    lists: Mapping[str, int] = field(default_factory=dict)
    clock: int = 0
    doubt: str = ""
    taken_back: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """ids of licences and keys by issuer; nothing ever leaves it"""

    @property
    def is_believed(self) -> bool:
        return not self.doubt

    def after(self, now: int, issuer: str = "", version: int = 0, taken_back: Iterable[str] = ()) -> Marks:
        """Return the marks once `now`, and a list of `issuer` if there was one, were seen; they only rise."""
        marks = replace(self, clock=max(self.clock, now))
        if issuer:
            marks = replace(marks, lists={**self.lists, issuer: max(self.lists.get(issuer, 0), version)})
        if ids := self.taken_back.get(issuer, frozenset()).union(taken_back):
            marks = replace(marks, taken_back={**self.taken_back, issuer: ids})
        return marks

    def told(self) -> JsonObject:
        """Return the marks as files and records hold them."""
        taken_back: JsonObject = {issuer: [*sorted(ids)] for issuer, ids in self.taken_back.items()}
        return {"lists": dict(self.lists), "taken_back": taken_back, "clock": to_iso(self.clock)}


def encode_marks(marks: Marks, key: bytes) -> bytes:
    """Return marks as their file holds them, with a MAC under this installation's `key`."""
    fields: JsonObject = {"schema": SCHEMA, **marks.told()}
    return canonical({**fields, "mac": _mac(fields, key)}) + b"\n"


def decode_marks(data: bytes, key: bytes) -> Marks:
    """Return what `encode_marks` wrote; marks that are not believed for anything else."""
    try:
        fields = strict_object(data, "the file")
        demand_fields(fields, _FIELDS, "the file")
        lists, ids = fields["lists"], fields["taken_back"]
        if not isinstance(lists, dict) or not isinstance(ids, dict):
            raise malformed("field 'lists' or 'taken_back' is no object")
        found = Marks(
            {issuer: count_of(lists, issuer) for issuer in lists}, moment_of(fields, "clock"),
            taken_back={issuer: frozenset(texts_of(ids, issuer, is_id)) for issuer in ids},
        )  # fmt: skip
        mac = text_of(fields, "mac", str.isascii)
    except NotBelieved as exc:
        return Marks(doubt=f"what was seen before cannot be read: {exc}")
    signed = {name: fields[name] for name in _FIELDS if name != "mac"}
    if fields["schema"] != SCHEMA or not hmac.compare_digest(mac, _mac(signed, key)):
        return Marks(doubt="what was seen before was not written by this installation")
    return found


def _mac(fields: JsonObject, key: bytes) -> str:
    return hmac.new(key, b"golive.licence_marks.v2\n" + canonical(fields), hashlib.sha256).hexdigest()
