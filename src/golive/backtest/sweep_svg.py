"""A heat map as one `<svg>`: colours that colour-blind readers and grey prints keep apart, values on the cells and on hover.

Colours are attributes of the elements, because the page's policy allows its one style sheet only. Scale: cividis (Nuñez,
Anderton and Renslow, "Optimizing colormaps with consideration for color vision deficiency", PLoS ONE 13(7), 2018).
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Final

from .sweep_heat import Cell, HeatMap
from .sweep_score import told_objective

_SCALE: Final = (
    (0, 32, 77), (0, 51, 111), (57, 72, 107), (87, 92, 109), (112, 113, 115),
    (138, 135, 121), (166, 157, 117), (196, 181, 108), (228, 207, 91), (255, 234, 70),
)  # fmt: skip
_WIDTH: Final = 1000
_LEFT: Final = 90
_TOP: Final = 12
_FOOT: Final = 92
_TALLEST: Final = 44


def colour(share: float) -> str:
    """Return the colour of a value, 0 the lowest and 1 the highest, as `#rrggbb`."""
    place = max(0.0, min(1.0, share)) * (len(_SCALE) - 1)
    low = min(int(place), len(_SCALE) - 2)
    mixed = (round(a + (b - a) * (place - low)) for a, b in zip(_SCALE[low], _SCALE[low + 1], strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def heat_svg(shown: HeatMap, objective: str) -> str:
    """Return the drawing, readable by a screen reader through its titles."""
    wide, tall = len(shown.x_labels), len(shown.y_labels)
    width = (_WIDTH - _LEFT - 10) / wide
    height = min(_TALLEST, max(18.0, width * 0.6))
    bottom = _TOP + tall * height
    title = escape(f"{objective} by {shown.x_name}" + (f" and {shown.y_name}" if shown.y_name else ""))
    parts = (
        f'<svg class="map" viewBox="0 0 {_WIDTH} {bottom + _FOOT:.0f}" role="img" aria-label="{title}" ',
        'font-size="12" fill="currentColor">',
        f"<title>{title}</title>",
        *_cells(shown, objective, width, height),
        *_axes(shown, width, height, bottom),
        *_legend(shown, objective, bottom + 62),
        "</svg>",
    )
    return "".join(parts)


def _cells(shown: HeatMap, objective: str, width: float, height: float) -> Iterator[str]:
    low, high = _range(shown)
    best = max((cell.objective for cell in shown.cells), default=0.0)
    tall = len(shown.y_labels)
    for cell in shown.cells:
        share = (cell.objective - low) / (high - low) if high > low else 0.5
        x, y = _LEFT + cell.x * width, _TOP + (tall - 1 - cell.y) * height
        edge = ' stroke="#d0342c" stroke-width="3"' if cell.objective == best else ""
        yield f'<g><title>{escape(_hover(shown, cell, objective))}</title><rect x="{x + 1:.1f}" y="{y + 1:.1f}" '
        yield f'width="{width - 2:.1f}" height="{height - 2:.1f}" rx="2" fill="{colour(share)}"{edge}/>'
        if width >= 44:
            ink = "#ffffff" if share < 0.55 else "#111111"
            yield f'<text x="{x + width / 2:.1f}" y="{y + height / 2 + 4:.1f}" text-anchor="middle" fill="{ink}">'
            yield f"{told_objective(objective, cell.objective):.2f}</text>"
        yield "</g>"


def _hover(shown: HeatMap, cell: Cell, objective: str) -> str:
    where = f"{shown.x_name} {shown.x_labels[cell.x]}"
    if shown.y_name:
        where += f", {shown.y_name} {shown.y_labels[cell.y]}"
    of = f", the best of {cell.sets} sets" if cell.sets > 1 else ""
    return f"{where}: {objective} {told_objective(objective, cell.objective):.4g}{of} (set {cell.number})"


def _axes(shown: HeatMap, width: float, height: float, bottom: float) -> Iterator[str]:
    every = max(1, round(44 / width))
    for place, label in enumerate(shown.x_labels):
        if place % every == 0:
            x = _LEFT + (place + 0.5) * width
            yield f'<text x="{x:.1f}" y="{bottom + 18:.1f}" text-anchor="middle">{escape(label)}</text>'
    tall = len(shown.y_labels)
    for place, label in enumerate(shown.y_labels):
        y = _TOP + (tall - 0.5 - place) * height + 4
        yield f'<text x="{_LEFT - 8}" y="{y:.1f}" text-anchor="end">{escape(label)}</text>'
    middle = _LEFT + (_WIDTH - _LEFT) / 2
    yield f'<text x="{middle:.0f}" y="{bottom + 40:.1f}" text-anchor="middle" font-weight="600">{escape(shown.x_name)}</text>'
    if shown.y_name:
        y = (_TOP + bottom) / 2
        yield f'<text transform="translate(16 {y:.1f}) rotate(-90)" text-anchor="middle" font-weight="600">'
        yield f"{escape(shown.y_name)}</text>"


def _legend(shown: HeatMap, objective: str, top: float) -> Iterator[str]:
    low, high = (told_objective(objective, each) for each in _range(shown))
    for step in range(40):
        yield f'<rect x="{_LEFT + step * 6}" y="{top:.1f}" width="6.5" height="10" fill="{colour(step / 39)}"/>'
    yield f'<text x="{_LEFT - 8}" y="{top + 10:.1f}" text-anchor="end">{low:.3g}</text>'
    yield f'<text x="{_LEFT + 248}" y="{top + 10:.1f}">{high:.3g} {escape(objective)}; framed: the best</text>'


def _range(shown: HeatMap) -> tuple[float, float]:
    values = [cell.objective for cell in shown.cells]
    return min(values, default=0.0), max(values, default=0.0)
