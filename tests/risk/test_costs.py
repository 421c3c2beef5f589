"""Fees and result of 30 days, from what the account was worth as each day began."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import DAY
from golive.risk import Costs
from golive.risk.costs import CostTrack


def test_there_is_no_figure_before_thirty_days() -> None:
    track = CostTrack()
    assert track.costs(40 * DAY, 1000, 10) is None
    track.begin(10 * DAY, 1000, 5)
    assert track.costs(40 * DAY - 1, 1500, 25) is None
    assert track.costs(40 * DAY, 1500, 25) == Costs(20, 520)
    assert track.costs(40 * DAY, 900, 25) == Costs(20, -80), "what was lost counts as it is"


def test_a_day_begins_once() -> None:
    track = CostTrack()
    track.begin(10 * DAY + 5, 1000, 5)
    track.begin(10 * DAY + 9, 7777, 77)
    track.begin(9 * DAY, 8888, 88)
    assert track.costs(40 * DAY, 1000, 5) == Costs(0, 0)
    assert track.days == ((10, 1000, 5),)


def test_a_track_that_was_kept_goes_on_after_a_restart() -> None:
    track = CostTrack()
    for day, equity, fees in ((10, 1000, 5), (11, 1100, 6), (41, 1200, 7)):
        track.begin(day * DAY, equity, fees)
    assert track.days == ((11, 1100, 6), (41, 1200, 7)), "of the days before the last thirty, the last one counts"
    again = CostTrack(track.days)
    assert again.days == track.days
    assert again.costs(41 * DAY, 1300, 9) == track.costs(41 * DAY, 1300, 9) == Costs(3, 203)


@given(st.lists(st.tuples(st.integers(1, 20), st.integers(0, 100), st.integers(-50, 50)), min_size=1, max_size=20))
def test_costs_are_counted_from_the_day_in_force_thirty_days_ago(rows: list[tuple[int, int, int]]) -> None:
    track, days, day, fees, equity = CostTrack(), [], 100, 0, 10_000
    for step, fee, earned in rows:
        day, fees, equity = day + step, fees + fee, equity + earned
        track.begin(day * DAY + 7, equity, fees)
        days.append((day, equity, fees))
        then = [row for row in days if row[0] <= day - 30]
        if not then:
            assert track.costs(day * DAY + 9, equity, fees) is None
            continue
        _, equity_then, fees_then = then[-1]
        assert track.costs(day * DAY + 9, equity + 3, fees + 1) == Costs(
            fees + 1 - fees_then, equity + 3 - equity_then + fees + 1 - fees_then
        )
        assert len(track._days) <= 32
