"""From the evidence of one failed attempt to its meaning and to the error the caller must handle. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from golive.model.errors import OutcomeUnknown, RateLimited, VenueError

from .meaning import CONSEQUENCES, EXCEPTION_MEANINGS, Consequence, Meaning
from .profile import Ban, VenueProfile


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about a failed attempt.

    `codes` = the venue's codes, most specific first; `exceptions` = names of CCXT's exception class and its bases,
    most specific first; `transport` is set when no answer could be read at all.
    """

    detail: str
    codes: tuple[str, ...] = ()
    exceptions: tuple[str, ...] = ()
    http_status: int | None = None
    retry_after_s: float | None = None
    transport: Meaning | None = None
    retry_after_unread: str = ""
    """a `Retry-After` that says nothing we understand; it is not heeded"""
    body: str = ""
    """the beginning of the answer, for what only its words tell (a ban)"""


@dataclass(frozen=True, slots=True)
class Fault:
    """A judged attempt; `proven` = a documented pair of HTTP status and code says that nothing was executed."""

    evidence: Evidence
    meaning: Meaning
    code: str
    proven: bool
    not_processed: bool

    @property
    def consequence(self) -> Consequence:
        return CONSEQUENCES[self.meaning]


class AttemptFailed(Exception):
    """One attempt failed; never leaves the call path."""

    def __init__(self, evidence: Evidence) -> None:
        super().__init__(evidence.detail)
        self.evidence = evidence


def judge(profile: VenueProfile, evidence: Evidence) -> Fault:
    """Return what the evidence means at this venue: transport first, then its own codes, then HTTP, then CCXT."""
    if evidence.transport is not None:
        never_left = evidence.transport in (Meaning.NOT_SENT, Meaning.PAUSED)
        return Fault(evidence, evidence.transport, "", never_left, False)
    for code in evidence.codes:
        rule = profile.codes.get(code)
        if rule is not None:
            throttled = evidence.http_status in profile.throttle_statuses and rule.meaning is not Meaning.THROTTLED
            proven = evidence.http_status in rule.http and not throttled
            meaning = Meaning.THROTTLED if throttled else rule.meaning
            return Fault(evidence, meaning, code, proven, proven and code in profile.not_processed)
    code = evidence.codes[0] if evidence.codes else ""
    return Fault(evidence, _unlisted(profile, evidence), code, False, False)


def ban_of(profile: VenueProfile, evidence: Evidence) -> Ban | None:
    """Return the ban that this answer announces, the longest if several match."""
    return max((ban for ban in profile.bans if _announces(ban, evidence)), key=lambda ban: ban.pause_s, default=None)


def _announces(ban: Ban, evidence: Evidence) -> bool:
    """A code may stand anywhere in a body by chance: only the envelope's own code counts, and words only with their status."""
    text = ban.text.lower()
    if any(text == code.lower() for code in evidence.codes):
        return ban.http_status in (None, evidence.http_status)
    return ban.http_status is not None and ban.http_status == evidence.http_status and text in evidence.body.lower()


def _unlisted(profile: VenueProfile, evidence: Evidence) -> Meaning:
    status = evidence.http_status
    if status in profile.throttle_statuses or ban_of(profile, evidence) is not None:
        return Meaning.THROTTLED
    if status is not None and 300 <= status < 400:
        return Meaning.MALFORMED
    if status is not None and status >= 500:
        return Meaning.UNAVAILABLE
    if status == 401:
        return Meaning.AUTHENTICATION
    for name in evidence.exceptions:
        if name in EXCEPTION_MEANINGS:
            return EXCEPTION_MEANINGS[name]
    return Meaning.UNRECOGNISED


def error(profile: VenueProfile, fault: Fault, *, write: bool, client_order_id: str = "") -> VenueError:
    """Return the error of the family that tells the caller what to do next (RELIABILITY §4.2)."""
    consequence = fault.consequence
    if not write:
        family = consequence.read_family
    elif fault.not_processed:
        family = RateLimited
    else:
        family = consequence.write_family if fault.proven else OutcomeUnknown
    message = f"{profile.label}: {fault.meaning}: {fault.evidence.detail}"
    if family is RateLimited:
        return RateLimited(
            message,
            retry_after_s=fault.evidence.retry_after_s,
            venue=profile.label,
            code=fault.code,
            client_order_id=client_order_id,
            http_status=fault.evidence.http_status,
        )
    return family(
        message, venue=profile.label, code=fault.code, client_order_id=client_order_id, http_status=fault.evidence.http_status
    )
