"""Line plots as SVG text: time on the x axis (UTC), one or more series, markers; no scripts, no outside resources.

Colours and type come from CSS classes of the page (`html.py`). Gaps in time are gaps in the line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from statistics import median
from typing import Final, TypeAlias

from golive.model.clock import SECOND, to_iso

Point: TypeAlias = tuple[int, float]
"""(moment in ns UTC, value); a statistic, drawn and never computed with"""

WIDTH: Final = 1080
LEFT, RIGHT, TOP, BOTTOM = 78, 16, 14, 28
GAP_FACTOR: Final = 5
"""a distance this many times the usual one is a gap"""
_TIME_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30),
    *(n * 60 for n in (1, 2, 5, 10, 15, 30)),
    *(n * 3600 for n in (1, 2, 3, 6, 12)),
    *(n * 86_400 for n in (1, 2, 7, 14, 28, 91, 182, 364)),
)


@dataclass(frozen=True, slots=True)
class Marker:
    """A fill on the price: a triangle up for a buy, down for a sell, with a text shown on hover."""

    at: int
    value: float
    is_buy: bool
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One chart; `css` is the class of its line, `baseline` the value down or up to which the area is filled."""

    title: str
    points: Sequence[Point]
    css: str
    label: Callable[[float, float], str]
    """(value, distance of two ticks) → text at the y axis"""
    height: int = 240
    markers: Sequence[Marker] = ()
    baseline: float | None = None
    include: Sequence[float] = ()
    """values that the y axis must reach"""
    gap_ns: int = 0
    """a distance in time up to this is never a gap, however close the other points stand"""
    span: tuple[int, int] | None = None
    """x axis from … to, ns UTC, so that charts stand one above the other; that of the points when None"""


def nice_ticks(low: float, high: float, wanted: int = 5) -> list[float]:
    """Return round values (1, 2, 2.5 or 5 times a power of ten) within [low, high], at most about `wanted` + 2."""
    too_narrow = 1e-12 * max(abs(low), abs(high))  # below this the values between are not told apart
    if not (math.isfinite(low) and math.isfinite(high)) or high - low <= too_narrow:
        return [low]
    rough = (high - low) / max(1, wanted)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [n * step for n in range(first, last + 1)] or [low]


