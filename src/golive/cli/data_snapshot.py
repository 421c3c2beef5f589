"""`golive data snapshot`: the risk snapshot of an environment."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Annotated

import typer

from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .terminal import clean


def snapshot(
    environment: Annotated[
        str | None,
        typer.Option("--environment", metavar="NAME", help="Of which environment. Default: the venue's paper environment."),
    ] = None,
    venue: Annotated[str | None, typer.Option("--venue", metavar="LABEL", help="The venue: okx, kraken, bybit.")] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint", metavar="NAME", help="embedded, public, sandbox or a base URL. Default: the environment's own."
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="N", min=0, help="Seed of an embedded venue's market. Default: the downloaded one, else 7."
        ),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
) -> None:
    """Write the risk snapshot of an environment: its markets as stored and as the venue shows them now, and its limits.

    The file is risk_snapshot.json beside the environment's data; a download writes it anew as well.
    Exit codes: 0 all known, 6 something is not (it is named in the snapshot), 2 usage, configuration or a store that cannot
    be read, 70 internal error or stdout did not take the result.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.risk_snapshot.document import document
    from golive.runtime.risk_snapshot.snapshot import lines, take_snapshot
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    written = asyncio.run(
        take_snapshot(
            configuration, where.home, SystemClock(), environment=environment, venue=venue, endpoint=endpoint, seed=seed
        )
    )
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(written.snapshot), indent=2, ensure_ascii=False) + "\n")
        else:
            stdout.writelines(f"{clean(line)}\n" for line in lines(written))
    raise typer.Exit(written.exit_code)
