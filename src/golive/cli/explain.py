"""`golive explain NAME`: what led to an order, a signal or nothing, told from everything that was written about it.

An order is followed from the risk decision to the venue, a signal of a session from its candle to the position after it; a time
shows what every desk of a session was doing then.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError, GoliveError
from golive.model.verdict import ExitCode

from .command_app import single_command
from .delivery import delivered
from .explain_words import Language
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, LanguageOption, Location, locate
from .telling import tell

if TYPE_CHECKING:
    from golive.config.configuration import Configuration
    from golive.runtime.explain.adopted_comparison import FollowedOrder
    from golive.runtime.explain.archive import Archive
    from golive.runtime.explain.asked import SignalName, WhenAsked
    from golive.runtime.explain.chain import MomentStory, SignalStory
    from golive.runtime.explain.places import Match
    from golive.runtime.explain.story import OrderStory, Testimony
    from golive.runtime.explain.venue_comparison import SentOrder

    Ask = Callable[[SentOrder | FollowedOrder], Testimony]

app = single_command()


@app.command()
def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="TIME|SIGNAL|ORDER",
            help="A market time (2026-01-10T09:00, or 09:00 of a session's last day, UTC), a signal (okx:BTC/USDT#3, "
            "BTC/USDT#3), or an order: client order id, its first 6 digits or more, or venue order id.",
        ),
    ],
    lang: LanguageOption = Language.EN,
    credentials: Annotated[
        Path | None,
        typer.Option("--credentials", metavar="FILE", help="Key file: also ask a simulated venue on this machine (mode 0600)."),
    ] = None,
    entrypoint: Annotated[
        str | None,
        typer.Option(
            "--entrypoint",
            metavar="NAME",
            help="Whose account a venue's id is of, and who asks the venue if it trades there; whose session. Default: any.",
        ),
    ] = None,
    session: Annotated[
        str | None,
        typer.Option(
            "--session", metavar="RUN_ID", help="Session of the time or signal, or its first digits. Default: the newest."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; money is text.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Tell in words what happened at a time, because of a signal, or to an order, and whether all that is written agrees.

    A time: what each desk of a session did on that bar (candle, target, decision, why nothing was done, open orders, position).
    A signal: its candle, the decision with the rule's limit and value, order, fills, position and fees.
    An order, live, adopted or paper: rows of its order journal or session store, with their MACs; risk log; decision log or
    journal; metrics of its route; and with --credentials what the venue says now.

    Exit codes: 0 everything agrees, 2 there is no such thing or several (the nearest are listed), 6 something is missing or
    cannot be believed, 70 internal error or stdout did not take the result.
    """
    from golive.runtime.explain.asked import asked_for

    where = locate(config, home)
    asked = asked_for(name)
    if asked is not None:
        raise typer.Exit(_explain_chain(asked, where, entrypoint, session, lang, as_json=as_json))
    if session is not None:
        raise ConfigError(f"--session is for times and signals, and {name!r} is neither")
    raise typer.Exit(_explain_order(name, where, entrypoint, credentials, lang, as_json=as_json))


def _explain_order(
    name: str, where: Location, entrypoint: str | None, credentials: Path | None, lang: Language, *, as_json: bool
) -> ExitCode:
    """Tell what became of an order, and whether all witnesses agree."""
    configuration, problem = _configuration(where)
    archive = _archive(where, configuration)
    match = _only(archive, name, _journal_of(configuration, entrypoint))
    ask = _asking(configuration, problem, entrypoint, credentials, archive)
    try:
        story = _story(match, archive, ask)
    except ConfigError:
        raise
    except GoliveError as exc:
        tell(f"cannot say: {exc}")
        return ExitCode.UNKNOWN
    with delivered() as stdout:
        if as_json:
            from golive.runtime.explain.story import document

            stdout.write(json.dumps(document(story), indent=2, ensure_ascii=False) + "\n")
        else:
            from .explain_table import print_story

            print_story(story, lang, stdout)
    return ExitCode.OK if story.is_whole else ExitCode.UNKNOWN


def _asking(
    configuration: Configuration | None, problem: str, entrypoint: str | None, credentials: Path | None, archive: Archive
) -> Ask:
    """Return who asks the venue; without a key or a configuration it says why nobody does."""
    from golive.runtime.explain.venue_word import venue_word
    from golive.runtime.explain.witnesses import testimony

    def ask(sent: SentOrder | FollowedOrder) -> Testimony:
        if credentials is None:
            return testimony("venue", "not_asked", "no_credentials")
        if configuration is None:
            return testimony("venue", "not_asked", "no_configuration", problem=problem)
        asking = venue_word(sent, configuration, entrypoint, home=archive.home, key_file=credentials, clock=archive.clock)
        return asyncio.run(asking)

    return ask


