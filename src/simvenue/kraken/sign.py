"""Kraken request signatures; imports nothing of ours.

base64(HMAC-SHA512(base64-decoded secret, request target + SHA256(nonce + raw body))).
Source: Kraken documentation, "Spot REST authentication".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac


def decoded(secret: str) -> bytes:
    """Return the key behind a base64 secret; ValueError when it is no base64 text."""
    try:
        return base64.b64decode(secret, validate=True)
    except binascii.Error as exc:
        raise ValueError("a Kraken secret is base64 text") from exc


def signature(secret: bytes, target: bytes, nonce: str, body: bytes) -> str:
    """Return the signature over the raw request target and the raw body; `nonce` as the body has it."""
    digest = hashlib.sha256(nonce.encode() + body).digest()
    return base64.b64encode(hmac.digest(secret, target + digest, hashlib.sha512)).decode()


def matches(expected: str, given: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))
