"""A command group that knows its commands by name and one line of help, and imports each only when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

if TYPE_CHECKING:
    from typer._click.core import Command, Context


class LazyCommand(NamedTuple):
    """Where a command lives (`module:attribute` of a Typer app) and its line in `golive --help`."""

    target: str
    summary: str


class LazyGroup(TyperGroup):
    """Shows the table's commands from their summaries alone; loads the one that is called."""

    table: ClassVar[Mapping[str, LazyCommand]] = {}

    def __init__(self, **attributes: Any) -> None:  # the attributes are Typer's own and pass through unseen
        super().__init__(**attributes)
        self.commands.update({name: TyperCommand(name=name, help=row.summary) for name, row in self.table.items()})

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        row = self.table.get(name or "")
        return name, load(row) if row else command, rest


def load(row: LazyCommand) -> Command:
    """Import a command's module and return the command built from its Typer app."""
    module, _, attribute = row.target.partition(":")
    app = getattr(import_module(module), attribute)
    if not isinstance(app, typer.Typer):
        raise TypeError(f"{row.target} is not a Typer app")
    return get_command(app)
