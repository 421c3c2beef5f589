"""Who is asking: the checks of a private request in the order made here, and the tokens of WebSocket sessions.

Order: lockout, key, its expiry, its address, nonce readable, signature, nonce rising. Kraken publishes the texts but not the
order, neither what an address outside a key's allow-list is told (here: permission denied), nor how many unknown keys in
a row lead to a lockout and how long it lasts (here: ten, fifteen minutes, for that key text from that address).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from ..face.request import RawRequest
from ..keys import ApiKey, KeyRing
from .call import Params
from .code import (
    INVALID_KEY,
    INVALID_NONCE,
    INVALID_SESSION,
    INVALID_SIGNATURE,
    PERMISSION_DENIED,
    TEMPORARY_LOCKOUT,
    KrakenError,
)
from .sign import decoded, matches, signature

_SECOND = 1_000_000_000
TOKEN_S = 900
"""seconds from a token's making in which it may open a session"""
_LARGEST_NONCE = (1 << 64) - 1


class Lockout:
    """Counts unknown keys; a known one from the same address does not clear another's count."""

    after = 10
    seconds = 900.0

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._until: dict[tuple[str, str], int] = {}

    def check(self, member: tuple[str, str], monotonic: int) -> None:
        if self._until.get(member, monotonic) > monotonic:
            raise KrakenError(TEMPORARY_LOCKOUT)

    def count(self, member: tuple[str, str], monotonic: int) -> None:
        count = self._counts[member] = self._counts.get(member, 0) + 1
        if count >= self.after:
            self._until[member] = monotonic + int(self.seconds * _SECOND)
            del self._counts[member]


class Gate:
    """Admits signed requests; remembers the highest nonce of every key."""

    def __init__(self, ring: KeyRing) -> None:
        self._ring = ring
        self._secrets = {key.api_key: decoded(key.secret) for key in ring.keys}
        self._nonces: dict[str, int] = {}
        self.lockout = Lockout()

    def nonce(self, key: ApiKey) -> int:
        """Return the highest nonce the key has used, 0 when none."""
        return self._nonces.get(key.api_key, 0)

    def authenticate(self, request: RawRequest, params: Params, wall: int, monotonic: int) -> ApiKey:
        """Return the key that signed `request`; its nonce is used up. `wall` and `monotonic` are now, ns."""
        name = request.headers.get("api-key", "")
        member = (request.address, name)
        self.lockout.check(member, monotonic)
        key = self._ring.get(name)
        if key is None or key.is_expired(wall):
            self.lockout.count(member, monotonic)
            raise KrakenError(INVALID_KEY)
        if not key.allows(request.address):
            raise KrakenError(PERMISSION_DENIED)
        nonce = _nonce_text(params)
        expected = signature(self._secrets[name], request.target, nonce, request.body)
        if not matches(expected, request.headers.get("api-sign", "")):
            raise KrakenError(INVALID_SIGNATURE)
        if int(nonce) <= self._nonces.get(name, -1):
            raise KrakenError(INVALID_NONCE)
        self._nonces[name] = int(nonce)
        return key


def _nonce_text(params: Params) -> str:
    value = params.get("nonce")
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    if not (text.isascii() and text.isdigit() and len(text) <= 20 and int(text) <= _LARGEST_NONCE):
        raise KrakenError(INVALID_NONCE)
    return text


@dataclass(slots=True)
class _Session:
    key: ApiKey
    opens_until: int


class Tokens:
    """Tokens made by GetWebSocketsToken: 15 minutes to begin a subscription, unlimited on the connection that did."""

    def __init__(self) -> None:
        self._sessions: dict[str, _Session] = {}

    def make(self, key: ApiKey, wall: int) -> str:
        """Return a fresh token; those nobody can use any more are forgotten."""
        self._sessions = {token: s for token, s in self._sessions.items() if s.opens_until > wall}
        token = secrets.token_urlsafe(32)
        self._sessions[token] = _Session(key, wall + TOKEN_S * _SECOND)
        return token

    def open(self, token: str, wall: int) -> ApiKey:
        """Return whose token this is; KrakenError for an unknown or old one."""
        session = self._sessions.get(token)
        if session is None or session.opens_until <= wall:
            raise KrakenError(INVALID_SESSION)
        return session.key
