"""`golive autotrade on | off | confirm | withdraw | status`: may signals of an entrypoint become orders?"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

if TYPE_CHECKING:
    from golive.config.rbac import Act
    from golive.config.resolved import ResolvedEntrypoint
    from golive.runtime.auto_trade_control import AutoTradeTold

app = command_group("Switch the auto-trade of an entrypoint, confirm its running session, and show what either is.")

EntrypointOption = Annotated[
    str | None, typer.Option("--entrypoint", metavar="NAME", help="Default: trading.default_entrypoint.")
]
OperatorOption = Annotated[
    str | None,
    typer.Option(
        "--operator",
        metavar="NAME",
        help="Who does it; the passphrase is asked for. Needed for on and confirm outside paper. Default: this system's user.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


class _Deed(NamedTuple):
    """What is done, and what of the table of roles it takes."""

    name: Literal["switch_on", "switch_off", "confirm", "withdraw", "status"]
    act: Act | None = None
    needs_person: bool = False
    """outside paper environments somebody must say who they are"""


@app.command()
def on(
    entrypoint: EntrypointOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Switch auto-trade on. A session that runs is armed by it: it trades once it is confirmed anew.

    Exit codes: 0 switched; 2 usage or configuration; 3 emergency mode is on, or a named operator is needed; 6 a session runs and
    has not followed within 2 s; 70 internal error.
    """
    from golive.config.rbac import Act

    _do(_Deed("switch_on", Act.AUTOTRADE_SWITCH, needs_person=True), entrypoint, operator, as_json, config, home)


@app.command()
def off(
    entrypoint: EntrypointOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Switch auto-trade off and withdraw the confirmation; anybody on this machine may. Working entries are canceled.

    Exit codes: as of `on`; 6 a session runs and has not followed within 2 s: end it.
    """
    from golive.config.rbac import Act

    _do(_Deed("switch_off", Act.AUTOTRADE_STOP), entrypoint, operator, as_json, config, home)


@app.command()
def confirm(
    entrypoint: EntrypointOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Confirm the session that runs: from now on its signals become orders.

    Exit codes: 0 it runs confirmed; 2; 3 there is nothing to confirm (none runs, read-only, halted), or a named operator is
    needed; 6 the session has not followed within 2 s, and the confirmation was taken back; 70.
    """
    from golive.config.rbac import Act

    _do(_Deed("confirm", Act.AUTOTRADE_CONFIRM, needs_person=True), entrypoint, operator, as_json, config, home)


@app.command()
def withdraw(
    entrypoint: EntrypointOption = None,
    operator: OperatorOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Withdraw the confirmation of the session that runs; anybody on this machine may. Working entries are canceled.

    Exit codes: 0 it is not confirmed; 2; 3 none runs; 6 it has not followed within 2 s; 70.
    """
    from golive.config.rbac import Act

    _do(_Deed("withdraw", Act.AUTOTRADE_STOP), entrypoint, operator, as_json, config, home)


@app.command()
def status(
    entrypoint: EntrypointOption = None,
    as_json: JsonOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Show the switch and what the auto-trader of the session that runs is. Exit 0, 2."""
    _do(_Deed("status"), entrypoint, None, as_json, config, home)


def _do(deed: _Deed, entrypoint: str | None, operator: str | None, as_json: bool, config: Path, home: Path | None) -> None:
    from golive.runtime.auto_trade_control import AutoTradeControl, auto_trade_document
    from golive.runtime.clock import SystemClock
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    chosen = configuration.resolve(entrypoint or configuration.runtime.trading.default_entrypoint)
    control = AutoTradeControl(where.home, chosen, _who(deed, chosen, operator, where.home), SystemClock())
    told: AutoTradeTold = getattr(control, deed.name)()
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(auto_trade_document(told), indent=2, ensure_ascii=False) + "\n")
        else:
            stdout.write("\n".join(_lines(deed, told)) + "\n")
    raise typer.Exit(told.exit_code)


def _who(deed: _Deed, entrypoint: ResolvedEntrypoint, operator: str | None, home: Path) -> str:
    """Return who does it; PrerequisiteMissing when that must be proved and is not."""
    from golive.model.errors import PrerequisiteMissing
    from golive.runtime.identity import operator_identity
    from golive.runtime.operators import authorised

    if operator is not None and deed.act is not None:
        from .passphrase import asked_passphrase

        return authorised(home, operator, asked_passphrase(operator), deed.act).name
    if deed.needs_person and entrypoint.environment_type != "paper":
        raise PrerequisiteMissing(
            f"{entrypoint.name} is {entrypoint.environment_type}: a named person does that, give --operator NAME of role operator"
        )
    return operator_identity()


def _lines(deed: _Deed, told: AutoTradeTold) -> list[str]:
    """Return what is told in words."""
    from golive.model.clock import to_iso

    switch, session = told.switch, told.session
    by = "as configured" if switch.operator is None else f"by {switch.operator}"
    at = "" if switch.at is None else f" at {to_iso(switch.at)}"
    lines = [f"auto-trade of {told.entrypoint} is {'on' if switch.enabled else 'off'}, {by}{at}"]
    if switch.fault is not None:
        lines = [f"auto-trade of {told.entrypoint} is off, because its switch is not to be believed:", switch.fault]
    if session is None:
        lines.append("no session runs")
    else:
        why = f"{session.cause} by {session.operator}"
        lines.append(f"{session.stage} session {session.run_id[:8]} is {session.state} since {to_iso(session.since)}: {why}")
        lines += _next_steps(told)
    if told.followed is False:
        lines.append(f"it has not followed: look at process {session.pid if session else '?'}, and end it if it trades")
    return lines


def _next_steps(told: AutoTradeTold) -> list[str]:
    session = told.session
    if session is None:
        return []
    if told.switch.enabled and not session.can_trade:
        return ["it was started read-only and cannot trade: stop it and start it anew"]
    if session.state == "armed":
        return [f"it trades once it is confirmed: golive autotrade confirm --entrypoint {told.entrypoint}"]
    return []
