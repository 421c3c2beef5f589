"""One row of an order journal: its bytes, and the MAC that chains it to the row before."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from typing import Final, NamedTuple, TypeAlias

import orjson

from golive.audit import canonical
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .schema import COLUMNS

Value: TypeAlias = int | str | None
LAST_SEQ: Final = (1 << 53) - 1


class JournalRow(NamedTuple):
    """A row as it was committed."""

    seq: int
    table: str
    values: Mapping[str, Value]
    """by column, those of the chain left out"""

    def json(self, column: str) -> JsonObject:
        """Return the object that a column holds as text."""
        loaded: JsonObject = json.loads(str(self.values[column]))
        return loaded


class ChainedRow(NamedTuple):
    """A row as it stands in the database."""

    seq: int
    table: str
    values: tuple[Value, ...]
    previous: bytes
    mac: bytes


def genesis(key: bytes, facts: Mapping[str, str]) -> bytes:
    """Return the `prev_mac` of the first row; `facts` say whose journal it is, and bind the chain to it."""
    return hmac.digest(key, b"orders|" + canonical({**facts}), "sha256")


def encode(table: str, seq: int, values: tuple[Value, ...]) -> bytes:
    """Return the canonical JSON that a row's MAC covers: table, sequence, the values' kinds, then the values as text."""
    # Every member but seq is text or null, so orjson's bytes are the canonical ones.
    kinds = "".join(["i" if type(value) is int else "n" if value is None else "t" for value in values])
    plain = [str(value) if type(value) is int else value for value in values]
    try:
        return orjson.dumps([table, seq, kinds, *plain])
    except orjson.JSONEncodeError as exc:
        raise JournalError(f"{table}: a text that is not valid Unicode: {exc}") from exc


def decode(encoded: bytes) -> tuple[str, int, tuple[Value, ...]]:
    """Read what `encode` wrote."""
    return from_members(orjson.loads(encoded))


def from_members(members: list[str | int | None]) -> tuple[str, int, tuple[Value, ...]]:
    """Return table, sequence and values of a row's members; raises JournalError when they are none."""
    table, seq, kinds, *plain = members
    if not isinstance(table, str) or not isinstance(seq, int) or not isinstance(kinds, str) or len(kinds) != len(plain):
        raise JournalError("a row of the snapshot is not of the form of a row")
    return table, seq, tuple(int(str(text)) if kind == "i" else text for kind, text in zip(kinds, plain, strict=True))


def row_mac(key: bytes, previous: bytes, encoded: bytes) -> bytes:
    """Return the MAC of a row over the MAC before and its bytes."""
    return hmac.digest(key, previous + encoded, "sha256")


def named(seq: int, table: str, values: tuple[Value, ...]) -> JournalRow:
    """Return a row with its values by column."""
    return JournalRow(seq, table, dict(zip(COLUMNS[table], values, strict=True)))
