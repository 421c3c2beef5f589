"""`golive operator add | passphrase | list | remove`: the named people of this installation and their roles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .passphrase import asked_passphrase, new_passphrase

if TYPE_CHECKING:
    from golive.security.operators import OperatorIdentity

app = command_group("Name the people who may lift stops, confirm trading and manage operators.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="1 to 32 of a-z 0-9 . _ -, a letter first.")]
ByOption = Annotated[
    str | None,
    typer.Option(
        "--operator", metavar="NAME", help="Who does it: role secops, once anybody has it. Its passphrase is asked for first."
    ),
]


@app.command()
def add(
    name: NameArgument,
    role: Annotated[list[str], typer.Option("--role", metavar="ROLE", help="What they are trusted with; may be repeated.")],
    operator: ByOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Add a person; the passphrase is asked for twice, or is one line of standard input.

    Roles: viewer, operator, risk, secops, oem, compliance, live_activator, sre, data, ai, runtime, ui, oncall
    (docs/security/roles.md). Exit 0, 2 usage, 3 somebody of role secops must agree, 70 book or log cannot be used.
    """
    from golive.runtime.operators import add_operator

    place = locate(config, home).home
    by = _manager(place, operator)
    entry = add_operator(place, name, role, new_passphrase(name), by=by)
    _say(f"{entry.name} added: {', '.join(sorted(entry.roles))}")


@app.command()
def passphrase(
    name: NameArgument, operator: ByOption = None, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None
) -> None:
    """Change a passphrase: the old one is asked for, or with --operator that of somebody of role secops. Exit 0, 2, 3, 70."""
    from golive.runtime.operators import authenticate, change_passphrase

    place = locate(config, home).home
    who = operator or name
    known = asked_passphrase(who)
    by = authenticate(place, who, known, purpose="operator.passphrase")
    change_passphrase(place, name, new_passphrase(name), by=by, old=known if who == name else None)
    _say(f"{name} has a new passphrase")


@app.command("list")
def list_operators(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """List names and roles; nothing secret is shown. Exit 0, 2, 70 when the book cannot be read."""
    from golive.runtime.operators import operators

    rows = [
        {"name": entry.name, "roles": sorted(entry.roles), "added_at": entry.added_at, "changed_at": entry.changed_at}
        for entry in operators(locate(config, home).home)
    ]
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps({"schema": "golive.operator_list.v1", "operators": rows}, indent=2) + "\n")
        else:
            lines = [f"{row['name']:<32}  {', '.join(row['roles'])}" for row in rows]
            stdout.write("\n".join(lines or ["no operators yet: golive operator add NAME --role ROLE"]) + "\n")


@app.command()
def remove(name: NameArgument, operator: ByOption = None, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None) -> None:
    """Remove a person; what they did stays recorded under their name. Exit 0, 2, 3, 70."""
    from golive.runtime.operators import remove_operator

    place = locate(config, home).home
    remove_operator(place, name, by=_manager(place, operator))
    _say(f"{name} removed")


def _manager(home: Path, operator: str | None) -> OperatorIdentity | None:
    """Return the person of role `secops` that was named; None when nobody was, which is enough while there is none."""
    from golive.config.rbac import Act
    from golive.runtime.operators import authorised, needs_manager

    if operator is None:
        if needs_manager(home):
            from golive.model.errors import PrerequisiteMissing

            raise PrerequisiteMissing("the book of operators is managed by role secops: give --operator NAME of that role")
        return None
    return authorised(home, operator, asked_passphrase(operator), Act.OPERATOR_MANAGE)


def _say(line: str) -> None:
    with delivered() as stdout:
        stdout.write(line + "\n")
