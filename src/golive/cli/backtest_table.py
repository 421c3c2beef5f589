"""What a backtest prints: one table of what came out, notes, and where the reports are."""

from __future__ import annotations

from typing import TextIO

from golive.backtest.page import banner, figures, page
from golive.model.json import JsonObject
from golive.observability import reading as read

from .terminal import TONE_COLOURS, clean


def print_backtest(document: JsonObject, stream: TextIO, *, width: int | None = None) -> None:
    """Print the summary; colours only on a terminal, `width` in columns, that of the terminal when None."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    verdict, run = banner(document), read.mapping(document, "run")
    style = TONE_COLOURS[verdict.tone]
    whole = page(document)
    table = Table(
        title=Text(clean(f"{whole.title} · {whole.subtitle}"), style="bold"),
        title_justify="left",
        show_header=False,
        border_style=style or "none",
        min_width=60,
    )
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("result", Text(clean(f"{verdict.headline}: {verdict.sentence}"), style=f"bold {style}".strip()))
    for figure in figures(document):
        text = f"{figure.value} ({figure.note})" if figure.note else figure.value
        table.add_row(figure.title, Text(clean(text), style=TONE_COLOURS[figure.tone]))
    console.print(table)
    speed = read.optional_number(run, "bars_per_second")
    lines = [f"note: {line}" for line in read.texts(run, "notes")]
    lines.append(
        f"{int(read.number(run, 'bars')):,} bars in {read.number(run, 'seconds'):.3f} s"
        + (f", {speed:,.0f} a second" if speed else "")
        + f" ({read.text(run, 'driver')}: {read.text(run, 'why_driver')})"
    )
    lines += [
        f"report: {path}"
        for field in ("report_html", "report_markdown", "report_json")
        if (path := read.optional_text(run, field)) is not None
    ]
    for line in lines:
        console.print(Text(clean(line)), soft_wrap=True)
