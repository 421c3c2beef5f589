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
    for name in ("order", "filled", "state", "since, UTC"):
        table.add_column(name, overflow="fold")
    has_venues = len({each.instrument.partition(":")[0] for each in orders}) > 1
    for each in orders:
        price = f"at {each.price}" if each.price else each.type
        symbol = each.instrument if has_venues else each.instrument.partition(":")[2]
        what = " ".join(word for word in (each.side, each.quantity, symbol, price) if word)
        since = to_iso(each.since // SECOND * SECOND)[5:-1].replace("T", " ")
        name = each.client_order_id[:8] if each.adopted_by is None else f"…{each.venue_order_id[-7:]}"
        state = each.state if each.adopted_by is None else f"adopted, {each.state}"
        table.add_row(*(Text(clean(cell)) for cell in (name, what, each.filled, state, since)))
    console.print(table)
    for each in orders:
        console.print(Text(clean(_named(each))), soft_wrap=True)


def _named(each: ListedOrder) -> str:
    if each.adopted_by is None:
        return f"{each.client_order_id} is {each.venue_order_id or 'not acknowledged'} at the venue"
    placed = f"placed as {each.client_order_id}" if each.client_order_id else "placed without an id of ours"
    return (
        f"{each.venue_order_id} was adopted by {each.adopted_by}" + (f" ({each.reason})" if each.reason else "") + f"; {placed}"
    )
