"""The issuer's side: making the documents of one licence with a signing key that the licensed machine never sees."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from golive.model.errors import ConfigError
from golive.model.redaction import guard
from golive.security.private_file import read_private_file

from .envelope import Kind, sign_envelope
from .fingerprint import FACTORS, REQUIRED, Fingerprint, digests
from .issuer_key import key_id_of
from .payload import Licence
from .revocation import RevocationList

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key of an issuer. Nothing of it shows in repr."""

    private: Ed25519PrivateKey
    public_key: bytes

    @classmethod
    def of(cls, seed: bytes) -> SigningKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        guard(seed)
        private = Ed25519PrivateKey.from_private_bytes(seed)
        return cls(private, private.public_key().public_bytes_raw())

    @property
    def key_id(self) -> str:
        return key_id_of(self.public_key)

    def licence(self, licence: Licence) -> bytes:
        return sign_envelope(licence.as_payload(), Kind.LICENCE, self.private)

    def fingerprint(self, fingerprint: Fingerprint) -> bytes:
        return sign_envelope(fingerprint.as_payload(), Kind.FINGERPRINT, self.private)

    def revocations(self, revocations: RevocationList) -> bytes:
        return sign_envelope(revocations.as_payload(), Kind.REVOCATIONS, self.private)

    def __repr__(self) -> str:
        return f"SigningKey({self.key_id})"


def read_signing_key(path: Path) -> SigningKey:
    """Return the key in a file of this user alone (0600) that holds 64 hex digits; ConfigError, never naming them, otherwise."""
    text = read_private_file(path, "the issuer's signing key")
    try:
        seed = bytes.fromhex(text.decode("ascii").removesuffix("\n"))
    except ValueError:
        seed = b""
    if len(seed) != 32:
        raise ConfigError(f"{path}: not a signing key: 64 hex digits, as golive issuer make-key writes them")
    return SigningKey.of(seed)


def taken_fingerprint(factors: Mapping[str, str], now: int, *, device: str = "", least: int = REQUIRED) -> Fingerprint:
    """Take the fingerprint of a machine under a new salt; `device` is the name it has already.

    Raises ConfigError when fewer than `least` of its factors can be read.
    """
    salt = secrets.token_hex(32)
    found = digests(factors, salt)
    if len(found) < least:
        have = ", ".join(found) or "none"
        raise ConfigError(
            f"only {len(found)} of {', '.join(FACTORS)} can be read here ({have}); a licence needs at least {least}"
        )
    required = min(REQUIRED, len(found))
    return Fingerprint(device=device or secrets.token_hex(16), issued=now, salt=salt, required=required, factors=found)
