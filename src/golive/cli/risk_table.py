"""How much of each limit of risk is used, as a table with a bar for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.page import amount, percent

if TYPE_CHECKING:
    from rich.table import Table

STYLES: Final = {"ok": "green", "warn": "yellow", "breach": "red"}
"""colour of a band"""
CELLS: Final = 10
"""of a full bar"""


def bar(share: float) -> str:
    """Return a bar of `CELLS` characters; anything at all shows, and only what is used up is full."""
    filled = min(CELLS, max(1, int(share * CELLS))) if share > 0 else 0
    return "█" * filled + "░" * (CELLS - filled)


def used_of_allowed(document: JsonObject) -> Table | None:
    """Return the limits of a session's report, the most used first; None when none was judged."""
    from rich.table import Table
    from rich.text import Text

    risk = read.mapping(document, "outcome", "risk")
    limits = sorted(read.mappings(risk, "limits"), key=lambda limit: -read.number(limit, "used_ratio"))
    if not limits:
        return None
    title = f"Risk, used of allowed at worst · {read.text(risk, 'profile')} · {read.text(risk, 'state')}"
    table = Table(title=Text(title, style="bold"), title_justify="left", min_width=60)
    for name, justify in (("limit", "left"), ("used", "right"), ("allowed", "right"), ("", "left"), ("share", "right")):
        table.add_column(name, justify="right" if justify == "right" else "left", no_wrap=True)
    table.add_column("band", no_wrap=True)
    for limit in limits:
        share, band = read.number(limit, "used_ratio"), read.text(limit, "band")
        style = STYLES.get(band, "")
        table.add_row(
            read.text(limit, "limit"), amount(read.text(limit, "used")), amount(read.text(limit, "allowed")),
            Text(bar(share), style=style), percent(share, 1), Text(band, style=style),
        )  # fmt: skip
    return table
