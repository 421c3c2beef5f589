"""`golive audit bundle`: hand a go-live window over to an auditor, with all that verifies it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from golive.model.errors import JournalError
from golive.model.verdict import ExitCode

from .audit_findings import SHOWN, exit_code, verifier_of, window_of
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .telling import tell
from .terminal import clean


def bundle(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to make; it is not there yet, or empty.")],
    since: Annotated[str | None, typer.Option(metavar="TIME", help="From this time, like 2026-01-10T09:00Z.")] = None,
    until: Annotated[str | None, typer.Option(metavar="TIME", help="Before this time.")] = None,
    home: HomeOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make a folder for an auditor: every log with records in the window, whole, its seals, public keys and a verifier.

    A signed manifest lists them and what verifying the copies found; README.md has the commands for who has nothing of Golive.
    The folder is made whole or not at all, also while sessions write. No secret goes into it.

    Exit 0 all of it clean, 1 something was tampered with, 6 cannot say, or nothing to hand over (then no folder is made),
    2 usage: the folder holds something, 70 stdout did not take the result.
    """
    from golive.runtime.audit_bundle.make import make_bundle, soundness_of
    from golive.runtime.clock import SystemClock
    from golive.runtime.identity import operator_identity

    window = window_of(since, until)
    where = locate(config, home)
    try:
        made = make_bundle(where.home, out, verifier_of(where), window, SystemClock(), operator_identity())
    except JournalError as exc:
        tell(f"cannot say: {exc}")
        raise typer.Exit(ExitCode.UNKNOWN) from exc
    with delivered():
        typer.echo(
            f"{out}: {len(made.logs)} logs in {len(made.files)} files, signed by {made.key_id}; README.md says how to verify"
        )
        for log in made.logs:
            sealed = "not sealed" if log.sealed_seq is None else f"sealed up to seq {log.sealed_seq}"
            kind = log.soundness.replace("_", " ")
            typer.echo(f"{kind:<13} {clean(log.files[0])} ({log.in_window} of {log.records} records in the window, {sealed})")
            for fault in log.faults[:SHOWN]:
                typer.echo(f"              {clean(fault)}")
        for name in made.gone:
            typer.echo(f"tampered      {clean(name)}: seals a log that is gone, or was begun anew")
    raise typer.Exit(exit_code(soundness_of(made)))
