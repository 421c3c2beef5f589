"""What the four lists of a session show a person: one table, the session above it, how far it can be believed below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TextIO

from golive.model.clock import to_iso
from golive.model.ids import InstrumentId
from golive.observability.page import amount, moment, percent

from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.session_rows import Kind, SessionHead
    from golive.runtime.session_view import SessionView

_DASH: Final = "–"
_STATES: Final = {"open": "running, or cut off", "cut_off": "cut off; --resume goes on with it", "ended": "ended"}


class Column(NamedTuple):
    """A column and how its cell is read from a row. Any: the rows are those of `session_rows`, one type per list."""

    title: str
    cell: Callable[[Any], str]
    is_number: bool = False


def _optional(text: str | None) -> str:
    return _DASH if text is None else amount(text)


def _money(row: Any, text: str | None) -> str:
    """Money of a position stands in the quote asset of its instrument."""
    return _DASH if text is None else f"{amount(text)} {InstrumentId.parse(row.instrument).quote}"


def _time(ts: int | None) -> str:
    return moment(None if ts is None else to_iso(ts)).removesuffix(" UTC")


def _kind(row: Any) -> str:
    until = f" until {_time(row.expires_at)}" if row.expires_at is not None else ""
    return f"{row.type} {row.time_in_force}{until}".replace("_", " ")


def _wakes_at(row: Any) -> str:
    return f"trail {amount(row.trail)}" if row.trail is not None else _optional(row.trigger)


_COLUMNS: Final[dict[Kind, Sequence[Column]]] = {
    "orders": (
        Column("#", lambda row: str(row.seq), True),
        Column("decided (UTC)", lambda row: _time(row.ts)),
        Column("instrument", lambda row: row.instrument),
        Column("side", lambda row: row.side),
        Column("type", _kind),
        Column("quantity", lambda row: amount(row.quantity), True),
        Column("price", lambda row: _optional(row.price), True),
        Column("trigger", _wakes_at, True),
        Column("filled", lambda row: amount(row.filled), True),
        Column("at average", lambda row: _optional(row.average_price), True),
        Column("status", lambda row: f"{row.status} {row.code}".strip()),
    ),
    "fills": (
        Column("time (UTC)", lambda row: _time(row.ts)),
        Column("fill", lambda row: row.fill_id),
        Column("order", lambda row: f"#{row.order_seq}", True),
        Column("instrument", lambda row: row.instrument),
        Column("side", lambda row: row.side),
        Column("quantity", lambda row: amount(row.quantity), True),
        Column("price", lambda row: amount(row.price), True),
        Column("fee", lambda row: f"{amount(row.fee)} {row.fee_asset}", True),
        Column("as", lambda row: row.liquidity),
        Column("position after", lambda row: amount(row.position_after), True),
    ),
    "positions": (
        Column("instrument", lambda row: row.instrument),
        Column("quantity", lambda row: amount(row.quantity), True),
        Column("average price", lambda row: _optional(row.average_price), True),
        Column("last price", lambda row: _optional(row.mark_price), True),
        Column("value", lambda row: _money(row, row.value), True),
        Column("unrealized", lambda row: _money(row, row.unrealized), True),
        Column("realized", lambda row: _money(row, row.realized), True),
        Column("of equity", lambda row: _DASH if row.share_of_equity is None else percent(row.share_of_equity), True),
    ),
    "balances": (
        Column("asset", lambda row: row.asset),
        Column("start", lambda row: amount(row.start), True),
        Column("total", lambda row: amount(row.total), True),
        Column("free", lambda row: amount(row.free), True),
        Column("reserved", lambda row: amount(row.reserved), True),
        Column("fees paid", lambda row: amount(row.fees), True),
        Column("value", lambda row: _DASH if row.value is None else f"{amount(row.value)} {row.value_asset}", True),
    ),
}


def print_list(kind: Kind, view: SessionView, stream: TextIO, *, width: int | None = None) -> None:
    """Print one list. Colours only on a terminal; `width` is in columns, that of the terminal (or of the table) when None."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    # What goes into a file or a pipe is as wide as it needs to be; a folded number cannot be read.
    wide = width if width is not None or stream.isatty() else 1000
    console = Console(file=stream, width=wide, highlight=False, markup=False, emoji=False)
    console.print(Text(clean(_title(view.head)), style="bold"), soft_wrap=True)
    rows: Sequence[Any] = getattr(view, kind)
    if rows:
        table = Table()
        for column in _COLUMNS[kind]:
            table.add_column(column.title, justify="right" if column.is_number else "left", overflow="fold")
        for row in rows:
            table.add_row(*(Text(clean(column.cell(row))) for column in _COLUMNS[kind]))
        console.print(table)
    else:
        console.print(Text(f"no {kind}"))
    console.print(Text(clean(_note(kind, len(rows), view.head))), soft_wrap=True)


def _title(head: SessionHead) -> str:
    parts = [f"{head.stage} {head.entrypoint}", f"run {head.run_id[:8]}", f"started {moment(to_iso(head.started_at))}"]
    parts.append(_STATES[head.state])
    if head.restarts:
        parts.append(f"{head.restarts} restart{'' if head.restarts == 1 else 's'}")
    return " · ".join(parts)


def _note(kind: Kind, count: int, head: SessionHead) -> str:
    counted = f"{count} {kind.removesuffix('s') if count == 1 else kind}"
    market = "" if head.market_time is None else f", market time {moment(to_iso(head.market_time))}"
    believed = "store verified" if head.verified else f"store not verified: {head.not_verified}"
    return f"{counted}{market}; {believed}"
