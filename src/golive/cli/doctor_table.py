"""What `golive doctor` shows a person: one row for each check, and below them what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

from .terminal import clean

if TYPE_CHECKING:
    from pathlib import Path

    from golive.runtime.doctor.finding import DoctorReport

_STYLES: Final = {"ok": "green", "blocked": "bold red", "breached": "bold red", "unknown": "yellow", "not_applicable": "dim"}
_SHOWN: Final = {"not_applicable": "n/a"}


def print_report(report: DoctorReport, stream: TextIO, *, home: Path | None = None, width: int | None = None) -> None:
    """Print the table, the next command of each row that has one, and the verdict; colours only on a terminal.

    `home`: where these commands are to be run, if that is not here.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    table = Table(min_width=60)
    table.add_column("check", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("measured", overflow="fold")
    for row in report.checks:
        table.add_row(
            row.check, Text(_SHOWN.get(row.verdict, row.verdict), style=_STYLES[row.verdict]), Text(clean(row.measured))
        )
    console.print(table)
    if home is not None and any(row.next_command for row in report.checks):
        console.print(Text(clean(f"cd {home}")), soft_wrap=True)
    for row in report.checks:
        if row.next_command:
            console.print(Text(clean(f"{row.check}: {row.next_command}")), soft_wrap=True)
    verdict = Text(f"{report.verdict} (exit {report.exit_code})", style=_STYLES[report.verdict])
    console.print(verdict.append(f": {report.not_ok} of {len(report.checks)} to look at", style="none"))
