"""Session tokens: 256 random bits that a person holds, of which only a hash is kept, bound to one client certificate.

Values and rules; where they are kept is the business of `storage/session_tokens.py`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from enum import StrEnum
from typing import Final

from golive.config.rbac import Scope, may_call, scopes_of
from golive.config.session_token import SessionToken
from golive.model.clock import MINUTE, SECOND
from golive.model.errors import ConfigError
from golive.model.secret import Secret

from .operators import OperatorIdentity

PREFIX: Final = "glv1."
_BYTES: Final = 32
_LENGTH: Final = len(PREFIX) + 43
SHORTEST_MINUTES: Final = 5
LONGEST_MINUTES: Final = 15
SKEW_NS: Final = 5 * SECOND
"""a token from further in the future was issued by another clock, or ours was set back"""
AUDIENCE: Final = "golive.services"


class TokenRefusal(StrEnum):
    """Why a token lets nobody in; stands in the record, never in the answer."""

    MISSING = "missing"
    MALFORMED = "malformed"
    UNKNOWN = "unknown_token"
    REVOKED = "revoked"
    EXPIRED = "expired"
    FUTURE = "from_the_future"
    CERTIFICATE = "certificate_mismatch"
    AUDIENCE = "audience_mismatch"
    SCOPE = "scope"


def new_token(by: OperatorIdentity, certificate_sha256: str, now: int, minutes: int) -> tuple[SessionToken, Secret]:
    """Return a token for `by` with all their scopes, and the text that they show; ConfigError for a life out of bounds."""
    if not SHORTEST_MINUTES <= minutes <= LONGEST_MINUTES:
        raise ConfigError(f"--minutes {minutes}: a session token lives {SHORTEST_MINUTES} to {LONGEST_MINUTES} minutes")
    raw = secrets.token_bytes(_BYTES)
    token = SessionToken(
        id=secrets.token_hex(8),
        digest=digest_of(raw),
        operator=by.name,
        roles=by.roles,
        scopes=scopes_of(by.roles),
        audience=AUDIENCE,
        certificate_sha256=certificate_sha256,
        issued_at=now,
        expires_at=now + minutes * MINUTE,
    )
    return token, Secret(PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("="))


def token_digest(text: str) -> bytes | None:
    """Return the digest under which a token is kept; None for a text that is none: each token has exactly one form."""
    if len(text) != _LENGTH or not text.startswith(PREFIX) or not text.isascii():
        return None
    encoded = text.removeprefix(PREFIX)
    try:
        raw = base64.b64decode(encoded + "=", altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != _BYTES or base64.urlsafe_b64encode(raw).decode().rstrip("=") != encoded:
        return None
    return digest_of(raw)


def digest_of(raw: bytes) -> bytes:
    """Return SHA-256 of a token's bytes: it cannot be turned back, and 256 random bits need no slow hash."""
    return hashlib.sha256(raw).digest()


def objection(kept: SessionToken | None, digest: bytes, certificate_sha256: str, scope: Scope, now: int) -> TokenRefusal | None:
    """Say why what is kept under a digest does not let its holder call what asks for `scope`; None when it does."""
    if kept is None or not hmac.compare_digest(kept.digest, digest):
        return TokenRefusal.UNKNOWN
    if kept.revoked_at is not None:
        return TokenRefusal.REVOKED
    if now >= kept.expires_at:
        return TokenRefusal.EXPIRED
    if now < kept.issued_at - SKEW_NS or kept.expires_at - kept.issued_at > LONGEST_MINUTES * MINUTE:
        return TokenRefusal.FUTURE
    if not hmac.compare_digest(kept.certificate_sha256, certificate_sha256):
        return TokenRefusal.CERTIFICATE
    if kept.audience != AUDIENCE:
        return TokenRefusal.AUDIENCE
    # By the scopes it was given and by the table of today: a role that lost a scope has lost it now.
    if scope not in kept.scopes or not may_call(kept.roles, scope):
        return TokenRefusal.SCOPE
    return None
