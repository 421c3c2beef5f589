"""What `golive venue` shows a person: the table of an examination, and the list of configured venues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

from .terminal import clean

if TYPE_CHECKING:
    from golive.config.resolved import ResolvedEntrypoint
    from golive.runtime.venue_check.row import VenueCheck

_STYLES: Final = {"ok": "green", "failed": "bold red", "unknown": "yellow", "not_applicable": "dim"}
_SHOWN: Final = {"not_applicable": "n/a"}


def print_check(found: VenueCheck, stream: TextIO, *, width: int | None = None) -> None:
    """Print one row per check, and below them what to do about each that is not ok.

    Colours only on a terminal; `width` is in columns, that of the terminal when None.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    key = f"key {found.keychain_key} {found.api_key}" if found.api_key else f"no key {found.keychain_key}"
    title = f"{found.adapter} · {found.environment} · endpoint {found.endpoint} · {key}"
    table = Table(title=Text(clean(title), style="bold"), title_justify="left", min_width=60)
    table.add_column("check", no_wrap=True)
    table.add_column("result", no_wrap=True)
    table.add_column("measured", overflow="fold")
    for row in found.checks:
        shown = Text(_SHOWN.get(row.status, row.status), style=_STYLES[row.status])
        table.add_row(Text(row.check.replace("_", " ")), shown, Text(clean(row.measured)))
    console.print(table)
    told: set[str] = set()
    for row in found.checks:
        if row.fix and row.fix not in told and not row.fix.startswith("see "):
            told.add(row.fix)
            console.print(Text(clean(f"{row.check.replace('_', ' ')}: {row.fix}")), soft_wrap=True)
    counts = {status: sum(row.status == status for row in found.checks) for status in _STYLES}
    parts = ", ".join(f"{count} {_SHOWN.get(status, status)}" for status, count in counts.items() if count)
    verdict = Text(f"{found.status} (exit {int(found.exit_code)})", style=_STYLES[found.status])
    console.print(verdict.append(f": {parts}; took {found.duration_seconds:.1f} s", style="none"))


def print_list(everyone: Sequence[ResolvedEntrypoint], stream: TextIO, *, width: int | None = None) -> None:
    """Print one row per entrypoint: environment, adapter, endpoint, instruments; the key's name only stands in --json."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    table = Table()
    table.add_column("entrypoint", no_wrap=True)
    for name in ("environment", "adapter", "endpoint", "instruments"):
        table.add_column(name, overflow="fold")
    for each in everyone:
        instruments = ", ".join(i.symbol for i in each.instruments)
        cells = (each.name, each.environment, each.adapter, each.endpoint, instruments)
        table.add_row(*(Text(clean(cell)) for cell in cells))
    console.print(table)
