"""What `golive order list` shows a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from golive.model.clock import SECOND, to_iso

from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.live.order_list import ListedOrder


def print_orders(entrypoint: str, orders: Sequence[ListedOrder], stream: TextIO, *, width: int | None = None) -> None:
    """Print one row per order; ids in full below the table, where they can be taken as a whole.

    Colours only on a terminal; `width` is in columns, that of the terminal when None.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    if not orders:
        console.print(Text(f"{entrypoint}: no order that has not ended"))
        return
    table = Table(title=Text(clean(f"{entrypoint}: orders that have not ended"), style="bold"), title_justify="left")
    table.add_column("id", no_wrap=True)
    for name in ("order", "filled", "state", "planned, UTC"):
        table.add_column(name, overflow="fold")
    for each in orders:
        price = f"at {each.price}" if each.price else each.type
        what = f"{each.side} {each.quantity} {each.instrument.partition(':')[2]} {price}"
        planned = to_iso(each.planned_at // SECOND * SECOND)[5:-1].replace("T", " ")
        table.add_row(*(Text(clean(cell)) for cell in (each.client_order_id[:8], what, each.filled, each.state, planned)))
    console.print(table)
    for each in orders:
        console.print(
            Text(clean(f"{each.client_order_id} is {each.venue_order_id or 'not acknowledged'} at the venue")), soft_wrap=True
        )
