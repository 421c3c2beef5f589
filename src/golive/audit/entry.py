"""One record of a journal: its fields, its bytes, its MAC. The format is RELIABILITY §4.5, `docs/journal.md`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Final, NamedTuple

import orjson

from golive.model.json import JsonValue

from .canonical import CanonicalError, canonical, parse_canonical

VERSION: Final = 1
HEADER_TYPE: Final = "header"
"""First record of a journal: body `{log_id, code_version, config_sha384, key_class}`."""
SEGMENT_OPENED: Final = "segment_opened"
"""First record of a later file of the same journal: the header's body plus `previous_seq`, the last sequence before it."""
SEGMENT_CLOSED: Final = "segment_closed"
"""Last record of a file that another one continues."""
KEY_EVOLVED: Final = "key_evolved"
"""Last record under its key: body `{successor, countersign}`, the id of the key that follows and its signature."""
TAIL_CUT: Final = "tail_cut"
"""A torn last line was cut off when the journal was opened: body `{bytes, sha256}` of what was cut."""
MAC_LENGTH: Final = 64
_BLOCK: Final = 64
_FIELDS: Final[dict[str, type]] = {
    "body": dict,
    "boot": str,
    "epoch": int,
    "key_id": str,
    "mac": str,
    "mono": str,
    "operator": str,
    "prev": str,
    "seq": int,
    "ts": str,
    "type": str,
    "v": int,
}
_NAMES: Final = tuple(_FIELDS)
"""Sorted, which is the order of a canonical record."""
_TYPES: Final = tuple(_FIELDS.values())


class EntryError(ValueError):
    """A line is not a record of the journal format."""


class Entry(NamedTuple):
    """One record, its fields in the order of its canonical form."""

    body: Mapping[str, JsonValue]
    """money, ids and nanoseconds as text; always with `key_class`"""
    boot: str
    """boot id of the host, 32 lower-case hex digits"""
    epoch: int
    """epoch of the writer's lease; 0 where no lease is held"""
    key_id: str
    mac: str
    """hex HMAC-SHA256 over the canonical bytes of all other fields"""
    mono: str
    """monotonic clock of the host, ns as text; comparable only within one `boot`"""
    operator: str
    prev: str
    """`mac` of the record before, empty in the first"""
    seq: int
    """1, 2, 3 … without gaps"""
    ts: str
    """wall clock, ISO-8601 `Z`"""
    type: str
    v: int = VERSION


def sign(key: bytes, message: bytes) -> str:
    """Return the hex HMAC-SHA256 of `message`."""
    return hmac.digest(key, message, "sha256").hex()


class KeyedMac:
    """HMAC-SHA256 (RFC 2104) of one key for many messages: what the key does to both digests is done once."""

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        """`key`: at most 64 bytes, a block of SHA-256."""
        block = key.ljust(_BLOCK, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

    def sign(self, message: bytes) -> str:
        """Return what `sign` returns."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.hexdigest()


def encode_signed(key: bytes, fields: Mapping[str, JsonValue]) -> tuple[bytes, str]:
    """Return the line (without newline) and MAC of a record whose `fields` are all but `mac`.

    Raises CanonicalError when a field cannot be written.
    """
    unsigned = canonical(fields)
    mac = sign(key, unsigned)
    head, tail = _split_at_mono(unsigned)
    return b'%b"mac":"%b",%b' % (head, mac.encode(), tail), mac


def encode_entry(entry: Entry) -> bytes:
    """Return the canonical line of `entry`, without newline; the MAC is taken as it stands."""
    return canonical({name: getattr(entry, name) for name in _FIELDS})


def decode_entry(line: bytes) -> tuple[Entry, bytes]:
    """Read one line (without newline); return the record and the bytes its MAC was made over.

    Raises EntryError naming what is wrong: not canonical, a missing or foreign field, a field of the wrong type.
    """
    try:
        fields = parse_canonical(line)
    except CanonicalError as exc:
        raise EntryError(str(exc)) from exc
    if not isinstance(fields, dict) or tuple(fields) != _NAMES:
        raise EntryError(f"the fields are not {', '.join(_NAMES)}")
    if tuple(map(type, fields.values())) != _TYPES:
        wrong = next(name for name, kind in _FIELDS.items() if type(fields[name]) is not kind)
        raise EntryError(f"{wrong} is not of type {_FIELDS[wrong].__name__}")
    if fields["v"] != VERSION:
        raise EntryError(f"version {fields['v']} is not {VERSION}")
    entry = Entry._make(fields.values())
    return entry, without_mac(line, entry.mac)


def countersigned(entry_seq: int, prev: str, successor: str) -> bytes:
    """Return what the key that follows signs of the record `key_evolved` at `entry_seq`, behind the record of mac `prev`."""
    return canonical({"prev": prev, "seq": entry_seq, "successor": successor})


def without_mac(line: bytes, mac: str) -> bytes:
    """Return canonical record bytes with the top-level `mac` member taken out.

    The top-level member is the last occurrence: only plain text members follow it, and inside text a quote is escaped.
    """
    head, found, tail = line.rpartition(b'"mac":"%b",' % mac.encode())
    if not found:
        raise EntryError("mac is not where the canonical form has it")
    return head + tail


def _split_at_mono(unsigned: bytes) -> tuple[bytes, bytes]:
    head, found, tail = unsigned.rpartition(b'"mono":"')
    if not found:
        raise CanonicalError("a record needs the text field mono")
    return head, found + tail


def body_text(body: Mapping[str, JsonValue], name: str) -> str:
    """Return the text member `name` of a body; raise EntryError when it is missing or no text."""
    value = body.get(name)
    if not isinstance(value, str):
        raise EntryError(f"body.{name} is {orjson.dumps(value).decode() if value is not None else 'missing'}, not text")
    return value
