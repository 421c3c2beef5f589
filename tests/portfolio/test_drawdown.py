"""The worst falls of an equity curve, against the plainest way to find them."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import DAY
from golive.portfolio import EquityCurve, EquityTrack

marks = st.lists(
    st.tuples(st.integers(0, 4 * DAY), st.integers(1, 1000)), min_size=1, max_size=40, unique_by=lambda mark: mark[0]
).map(sorted)


@given(marks)
def test_the_worst_falls_are_those_found_by_looking_at_every_pair(curve: list[tuple[int, int]]) -> None:
    track = EquityTrack()
    for ts, equity in curve:
        track.observe(equity, ts)
    values = [equity for _, equity in curve]
    falls = [Fraction(max(values[: n + 1]) - equity, max(values[: n + 1])) for n, equity in enumerate(values)]
    assert Fraction(*track.worst_drawdown) == max(falls)
    day_falls, today, start = [Fraction(0)], Fraction(0), values[0]
    for _, rows in groupby(curve, key=lambda mark: mark[0] // DAY):
        day = [equity for _, equity in rows]
        today = max(Fraction(0), *(Fraction(start - equity, start) for equity in day))
        day_falls.append(today)
        last_start, start = start, day[-1]
    assert Fraction(*track.worst_day_loss) == max(day_falls)
    assert Fraction(*track.worst_today) == today
    assert (track.start, track.peak, track.last, track.day_start) == (values[0], max(values), values[-1], last_start)


@given(marks)
def test_only_a_deeper_fall_is_news(curve: list[tuple[int, int]]) -> None:
    track = EquityTrack()
    for ts, equity in curve:
        before = track.worst_drawdown, track.worst_day_loss, track.worst_week_loss
        deeper = track.observe(equity, ts)
        after = track.worst_drawdown, track.worst_day_loss, track.worst_week_loss
        assert all(Fraction(*new) >= Fraction(*old) for new, old in zip(after, before, strict=True))
        assert deeper is (after != before)


@given(st.lists(st.tuples(*[st.integers(-(1 << 62), 1 << 62)] * 3)))
def test_the_curve_gives_back_its_rows(rows: list[tuple[int, int, int]]) -> None:
    curve = EquityCurve()
    for row in rows:
        curve.append(*row)
    assert list(curve.rows()) == rows
    assert len(curve) == len(rows)
