"""A snapshot of dashboards as one SVG picture: a line for what moved, a line of text for what stood still."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from math import isfinite
from typing import Final

from golive.model.clock import SECOND, to_iso

from .dashboard_snapshot import SnapshotAlert, SnapshotDashboard, SnapshotPanel, SnapshotSeries
from .plot import WIDTH, Plot, Point, svg

PLOT_HEIGHT: Final = 120
LINE: Final = 18
STYLE: Final = (
    "text{font:12px system-ui,sans-serif;fill:#161b26}.h1{font-size:22px;font-weight:600}.h2{font-size:17px;font-weight:600}"
    ".h3{font-size:14px;font-weight:600}.soft,.tick,.empty{fill:#5b6577}.bad{fill:#b42335}.grid{stroke:#e3e7ee}"
    ".axis{stroke:#8a94a6}.line{fill:none;stroke:#3b5bdb;stroke-width:1.6}.dot{fill:#3b5bdb}"
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time that is shown: `start` and `end` in ns UTC, a value every `step_s`."""

    start: int
    end: int
    step_s: float


def picture(
    title: str, stretch: Stretch, alerts: Sequence[SnapshotAlert], rules: int, dashboards: Sequence[SnapshotDashboard]
) -> str:
    """Return the picture as a standalone SVG document."""
    page = _Page()
    page.text(title, "h1", 26)
    page.text(f"{to_iso(stretch.start)} to {to_iso(stretch.end)}, a value every {stretch.step_s:g} s", "soft")
    told = [f"{each.alert} {each.state} since {each.active_at}: {each.summary}" for each in alerts]
    quiet = f"No alert was pending or firing; Prometheus has {rules} rules of Golive."
    for line in told or [quiet if rules else "Prometheus has no rules of Golive: it would raise no alert."]:
        page.text(line, "bad" if told or not rules else "")
    for dashboard in dashboards:
        page.space(16)
        page.text(dashboard.title, "h2", 24)
        for panel in dashboard.panels:
            _panel(page, panel, stretch)
    return page.document()


class _Page:
    """Parts one below the other."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._y = 12.0

    def text(self, text: str, css: str = "", height: float = LINE) -> None:
        self._y += height
        self._parts.append(f'<text class="{css}" x="16" y="{self._y - 5:g}">{escape(text)}</text>')

    def plot(self, plot: Plot) -> None:
        place = f'<svg class="plot" x="0" y="{self._y:g}" width="{WIDTH}" height="{plot.height}"'
        self._parts.append(svg(plot).replace('<svg class="plot"', place, 1))
        self._y += plot.height

    def space(self, height: float) -> None:
        self._y += height

    def document(self) -> str:
        height = self._y + 16
        head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:g}" width="{WIDTH}" height="{height:g}">'
        ground = f'<style>{STYLE}</style><rect width="{WIDTH}" height="{height:g}" fill="#fff"/>'
        return "\n".join((head, ground, *self._parts, "</svg>", ""))


def _panel(page: _Page, panel: SnapshotPanel, stretch: Stretch) -> None:
    page.space(8)
    limit = "" if panel.limit is None else f" · limit {_text(panel.limit, panel.unit)}"
    page.text(panel.title + limit, "h3", 20)
    series = [each for query in panel.queries for each in query.series]
    if not series:
        page.text("no series", "soft")
    for each in series:
        numbers = [value for _, value in _points(each, stretch)]
        if not numbers:
            page.text(f"{each.legend}: no number", "soft")
            continue
        low, high = (_text(end, panel.unit) for end in (min(numbers), max(numbers)))
        if low == high:  # what moved by less than is told, such as a last digit, stood still
            whole = "throughout" if len(numbers) == len(each.values) else f"at {len(numbers)} of {len(each.values)} moments"
            page.text(f"{each.legend}: {low} {whole}")
        else:
            page.text(f"{each.legend}: {low} to {high}")
            page.plot(_plot(each, panel, stretch))


def _plot(series: SnapshotSeries, panel: SnapshotPanel, stretch: Stretch) -> Plot:
    return Plot(
        title=f"{panel.title}: {series.legend}",
        points=list(_points(series, stretch)),
        css="moved",
        label=lambda value, _: _text(value, panel.unit),
        height=PLOT_HEIGHT,
        span=(stretch.start, stretch.end),
    )


def _points(series: SnapshotSeries, stretch: Stretch) -> Iterator[Point]:
    for n, value in enumerate(series.values):
        number = float("nan") if value is None else float(value)
        if isfinite(number):
            yield stretch.start + round(n * stretch.step_s * SECOND), number


def _text(value: float, unit: str) -> str:
    match unit:
        case "percentunit":
            return f"{value * 100:.4g} %"
        case "s":
            return f"{value * 1000:.4g} ms" if 0 < abs(value) < 1 else f"{value:.6g} s"
        case "ops":
            return f"{value:.4g}/s"
        case _:
            return f"{value:.10g}"
