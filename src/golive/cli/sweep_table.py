"""What a sweep or a walk-forward prints: its verdict, its table, notes, and where the reports are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TextIO

from golive.backtest import sweep_page, walk_forward_page
from golive.backtest.walk_forward_page import window_cells
from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.page import Cell, Column, Page, Table

from .fitted_table import Fitted, drawn
from .terminal import TONE_COLOURS, clean

_BEST: Final = 10
"""sets; all that are ranked are in the report"""
_WINDOWS: Final = 100
"""windows; all of them are in the report"""
_ENDS: Final = (("test", "since"), ("test", "until"), ("train", "until"))


def print_sweep(document: JsonObject, stream: TextIO, *, width: int | None = None) -> None:
    """Print what a sweep found; `width` is in characters, that of the terminal when None."""
    outcome = read.mapping(document, "outcome")
    _print(document, sweep_page.page(document), best_sets(outcome), stream, width=width, most=_BEST)


def print_walk_forward(document: JsonObject, stream: TextIO, *, width: int | None = None) -> None:
    """Print what a walk-forward found; `width` is in characters, that of the terminal when None."""
    outcome = read.mapping(document, "outcome")
    _print(document, walk_forward_page.page(document), windows(outcome), stream, width=width, most=_WINDOWS)


def best_sets(outcome: JsonObject) -> Fitted:
    """Return the best sets: rank, parameters, return, Sharpe ratio, drawdown and what was searched by come first."""
    table = sweep_page.best_table(outcome)
    count = len(read.mapping(read.mappings(outcome, "best")[0], "parameters"))
    places = {column.title: place for place, column in enumerate(table.columns) if place > count}
    figures = dict.fromkeys(("Return", "Sharpe", "Drawdown", read.text(outcome, "search", "objective").capitalize()))
    refused = ("Refused",) if "Refused" in places else ()
    more = dict.fromkeys((*figures, "Trades", *refused, "Final equity", "Wins", "Sortino", "Calmar", "Fills"))
    order = (*range(count + 1), *(places[title] for title in more))
    rows = tuple(tuple(row[place] for place in order) for row in table.rows)
    ordered = Table(tuple(table.columns[place] for place in order), rows, table.empty)
    return Fitted(ordered, 1 + count + len(figures), range(1, count + 1))


def windows(outcome: JsonObject) -> Fitted:
    """Return the windows with a column for each parameter; where all days are of one year, only the caption names it."""
    found = read.mappings(outcome, "windows")
    names = [read.text(axis, "name") for axis in read.mappings(outcome, "search", "axes")]
    moments = [[read.text(row, *end) for row in found] for end in _ENDS]
    years = sorted({each[:4] for column in moments for each in column})
    days = [_days(column, without_year=len(years) == 1) for column in moments]
    columns = (
        Column("#", True), Column("from"), *(Column(name, True) for name in names), Column("in sample", True),
        Column("out of sample", True), Column("return", True), Column("equity after", True), Column("fills", True),
        Column("until"), Column("trained until"),
    )  # fmt: skip
    rows = tuple(_window_row(each, names, *ends) for each, *ends in zip(found, *days, strict=True))
    caption = f"{len(found)} window{'' if len(found) == 1 else 's'}, {' to '.join(dict.fromkeys((years[0], years[-1])))}, UTC"
    return Fitted(Table(columns, rows, "no window"), 5 + len(names), range(2, 2 + len(names)), caption)


def _window_row(row: JsonObject, names: Sequence[str], since: str, until: str, trained_until: str) -> tuple[Cell, ...]:
    values, cells = read.optional_mapping(row, "parameters"), window_cells(row)
    chosen = ["–" if values is None else f"{float(str(values[name])):g}" for name in names]
    rest = [cells[title] for title in ("in sample", "out of sample", "return", "equity after", "fills")]
    return tuple(map(Cell, (cells["#"], since, *chosen, *rest, until, trained_until)))


def _days(moments: Sequence[str], *, without_year: bool) -> list[str]:
    """Return moments as days, with hours and minutes where one of them is not midnight."""
    shown = slice(5 if without_year else 0, 10 if all(each[11:19] == "00:00:00" for each in moments) else 16)
    return [each[shown].replace("T", " ") for each in moments]


def _print(document: JsonObject, shown: Page, fitted: Fitted, stream: TextIO, *, width: int | None, most: int) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    whole = not console.is_terminal
    style = TONE_COLOURS[shown.banner.tone]
    console.print(Text(clean(f"{shown.title} · {shown.subtitle}"), style="bold"), soft_wrap=whole)
    console.print(Text(clean(f"{shown.banner.headline}: {shown.banner.sentence}"), style=style or "none"), soft_wrap=whole)
    for figure in shown.figures:
        note = f" ({figure.note})" if figure.note else ""
        console.print(Text(clean(f"  {figure.title}: {figure.value}{note}")), soft_wrap=whole)
    console.print(drawn(fitted, console.width, most=most))
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
        told += f", {known:,} set{'' if known == 1 else 's'} known from before"
    return (*(f"note: {line}" for line in read.texts(run, "notes")), told)


def _paths(document: JsonObject) -> Sequence[str]:
    run = read.mapping(document, "run")
    fields = ("report_html", "report_markdown", "report_csv", "report_json")
    return [f"report: {read.text(run, field)}" for field in fields if field in run]
