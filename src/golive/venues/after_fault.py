"""What follows from a fault: whether a read is asked again, after which pause, and for how long the venue is left alone."""

from __future__ import annotations

import random

from .classify import Fault, ban_of
from .meaning import Meaning
from .profile import VenueProfile


def pause_before_next(profile: VenueProfile, fault: Fault, attempt: int, rng: random.Random) -> float | None:
    """Return the seconds to wait before the attempt after the n-th of a read; None when there must not be one."""
    policy = profile.retry
    if not fault.consequence.repeat_read or ban_of(profile, fault.evidence) is not None:
        return None
    pause = policy.pause_s(attempt, rng)
    told = fault.evidence.retry_after_s
    if told is None:
        return pause
    return max(told, pause) if told <= policy.max_retry_after_s else None


def demanded_rest(profile: VenueProfile, fault: Fault) -> tuple[float | None, bool]:
    """Return for how many seconds the venue wants no calls, None when it does not say so, and whether that is a ban."""
    policy = profile.retry
    told = fault.evidence.retry_after_s
    ban = ban_of(profile, fault.evidence)
    if ban is not None:
        seconds = max(ban.pause_s, told or 0.0)
    elif fault.meaning is Meaning.THROTTLED:
        seconds = policy.base_s if told is None else told
    else:
        return None, False
    return seconds, ban is not None or seconds > policy.max_retry_after_s
