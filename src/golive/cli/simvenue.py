"""`golive simvenue …` executes the simulated venue as the program it is; it shares nothing with this process."""

from __future__ import annotations

import os
import sys

import typer

from .command_app import single_command

app = single_command()


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True}, add_help_option=False)
def simvenue(context: typer.Context) -> None:
    """Run the simulated exchange; every argument is passed on (golive simvenue serve --help)."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "simvenue", *context.args])  # noqa: S606 (this very program; no shell is wanted)
