"""Times of the week in which risk may be increased, in UTC of the market clock."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from golive.model.clock import DAY, MINUTE
from golive.model.errors import ConfigError

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FIRST_WEEKDAY: Final = 3
"""1970-01-01 was a Thursday"""
_DAY: Final = "(mon|tue|wed|thu|fri|sat|sun)"
_TIME: Final = r"([01]\d|2[0-3]):[0-5]\d"
PATTERN: Final = rf"{_DAY}(-{_DAY})? {_TIME}-({_TIME}|24:00)"
MINUTES_OF_DAY: Final = DAY // MINUTE
MINUTES_OF_WEEK: Final = 7 * MINUTES_OF_DAY
FORM: Final = "days and times of day in UTC, such as mon-fri 08:00-20:00"


class TradingWindow(NamedTuple):
    """Days of the week (0 = Monday) and minutes of the day, the first included, the last not.

    A window whose end is not after its beginning goes on into the next day.
    """

    days: frozenset[int]
    begins: int
    ends: int

    @classmethod
    def parse(cls, text: str) -> TradingWindow:
        """Read `mon-fri 08:00-20:00` or `sun 22:00-02:00`; ConfigError for anything else."""
        if not re.fullmatch(PATTERN, text):
            raise ConfigError(f"trading window {text!r}: give {FORM}")
        days, _, times = text.partition(" ")
        first, _, last = days.partition("-")
        low = _DAYS.index(first)
        count = (_DAYS.index(last or first) - low) % 7 + 1
        begins, _, ends = times.partition("-")
        return cls(frozenset((low + n) % 7 for n in range(count)), _minutes(begins), _minutes(ends))

    def holds(self, ts: int) -> bool:
        """Say whether market time `ts` (ns UTC) lies in the window."""
        weekday, minute = (ts // DAY + _FIRST_WEEKDAY) % 7, ts % DAY // MINUTE
        if self.begins < self.ends:
            return weekday in self.days and self.begins <= minute < self.ends
        begun_today = weekday in self.days and minute >= self.begins
        return begun_today or ((weekday - 1) % 7 in self.days and minute < self.ends)


def week_of(windows: Iterable[TradingWindow]) -> bytes:
    """Return the minutes of a week, Monday's first, with a 1 for each that lies in one of the windows."""
    week = bytearray(MINUTES_OF_WEEK)
    for window in windows:
        length = window.ends - window.begins if window.begins < window.ends else window.ends - window.begins + MINUTES_OF_DAY
        for day in window.days:
            for minute in range(length):
                week[(day * MINUTES_OF_DAY + window.begins + minute) % MINUTES_OF_WEEK] = 1
    return bytes(week)


def minute_of_week(ts: int) -> int:
    """Return which minute of its week, from Monday 00:00 UTC, market time `ts` (ns UTC) lies in."""
    return (ts // MINUTE + _FIRST_WEEKDAY * MINUTES_OF_DAY) % MINUTES_OF_WEEK


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)
