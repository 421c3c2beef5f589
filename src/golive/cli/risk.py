"""`golive risk status | release | rearm | clear-emergency`: what is used of each limit, and what named people may lift."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.redaction import redacted
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .passphrase import OperatorOption, asked_passphrase
from .telling import tell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from golive.config.rbac import Act
    from golive.security.operators import OperatorIdentity

TAKEN_WITHIN_S: Final = 2.0
"""a running session looks ten times a second"""

app = command_group("Show what is used of each limit; release stops, re-arm throttles, end emergency mode.")

WhoseOption = Annotated[str | None, typer.Option("--entrypoint", metavar="NAME", help="Only this one. Default: all.")]
EntrypointOption = Annotated[str, typer.Option("--entrypoint", metavar="NAME", help="Whose.")]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; stands in the record.", callback=redacted)]


@app.command()
def status(
    entrypoint: WhoseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Show used of allowed per limit, for each entrypoint and for all together, and what stands in the way of trading.

    Exit codes: 0 ok; 5 a limit is breached, a drawdown stop stands, or emergency mode is on; 6 what an entrypoint that runs is
    worth, what a session that did not end or an account has come to, or whether a stop stands, is not known; 2 usage or
    configuration.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.risk_status import document, risk_status
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    found = risk_status(where.home, configuration, entrypoint, SystemClock().now())
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(found), indent=2, ensure_ascii=False) + "\n")
        else:
            from .risk_status_table import print_status

            print_status(found, stdout)
    raise typer.Exit(found.exit_code)


@app.command()
def release(
    operator: OperatorOption,
    entrypoint: Annotated[str | None, typer.Option("--entrypoint", metavar="NAME", help="Whose.")] = None,
    across: Annotated[
        str | None, typer.Option("--across", metavar="MONEY/ASSET", help="Of all together: paper/USDT, live/USDT …")
    ] = None,
    reason: ReasonOption = "",
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Release the drawdown stop of an entrypoint, or of all together; takes role risk. What accounts are worth is their new peak.

    An account that cannot be read is set aside, and the record says that what it had lost is forgotten.

    Exit codes: 0 released; 3 not proved, not of that role, or an entrypoint of it runs; 2 usage; 70 a file cannot be used.
    """
    from golive.config.rbac import Act
    from golive.runtime.clock import SystemClock
    from golive.runtime.risk_stop import release as carry_out
    from golive.runtime.risk_stop import stood_text

    if (entrypoint is None) is (across is None):
        raise ConfigError("golive risk release: say either --entrypoint NAME or --across MONEY/ASSET")
    if across is not None:
        _release_across(locate(config, home).home, across, operator, reason)
        return
    assert entrypoint is not None
    place = _place(config, home, entrypoint)
    who = _proved(place, operator, Act.RISK_RELEASE_DRAWDOWN)
    done = carry_out(place, entrypoint, who, reason, SystemClock())
    stop = done.stop
    stood = "no stop stood; " if stop is None else f"{stood_text(stop)}: "
    _say(f"{entrypoint}: {stood}released by {who.name}; it begins with a new peak")
    _say_forgotten(done.forgotten)


def _release_across(place: Path, across: str, operator: str, reason: str) -> None:
    from golive.config.rbac import Act
    from golive.runtime.clock import SystemClock
    from golive.runtime.host_stop import release_across
    from golive.runtime.risk_stop import stood_text
    from golive.storage.host_account import groups
    from golive.storage.host_stop import host_stop_groups

    known = sorted({f"{money}/{quote}" for money, quote in (*groups(place), *host_stop_groups(place))})
    if across not in known:
        raise ConfigError(f"--across {across}: nothing was traded so; known: {', '.join(known) or 'nothing yet'}")
    who = _proved(place, operator, Act.RISK_RELEASE_DRAWDOWN)
    money, _, quote = across.partition("/")
    done = release_across(place, money, quote, who, reason, SystemClock())
    said = "; ".join(map(stood_text, done.stops))
    _say(f"all {across}: {said or 'no stop stood'}: released by {who.name}; each account begins with a new peak")
    _say_forgotten(done.forgotten)


def _say_forgotten(files: Sequence[Path]) -> None:
    for path in files:
        _say(f"set aside as {path}: it could not be read, so what that account had lost is forgotten, and the record says so")


