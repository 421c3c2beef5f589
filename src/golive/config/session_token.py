"""What is kept of a session token: whose it is, what it allows, and by whose certificate it comes. The token itself is not."""

from __future__ import annotations

from dataclasses import dataclass

from .rbac import Role, Scope


@dataclass(frozen=True, slots=True)
class SessionToken:
    """What is kept of a token. Times in ns UTC."""

    id: str
    digest: bytes
    """SHA-256 of the token's 32 bytes"""
    operator: str
    roles: frozenset[Role]
    scopes: frozenset[Scope]
    audience: str
    certificate_sha256: str
    issued_at: int
    expires_at: int
    revoked_at: int | None = None
