"""The limits of an entrypoint as tables, as wide as there is room, and which of them refuse now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from golive.observability.page import percent

from .risk_table import STYLES, bar, of_allowed, other_limits, shortened, shown
from .terminal import clean

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from golive.runtime.risk_rows import LimitRow

WIDE: Final = 148
"""characters that all columns together take"""


def limit_tables(limits: Sequence[LimitRow], width: int, *, was_released: bool = False) -> Iterator[Table | Text]:
    """Yield the limits with a bar each, then those without a use, then a line for each that refuses for a reason of its own.

    A breach that stops nothing any more is told as one of then, in no more width than one of now. Where there is no room for
    units, codes and reasons those without a use have a table of their own.
    """
    from rich.text import Text

    is_wide = width >= WIDE
    used = [row for row in limits if row.used_ratio is not None and row.band is not None]
    others = [row for row in limits if row.used_ratio is None or row.band is None]
    if used or is_wide:
        yield _used(used, others if is_wide else [], is_wide=is_wide, was_released=was_released)
    if others and not is_wide:
        table = other_limits()
        for row in others:
            table.add_row(clean(row.limit), clean(of_allowed(row.used, _allowed(row))), Text(_state(row)))
        yield table
    for row in limits:
        if row.refuses and row.note:
            yield Text(clean(f"  {row.limit} refuses now: {row.note}"), style="yellow")


def _used(used: Sequence[LimitRow], others: Sequence[LimitRow], *, is_wide: bool, was_released: bool) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(min_width=60)
    for name in ("limit", "used", "allowed", "", "share", "band", *(("code",) if is_wide else ())):
        is_number = name in ("used", "share") or (name == "allowed" and not is_wide)
        table.add_column(name, justify="right" if is_number else "left", no_wrap=True)
    for row in used:
        is_over = row.band == "breach" and not row.holds
        style = "dim" if is_over else STYLES.get(row.band or "", "")
        over = "released" if was_released and row.limit == "hard_drawdown_pct" else "over"
        said = over if is_over else "refuses" if row.refuses and row.band != "breach" else row.band or ""
        ratio = row.used_ratio or 0.0
        allowed = _allowed(row) if is_wide else shown(row.allowed)
        cells = (clean(row.limit), clean(shown(row.used)), clean(allowed), Text(bar(ratio), style=style))
        code = (row.code,) if is_wide else ()
        table.add_row(*cells, percent(ratio, 0 if is_over else 1), Text(said, style=style), *code)
    for row in others:
        cells = (clean(row.limit), clean(shown(row.used)), _allowed(row), Text(_state(row, refuses=False), style="dim"))
        table.add_row(*cells, "", Text("refuses" if row.refuses else "", style="yellow"), row.code)
    return table


def _state(row: LimitRow, *, refuses: bool = True) -> str:
    return "refuses" if row.refuses and refuses else clean(shortened(row.note))


def _allowed(row: LimitRow) -> str:
    allowed = shortened(row.allowed) if row.used_ratio is None else shown(row.allowed)
    return clean(f"{allowed} {row.unit}")
