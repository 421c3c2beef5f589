"""A portfolio check as a table."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, TextIO

from .terminal import clean

if TYPE_CHECKING:
    from golive.readiness.portfolio import Holding, PortfolioCheck

_STYLES: Final = {"ok": "green", "blocked": "bold red", "unknown": "yellow"}
_COLUMNS: Final = ("instrument", "venue", "ledger", "share", "target", "drift", "of target")


def print_portfolio(check: PortfolioCheck, stream: TextIO, *, width: int | None = None) -> None:
    """Print one row per asset, then what blocks and what is not known. Colours only on a terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in _COLUMNS:
        table.add_column(name, no_wrap=True, justify="left" if name == "instrument" else "right")
    for row in sorted(check.holdings, key=lambda each: each.instrument):
        style = _STYLES["blocked"] if row.differs or row.drifts(check.limits) else ""
        table.add_row(*_cells(row), style=style)
    console.print(table)
    for words in check.differences:
        console.print(Text(clean(words), style=_STYLES["blocked"]), soft_wrap=True)
    for words in check.unknowns:
        console.print(Text(clean(words), style=_STYLES["unknown"]), soft_wrap=True)
    if any(row.differs for row in check.holdings) or check.problem:
        console.print(Text(clean(f"decide what differs: golive reconcile --entrypoint {check.portfolio_id}")), soft_wrap=True)
    value = "?" if check.value is None else f"{check.value:f}"
    rebalance = "; to be rebalanced" if check.rebalance_required else ""
    told = f"{check.portfolio_id}: {check.status}, worth {value}{rebalance} (exit {int(check.exit_code)})"
    console.print(Text(clean(told), style=_STYLES[check.status]), soft_wrap=True)


def _cells(row: Holding) -> tuple[str, ...]:
    ledger = "?" if row.ledger is None else f"{row.ledger:f}"
    return (row.instrument, f"{row.venue:f}", ledger, *map(_share, (row.share, row.target, row.drift_abs, row.drift_rel)))


def _share(value: Decimal | None) -> str:
    return "–" if value is None else f"{value:.4f}"
