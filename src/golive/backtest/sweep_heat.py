"""How the objective lies over two parameters: for each pair of values the best set, whatever the other parameters were."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from golive.model.errors import ConfigError

from .search import Axis, Space, Values

_MOST_CELLS = 24
"""columns or rows; more values share a cell"""
_MOST_MAPS = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """The best set of a cell; `sets` is how many fell into it."""

    x: int
    y: int
    objective: float
    number: int
    sets: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """Cells by column and row; a cell without a set that has an objective is not there. `y_name` is empty for a single axis."""

    x_name: str
    y_name: str
    x_labels: tuple[str, ...]
    y_labels: tuple[str, ...]
    cells: tuple[Cell, ...]


def chosen_pairs(space: Space, wanted: Sequence[str]) -> Sequence[tuple[Axis, Axis | None]]:
    """Return the axes of the maps: `X,Y` as wanted, else the first pairs of axes that move; ConfigError for an unknown name."""
    axes = {axis.name: axis for axis in space.axes}
    pairs: list[tuple[Axis, Axis | None]] = []
    for text in wanted:
        names = [name.strip() for name in text.split(",")]
        if len(names) != 2 or names[0] == names[1] or not all(name in axes for name in names):
            raise ConfigError(f"--heat-map {text}: give two of the swept parameters as X,Y: {', '.join(axes)}")
        pairs.append((axes[names[0]], axes[names[1]]))
    if pairs:
        return pairs
    moving = [axis for axis in space.axes if axis.high > axis.low]
    if len(moving) == 1:
        return [(moving[0], None)]
    return list(combinations(moving, 2))[:_MOST_MAPS]


def heat_map(space: Space, pair: tuple[Axis, Axis | None], sets: Sequence[Values], objectives: Sequence[float]) -> HeatMap:
    """Return one map; `objectives` are NaN where there is none."""
    x_axis, y_axis = pair
    names = space.names
    x_at = names.index(x_axis.name)
    y_at = None if y_axis is None else names.index(y_axis.name)
    found: dict[tuple[int, int], tuple[float, int, int]] = {}
    for number, (values, objective) in enumerate(zip(sets, objectives, strict=True)):
        place = _place(x_axis, values[x_at]), 0 if y_axis is None or y_at is None else _place(y_axis, values[y_at])
        best, who, count = found.get(place, (-math.inf, -1, 0))
        if objective > best:
            best, who = objective, number
        found[place] = best, who, count + 1
    cells = (Cell(x, y, best, who, count) for (x, y), (best, who, count) in sorted(found.items()) if who >= 0)
    y_labels = ("",) if y_axis is None else _labels(y_axis)
    return HeatMap(x_axis.name, "" if y_axis is None else y_axis.name, _labels(x_axis), y_labels, tuple(cells))


def _count(axis: Axis) -> int:
    return min(_MOST_CELLS, len(axis.values)) if axis.values else (12 if axis.high > axis.low else 1)


def _place(axis: Axis, value: float) -> int:
    """Return the cell of a value: its place among the listed ones, or the share of the way from low to high."""
    count = _count(axis)
    if axis.values:
        return sorted(axis.values).index(value) * count // len(axis.values)
    return 0 if axis.high == axis.low else min(count - 1, int((value - axis.low) / (axis.high - axis.low) * count))


def _labels(axis: Axis) -> tuple[str, ...]:
    """Return the lowest value of each cell as text."""
    count = _count(axis)
    if axis.values:
        listed = sorted(axis.values)
        return tuple(f"{listed[-(-cell * len(listed) // count)]:g}" for cell in range(count))
    return tuple(f"{axis.low + (axis.high - axis.low) * cell / count:.4g}" for cell in range(count))


@dataclass(frozen=True, slots=True)
class Stability:
    """The best set beside those one step away on each axis: a plateau can be trusted more than a peak."""

    neighbours: int
    """those that have the objective"""
    mean: float | None
    worst: float | None


def stability(space: Space, sets: Sequence[Values], objectives: Sequence[float], best: int) -> Stability:
    """Return what the neighbours of a set achieve: those that differ from it by one listed step on one axis or more."""
    listed = [sorted(axis.values) for axis in space.axes]

    def steps(values: Values) -> list[int] | None:
        return [places.index(value) for places, value in zip(listed, values, strict=True)] if all(listed) else None

    centre = steps(sets[best])
    if centre is None:
        return Stability(0, None, None)
    near = []
    for number, values in enumerate(sets):
        own = steps(values)
        if number != best and own is not None and max(abs(a - b) for a, b in zip(own, centre, strict=True)) == 1:
            near.append(objectives[number])
    with_value = [value for value in near if not math.isnan(value)]
    if not with_value:
        return Stability(0, None, None)
    return Stability(len(with_value), math.fsum(with_value) / len(with_value), min(with_value))
