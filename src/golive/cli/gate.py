"""`golive gate status | open | close`: the gate that live trading waits behind."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.redaction import redacted

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .passphrase import OperatorOption, PassphraseDescriptor, asked_passphrase, stored_secrets

if TYPE_CHECKING:
    from pathlib import Path

    from golive.config.configuration import Configuration
    from golive.runtime.readiness.scene import Scene

app = command_group("Show, open and close the gate that live trading waits behind.")

EnvOption = Annotated[str | None, typer.Option("--env", metavar="NAME", help="A live environment, such as okx_live.")]
EntrypointOption = Annotated[
    str | None, typer.Option("--entrypoint", metavar="NAME", help="A live entrypoint, or a paper one of its exchange.")
]


@app.command()
def status(
    env: EnvOption = None,
    entrypoint: EntrypointOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    write: Annotated[bool, typer.Option("--write", help="Keep a signed report of it in var/audit/gate/.")] = False,
    passphrase_fd: PassphraseDescriptor = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Look at every check now, and show the gate. Nothing is written unless --write.

    Exit 0 all that is asked is green, 2 usage or configuration, 3 something is blocked, emergency mode is on or a stop stands,
    6 something is unknown.
    """
    from golive.readiness.gate_status import status_document
    from golive.runtime.gate.status import gate_status

    from .gate_table import print_status

    found = gate_status(_scene(env, entrypoint, config, home, passphrase_fd), write=write)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(status_document(found), indent=2, ensure_ascii=False) + "\n")
        else:
            print_status(found, stdout)
    raise typer.Exit(found.exit_code)


@app.command("open")
def open_(
    operator: OperatorOption,
    second: Annotated[
        str, typer.Option("--second", metavar="NAME", help="Who agrees, of another role; their passphrase is the second one.")
    ],
    env: EnvOption = None,
    entrypoint: EntrypointOption = None,
    passphrase_fd: PassphraseDescriptor = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Open the gate: two people of different roles, one of them live_activator, over checks that are all green now.

    Exit 0 it is open, 2 usage or configuration, 3 not proved, not the two that it takes, something is not green, emergency mode
    is on or a stop stands, 70 it cannot be written.
    """
    from golive.config.rbac import Act
    from golive.model.clock import to_iso
    from golive.runtime.gate.look import NotGreen
    from golive.runtime.gate.opening import demand_pair, open_gate
    from golive.runtime.operators import authorised

    from .gate_table import refusal_text

    scene = _scene(env, entrypoint, config, home, passphrase_fd)
    if operator == second:
        raise PrerequisiteMissing(f"{operator} has spoken already; a second operator has to agree")
    passphrases = asked_passphrase(operator), asked_passphrase(second)
    first = authorised(scene.home, operator, passphrases[0], Act.LIVE_ACTIVATE)
    other = authorised(scene.home, second, passphrases[1], Act.LIVE_ACTIVATE)
    demand_pair(first, other)
    try:
        found = open_gate(scene, first, other)
    except NotGreen as shut:
        raise PrerequisiteMissing(refusal_text(scene.live.name, shut.findings)) from shut
    names = " and ".join(found.operators)
    _say(f"the gate of {scene.live.name} is open until {to_iso(found.expires_at)}, by {names}\nsigned report: {found.report}")


@app.command()
def close(
    operator: OperatorOption,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; stands in the record.", callback=redacted)] = "",
    env: EnvOption = None,
    entrypoint: EntrypointOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Shut the gate at once; any operator may. What trades behind it stops within a second or two.

    Exit 0 it is shut, or was already; 2 usage; 3 not proved; 70 the record cannot be written.
    """
    from golive.readiness.gate_state import Opened
    from golive.runtime.clock import SystemClock
    from golive.runtime.gate.closing import close_gate
    from golive.runtime.gate.standing import stands_as
    from golive.runtime.operators import authenticate

    name, place = _live_name(env, entrypoint, config, home)
    who = authenticate(place, operator, asked_passphrase(operator), purpose="live.close")
    try:
        before = close_gate(place, name, reason, SystemClock(), by=who.name)
    except JournalError as exc:
        raise JournalError(f"{exc}; {stands_as(place, name)}") from exc
    if isinstance(before, Opened):
        _say(f"the gate of {name} is shut, by {who.name}")
    else:
        _say(f"the gate of {name} was shut already: {before.because}")


def _scene(env: str | None, entrypoint: str | None, config: Path, home: Path | None, passphrase_fd: int | None) -> Scene:
    from golive.runtime.clock import SystemClock
    from golive.runtime.readiness.scene import scene_of
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    name = _chosen(configuration, env, entrypoint)
    store = stored_secrets(where.home, passphrase_fd)
    return scene_of(where.home, where.runtime_file, configuration, name, SystemClock(), store)


def _live_name(env: str | None, entrypoint: str | None, config: Path, home: Path | None) -> tuple[str, Path]:
    """Return whose gate is meant, and home; a gate that has a journal is found without the configuration, which may be broken."""
    from golive.storage.gate_journal import DIRECTORY

    place = locate(config, home).home
    if env is None and entrypoint is not None and (place / DIRECTORY / f"{entrypoint}.jsonl").is_file():
        return entrypoint, place
    scene = _scene(env, entrypoint, config, home, None)
    return scene.live.name, scene.home


def _chosen(configuration: Configuration, env: str | None, entrypoint: str | None) -> str:
    from golive.runtime.readiness.scene import entrypoint_in

    if env is not None and entrypoint is not None:
        raise ConfigError("say either --env NAME or --entrypoint NAME")
    if env is not None:
        return entrypoint_in(configuration, env)
    return entrypoint or configuration.runtime.trading.default_entrypoint


def _say(text: str) -> None:
    with delivered() as stdout:
        stdout.write(f"{text}\n")
