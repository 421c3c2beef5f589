"""`golive decisions`: what a session decided about each signal, and why it did nothing in between."""

from __future__ import annotations

import json
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from golive.audit.decision_event import FOR_PROTECTION
from golive.model.decision import DecisionCode
from golive.model.errors import ConfigError, GoliveError
from golive.model.verdict import ExitCode
from golive.observability.decision_words import EVENT_WORDS, sentence
from golive.observability.wording import Language, word

from .chain_words import ROWS, TEXTS
from .command_app import single_command
from .delivery import delivered
from .options import DEFAULT_CONFIG, HomeOption, LanguageOption, locate
from .telling import tell
from .terminal import clean

if TYPE_CHECKING:
    from golive.runtime.decision_list import DecisionLine, DecisionList

app = single_command()


@app.command()
def decisions(
    entrypoint: Annotated[str | None, typer.Option("--entrypoint", metavar="NAME", help="Only sessions of this one.")] = None,
    session: Annotated[
        str | None, typer.Option("--session", metavar="RUN_ID", help="Run id, or its first digits. Default: the newest.")
    ] = None,
    code: Annotated[str | None, typer.Option("--code", metavar="CODE", help="Only this code, as RISK_MAX_POSITION.")] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="TIME", help="Only what was decided from this market time on, UTC.")
    ] = None,
    lang: LanguageOption = Language.EN,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    home: HomeOption = None,
) -> None:
    """List what a session decided about each signal, with the rule's limit and value, and its runs of inaction.

    Reads the session's store, also while it runs and after it was killed, and holds it against the signed decision journal. Times
    are those at which it was decided, the close of a bar; of a run of inaction the close of its first one. docs/codes.md has all
    codes. `golive explain SIGNAL` tells one of them whole, `golive explain TIME` the bar of a row.

    Exit codes: 0 ok, 2 usage, 6 there is no such session, or store and journal do not say the same (it is named what does not) or
    cannot be believed, 70 internal error or stdout did not take the result.
    """
    from golive.runtime.decision_list import decision_list, document
    from golive.storage.sessions import find_session

    if code is not None and code not in DecisionCode.__members__:
        near = get_close_matches(code.upper(), DecisionCode.__members__)
        raise ConfigError(f"--code {code}: there is no such code" + (f"; did you mean {', '.join(near)}?" if near else ""))
    place = locate(DEFAULT_CONFIG, home).home
    begin = None if since is None else _moment(since)
    try:
        path = find_session(place, entrypoint=entrypoint, run_id=session)
        found = None if path is None else decision_list(path, place, code=code, since=begin)
    except GoliveError as exc:
        tell(f"cannot say: {exc}")
        raise typer.Exit(ExitCode.UNKNOWN) from exc
    if found is None:
        tell(f"there is no such session under {place}")
        raise typer.Exit(ExitCode.UNKNOWN)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(found), indent=2, ensure_ascii=False) + "\n")
        else:
            _print(found, lang, stdout)
    raise typer.Exit(ExitCode.UNKNOWN if found.doubts else ExitCode.OK)


def _moment(text: str) -> int:
    from golive.runtime.explain.asked import WhenAsked, asked_for

    asked = asked_for(text)
    if not isinstance(asked, WhenAsked) or not asked.has_day:
        raise ConfigError(f"--since {text}: write a time with its day, as 2026-01-10T09:00, UTC")
    return asked.ns


def _print(found: DecisionList, lang: Language, stream: TextIO) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from .chain_table import moment

    console = Console(file=stream, width=None if stream.isatty() else 1000, highlight=False, markup=False, emoji=False)
    head = found.session
    for doubt in found.doubts:
        console.print(Text(clean(word(TEXTS, "doubt", lang).format(doubt=doubt)), style="bold red"), soft_wrap=True)
    console.print(Text(f"{head.stage} {head.entrypoint} · run {head.run_id[:8]}", style="bold"), soft_wrap=True)
    table = Table()
    for title in ("time", "instrument", "signal", "event", "code", "why"):
        table.add_column(word(ROWS, title, lang), no_wrap=title != "why", overflow="fold")
    for line in found.decisions:
        signal = "" if line.signal_id is None else "#" + line.signal_id.rpartition("#")[2]
        event = word(EVENT_WORDS, line.event, lang)
        table.add_row(moment(line.ts), line.instrument, signal, event, line.code, Text(clean(_why(line, lang))))
    console.print(table)
    bars, taken = sum(found.idle_bars.values()), sum(found.by_code.values())
    counted = word(TEXTS, "counted", lang).format(decisions=f"{taken:,}", bars=f"{bars:,}")
    console.print(Text(clean(f"{counted}; {word(TEXTS, 'not_whole' if found.doubts else 'whole', lang)}")), soft_wrap=True)


def _why(line: DecisionLine, lang: Language) -> str:
    from .chain_table import Teller, moment

    said = "; ".join([sentence(line.code, line.limit, line.value, lang), *Teller(lang).members(line.members)])
    if line.purpose == FOR_PROTECTION:
        return f"{said}; {word(TEXTS, 'protects', lang)}"
    if line.until is None:
        return said
    return f"{said} ({word(TEXTS, 'run', lang).format(bars=line.bars, until=moment(line.until))})"
