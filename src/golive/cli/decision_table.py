"""What was decided, as a table with a row for each code and its meaning."""

from __future__ import annotations

from typing import TYPE_CHECKING

from golive.model.json import JsonObject
from golive.observability.decision_rows import decision_rows, signals_of
from golive.observability.summary_words import said
from golive.observability.wording import Language

if TYPE_CHECKING:
    from rich.table import Table


def decided(document: JsonObject, language: Language = Language.EN) -> Table | None:
    """Return the decisions of a session's report; None when none was taken and no bar was idle."""
    from rich.table import Table
    from rich.text import Text

    rows = decision_rows(document, language)
    if not rows:
        return None
    title = said("decisions_title", language, signals=f"{signals_of(document):,}")
    table = Table(title=Text(title, style="bold"), title_justify="left", min_width=60)
    table.add_column(said("code", language), no_wrap=True)
    for name in ("decisions", "idle_bars"):
        table.add_column(said(name, language), justify="right", no_wrap=True)
    table.add_column(said("meaning", language), overflow="fold")
    for row in rows:
        table.add_row(row.code, _count(row.decisions), _count(row.idle_bars), row.meaning)
    return table


def _count(number: int) -> str:
    return f"{number:,}" if number else ""