@app.command()
def rearm(
    entrypoint: EntrypointOption, operator: OperatorOption, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None
) -> None:
    """Let the sides that were executed too often, or lost too often in a row, be traded again; takes role risk or operator.

    A running session is told; where orders are really sent, the accounts' journals keep it for every later order.

    Exit codes: 0 done; 3 not proved, not of such a role, nothing to re-arm, or another process holds an account; 6 the session
    did not answer, and the message was taken back; 2 usage; 70 a file cannot be used.
    """
    from golive.config.rbac import Act
    from golive.model.event import OperatorAction
    from golive.runtime.clock import SystemClock
    from golive.runtime.live.rearming import rearm_accounts
    from golive.runtime.operators import record_act
    from golive.storage.config_files import load_configuration
    from golive.storage.lease import lease_holder
    from golive.storage.operator_inbox import OperatorMessage, put_message, wait_until_taken, withdraw_message

    place = _place(config, home, entrypoint)
    configuration = load_configuration(locate(config, home).runtime_file, os.environ)
    runs, is_paper = lease_holder(place, entrypoint) is not None, configuration.resolve(entrypoint).environment_type == "paper"
    if not runs and is_paper:
        raise PrerequisiteMissing(f"no session of {entrypoint} runs, and a new one begins armed: there is nothing to re-arm")
    who = _proved(place, operator, Act.RISK_REARM)
    accounts = rearm_accounts(configuration, entrypoint, place, who.name, SystemClock())
    if not runs and not accounts:
        raise PrerequisiteMissing(f"{entrypoint} has never traded: there is nothing to re-arm")
    record_act(place, "risk_rearmed", {"entrypoint": entrypoint}, who.name)
    if not runs:
        _say(f"{entrypoint}: re-armed by {who.name} at {', '.join(accounts)}")
        return
    message = OperatorMessage(OperatorAction.REARM, who.name, "golive risk rearm", SystemClock().now())
    path = put_message(place, entrypoint, message)
    if not wait_until_taken(path, TAKEN_WITHIN_S) and withdraw_message(path):
        tell(f"the session of {entrypoint} did not answer within {TAKEN_WITHIN_S:g} s; nothing was done")
        raise typer.Exit(ExitCode.UNKNOWN)
    _say(f"{entrypoint}: re-armed by {who.name}")


@app.command("clear-emergency")
def clear_emergency(
    operator: OperatorOption,
    scope: Annotated[str, typer.Option("--scope", metavar="all|PROFILE", help="Which emergency mode.")] = "all",
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Agree to ending emergency mode; it ends when a second operator of another role agrees within 15 minutes, one of them risk.

    Exit codes: 0 ended, or your word is kept and the second one is waited for; 3 not proved, not of such a role, the two do not
    fit, or nothing is on; 2 usage; 70 a file cannot be used.
    """
    from golive.config.rbac import Act
    from golive.model.clock import to_iso
    from golive.runtime.emergency import FirstWord, HostEmergency

    place = locate(config, home).home
    who = _proved(place, operator, Act.EMERGENCY_CLEAR)
    done = HostEmergency(place, operator=who.name).agree(who, scope)
    if isinstance(done, FirstWord):
        until = to_iso(done.until)
        _say(f"{who.name} agrees to ending emergency mode ({done.scope}); until {until} a second operator of another role has to")
        return
    for problem in done.problems:
        tell(problem)
    _say(f"emergency mode ({done.scope}) is ended by {done.first} and {done.second}")


def _place(config: Path, home: Path | None, entrypoint: str) -> Path:
    """Return the project's directory; ConfigError when its configuration has no such entrypoint."""
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    known = load_configuration(where.runtime_file, os.environ).runtime.trading.entrypoints
    if entrypoint not in known:
        raise ConfigError(f"--entrypoint {entrypoint}: there is none of that name; known: {', '.join(sorted(known))}")
    return where.home


def _proved(home: Path, operator: str, act: Act) -> OperatorIdentity:
    from golive.runtime.operators import authorised

    return authorised(home, operator, asked_passphrase(operator), act)


def _say(line: str) -> None:
    with delivered() as stdout:
        stdout.write(line + "\n")
