"""Service levels as a table."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final, TextIO

from golive.model.clock import MINUTE, to_iso
from golive.observability.slo import SloResult
from golive.runtime.service_levels.report import SloReport, is_state, unit_of

from .terminal import clean

COLOURS: Final = {"ok": "green", "warning": "yellow", "breach": "red", "unknown": "yellow"}


def print_report(report: SloReport, stream: TextIO, *, width: int | None = None) -> None:
    """Print one row for each objective, and below the table why each that is not ok is not; colours only on a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in ("objective", "value", "target", "status", "budget used", "values"):
        right = name in ("value", "budget used", "values")
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
    budget = row.budget
    used = "–" if budget.used is None or budget.allowed is None else f"{_share(budget.used)} of {_share(budget.allowed)}"
    return used, f"{row.sample_size:,} s" if is_state(row.slo) else f"{row.sample_size:,}"


def _share(share: Fraction) -> str:
    return f"{float(share) * 100:.3g} %"


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def length_text(minutes: int) -> str:
    """Return a length of time in the largest unit that it is a whole number of."""
    for name, length in (("d", 1440), ("h", 60)):
        if minutes % length == 0:
            return f"{minutes // length} {name}"
    return f"{minutes} min"
