"""What `golive report divergence` shows a person: the totals, and below them the orders that are farthest apart."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, TextIO

from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.page import amount, moment

from .terminal import clean

_PARTS: Final = ("price_gap", "time_gap", "fill_gap", "fee_gap", "total")
_MEANS: Final = {
    "price_gap": "dealt farther from the market's price than the shadow",
    "time_gap": "the market had moved before we dealt",
    "fill_gap": "only one of the two filled it; at the last price",
    "fee_gap": "more fees than the shadow",
    "total": "how much worse the session did; negative is better",
}


def print_divergence(section: JsonObject, stream: TextIO, *, most: int, width: int | None = None) -> None:
    """Print at most `most` orders; colours only on a terminal, `width` in columns, that of the terminal when None."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # What goes into a file or a pipe is as wide as it needs to be; a folded number cannot be read.
    wide = width if width is not None or stream.isatty() else 1000
    console = Console(file=stream, width=wide, highlight=False, markup=False, emoji=False)
    run, began = read.text(section, "run_id")[:8], moment(read.text(section, "started_at"))
    title = f"{read.text(section, 'entrypoint')} · {read.text(section, 'mode')} · run {run} · {began}"
    table = Table(title=Text(clean(title), style="bold"), title_justify="left", min_width=60)
    table.add_column(f"session − shadow ({read.text(section, 'shadow')})", no_wrap=True)
    totals = read.mappings(section, "totals")
    for total in totals:
        table.add_column(read.text(total, "asset"), justify="right", no_wrap=True)
    table.add_column("what it is", style="dim", overflow="fold")
    for part in _PARTS:
        style = "bold" if part == "total" else ""
        cells = [Text(amount(read.text(total, part), 2), style=style) for total in totals]
        table.add_row(Text(part.replace("_", " "), style=style), *cells, _MEANS[part])
    console.print(table)
    rows = sorted(read.mappings(section, "orders"), key=lambda row: -abs(Decimal(read.text(row, "gaps", "total"))))[:most]
    if rows:
        console.print(_orders(rows))
    compared, shown = int(read.number(section, "compared")), len(rows)
    console.print(Text(f"{compared} orders compared, {shown} shown; amounts in quote currency, positive is the session's loss"))


def _orders(rows: Sequence[JsonObject]) -> object:
    from rich.table import Table
    from rich.text import Text

    table = Table()
    for name in ("order", "instrument", "side", "quantity", "filled", "shadow", "price", "shadow price", "delay s"):
        table.add_column(name, no_wrap=True, justify="left" if name in ("order", "instrument", "side") else "right")
    for part in _PARTS:
        table.add_column(part.removesuffix("_gap"), no_wrap=True, justify="right")
    for row in rows:
        gaps = row["gaps"]
        assert isinstance(gaps, dict)
        delay = row["delay_seconds"]
        cells = [
            str(row["client_order_id"])[:8], str(row["instrument"]), str(row["side"]), str(row["quantity"]), str(row["filled"]),
            str(row["shadow_filled"]), str(row["average_price"] or "–"), str(row["shadow_average_price"] or "–"),
            "–" if delay is None else f"{delay:.3f}", *(amount(str(gaps[part]), 2) for part in _PARTS),
        ]  # fmt: skip
        table.add_row(*(Text(clean(cell)) for cell in cells))
    return table
