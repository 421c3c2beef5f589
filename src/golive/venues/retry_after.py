"""What `Retry-After` says: seconds, or an HTTP date, which counts from the answer's own `Date`. Source: RFC 9110, 10.2.3."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

LONGEST_S: Final = 86_400.0
"""nobody is left alone for longer than a day without being asked again"""
_SHOWN: Final = 80


class RetryAfter(NamedTuple):
    """`seconds` is None when the header is absent or unread; `unread` is the beginning of a text nobody understands."""

    seconds: float | None
    unread: str = ""


def retry_after(headers: Mapping[str, str], now_ns: int) -> RetryAfter:
    """Return what the answer demands, at most `LONGEST_S`; `headers` in lower case, `now_ns` UTC if it has no `Date`."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return RetryAfter(None)
    seconds = _number(text)
    if seconds is None:
        until = _date(text)
        if until is None:
            return RetryAfter(None, text[:_SHOWN])
        begun = _date(headers.get("date", ""))
        seconds = until - (now_ns / 1e9 if begun is None else begun)
    return RetryAfter(min(max(seconds, 0.0), LONGEST_S))


def _number(text: str) -> float | None:
    try:
        seconds = float(text)
    except ValueError:
        return None
    return seconds if seconds >= 0 and math.isfinite(seconds) else None


def _date(text: str) -> float | None:
    """Return seconds since the epoch."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
