"""Service levels as a table."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TextIO

from golive.model.clock import MINUTE, to_iso
from golive.observability.slo import ErrorBudget, SloResult
from golive.runtime.service_levels.report import SloReport, is_state, unit_of

from .terminal import clean

COLOURS: Final = {"ok": "green", "warning": "yellow", "breach": "red", "unknown": "yellow"}


def print_report(report: SloReport, stream: TextIO, *, width: int | None = None) -> None:
    """Print one row for each objective with what is left of its budget, then why each that is not ok is not.

    Colours only on a terminal.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in ("objective", "value", "target", "status", "budget", "values"):
        right = name in ("value", "budget", "values")
        table.add_column(name, no_wrap=True, justify="right" if right else "left")
    for row in report.results:
        table.add_row(*(Text(clean(cell)) for cell in _named(row)), Text(row.status, style=COLOURS[row.status]), *_rest(row))
    console.print(table)
    for row in report.results:
        if row.reason:
            console.print(Text(clean(f"{row.slo.name}: {row.reason}"), style=COLOURS[row.status]), soft_wrap=True)
    if not report.results:
        console.print("core.yaml: observability.slo promises nothing")
    for minutes in sorted({(row.window.end - row.window.start) // MINUTE for row in report.results}):
        names = [row.slo.name for row in report.results if (row.window.end - row.window.start) // MINUTE == minutes]
        which = "" if len(names) == len(report.results) else f" ({', '.join(names)})"
        console.print(f"window: {length_text(minutes)}{which}")
    console.print(f"as of {to_iso(report.at)} (exit {int(report.exit_code)})")


def _named(row: SloResult) -> tuple[str, str, str]:
    slo, unit = row.slo, unit_of(row.slo)
    value = "?" if row.value is None else f"{float(row.value):.4g}"
    return slo.name, value, f"{slo.aggregation} {slo.comparison} {_plain(slo.target)} {unit}".rstrip()


def _rest(row: SloResult) -> tuple[str, str]:
    return _left(row.budget), f"{row.sample_size:,} s" if is_state(row.slo) else f"{row.sample_size:,}"


def _left(budget: ErrorBudget) -> str:
    """Return which share of a budget is left; below 0 it is overspent."""
    if budget.remaining is None or not budget.allowed:
        return "–"
    return f"{float(budget.remaining / budget.allowed) * 100:.0f} %"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def length_text(minutes: int) -> str:
    """Return a length of time in the largest unit that it is a whole number of."""
    for name, length in (("d", 1440), ("h", 60)):
        if minutes % length == 0:
            return f"{minutes // length} {name}"
    return f"{minutes} min"
