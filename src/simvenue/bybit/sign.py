"""Bybit v5 signatures: lower-case hex of HMAC-SHA256; imports nothing of ours.

Source: Bybit API v5 documentation, "Integration Guidance" (authentication) and "Connect" (WebSocket).
"""

from __future__ import annotations

import hashlib
import hmac


def signature(secret: str, timestamp: str, api_key: str, recv_window: str, payload: bytes) -> str:
    """Return the signature of a request; `payload` is the raw query string of a GET, the raw body of a POST."""
    return _hex(secret, (timestamp + api_key + recv_window).encode("utf-8", "surrogateescape") + payload)


def login_signature(secret: str, expires: str) -> str:
    """Return the signature of a WebSocket `auth`; `expires` in unix milliseconds as text."""
    return _hex(secret, b"GET/realtime" + expires.encode("utf-8", "surrogateescape"))


def matches(expected: str, given: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))


def _hex(secret: str, message: bytes) -> str:
    return hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()
