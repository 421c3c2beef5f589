"""`golive keys show | create`: what the journals of this installation are signed with, and making the keys of production."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .passphrase import OperatorOption, asked_passphrase

if TYPE_CHECKING:
    from golive.runtime.production_keys import KeyFacts

app = command_group("What journals are signed with: show the keys' names, make those of production.")


@app.command()
def show(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Say which class the keys are of, their names, who made them and for whom the first one is sealed; nothing secret.

    Exit 0, 2, 3 something is not as it was recorded, 70 there are no keys or they cannot be used.
    """
    from golive.runtime.production_keys import key_facts

    facts = key_facts(locate(config, home).home)
    with delivered() as stdout:
        stdout.write((_document(facts) if as_json else _told(facts)) + "\n")
    raise typer.Exit(ExitCode.BLOCKED if facts.faults else ExitCode.OK)


@app.command()
def create(
    auditor: Annotated[
        str, typer.Option("--auditor", metavar="AGE1…", help="Compliance's age recipient; the first key is sealed for it.")
    ],
    operator: OperatorOption,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Make the production keys of an installation that has signed nothing yet but its people's acts; role secops.

    From then on every record says `key_class: production`. The log of people's acts goes to var/archive/ and begins anew. Cut
    off, it is finished by running it again.

    Exit 0, 2 usage, 3 not that person or role, or there is evidence or such keys already, 70 something cannot be written.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.production_keys import create_keys, finish_keys, key_facts

    from .audit_findings import verifier_of

    where, clock = locate(config, home), SystemClock()
    if finish_keys(where.home, clock):
        facts = key_facts(where.home)
    else:
        facts = create_keys(where.home, operator, asked_passphrase(operator), auditor, verifier_of(where), clock)
    with delivered() as stdout:
        stdout.write(f"{_told(facts)}\n")


def _told(facts: KeyFacts) -> str:
    lines = [f"class         {facts.key_class}", f"seal key      {facts.seal_key}"]
    if (made := facts.made) is None:
        lines.append("made          on first use; gates of production take nothing that they signed")
    else:
        lines += [
            f"made          {facts.made_at} by {made.made_by}",
            f"first key     {made.first_root}, not on this host",
            f"sealed        {made.sealed_root}",
            f"              for {made.recipient}",
            f"log before    {made.archive} (up to seq {made.people_seq})",
        ]
    return "\n".join([*lines, *(f"not as recorded: {fault}" for fault in facts.faults)])


def _document(facts: KeyFacts) -> str:
    made = None if facts.made is None else {**asdict(facts.made), "made_at": facts.made_at}
    return json.dumps(
        {
            "schema": "golive.keys.v1", "key_class": str(facts.key_class), "seal_key": facts.seal_key, "made": made,
            "faults": list(facts.faults),
        },
        indent=2,
    )  # fmt: skip
