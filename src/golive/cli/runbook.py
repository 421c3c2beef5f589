"""`golive runbook list | show | run`: the operators' runbooks, carried out, confirmed, and how far they are."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered, set_apart
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, Location, locate
from .passphrase import asked_passphrase, stored_secrets
from .telling import tell

if TYPE_CHECKING:
    from golive.readiness.runbook import Binding, Item
    from golive.runtime.runbook.documents import WrittenRunbook
    from golive.runtime.runbook.place import Done, Place, Walk
    from golive.security.operators import OperatorIdentity

app = command_group("Carry out the operators' runbooks: what a machine can do, what people confirm, and a signed result.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="One of golive runbook list.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
EntrypointOption = Annotated[
    str | None,
    typer.Option("--entrypoint", metavar="NAME", help="Which one, where the runbook is about none. Default: the default one."),
]


@app.command("list")
def list_runbooks(as_json: JsonOption = False, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None) -> None:
    """List the runbooks with what their steps and boxes are bound to. Exit 0, 2 a runbook is not bound as it must be."""
    from golive.runtime.runbook.documents import RUNBOOKS, read_runbook

    from .runbook_table import list_document, print_list

    del config, home  # the runbooks are the program's, whichever installation it looks at
    books = [read_runbook(name).book for name in RUNBOOKS]
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(list_document(books), indent=2, ensure_ascii=False) + "\n")
        else:
            print_list(books, stdout)


@app.command()
def show(
    name: NameArgument,
    entrypoint: EntrypointOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show each step and box, what it is bound to, and how far it is; nothing is carried out or written.

    Exit codes: 0 every box is ticked, 3 one is blocked, 6 one is unknown; 2 usage or configuration; 70 the log cannot be read.
    """
    from golive.runtime.runbook.documents import read_runbook
    from golive.runtime.runbook.result import exit_code, shown_document
    from golive.runtime.runbook.run import progress

    from .runbook_table import print_states

    written = read_runbook(name)
    place = _place(locate(config, home), written, entrypoint, None)
    found = progress(place, written)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(shown_document(place, written, found), indent=2, ensure_ascii=False) + "\n")
        else:
            print_states(written.book, found, stdout)
    raise typer.Exit(exit_code(found))


@app.command()
def run(
    name: NameArgument,
    operator: Annotated[
        str | None, typer.Option("--operator", metavar="NAME", help="Who confirms; the passphrase is asked for first.")
    ] = None,
    confirmed: Annotated[
        list[str] | None,
        typer.Option("--confirm", metavar="ID", help="A step or box that --operator confirms; may be repeated."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Carry out anew what is done already, too.")] = False,
    entrypoint: EntrypointOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Carry out what a machine can do, take a person's confirmations, and write the signed result.

    Each result is in the decision log before the next step begins, so a run that was cut off goes on where it was. With
    --operator on a terminal each box that waits for that person is asked for; elsewhere name them with --confirm.

    Exit codes: 0 every box is ticked, 3 one is blocked or the person may not confirm, 6 one is unknown; 2 usage or
    configuration; 70 a log cannot be used.
    """
    from golive.runtime.operators import authenticate
    from golive.runtime.runbook.documents import read_runbook
    from golive.runtime.runbook.result import exit_code, write_result
    from golive.runtime.runbook.run import carry_out, confirm

    from .runbook_table import print_states

    if confirmed and operator is None:
        raise ConfigError("--confirm takes --operator NAME: a person answers for what is confirmed")
    where = locate(config, home)
    written = read_runbook(name)
    who = None
    if operator is not None:
        who = authenticate(where.home, operator, asked_passphrase(operator), purpose="runbook.confirm")
    place = _place(where, written, entrypoint, who)
    if confirmed and who is not None:
        confirm(place, written, confirmed, who, _told)
    with set_apart():
        found = carry_out(place, written, _told, again=again)
    if who is not None and not confirmed and (chosen := _asked(place, written, who)):
        confirm(place, written, chosen, who, _told)
        found = carry_out(place, written, _told)
    path, document = write_result(place, written, found)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        else:
            print_states(written.book, found, stdout)
            stdout.write(f"signed result: {path.relative_to(place.home)}\n")
    raise typer.Exit(exit_code(found))


def _place(where: Location, written: WrittenRunbook, entrypoint: str | None, who: OperatorIdentity | None) -> Place:
    from golive.runtime.clock import SystemClock
    from golive.runtime.identity import operator_identity
    from golive.runtime.runbook.place import Place
    from golive.runtime.venue_check.target import entrypoint_of
    from golive.storage.config_files import load_configuration

    if changed := sorted(name for name in os.environ if name.startswith("GOLIVE__")):
        raise ConfigError(f"runbooks judge the files alone: unset {', '.join(changed)}")
    fixed = written.book.entrypoint
    if fixed and entrypoint not in (None, fixed):
        raise ConfigError(f"{written.book.name} is about {fixed}; leave --entrypoint out")
    configuration = load_configuration(where.runtime_file, {})
    name = fixed or entrypoint or configuration.runtime.trading.default_entrypoint
    return Place(
        home=where.home,
        runtime_file=where.runtime_file,
        configuration=configuration,
        entrypoint=entrypoint_of(name, configuration),
        clock=SystemClock(),
        store=stored_secrets(where.home, None),
        operator=operator_identity() if who is None else who.name,
        walk=_walk(where),
    )


def _walk(where: Location) -> Walk:
    """Return what runs a session as `golive run` does; what it prints goes to stderr."""

    def walk(mode: str, entrypoint: str) -> ExitCode:
        from golive.runtime.options import RunOptions

        from .run import LogLevel, Told, run_options

        options = RunOptions(mode="demo" if mode == "demo" else "paper", entrypoint=entrypoint)
        with set_apart():
            return run_options(options, where, Told(LogLevel.ERROR))

    return walk


def _told(item: Item, binding: Binding, done: Done) -> None:
    """Say on stderr what has just been carried out.

    No colon behind the binding: what follows the name of a check such as `secrets_rotation` is no secret.
    """
    from .terminal import clean

    tell(clean(f"{done.status!s:<14} {item.id}  {binding} – {done.said}"))


def _asked(place: Place, written: WrittenRunbook, who: OperatorIdentity) -> list[str]:
    """Ask on the terminal, item by item, what this person confirms; nothing where there is no terminal."""
    from golive.runtime.runbook.run import confirmable

    if sys.stdin is None or not sys.stdin.isatty():
        return []
    chosen = []
    for state in confirmable(place, written, who):
        typer.echo(f"{state.item.id}: {state.item.text}\nconfirm as {who.name}? yes/no: ", err=True, nl=False)
        if sys.stdin.readline().strip() == "yes":
            chosen.append(state.item.id)
    return chosen
