"""How a call that carried an order ended, in the words of the order journal. One table, most specific family first.

Source: RELIABILITY §4.2: whatever is not proved is unknown.
"""

from __future__ import annotations

from typing import NamedTuple

from golive.model.errors import (
    GoliveError,
    InvalidOrder,
    JournalError,
    RateLimited,
    VenueRejected,
    VenueUnavailable,
)
from golive.model.live_order import AttemptResult, FallbackReason

DETAIL_LENGTH = 300
"""characters of a venue's words that are kept"""


class Outcome(NamedTuple):
    """The result of one attempt; `fallback` is why it may go to another venue, None where it must not."""

    result: AttemptResult
    code: str
    detail: str
    fallback: FallbackReason | None = None


def outcome_of(error: Exception, *, is_breaker_open: bool, fallback: FallbackReason | None) -> Outcome:
    """Return what this error proves; `fallback` is the reason of the venue's own that its code stands for, if any."""
    detail = str(error)[:DETAIL_LENGTH]
    code = getattr(error, "code", "")
    match error:
        case JournalError():  # the lease or the journal was lost before the request left
            return Outcome(AttemptResult.NOT_SENT, "", detail)
        case RateLimited() if code:
            return Outcome(AttemptResult.NOT_PROCESSED, code, detail)
        case VenueUnavailable():
            reason = FallbackReason.BREAKER_OPEN if is_breaker_open else FallbackReason.NEVER_SENT
            return Outcome(AttemptResult.NOT_SENT, code, detail, reason)
        case InvalidOrder() if not code:  # breaks a rule we know; another venue would be sent the same mistake
            return Outcome(AttemptResult.NOT_SENT, "", detail)
        case VenueRejected():
            return Outcome(AttemptResult.REJECTED, code, detail, fallback)
        case GoliveError():
            return Outcome(AttemptResult.UNKNOWN, code, detail)
        case _:
            return Outcome(AttemptResult.UNKNOWN, "", repr(error)[:DETAIL_LENGTH])
