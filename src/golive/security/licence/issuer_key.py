"""Whose signatures are believed: the public keys of issuers. No private half of any of them is kept in these sources."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

DEVELOPMENT_ISSUER: Final = "development"
"""the issuer that an installation makes for itself; never good for live"""


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A raw Ed25519 public key and the one issuer that it signs for."""

    issuer: str
    public_key: bytes

    @property
    def key_id(self) -> str:
        """A digest of the key, so that no id can be given to another key."""
        return key_id_of(self.public_key)

    @property
    def is_development(self) -> bool:
        return self.issuer == DEVELOPMENT_ISSUER


IssuerKeys = Mapping[str, IssuerKey]
"""by key id"""


def key_id_of(public_key: bytes) -> str:
    return f"issuer-{hashlib.sha256(b'golive issuer key|' + public_key).hexdigest()[:24]}"


def key_table(keys: Iterable[IssuerKey]) -> dict[str, IssuerKey]:
    """Return the keys by id."""
    return {key.key_id: key for key in keys}


SHIPPED: Final[tuple[IssuerKey, ...]] = (
    IssuerKey("dudzian", bytes.fromhex("99a5b4b3967fe7948f6b1c0ffa3a0677a364e79a17af135c94358a96a9c48e3b")),
    IssuerKey("dudzian", bytes.fromhex("b2985f29f1444de906205863c1dd07b2a82241868b6569ba9fa7eb29f0b1d779")),
)
"""two, so that one can be retired while what the other signed goes on"""
