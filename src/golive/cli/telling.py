"""How a command says on stderr what is wrong: without any secret this process holds, and without what is named like one."""

from __future__ import annotations

import typer

from golive.model.redaction import redacted


def tell(text: object) -> None:
    """Print a line on stderr, redacted by value and by name."""
    typer.echo(redacted(str(text)), err=True)
