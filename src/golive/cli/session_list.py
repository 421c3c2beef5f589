"""`golive orders | fills | positions | balances`: what a session's store says, of the newest one or of one that is named."""

from __future__ import annotations

import json
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import GoliveError
from golive.model.verdict import ExitCode, Stage

from .command_app import single_command
from .delivery import delivered
from .options import DEFAULT_CONFIG, HomeOption, locate
from .telling import tell

if TYPE_CHECKING:
    from golive.runtime.session_rows import Kind


class StageName(str, Enum):
    """A stage whose sessions have a store."""

    DEMO = "demo"
    PAPER = "paper"


RunOption = Annotated[str | None, typer.Option("--run", metavar="ID", help="Run id, or its first digits. Default: the newest.")]
StageOption = Annotated[StageName | None, typer.Option("--stage", help="Only sessions of this stage.")]
EntrypointOption = Annotated[str | None, typer.Option("--entrypoint", metavar="NAME", help="Only sessions of this entrypoint.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout; money is text.")]


orders_app, fills_app, positions_app, balances_app = (single_command() for _ in range(4))


@orders_app.command()
def orders(
    run: RunOption = None,
    stage: StageOption = None,
    entrypoint: EntrypointOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the orders of a session.

    Reads the session's store, also while it runs and after it was killed. Exit codes: 0 ok, 2 usage, 6 there is no such
    session or its store cannot be believed, 70 internal error or stdout did not take the result.
    """
    _show("orders", run, stage, entrypoint, home, as_json=as_json)


@fills_app.command()
def fills(
    run: RunOption = None,
    stage: StageOption = None,
    entrypoint: EntrypointOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the fills of a session, each with the position after it. Exit codes: as `golive orders`."""
    _show("fills", run, stage, entrypoint, home, as_json=as_json)


@positions_app.command()
def positions(
    run: RunOption = None,
    stage: StageOption = None,
    entrypoint: EntrypointOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the positions of a session at the last price it saw. Exit codes: as `golive orders`."""
    _show("positions", run, stage, entrypoint, home, as_json=as_json)


@balances_app.command()
def balances(
    run: RunOption = None,
    stage: StageOption = None,
    entrypoint: EntrypointOption = None,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the balances of a session's account. Exit codes: as `golive orders`."""
    _show("balances", run, stage, entrypoint, home, as_json=as_json)


def _show(
    kind: Kind, run: str | None, stage: StageName | None, entrypoint: str | None, home: Path | None, *, as_json: bool
) -> None:
    from golive.runtime.session_rows import document
    from golive.runtime.session_view import view_session
    from golive.storage.sessions import find_session

    place = locate(DEFAULT_CONFIG, home).home
    wanted = None if stage is None else Stage(stage.value)
    try:
        path = find_session(place, run_id=run, stage=wanted, entrypoint=entrypoint)
        view = None if path is None else view_session(path, place)
    except GoliveError as exc:
        tell(f"cannot say: {exc}")
        raise typer.Exit(ExitCode.UNKNOWN) from exc
    if view is None:
        words = {"run": run, "stage": wanted, "entrypoint": entrypoint}
        asked = ", ".join(f"{name} {word}" for name, word in words.items() if word is not None)
        tell(f"there is no session{f' of {asked}' if asked else ''} under {place}")
        raise typer.Exit(ExitCode.UNKNOWN)
    rows: tuple[object, ...] = getattr(view, kind)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(kind, view.head, rows), indent=2, ensure_ascii=False) + "\n")
        else:
            from .session_table import print_list

            print_list(kind, view, stdout)
