"""What the Typer app of every command is like: plain help, no completion, and a fault is told by `golive` itself."""

from __future__ import annotations

import typer


def single_command() -> typer.Typer:
    """Return the app of one command."""
    return typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)


def command_group(summary: str) -> typer.Typer:
    """Return the app of several commands; its help begins with `summary` and is shown when none of them is named."""
    return typer.Typer(
        help=summary, rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False, no_args_is_help=True
    )
