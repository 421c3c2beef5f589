"""How much of each limit of risk is used, as a table with a bar for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.page import amount, percent
from golive.observability.summary_words import NOTES, STATES, UNITS, known, said
from golive.observability.wording import Language

if TYPE_CHECKING:
    from rich.table import Table

STYLES: Final = {"ok": "green", "warn": "yellow", "breach": "red"}
"""colour of a band"""
CELLS: Final = 10
"""of a full bar"""
_ROOM: Final = 24


def bar(share: float) -> str:
    """Return a bar of `CELLS` characters; anything at all shows, and only what is used up is full."""
    filled = min(CELLS, max(1, int(share * CELLS))) if share > 0 else 0
    return "█" * filled + "░" * (CELLS - filled)


def used_of_allowed(document: JsonObject, language: Language = Language.EN) -> Table | None:
    """Return the limits of a session's report, the most used first; None when none was judged."""
    from rich.table import Table
    from rich.text import Text

    risk = read.mapping(document, "outcome", "risk")
    limits = sorted(read.mappings(risk, "limits"), key=lambda limit: -read.number(limit, "used_ratio"))
    if not limits:
        return None
    state = known(STATES, read.text(risk, "state"), language)
    title = said("risk_used", language, profile=read.text(risk, "profile"), state=state)
    table = Table(title=Text(title, style="bold"), title_justify="left", min_width=60)
    for name, justify in (("limit", "left"), ("used", "right"), ("allowed", "right"), ("", "left"), ("share", "right")):
        title = said(name, language) if name else ""
        table.add_column(title, justify="right" if justify == "right" else "left", no_wrap=True)
    table.add_column(said("band", language), no_wrap=True)
    for limit in limits:
        share, band = read.number(limit, "used_ratio"), read.text(limit, "band")
        style = STYLES.get(band, "")
        table.add_row(
            read.text(limit, "limit"), amount(read.text(limit, "used")), amount(read.text(limit, "allowed")),
            Text(bar(share), style=style), percent(share, 1), Text(known(STATES, band, language), style=style),
        )  # fmt: skip
    return table


def limits_at_the_end(document: JsonObject, language: Language = Language.EN) -> Table | None:
    """Return every other limit of a session's report, as it stood when that ended; None when none is set."""
    from rich.text import Text

    limits = read.mappings(document, "outcome", "risk", "at_the_end")
    if not limits:
        return None
    table = other_limits(said("risk_others", language), language)
    for limit in sorted(limits, key=lambda limit: read.optional_text(limit, "band") is None):
        share, band, used = (
            read.optional_number(limit, "used_ratio"), read.optional_text(limit, "band"), read.optional_text(limit, "used"),
        )  # fmt: skip
        if band is None or share is None:
            state = known(NOTES, read.text(limit, "note"), language)
        else:
            state = f"{known(STATES, band, language)}, {percent(share, 1)}"
        if limit.get("refuses") is True:
            state = f"{said('refuses', language)}{', ' + state if state else ''}"
        allowed = f"{shortened(read.text(limit, 'allowed'))} {known(UNITS, read.text(limit, 'unit'), language)}"
        told = of_allowed(None if used is None else known(NOTES, used, language), allowed, language)
        table.add_row(read.text(limit, "limit"), told, Text(state, style=STYLES.get(band or "", "dim")))
    return table


def other_limits(title: str | None = None, language: Language = Language.EN) -> Table:
    """Return the empty table of limits that are told in a few words each."""
    from rich.table import Table
    from rich.text import Text

    table = Table(title=None if title is None else Text(title, style="bold"), title_justify="left", min_width=60)
    for name in ("limit", "used_of_allowed", "state"):
        table.add_column(said(name, language))
    return table


def of_allowed(used: str | None, allowed: str, language: Language = Language.EN) -> str:
    """Say how much is used of what is allowed; what is allowed alone where no use is known."""
    if used is None or not used[:1].isdigit():
        return allowed if used is None else f"{used}: {allowed}"
    return said("of", language, used=shown(used), allowed=allowed)


def shown(used: str | None) -> str:
    """Return a use as people read it: a number with its digits grouped, words as they are."""
    return "–" if used is None else amount(used) if used[:1].isdigit() else used


def shortened(text: str) -> str:
    """Return a text that a cell has room for."""
    return text if len(text) <= _ROOM else f"{text[: _ROOM - 1]}…"
