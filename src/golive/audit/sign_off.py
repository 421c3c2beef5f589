"""What a sign-off signs: the exact bytes over which a person's Ed25519 key speaks, built here for who signs and who judges."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final, NamedTuple

from .canonical import canonical
from .signature import signature_holds

CONTEXT: Final = b"golive.signoff.v1\n"
"""no signature of another kind of document can pass for one of these"""
FIELDS: Final = ("role", "person", "scope", "at", "expires_at", "document", "sha256", "signature")


class SignOffText(NamedTuple):
    """A sign-off as it stands in configuration and register: eight texts. `signature` is base64 of 64 bytes."""

    role: str
    person: str
    scope: str
    at: str
    expires_at: str
    document: str
    sha256: str
    signature: str = ""

    @property
    def id(self) -> str:
        """A short name for it: 16 hex digits of the digest of its signature."""
        return hashlib.sha256(self.signature.encode()).hexdigest()[:16]

    def message(self) -> bytes:
        """Return the bytes that are signed: a context and the canonical JSON of all fields but the signature."""
        return CONTEXT + canonical({name: getattr(self, name) for name in FIELDS if name != "signature"})

    def is_signed_by(self, public_key: bytes) -> bool:
        """Say whether the holder of `public_key` (raw, 32 bytes) signed exactly this."""
        try:
            signature = base64.b64decode(self.signature.encode("ascii"), validate=True)
        except (UnicodeEncodeError, binascii.Error):
            return False
        if base64.b64encode(signature).decode("ascii") != self.signature:
            return False
        return signature_holds(public_key, signature, self.message())
