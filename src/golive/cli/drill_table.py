"""A drill as a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TextIO

if TYPE_CHECKING:
    from golive.runtime.drill.run import Drill

_STYLES: Final = {"ok": "green", "warning": "yellow", "failed": "red", "critical": "bold red"}
_COLUMNS: Final = ("service", "detect", "failover", "reconcile", "recover", "failed", "twice", "status")


def print_drill(drill: Drill, stream: TextIO, *, width: int | None = None) -> None:
    """Print one row per service, and where the evidence is. Colours only on a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from golive.runtime.drill.run import FOLDER

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in _COLUMNS:
        table.add_column(name, no_wrap=True, justify="left" if name in ("service", "status") else "right")
    for row in drill.summary.services:
        times = (row.detect_seconds, row.failover_seconds, row.reconcile_seconds, row.recover_seconds)
        table.add_row(
            row.name, *map(_seconds, times), str(row.orders_failed), str(row.orders_duplicated),
            Text(row.status, style=_STYLES[row.status]),
        )  # fmt: skip
    console.print(table)
    console.print("seconds since the fault began, – was not seen to happen; limits: core.yaml: resilience", soft_wrap=True)
    scale = f"lags divided by {drill.time_scale}, " if drill.time_scale != 1 else ""
    told = f"{drill.name}: {drill.status}; live router on simulated venues, {scale}{drill.duration_seconds:.0f} s"
    console.print(Text(told, style=_STYLES[drill.status]), soft_wrap=True)
    console.print(f"evidence: {FOLDER}; signed step resilience_drill (exit {int(drill.exit_code)})", soft_wrap=True)


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"
