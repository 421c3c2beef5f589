"""What a person sees in the terminal: one line of progress while a run goes on, one table at its end.

Both write to the stream they are given; the table reads nothing but the final JSON document.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from typing import Final, TextIO

from golive.model.clock import SECOND
from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.log_words import LEVEL_WORDS, Level
from golive.observability.page import Tone, amount, moment
from golive.observability.presentation import banner, figures
from golive.observability.presentation_tables import breach_texts
from golive.observability.summary_words import STATES, known, said
from golive.observability.wording import Language, spoken

from .decision_table import decided
from .risk_table import limits_at_the_end, used_of_allowed

TONE_COLOURS: Final[dict[Tone, str]] = {"good": "green", "warn": "yellow", "bad": "red", "muted": "dim", "": ""}
_MOST_LINES: Final = 12
"""warnings shown; all of them are in the report"""


def print_summary(document: JsonObject, stream: TextIO, *, width: int | None = None, language: Language = Language.EN) -> None:
    """Print the final table: stage, verdict, fills, P&L, fees, drawdown, guardrails, warnings, where the reports are.

    Colours only on a terminal; `width` is in columns, that of the terminal when None. `language` is that of everything but
    errors and warnings themselves, which stay as they were said.
    """
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    shown = banner(document, language)
    style = TONE_COLOURS[shown.tone]
    title = f"{read.text(document, 'entrypoint')} · {read.text(document, 'stage')}"
    table = Table(
        title=Text(title, style="bold"), title_justify="left", show_header=False, border_style=style or "none", min_width=60
    )
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    status = said("exit", language, headline=shown.headline, code=int(read.number(document, "exit_code")))
    table.add_row(said("verdict", language), Text(clean(status), style=f"bold {style}".strip()))
    for name, value, tone in _rows(document, language):
        table.add_row(name, Text(clean(value), style=TONE_COLOURS[tone]))
    console.print(table)
    for part in (table_of(document, language) for table_of in (used_of_allowed, limits_at_the_end, decided)):
        if part is not None:
            console.print(part)
    for line in (*_notes(document, language), *_reports(document, language)):
        console.print(Text(clean(line)), soft_wrap=True)


def _rows(document: JsonObject, language: Language) -> list[tuple[str, str, Tone]]:
    rows: list[tuple[str, str, Tone]] = [
        (figure.title, f"{figure.value} ({figure.note})" if figure.note else figure.value, figure.tone)
        for figure in figures(document, language)
    ]
    rows.append((said("guardrails", language), *_guardrails(document, language)))
    return rows


def _guardrails(document: JsonObject, language: Language) -> tuple[str, Tone]:
    section = read.mapping(document, "paper_exchange_metrics")
    entries = [read.mapping(section, name) for name in sorted(section) if name != "summary"]
    broken = [text for entry in entries for text in breach_texts(entry, language)]
    queues = [
        f"{read.text(queue, 'queue')} {known(STATES, read.text(queue, 'severity'), language)}"
        for queue in read.mappings(document, "guardrails", "summaries")
    ]
    text = "; ".join([*broken, *queues]) or said("not_measured", language)
    tone: Tone = "bad" if broken else "" if queues else "warn"
    return text, tone


def _reports(document: JsonObject, language: Language) -> list[str]:
    """Where the reports are: below the table and never folded, so that a path can be taken as a whole."""
    name = said("report", language)
    return [f"{name}: {read.text(document, field)}" for field in ("report_html", "report_markdown", "report_json")]


def _notes(document: JsonObject, language: Language) -> list[str]:
    error, warning = (spoken(LEVEL_WORDS[level], language) for level in (Level.ERROR, Level.WARNING))
    lines = [f"{error}: {line}" for line in read.texts(document, "errors")]
    lines += [f"{warning}: {line}" for line in read.texts(document, "warnings")]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [said("more", language, count=len(lines) - _MOST_LINES)]
    return lines


def clean(text: str) -> str:
    """Return text without control characters: what a venue sent must not steer the terminal."""
    return "".join(char if char.isprintable() else " " for char in text)


class Progress:
    """One line that says how far a run is.

    On a terminal the line is rewritten at most ten times a second; elsewhere a plain line is written every
    `plain_every_s` seconds. `monotonic` gives nanoseconds; the stream is standard error, standard output stays clean.
    """

    def __init__(
        self,
        stream: TextIO,
        monotonic: Callable[[], int],
        *,
        label: str,
        total: int | None = None,
        quote_asset: str = "",
        plain_every_s: float = 10.0,
        language: Language = Language.EN,
    ) -> None:
        self._stream = stream
        self._monotonic = monotonic
        self._label = label
        self._total = total
        self._quote_asset = quote_asset
        self._language = language
        self._is_terminal = stream.isatty()
        self._pause_ns = round((0.1 if self._is_terminal else plain_every_s) * SECOND)
        self._due = monotonic()
        self._state: tuple[int, str, str, int] | None = None
        self._written = ""

    def update(self, candles: int, market_time: str, equity: str, fills: int) -> None:
        """Show the state: candles done, market time (ISO-8601), equity as decimal text, number of fills.

        Cheap when the line is not due; formats nothing then.
        """
        self._state = (candles, market_time, equity, fills)
        now = self._monotonic()
        if now >= self._due:
            self._due = now + self._pause_ns
            self._write()

    def finish(self) -> None:
        """Show the last state and leave the line behind; nothing when there was none."""
        if self._state is None:
            return
        self._write()
        if self._is_terminal:
            self._stream.write("\n")
            self._stream.flush()
        self._state = None

    def say(self, line: str) -> None:
        """Write a line of its own above the state, which is shown again when it is due."""
        if self._is_terminal and self._written:
            self._stream.write("\r\x1b[2K")
        self._stream.write(f"{line}\n")
        self._stream.flush()
        self._written = ""

    def _write(self) -> None:
        assert self._state is not None
        candles, market_time, equity, fills = self._state
        done = f"{candles:,}/{self._total:,}" if self._total else f"{candles:,}"
        money = f"{amount(equity, 2)} {self._quote_asset}".rstrip()
        seen, filled = (
            said("candles_done", self._language, count=done),
            said("fills_done", self._language, count=f"{fills:,}"),
        )
        line = f"{self._label}  {seen}  {moment(market_time)[:16]}  {money}  {filled}"
        if line == self._written:
            return
        if self._is_terminal:
            columns = max(20, shutil.get_terminal_size().columns - 1)
            self._stream.write(f"\r\x1b[2K{line[:columns]}")
        else:
            self._stream.write(f"{line}\n")
        self._stream.flush()
        self._written = line
