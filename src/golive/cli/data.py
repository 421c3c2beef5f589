"""`golive data`: market data of an environment."""

from __future__ import annotations

import typer

from .data_download import download

app = typer.Typer(
    help="Download, import, examine and export market data.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)

app.command()(download)


@app.callback()
def data() -> None:
    """Download, import, examine and export market data."""
