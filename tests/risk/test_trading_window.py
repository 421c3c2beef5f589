"""Times of the week: every minute of it, by the words of the window."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import DAY, MINUTE
from golive.model.errors import ConfigError
from golive.model.trading_window import MINUTES_OF_WEEK, TradingWindow, minute_of_week, week_of

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONDAY = 4 * DAY  # 1970-01-05


def by_the_words(text: str, ts: int) -> bool:
    """Say the same from the text and the calendar, the slow way."""
    days, times = text.split(" ")
    first, _, last = days.partition("-")
    wanted, at = [], DAYS.index(first)
    while True:
        wanted.append(at)
        if DAYS[at] == (last or first):
            break
        at = (at + 1) % 7
    begin, end = (int(each[:2]) * 60 + int(each[3:]) for each in times.split("-"))
    moment = datetime.fromtimestamp(ts / 1e9, timezone.utc)
    minute, today = moment.hour * 60 + moment.minute, moment.weekday()
    if begin < end:
        return today in wanted and begin <= minute < end
    return (today in wanted and minute >= begin) or ((today - 1) % 7 in wanted and minute < end)


TIMES = st.tuples(st.integers(0, 23), st.integers(0, 59)).map(lambda t: f"{t[0]:02}:{t[1]:02}")
WINDOWS = st.tuples(
    st.sampled_from(DAYS), st.sampled_from(["", *(f"-{day}" for day in DAYS)]), TIMES, st.one_of(TIMES, st.just("24:00"))
).map(lambda w: f"{w[0]}{w[1]} {w[2]}-{w[3]}")


@given(WINDOWS, st.integers(0, MINUTES_OF_WEEK - 1), st.integers(0, 400))
def test_a_minute_lies_in_a_window_as_its_words_say(text: str, minute: int, week: int) -> None:
    ts = MONDAY + week * 7 * DAY + minute * MINUTE
    window = TradingWindow.parse(text)
    assert minute_of_week(ts) == minute
    assert window.holds(ts) is window.holds(ts + MINUTE - 1) is by_the_words(text, ts) is bool(week_of([window])[minute])


def test_windows_add_up() -> None:
    week = week_of([TradingWindow.parse("mon 00:00-00:01"), TradingWindow.parse("sun 23:59-24:00")])
    assert [place for place, is_open in enumerate(week) if is_open] == [0, MINUTES_OF_WEEK - 1]
    assert sum(week_of([TradingWindow.parse("mon-sun 00:00-24:00")])) == MINUTES_OF_WEEK
    assert sum(week_of([])) == 0


@pytest.mark.parametrize(
    "text", ["", "mon", "mon 8:00-20:00", "mon 08:00", "xyz 08:00-20:00", "mon 08:00-24:01", "mon 24:00-08:00"]
)
def test_other_words_are_an_error(text: str) -> None:
    with pytest.raises(ConfigError, match="mon-fri 08:00-20:00"):
        TradingWindow.parse(text)
