"""`golive venue check | list`: examine one venue before anything is traded on it, and say which venues there are."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

if TYPE_CHECKING:
    from golive.config.resolved import ResolvedEntrypoint
    from golive.model.json import JsonValue

app = typer.Typer(
    help="Examine a venue, or list the configured ones.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.command()
def check(
    name: Annotated[str, typer.Argument(metavar="NAME", help="An entrypoint, an environment, an adapter or a venue's label.")],
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    timeout: Annotated[
        float, typer.Option(metavar="SECONDS", min=0.5, max=60, help="Most time for each single question.")
    ] = 10.0,
    as_json: JsonOption = False,
) -> None:
    """Examine one venue: names and TLS, clock, limits, key, permissions, markets, streams, sandbox.

    Nothing is ordered and nothing is changed at the venue. An endpoint `embedded` is started for the examination.
    Exit codes: 0 all ok, 4 a check failed, 6 something is unknown (not reachable, no key), 2 usage or configuration.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.venue_check.examination import Examination
    from golive.runtime.venue_check.row import document
    from golive.runtime.venue_check.target import entrypoint_of
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    entrypoint = entrypoint_of(name, load_configuration(where.runtime_file, os.environ))
    examination = Examination(home=where.home, clock=SystemClock(), timeout_s=timeout)
    found = asyncio.run(examination.of(entrypoint))
    if as_json:
        typer.echo(json.dumps(document(found), indent=2, ensure_ascii=False))
    else:
        from .venue_table import print_check

        print_check(found, sys.stdout)
    raise typer.Exit(found.exit_code)


@app.command("list")
def list_venues(config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the configured entrypoints with their venues; nothing is asked of them."""
    from golive.runtime.venue_check.target import every_entrypoint
    from golive.storage.config_files import load_configuration

    everyone = every_entrypoint(load_configuration(locate(config, home).runtime_file, os.environ))
    if as_json:
        venues: list[JsonValue] = [_json_row(each) for each in everyone]
        typer.echo(json.dumps({"schema": "golive.venue_list.v1", "venues": venues}, indent=2, ensure_ascii=False))
        return
    from .venue_table import print_list

    print_list(everyone, sys.stdout)


def _json_row(entrypoint: ResolvedEntrypoint) -> dict[str, JsonValue]:
    return {
        "entrypoint": entrypoint.name,
        "environment": entrypoint.environment,
        "environment_type": entrypoint.environment_type,
        "exchange": entrypoint.exchange,
        "adapter": entrypoint.adapter,
        "endpoint": entrypoint.endpoint,
        "keychain_key": entrypoint.keychain_key,
        "instruments": [str(each) for each in entrypoint.instruments],
        "tags": list(entrypoint.tags),
    }
