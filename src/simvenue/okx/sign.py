"""OKX request signatures: base64(HMAC-SHA256(secret, timestamp + METHOD + request target + body)); imports nothing of ours.

Source: OKX API v5 documentation, "REST authentication" and "WebSocket login".
"""

from __future__ import annotations

import base64
import hashlib
import hmac

LOGIN_TARGET = b"/users/self/verify"


def signature(secret: str, timestamp: str, method: str, target: bytes, body: bytes = b"") -> str:
    """Return the signature over the raw request target (path and query as sent) and the raw body."""
    message = timestamp.encode() + method.encode() + target + body
    return base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


def login_signature(secret: str, timestamp: str) -> str:
    """Return the signature of a WebSocket login; `timestamp` in unix seconds as text."""
    return signature(secret, timestamp, "GET", LOGIN_TARGET)


def matches(expected: str, given: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))
