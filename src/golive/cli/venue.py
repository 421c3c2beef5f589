"""`golive venue check | list`: examine one venue before anything is traded on it, and say which venues there are."""

from __future__ import annotations

import asyncio
import json
import os
from typing import Annotated

import typer

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate
from .passphrase import PassphraseDescriptor, stored_secrets

app = command_group("Examine a venue, or list the configured ones.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An entrypoint, an environment, an adapter or a venue's label.")],
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.5, max=60, help="Most time for each single question.")
    ] = 10.0,
    passphrase_fd: PassphraseDescriptor = None,
    as_json: JsonOption = False,
) -> None:
    """Examine one venue: names and TLS, clock, limits, key, permissions, markets, streams, sandbox.

    Nothing is ordered and nothing is changed at the venue. An endpoint `embedded` is started for the examination.
    A key of another venue comes from the store of secrets, if it has one; what the venue says of it is written down in
    logs/security_admin.log.
    Exit codes: 0 all ok, 3 the store cannot be opened, 4 a check failed or the stored key is not for this environment, 6
    something is unknown (not reachable, no key), 2 usage or configuration or a state directory that cannot be used, 70 internal
    error, the log cannot be written, or stdout did not take the result.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.venue_check.examination import Examination
    from golive.runtime.venue_check.row import document
    from golive.runtime.venue_check.target import entrypoint_of
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    entrypoint = entrypoint_of(name, load_configuration(where.runtime_file, os.environ))
    examination = Examination(
        home=where.home, clock=SystemClock(), timeout_s=timeout, store=stored_secrets(where.home, passphrase_fd)
    )
    found = asyncio.run(examination.of(entrypoint))
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(found), indent=2, ensure_ascii=False) + "\n")
        else:
            from .venue_table import print_check

            print_check(found, stdout)
    raise typer.Exit(found.exit_code)


@app.command("list")
def list_venues(config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the configured entrypoints with their venues; nothing is asked of them."""
    from golive.runtime.venue_check.target import every_entrypoint, list_document
    from golive.storage.config_files import load_configuration

    configuration = load_configuration(locate(config, home).runtime_file, os.environ)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(list_document(configuration), indent=2, ensure_ascii=False) + "\n")
            return
        from .venue_table import print_list

        print_list(every_entrypoint(configuration), stdout)