def _explain_chain(
    asked: SignalName | WhenAsked, where: Location, entrypoint: str | None, run_id: str | None, lang: Language, *, as_json: bool
) -> ExitCode:
    """Tell the chain of a signal, or what a session did at a time."""
    from golive.runtime.explain.asked import SignalName
    from golive.runtime.explain.chain import document
    from golive.runtime.explain.chain_reading import moment_story, signal_story
    from golive.storage.sessions import find_session

    try:
        path = find_session(where.home, entrypoint=entrypoint, run_id=run_id)
        if path is None:
            words = {"run": run_id, "entrypoint": entrypoint}
            wanted = ", ".join(f"{each} {word}" for each, word in words.items() if word is not None)
            raise ConfigError(f"there is no session{f' of {wanted}' if wanted else ''} under {where.home}")
        if isinstance(asked, SignalName):
            story: SignalStory | MomentStory = signal_story(path, where.home, asked)
        else:
            story = moment_story(path, where.home, asked)
    except ConfigError:
        raise
    except GoliveError as exc:
        tell(f"cannot say: {exc}")
        return ExitCode.UNKNOWN
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(story), indent=2, ensure_ascii=False) + "\n")
        else:
            from .chain_table import print_chain

            print_chain(story, lang, stdout)
    return ExitCode.UNKNOWN if story.doubts else ExitCode.OK


def _configuration(where: Location) -> tuple[Configuration | None, str]:
    """Return the configuration; None and why when there is none that can be used: what is on disk is told all the same."""
    from golive.storage.config_files import load_configuration

    try:
        return load_configuration(where.runtime_file, os.environ), ""
    except ConfigError as exc:
        return None, str(exc).splitlines()[0]


def _archive(where: Location, configuration: Configuration | None) -> Archive:
    from golive.config.live_section import CoreExecution
    from golive.runtime.clock import SystemClock
    from golive.runtime.explain.archive import Archive
    from golive.storage.verification import RISK_LOG

    execution = CoreExecution() if configuration is None else configuration.core.execution
    risk_log = RISK_LOG if configuration is None else Path(configuration.runtime.risk.decision_log.path)
    return Archive(
        home=where.home,
        url=execution.order_journal.url,
        risk_log=where.home / risk_log,
        metrics=where.home / execution.live_router.metrics.export_path,
        clock=SystemClock(),
    )


def _journal_of(configuration: Configuration | None, entrypoint: str | None) -> str | None:
    """Return the name of the order journal an entrypoint trades with; None: any. ConfigError for one that does not exist."""
    if configuration is None or entrypoint is None:
        return None
    chosen = configuration.resolve(entrypoint)
    return f"{chosen.adapter}_{chosen.keychain_key}"


def _only(archive: Archive, name: str, journal: str | None) -> Match:
    """Return the one order that is meant, in this journal when several are; otherwise say which ones it may be, and end."""
    from golive.runtime.explain.places import SHORTEST
    from golive.runtime.explain.witnesses import logs_that_know
    from golive.storage import live_segments

    if len(name) < SHORTEST:
        raise ConfigError(f"{name!r} is too short to name an order: give at least {SHORTEST} characters of its id")
    places = archive.places
    found = places.find(name)
    if len(found) > 1 and journal is not None:
        found = [each for each in found if each.path.stem == journal] or found
    if len(found) == 1:
        return found[0]
    if found:
        lines = [f"{each.name}  {archive.shown(each.path)}" for each in found]
        begin = all(each.name.startswith(name) for each in found)
        what = f"{len(found)} orders begin with {name}" if begin else f"{len(found)} orders are meant by {name}"
        raise ConfigError("\n".join([f"{what}; give more of its id, or --entrypoint whose account it is of:", *lines]))
    for problem in places.problems:
        tell(f"cannot look into: {problem}")
    if places.problems:
        raise typer.Exit(ExitCode.UNKNOWN)
    if known := logs_that_know([archive.risk_log, *live_segments.log_files(archive.home / live_segments.DIRECTORY)], name):
        files = ", ".join(archive.shown(path) for path in known)
        tell(f"{files}: knows the order {name}, and no order journal and no session does: its rows are gone")
        raise typer.Exit(ExitCode.UNKNOWN)
    nearest = places.nearest(name)
    raise ConfigError(
        f"no order journal and no session under {archive.home} knows the order {name}"
        + ("; the nearest ids: " + ", ".join(nearest) if nearest else "; there is no order at all")
    )


def _story(match: Match, archive: Archive, ask: Ask) -> OrderStory:
    if match.source == "session":
        from golive.runtime.explain.session_story import session_story

        return session_story(match, archive)
    if match.adopted:
        from golive.runtime.explain.adopted_story import adopted_story

        return adopted_story(match, archive, ask)
    from golive.runtime.explain.live_story import live_story

    return live_story(match, archive, ask)
