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
    share one column.
    """
    for columns in (fitted.table.columns, tuple(Column(_broken(each.title), each.is_number) for each in fitted.table.columns)):
        count = _fitting(columns, fitted.table.rows, width)
        if count >= fitted.first:
            return Table(columns[:count], tuple(row[:count] for row in fitted.table.rows), fitted.table.empty)
    return _joined(fitted)


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
        shown.add_row(*(Text(clean(cell.text)) for cell in row))
    return shown


def clean_lines(title: str) -> str:
    """Return a title without control characters; its lines stay apart."""
    return "\n".join(clean(line) for line in title.split("\n"))


def _broken(title: str) -> str:
    """Return a title in as many lines as it has words: `slow_bars` is two."""
    return "\n".join(re.findall(r"[^ _]+_*", title)) or title


def _fitting(columns: Sequence[Column], rows: Sequence[Sequence[Cell]], width: int) -> int:
    """Return how many columns fit, from the first on."""
    used = 1
    for place, column in enumerate(columns):
        used += _BORDER + max(map(len, (*column.title.split("\n"), *(row[place].text for row in rows))))
        if used > width:
            return place
    return len(columns)


def _joined(fitted: Fitted) -> Table:
    columns, names = fitted.table.columns, [fitted.table.columns[place].title for place in fitted.parameters]
    others = [place for place in range(fitted.first) if place not in fitted.parameters]
    rows = tuple(
        (
            *(row[place] for place in others),
            Cell(", ".join(f"{name} {row[place].text}" for name, place in zip(names, fitted.parameters, strict=True))),
        )
        for row in fitted.table.rows
    )
    kept = [Column(_broken(columns[place].title), columns[place].is_number) for place in others]
    return Table((*kept, Column("parameters")), rows, fitted.table.empty)
