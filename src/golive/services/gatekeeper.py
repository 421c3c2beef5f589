"""Who may make one call: certificate, revocation, identity, rate, token, scope; asked anew on every call and every reply.

Knows no gRPC: what a peer has shown comes in, an answer comes out. Why somebody is refused is for our record alone.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Protocol

from golive.config.rbac import WITHOUT_TOKEN, Scope
from golive.config.session_token import SessionToken
from golive.model.clock import SECOND, Clock
from golive.model.errors import ConfigError, JournalError
from golive.security.certificate import Certificate, read_certificate
from golive.security.certificate_maker import LeafRole
from golive.security.session_token import TokenRefusal, objection, token_digest

_CERTIFICATES: Final = 256
"""certificates that are remembered as read, and peers whose rate is"""
REFUSAL_COST: Final = 10
"""a refused call counts for as many"""


class Answer(Enum):
    """What a refused peer is told: nothing more."""

    UNAUTHENTICATED = auto()
    DENIED = auto()
    EXHAUSTED = auto()
    UNAVAILABLE = auto()


@dataclass(frozen=True, slots=True)
class Admitted:
    """Somebody may make this call."""

    identity: str
    """URI of the certificate"""
    certificate: Certificate
    token: SessionToken | None
    """None for a scope that takes no token"""


@dataclass(frozen=True, slots=True)
class Refused:
    """Somebody may not."""

    answer: Answer
    reason: str
    """one word for the record"""
    peer: str
    """thumbprint of the certificate; '' without one"""
    operator: str = ""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How often one peer may call."""

    per_second: float = 100.0
    burst: float = 200.0


class Tokens(Protocol):
    """Where tokens are looked up."""

    def find(self, digest: bytes) -> SessionToken | None: ...


class Gatekeeper:
    """Answers for one server. `revoked` returns serials and thumbprints, or raises JournalError: then nobody is let in.

    `own` is the certificate that the server shows: once it is revoked or has run out, nothing but health is answered.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        tokens: Tokens,
        revoked: Callable[[], frozenset[str]],
        own: Callable[[], Certificate] | None = None,
        identities: frozenset[str] = frozenset({LeafRole.CLIENT.identity}),
        limits: CallLimits | None = None,
    ) -> None:
        self._clock = clock
        self._tokens = tokens
        self._revoked = revoked
        self._own = own
        self._identities = identities
        self._certificates: OrderedDict[bytes, Certificate] = OrderedDict()
        self._rates = _Rates(limits or CallLimits())
        self._lock = threading.Lock()

    def admit(self, pem: bytes | None, token: str | None, scope: Scope) -> Admitted | Refused:
        """Say whether who shows this certificate (PEM) and token may call what asks for `scope`."""
        found = self.still_admits(pem, token, scope)
        peer = found.certificate.sha256 if isinstance(found, Admitted) else found.peer
        cost = 1 if isinstance(found, Admitted) else REFUSAL_COST
        if peer and not self._rates.take(peer, cost, self._clock.monotonic()) and isinstance(found, Admitted):
            return Refused(Answer.EXHAUSTED, "rate", peer, found.token.operator if found.token else "")
        return found

    def still_admits(self, pem: bytes | None, token: str | None, scope: Scope) -> Admitted | Refused:
        """As `admit`, for a call that was let in before: it costs nothing."""
        if not pem:
            return Refused(Answer.UNAUTHENTICATED, "no_certificate", "")
        now = self._clock.now()
        try:
            certificate = self._read(pem)
        except ConfigError:
            return Refused(Answer.UNAUTHENTICATED, "certificate_unreadable", "")
        peer = certificate.sha256
        try:
            if (reason := self._certificate_objection(certificate, now)) is not None:
                return Refused(Answer.UNAUTHENTICATED, reason, peer)
            identity = certificate.uris[0]
            if scope in WITHOUT_TOKEN:
                return Admitted(identity, certificate, None)
            if (reason := self.own_objection()) is not None:
                return Refused(Answer.UNAVAILABLE, f"server_{reason}", peer)
            return self._by_token(identity, certificate, token, scope, now)
        except JournalError:
            # Without the list or the tokens nobody can be told from somebody who was withdrawn.
            return Refused(Answer.UNAVAILABLE, "records_unreadable", peer)

    def own_objection(self) -> str | None:
        """Say why the server's own certificate is no good now, None when it is. JournalError when that cannot be known."""
        return None if self._own is None else self._withdrawn_or_out(self._own(), self._clock.now())

    def _withdrawn_or_out(self, certificate: Certificate, now: int) -> str | None:
        if not certificate.not_before <= now < certificate.not_after:
            return "certificate_expired" if now >= certificate.not_after else "certificate_not_yet_valid"
        if not {certificate.serial, certificate.sha256}.isdisjoint(self._revoked()):
            return "certificate_revoked"
        return None

    def _certificate_objection(self, certificate: Certificate, now: int) -> str | None:
        if (reason := self._withdrawn_or_out(certificate, now)) is not None:
            return reason
        if certificate.is_authority or certificate.usages != (LeafRole.CLIENT.usage,):
            return "certificate_usage"
        if len(certificate.uris) != 1 or certificate.uris[0] not in self._identities:
            return "identity"
        return None

    def _by_token(self, identity: str, certificate: Certificate, text: str | None, scope: Scope, now: int) -> Admitted | Refused:
        peer = certificate.sha256
        if text is None:
            return Refused(Answer.UNAUTHENTICATED, TokenRefusal.MISSING, peer)
        digest = token_digest(text)
        if digest is None:
            return Refused(Answer.UNAUTHENTICATED, TokenRefusal.MALFORMED, peer)
        kept = self._tokens.find(digest)
        wrong = objection(kept, digest, peer, scope, now)
        if wrong is None and kept is not None:
            return Admitted(identity, certificate, kept)
        answer = Answer.DENIED if wrong is TokenRefusal.SCOPE else Answer.UNAUTHENTICATED
        return Refused(answer, wrong or TokenRefusal.UNKNOWN, peer, kept.operator if kept is not None else "")

    def _read(self, pem: bytes) -> Certificate:
        with self._lock:
            if (known := self._certificates.get(pem)) is not None:
                self._certificates.move_to_end(pem)
                return known
        read = read_certificate(pem, "the peer's certificate")
        with self._lock:
            self._certificates[pem] = read
            while len(self._certificates) > _CERTIFICATES:
                self._certificates.popitem(last=False)
        return read


class _Rates:
    """One bucket for each peer: `burst` calls at once, refilled at `per_second`."""

    def __init__(self, limits: CallLimits) -> None:
        self._limits = limits
        self._left: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, peer: str, cost: int, now: int) -> bool:
        """Take `cost` from a peer's bucket at `now`, monotonic ns; say whether it had one call left."""
        with self._lock:
            left, since = self._left.pop(peer, (self._limits.burst, now))
            left = min(self._limits.burst, left + (now - since) / SECOND * self._limits.per_second)
            self._left[peer] = (max(0.0, left - cost), now)
            while len(self._left) > _CERTIFICATES:
                self._left.popitem(last=False)
            return left >= 1
