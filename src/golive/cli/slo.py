"""`golive slo report`: what is promised about the service, and whether it is kept."""

from __future__ import annotations

import json
import os
import re
from typing import Annotated, Final

import typer

from golive.model.errors import ConfigError

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

_WINDOW: Final = re.compile(r"([1-9]\d{0,4})([mhd])")
_MINUTES: Final = {"m": 1, "h": 60, "d": 1440}

app = command_group("Judge service levels.")


@app.callback()
def slo() -> None:
    """Judge service levels."""


@app.command()
def report(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Only these objectives. Default: all.")] = None,
    window: Annotated[
        str | None,
        typer.Option(metavar="90m|24h|7d", help="How far back, for all of them. Default: each objective's window_minutes."),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="Only values of this entrypoint, exchange or stage, such as stage=paper."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Hold what sessions and live desks have measured against core.yaml: observability.slo, with the error budget of each.

    Exit codes: 0 every objective is kept; 5 one is breached; 6 one cannot be judged; 2 usage or configuration.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.service_levels.report import document, slo_report
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    found = slo_report(
        where.home,
        configuration,
        SystemClock().now(),
        names=names or (),
        window_minutes=_minutes(window),
        filters=_filters(label),
    )
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(found), indent=2, ensure_ascii=False) + "\n")
        else:
            from .slo_table import print_report

            print_report(found, stdout)
    raise typer.Exit(found.exit_code)


def _minutes(window: str | None) -> int | None:
    from golive.config.slo_section import LONGEST_MINUTES

    if window is None:
        return None
    match = _WINDOW.fullmatch(window)
    minutes = int(match[1]) * _MINUTES[match[2]] if match else 0
    if not 1 <= minutes <= LONGEST_MINUTES:
        raise ConfigError(f"--window {window}: give minutes, hours or days, such as 90m, 24h or 7d; at most 31d")
    return minutes


def _filters(labels: list[str] | None) -> dict[str, str]:
    from golive.model.indicator import FILTERS

    found = {}
    for each in labels or ():
        name, equals, value = each.partition("=")
        if name not in FILTERS or not equals or not value:
            raise ConfigError(f"--label {each}: give one of {', '.join(FILTERS)} and a value, such as stage=paper")
        found[name] = value
    return found
