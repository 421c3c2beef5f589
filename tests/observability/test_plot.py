"""Axes, gaps and degenerate data of the plots."""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from golive.model.clock import DAY, MINUTE, SECOND, from_iso
from golive.observability.charts import drawdown, percent_label, plain_label, usual_gap
from golive.observability.equity import EquityTrace
from golive.observability.plot import WIDTH, Marker, Plot, nice_ticks, runs, svg, time_ticks

START = from_iso("2024-01-01T00:00:00Z")
FINITE = st.floats(min_value=-1e12, max_value=1e12)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (0.0, 1.0, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (-1, 1, [-1.0, -0.5, 0.0, 0.5, 1.0])],
)
def test_ticks_stand_at_round_values(low: float, high: float, expected: list[float]) -> None:
    assert nice_ticks(low, high) == pytest.approx(expected)


@given(FINITE, st.floats(min_value=1e-6, max_value=1e12))
@example(521683938736.2969, 0.0001)
def test_ticks_lie_within_the_axis_and_are_few(low: float, width: float) -> None:
    high = low + width
    ticks = nice_ticks(low, high)
    assert 1 <= len(ticks) <= 8
    assert ticks == sorted(ticks)
    slack = max(abs(low), abs(high)) * 1e-9 + 1e-12
    assert all(low - slack <= tick <= high + slack for tick in ticks)


@given(st.integers(0, 2**60), st.integers(1, 4000 * DAY))
def test_time_ticks_lie_within_the_span_and_are_few(start: int, length: int) -> None:
    ticks = time_ticks(start, start + length)
    assert len(ticks) <= 9
    assert all(start <= at <= start + length for at, _ in ticks)


def test_a_new_day_shows_its_date() -> None:
    labels = [label for _, label in time_ticks(START + 6 * 3600 * SECOND, START + 30 * 3600 * SECOND)]
    assert labels == ["01-01 06:00", "09:00", "12:00", "15:00", "18:00", "21:00", "01-02 00:00", "03:00", "06:00"]


def test_days_need_no_clock() -> None:
    assert [label for _, label in time_ticks(START, START + 6 * DAY)][:3] == ["01-01", "01-02", "01-03"]


def test_a_gap_in_time_breaks_the_line() -> None:
    points = [(START + n * MINUTE, 1.0) for n in (0, 1, 2, 30, 31)]
    assert [len(run) for run in runs(points)] == [3, 2]


@given(st.integers(900, 9000), st.integers(1, 500))
@settings(max_examples=25, deadline=None)
def test_thinning_a_curve_tears_no_holes_into_its_line(count: int, every: int) -> None:
    trace = EquityTrace(str, str)
    for n in range(count):
        trace.add(START + n * MINUTE, n // every * every % 7, 1)
    points = [(at, float(equity)) for at, equity, _ in trace.outcome().points]
    assert len(list(runs(points, usual_gap(count, [at for at, _ in points])))) == 1


def test_a_hole_in_a_thinned_curve_stays_a_hole() -> None:
    trace = EquityTrace(str, str)
    for n in (*range(3000), *range(6000, 9000)):
        trace.add(START + n * MINUTE, n * 37 % 101, 1)
    points = [(at, float(equity)) for at, equity, _ in trace.outcome().points]
    assert len(list(runs(points, usual_gap(6000, [at for at, _ in points])))) == 2


def test_a_value_that_is_no_number_is_not_drawn() -> None:
    drawing = svg(Plot(title="t", points=[(START, math.nan), (START + MINUTE, 2.0)], css="x", label=plain_label))
    assert "nan" not in drawing
    assert "<circle" in drawing


@pytest.mark.parametrize(
    "points",
    [[], [(START, 5.0)], [(START, 0.0)], [(START, 5.0), (START + MINUTE, 5.0)], [(START, 5.0), (START, 6.0)]],
    ids=["none", "one", "one at zero", "constant", "one moment"],
)
def test_degenerate_data_gives_a_whole_drawing(points: list[tuple[int, float]]) -> None:
    drawing = svg(Plot(title="t", points=points, css="x", label=plain_label, baseline=5.0))
    root = ET.fromstring(drawing)  # noqa: S314 (drawn by us)
    assert root.tag == "svg"
    assert ("no data" in drawing) == (not points)
    assert not re.search(r"\b(nan|inf)\b", drawing)


_VALUES = st.lists(st.tuples(st.integers(START, START + 100 * DAY), FINITE), max_size=30)


@given(_VALUES, st.none() | FINITE)
def test_everything_is_drawn_inside_the_picture(points: list[tuple[int, float]], baseline: float | None) -> None:
    markers = [Marker(at, value, True, "a < b") for at, value in points[:3]]
    drawing = svg(Plot(title="a & b", points=points, css="x", label=plain_label, baseline=baseline, markers=markers))
    root = ET.fromstring(drawing)  # noqa: S314 (drawn by us)
    for path in root.iter("path"):
        if "marker" in path.attrib["class"]:
            continue
        numbers = [float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", path.attrib["d"])]
        assert all(-0.1 <= x <= WIDTH + 0.1 for x in numbers[::2])
        assert all(-0.1 <= y <= 240.1 for y in numbers[1::2])


def test_markers_point_up_for_buys_and_down_for_sells() -> None:
    points = [(START, 1.0), (START + MINUTE, 2.0)]
    markers = [
        Marker(START, 1.0, True, "bought"),
        Marker(START + MINUTE, 2.0, False, "sold"),
        Marker(START - DAY, 1.0, True, "before"),
    ]
    drawing = svg(Plot(title="t", points=points, css="x", label=plain_label, markers=markers))
    found = list(ET.fromstring(drawing).iter("path"))  # noqa: S314 (drawn by us)
    drawn = {p.attrib["class"]: p for p in found if "marker" in p.attrib["class"]}
    assert set(drawn) == {"marker buy", "marker sell"}
    assert "l-6 10" in drawn["marker buy"].attrib["d"]
    assert "l-6 -10" in drawn["marker sell"].attrib["d"]
    assert [title.text for p in drawn.values() for title in p] == ["bought", "sold"]


def test_drawdown_is_measured_from_the_highest_point_so_far() -> None:
    assert [value for _, value in drawdown([(1, 100.0), (2, 75.0), (3, 120.0), (4, 60.0)])] == [0.0, -0.25, 0.0, -0.5]
    assert [value for _, value in drawdown([(1, 0.0), (2, -5.0)])] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("value", "step", "text"),
    [(100_400.0, 200.0, "100,400"), (1.5, 0.5, "1.5"), (0.25, 0.05, "0.25"), (0.00012, 0.00002, "0.00012")],
)
def test_labels_have_the_decimals_their_ticks_need(value: float, step: float, text: str) -> None:
    assert plain_label(value, step) == text


def test_percentages_are_of_a_fraction() -> None:
    assert percent_label(-0.002, 0.002) == "-0.2 %"
