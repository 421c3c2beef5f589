"""A seal: an Ed25519-signed checkpoint of a journal. What lies behind a seal cannot be cut off or rewritten unseen.

Anyone with the public key can check a seal; unlike the MAC key it lets nobody forge one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from golive.model.json import JsonValue

from .canonical import CanonicalError, canonical, parse_canonical
from .signature import signature_holds

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SEAL_SCHEMA: Final = "golive.seal.v2"
_HEX: Final = re.compile(r"[0-9a-f]{128}")
_MEMBERS: Final[dict[str, type]] = {
    "schema": str,
    "log_id": str,
    "size": int,
    "last_seq": int,
    "head_mac": str,
    "content_sha256": str,
    "merkle_root": str,
    "time": str,
    "key_id": str,
    "signature": str,
}


class SealError(ValueError):
    """Bytes are not a seal, or its signature does not hold."""


@dataclass(frozen=True, slots=True)
class Seal:
    """The state of a journal at one moment, as the holder of the signing key saw it."""

    log_id: str
    size: int
    """bytes of the file up to and including the sealed record's newline (rows for a session store)"""
    last_seq: int
    head_mac: str
    content_sha256: str
    """SHA-256 of the sealed bytes, so that the seal alone (without the MAC key) shows any change before it"""
    time: str
    """wall clock, ISO-8601 `Z`"""
    key_id: str
    """which Ed25519 key signed"""
    merkle_root: str = ""
    """root of the tree over the file's records (`audit/merkle.py`), hex; '' for rows of a store"""


def sign_seal(seal: Seal, key: Ed25519PrivateKey) -> bytes:
    """Return the seal document: canonical JSON of the seal with its hex `signature`, newline-terminated."""
    fields = _fields(seal)
    signature = key.sign(canonical(fields)).hex()
    return canonical({**fields, "signature": signature}) + b"\n"


def read_seal(document: bytes) -> tuple[Seal, bytes]:
    """Return seal and signature without checking the signature; raise SealError when the form is wrong."""
    if not document.endswith(b"\n"):
        raise SealError("the document is cut short")
    try:
        fields = parse_canonical(document[:-1])
    except CanonicalError as exc:
        raise SealError(str(exc)) from exc
    if not isinstance(fields, dict) or fields.keys() != _MEMBERS.keys():
        raise SealError(f"the members are not {', '.join(sorted(_MEMBERS))}")
    for name, kind in _MEMBERS.items():
        if type(fields[name]) is not kind:
            raise SealError(f"{name} is not {kind.__name__}")
    if fields.pop("schema") != SEAL_SCHEMA:
        raise SealError(f"not a {SEAL_SCHEMA} document")
    text = fields.pop("signature")
    signature = bytes.fromhex(text) if _HEX.fullmatch(text) else b""
    if len(signature) != 64:
        raise SealError("signature is not 128 lower-case hex digits")
    return Seal(**fields), signature


def verify_seal(document: bytes, public_key: bytes) -> Seal:
    """Return the seal if `public_key` (32 raw bytes) signed exactly these bytes; raise SealError otherwise."""
    seal, signature = read_seal(document)
    if not signature_holds(public_key, signature, canonical(_fields(seal))):
        raise SealError(f"the signature of key {seal.key_id} does not hold")
    return seal


def _fields(seal: Seal) -> dict[str, JsonValue]:
    return {
        "schema": SEAL_SCHEMA,
        "log_id": seal.log_id,
        "size": seal.size,
        "last_seq": seal.last_seq,
        "head_mac": seal.head_mac,
        "content_sha256": seal.content_sha256,
        "merkle_root": seal.merkle_root,
        "time": seal.time,
        "key_id": seal.key_id,
    }
