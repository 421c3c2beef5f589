"""What a sweep or a walk-forward prints: its verdict, its table, notes, and where the reports are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TextIO

from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.page import Page, Table

from .terminal import TONE_COLOURS, clean

_SHOWN = 10
"""rows; all that are ranked are in the report"""
_LEFT_OUT = ("Sortino", "Calmar", "Final equity", "Fills", "Wins", "trained until", "until", "fills")
"""columns that a terminal has no room for"""


def print_page(document: JsonObject, shown: Page, table: Table, stream: TextIO, *, width: int | None = None) -> None:
    """Print a page's verdict and figures, then one table; colours only on a terminal."""
    from rich.console import Console
    from rich.table import Table as Drawn
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    style = TONE_COLOURS[shown.banner.tone]
    console.print(Text(clean(f"{shown.title} · {shown.subtitle}"), style="bold"), soft_wrap=True)
    console.print(Text(clean(f"{shown.banner.headline}: {shown.banner.sentence}"), style=style or "none"), soft_wrap=True)
    for figure in shown.figures:
        note = f" ({figure.note})" if figure.note else ""
        console.print(Text(clean(f"  {figure.title}: {figure.value}{note}")), soft_wrap=True)
    drawn = Drawn(border_style="dim")
    kept = [place for place, column in enumerate(table.columns) if column.title not in _LEFT_OUT]
    for place in kept:
        column = table.columns[place]
        drawn.add_column(column.title, justify="right" if column.is_number else "left", overflow="fold")
    for row in table.rows[:_SHOWN]:
        drawn.add_row(*(Text(clean(row[place].text)) for place in kept))
    console.print(drawn)
    for line in (*_notes(document), *_paths(document)):
        console.print(Text(clean(line)), soft_wrap=True)


def _notes(document: JsonObject) -> Sequence[str]:
    run = read.mapping(document, "run")
    speed = read.optional_number(run, "bars_per_second")
    known = int(read.number(run, "resumed"))
    told = f"{read.number(run, 'seconds'):.2f} s on {int(read.number(run, 'workers'))} × {read.text(run, 'executor')}"
    if speed is not None:
        told += f", {speed:,.0f} bars a second"
    if known:
        told += f", {known:,} sets known from before"
    return (*(f"note: {line}" for line in read.texts(run, "notes")), told)


def _paths(document: JsonObject) -> Sequence[str]:
    run = read.mapping(document, "run")
    fields = ("report_html", "report_markdown", "report_csv", "report_json")
    return [f"report: {read.text(run, field)}" for field in fields if field in run]
