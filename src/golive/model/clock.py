"""Time: int nanoseconds UTC inside, ISO-8601 with `Z` in JSON; the clock is always passed in."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import NewType, Protocol

Nanos = NewType("Nanos", int)
"""Nanoseconds since 1970-01-01T00:00:00Z."""

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
MICROSECOND = 1_000
MINUTE = 60 * SECOND
DAY = 86_400 * SECOND
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Clock(Protocol):
    """A source of wall-clock and monotonic time."""

    def now(self) -> Nanos:
        """Wall clock, nanoseconds UTC."""
        ...

    def monotonic(self) -> int:
        """A steadily rising counter of nanoseconds; only differences mean anything."""
        ...


def to_iso(ns: int) -> str:
    """Return ISO-8601 UTC with `Z`: whole seconds without a fraction, else exactly three, six or nine digits."""
    seconds, fraction = divmod(ns, SECOND)
    days, second = divmod(seconds, 86_400)
    minute, second = divmod(second, 60)
    text = f"{_date(days)}T{minute // 60:02}:{minute % 60:02}:{second:02}"
    if fraction == 0:
        return text + "Z"
    digits = f"{fraction:09d}"
    if digits.endswith("000000"):
        digits = digits[:3]
    elif digits.endswith("000"):
        digits = digits[:6]
    return f"{text}.{digits}Z"


def week_of_day(day: int) -> int:
    """Return the number of the week, beginning on Monday, that a day counted from 1970-01-01, a Thursday, lies in."""
    return (day + 3) // 7


@lru_cache(maxsize=16)
def _date(days: int) -> str:
    """Times come in rows of the same day."""
    return (_EPOCH + timedelta(days=days)).date().isoformat()


def from_iso(text: str) -> Nanos:
    """Read ISO-8601 UTC ending in `Z` with up to nine fractional digits; raise ValueError for any other form."""
    if not text.endswith("Z"):
        raise ValueError(f"{text!r} does not end in 'Z'")
    head, _, fraction = text[:-1].partition(".")
    try:
        moment = datetime.fromisoformat(head).replace(tzinfo=timezone.utc)
    except ValueError as exc:
        raise ValueError(f"{text!r} does not match YYYY-mm-ddTHH:MM:SSZ: {exc}") from None
    if len(head) != 19 or head[4::3] != "--T::":
        raise ValueError(f"{text!r} does not match YYYY-mm-ddTHH:MM:SSZ")
    if fraction and not (fraction.isascii() and fraction.isdigit() and len(fraction) <= 9):
        raise ValueError(f"{text!r} has a bad fraction of a second")
    delta = moment - _EPOCH
    return Nanos((delta.days * 86_400 + delta.seconds) * SECOND + int(fraction.ljust(9, "0") if fraction else 0))


def stamp(ns: int) -> str:
    """Return the file-name form `YYYYmmddTHHMMSSZ` of a wall-clock time."""
    return (_EPOCH + timedelta(seconds=ns // SECOND)).strftime("%Y%m%dT%H%M%SZ")
