"""A table that fits the terminal: the columns that matter most for its width, every row on one line where that can be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from golive.observability.page import Cell, Column, Table

from .terminal import clean

if TYPE_CHECKING:
    from rich.table import Table as Drawn

_BORDER = 3
"""characters a column takes beside its text; the table itself takes one more"""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A table whose `first` columns always stand there; those behind them, in their order, where there is room."""

    table: Table
    first: int
    parameters: range
    """places among the first columns; these may become one column that folds"""
    caption: str = ""


def chosen(fitted: Fitted, width: int) -> Table:
    """Return the table for a terminal of `width` characters.

    Where the first columns alone are too wide, titles take several lines; where that is not enough, the parameters of a row
    share one column, in which no name and no value is broken.
    """
    for columns in (fitted.table.columns, tuple(Column(_broken(each.title), each.is_number) for each in fitted.table.columns)):
        count = _fitting(columns, fitted.table.rows, width)
        if count >= fitted.first:
            return Table(columns[:count], tuple(row[:count] for row in fitted.table.rows), fitted.table.empty)
    return _joined(fitted, width)


def drawn(fitted: Fitted, width: int, *, most: int) -> Drawn:
    """Return the table as it is printed, with `most` rows of it."""
    from rich.table import Table as Drawn
    from rich.text import Text

    table = chosen(fitted, width)
    shown = Drawn(
        title=Text(clean(fitted.caption), style="dim") if fitted.caption else None, title_justify="left", border_style="dim"
    )
    for column in table.columns:
        shown.add_column(clean_lines(column.title), justify="right" if column.is_number else "left", overflow="fold")
    for row in table.rows[:most]:
        shown.add_row(*(Text(clean_lines(cell.text)) for cell in row))
    return shown


def clean_lines(text: str) -> str:
    """Return text without control characters; its lines stay apart."""
    return "\n".join(clean(line) for line in text.split("\n"))


def _broken(title: str) -> str:
    """Return a title in as many lines as it has words: `slow_bars` is two."""
    return "\n".join(re.findall(r"[^ _]+_*", title)) or title


def _fitting(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> int:
    """Return how many columns fit, from the first on."""
    return next((count for count in range(len(columns)) if _used(columns[: count + 1], rows) > width), len(columns))


def _joined(fitted: Fitted, width: int) -> Table:
    """Return the table with one column for the parameters, a name beside its value; other columns give way from the last on."""
    columns, rows = fitted.table.columns, fitted.table.rows
    pairs = [[f"{columns[place].title} {row[place].text}" for place in fitted.parameters] for row in rows]
    needed = max((len(pair) for row in pairs for pair in row), default=0) + 1
    others = [place for place in range(fitted.first) if place not in fitted.parameters]
    kept = tuple(Column(_broken(columns[place].title), columns[place].is_number) for place in others)
    cells = [[row[place] for place in others] for row in rows]
    while len(kept) > 1 and _used(kept, cells) + _BORDER + needed > width:
        kept = kept[:-1]
    room = max(needed, width - _BORDER - _used(kept, cells))
    shown = tuple((*row[: len(kept)], Cell(_packed(own, room))) for row, own in zip(cells, pairs, strict=True))
    return Table((*kept, Column("parameters")), shown, fitted.table.empty)


def _used(columns: Sequence[Column], rows: Sequence[Sequence[Cell]]) -> int:
    """Return how many characters a table with these columns takes."""
    return 1 + sum(
        _BORDER + max(map(len, (*column.title.split("\n"), *(row[place].text for row in rows))))
        for place, column in enumerate(columns)
    )


def _packed(pairs: Sequence[str], room: int) -> str:
    """Return pairs separated by commas in lines of at most `room` characters, none of them in two lines."""
    lines = [""]
    for place, pair in enumerate(pairs):
        told = pair if place == len(pairs) - 1 else f"{pair},"
        if lines[-1] and len(lines[-1]) + 1 + len(told) > room:
            lines.append("")
        lines[-1] += f" {told}" if lines[-1] else told
    return "\n".join(lines)
