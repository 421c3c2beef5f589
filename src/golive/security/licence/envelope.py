"""The envelope of signed documents: `{payload_b64, payload, sig, key_id, alg}`. It is read, never repaired.

The signature covers a context, which names the kind of document, and the exact bytes of `payload_b64`; so nothing has to be
written in one canonical way before it can be verified, and no kind can pass for another. `payload` is for people: it must say the
same as the signed bytes.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from golive.audit import CanonicalError, canonical, signature_holds
from golive.model.json import JsonObject

from .fault import FaultCode, NotBelieved
from .fields import demand_fields, malformed, strict_object
from .issuer_key import IssuerKey, IssuerKeys, key_id_of

ALGORITHM: Final = "Ed25519"
FIELDS: Final = ("payload_b64", "payload", "sig", "key_id", "alg")
_SIGNATURE_BYTES: Final = 64


class Kind(StrEnum):
    """Kinds of signed documents."""

    LICENCE = "licence"
    FINGERPRINT = "fingerprint"
    REVOCATIONS = "revocations"

    @property
    def context(self) -> bytes:
        return f"golive.{self}.v1\n".encode("ascii")


@dataclass(frozen=True, slots=True)
class Opened:
    """An envelope whose signature is good."""

    payload: JsonObject
    key: IssuerKey
    sha256: str
    """of the whole file"""


def open_envelope(data: bytes, kind: Kind, keys: IssuerKeys) -> Opened:
    """Return what was signed and by whom; NotBelieved for anything but exactly an envelope of `kind`, signed by `keys`."""
    fields = strict_object(data, "the file")
    demand_fields(fields, FIELDS, "the envelope")
    payload_b64, sig, key_id = fields["payload_b64"], fields["sig"], fields["key_id"]
    if not isinstance(payload_b64, str) or not isinstance(sig, str) or not isinstance(key_id, str):
        raise malformed("payload_b64, sig and key_id must be texts")
    if fields["alg"] != ALGORITHM:
        raise malformed(f"alg is not {ALGORITHM}")
    signature = _decoded(sig, "sig")
    if len(signature) != _SIGNATURE_BYTES:
        raise malformed("sig has not the length of a signature")
    signed = _decoded(payload_b64, "payload_b64")
    key = keys.get(key_id)
    if key is None or key.key_id != key_id:
        raise NotBelieved(FaultCode.KEY_UNKNOWN, f"signed by {key_id!r:.60}, whom nobody here knows")
    if not signature_holds(key.public_key, signature, kind.context + payload_b64.encode("ascii")):
        raise NotBelieved(FaultCode.SIGNATURE, f"its signature is not one of {key_id} over this {kind}")
    payload, copy = strict_object(signed, "what was signed"), fields["payload"]
    try:
        is_copy = isinstance(copy, dict) and canonical(copy) == canonical(payload)
    except CanonicalError:
        raise malformed("the payload has a text or number that cannot be written again") from None
    if not is_copy:
        raise NotBelieved(FaultCode.COPY_DIFFERS, "the readable copy differs from what was signed")
    return Opened(payload, key, hashlib.sha256(data).hexdigest())


def sign_envelope(payload: JsonObject, kind: Kind, key: Ed25519PrivateKey) -> bytes:
    """Return the bytes of an envelope of `kind` around `payload`, as a file holds them."""
    payload_b64 = base64.b64encode(canonical(payload)).decode("ascii")
    signature = key.sign(kind.context + payload_b64.encode("ascii"))
    document = {
        "alg": ALGORITHM,
        "key_id": key_id_of(key.public_key().public_bytes_raw()),
        "payload": payload,
        "payload_b64": payload_b64,
        "sig": base64.b64encode(signature).decode("ascii"),
    }
    return json.dumps(document, indent=1, sort_keys=True, ensure_ascii=True).encode("ascii") + b"\n"


def _decoded(text: str, name: str) -> bytes:
    """Return the bytes of standard base64; there is one text for them and no other is taken."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise malformed(f"{name} is not base64") from None
    if base64.b64encode(data).decode("ascii") != text:
        raise malformed(f"{name} is not the one base64 of its bytes")
    return data