def time_ticks(start: int, end: int, wanted: int = 8) -> list[tuple[int, str]]:
    """Return (moment in ns, label in UTC) at round times within [start, end]; the date where a new day begins."""
    span = max(1, (end - start) // SECOND)
    step = next((s for s in _TIME_STEPS if span / s <= wanted), _TIME_STEPS[-1] * -(-span // (wanted * _TIME_STEPS[-1])))
    first = -(-start // (step * SECOND)) * step * SECOND
    moments = range(first, end + 1, step * SECOND)
    labels: list[tuple[int, str]] = []
    day = ""
    for moment in moments:
        text = to_iso(moment)
        clock = "" if step >= 86_400 else text[11:19] if step < 60 else text[11:16]
        labels.append((moment, clock if clock and text[:10] == day else f"{text[5:10]} {clock}".strip()))
        day = text[:10]
    return labels


def runs(points: Sequence[Point], gap_ns: int = 0) -> Iterator[list[Point]]:
    """Yield the finite points in runs without a gap: a distance well above the usual one and above `gap_ns`."""
    ordered = sorted(point for point in points if math.isfinite(point[1]))
    steps = [b[0] - a[0] for a, b in pairwise(ordered) if b[0] > a[0]]
    longest = max(GAP_FACTOR * steps_median(steps), gap_ns, 1)
    run: list[Point] = []
    for point in ordered:
        if run and point[0] - run[-1][0] > longest:
            yield run
            run = []
        run.append(point)
    if run:
        yield run


def steps_median(steps: Sequence[int]) -> int:
    """Return the usual distance of two points in ns, 0 without one."""
    return round(median(steps)) if steps else 0


def svg(plot: Plot) -> str:
    """Return the chart as one `<svg>` element, readable by a screen reader through its title."""
    title = escape(plot.title)
    head = f'<svg class="plot" viewBox="0 0 {WIDTH} {plot.height}" role="img" aria-label="{title}"><title>{title}</title>'
    points = [point for point in plot.points if math.isfinite(point[1])]
    if not points:
        middle = f'<text class="empty" x="{WIDTH / 2:g}" y="{plot.height / 2:g}" text-anchor="middle">no data</text>'
        return f"{head}{middle}</svg>"
    frame = _Frame.around(plot, points)
    return "".join((head, *_y_axis(plot, frame), *_x_axis(frame), *_lines(plot, frame), *_markers(plot, frame), "</svg>"))


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where data coordinates fall on the drawing."""

    start: int
    end: int
    low: float
    high: float
    height: int

    @classmethod
    def around(cls, plot: Plot, points: Sequence[Point]) -> _Frame:
        start, end = plot.span or (min(p[0] for p in points), max(p[0] for p in points))
        values = [p[1] for p in points] + [m.value for m in plot.markers if start <= m.at <= end] + list(plot.include)
        low, high = min(values), max(values)
        margin = (high - low) * 0.06 or abs(high) * 0.01 or 1.0
        bottom = low if low in plot.include else low - margin
        top = high if high in plot.include and high > low else high + margin
        if end <= start:  # a single moment stands in the middle
            start, end = start - 30 * SECOND, start + 30 * SECOND
        return cls(start, end, bottom, top, plot.height)

    def x(self, at: int) -> float:
        return LEFT + (at - self.start) / (self.end - self.start) * (WIDTH - LEFT - RIGHT)

    def y(self, value: float) -> float:
        return TOP + (self.high - value) / (self.high - self.low) * (self.height - TOP - BOTTOM)


def _y_axis(plot: Plot, frame: _Frame) -> Iterator[str]:
    ticks = nice_ticks(frame.low, frame.high, max(2, plot.height // 50))
    step = ticks[1] - ticks[0] if len(ticks) > 1 else abs(ticks[0]) or 1.0
    for tick in ticks:
        y = frame.y(tick)
        yield f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text class="tick" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{escape(plot.label(tick, step))}</text>'


def _x_axis(frame: _Frame) -> Iterator[str]:
    bottom = frame.height - BOTTOM
    yield f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{bottom}" y2="{bottom}"/>'
    for moment, label in time_ticks(frame.start, frame.end):
        x = frame.x(moment)
        anchor = "start" if x < LEFT + 20 else "end" if x > WIDTH - RIGHT - 30 else "middle"
        yield f'<line class="axis" x1="{x:.1f}" x2="{x:.1f}" y1="{bottom}" y2="{bottom + 4}"/>'
        yield f'<text class="tick" x="{x:.1f}" y="{bottom + 18}" text-anchor="{anchor}">{label}</text>'


def _lines(plot: Plot, frame: _Frame) -> Iterator[str]:
    for run in runs(plot.points, plot.gap_ns):
        if len(run) == 1:
            yield f'<circle class="dot {plot.css}" cx="{frame.x(run[0][0]):.1f}" cy="{frame.y(run[0][1]):.1f}" r="3"/>'
            continue
        path = "L".join(f"{frame.x(at):.1f} {frame.y(value):.1f}" for at, value in run)
        if plot.baseline is not None:
            foot = min(max(frame.y(plot.baseline), TOP), frame.height - BOTTOM)
            left, right = frame.x(run[0][0]), frame.x(run[-1][0])
            yield f'<path class="area {plot.css}" d="M{left:.1f} {foot:.1f}L{path}L{right:.1f} {foot:.1f}Z"/>'
        yield f'<path class="line {plot.css}" d="M{path}"/>'


def _markers(plot: Plot, frame: _Frame) -> Iterator[str]:
    for marker in plot.markers:
        if not frame.start <= marker.at <= frame.end or not math.isfinite(marker.value):
            continue
        x, y = frame.x(marker.at), frame.y(marker.value)
        shape = f"M{x:.1f} {y + 3:.1f}l-6 10h12Z" if marker.is_buy else f"M{x:.1f} {y - 3:.1f}l-6 -10h12Z"
        css = "buy" if marker.is_buy else "sell"
        yield f'<path class="marker {css}" d="{shape}"><title>{escape(marker.text)}</title></path>'
