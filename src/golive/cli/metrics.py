"""`golive metrics rules | dashboards | snapshot`: what Prometheus and Grafana load, and what they show, kept as evidence."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

if TYPE_CHECKING:
    from golive.config.configuration import Configuration

app = command_group("Make alert rules and dashboards of the configuration; keep what dashboards show.")

CheckOption = Annotated[bool, typer.Option("--check", help="Write nothing: compare with the files that are there.")]


@app.command()
def rules(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Where the files are. Default: deploy/prometheus at home.")
    ] = None,
    check: CheckOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Make Prometheus' alert rules and scrape file of the configuration's thresholds.

    Exit codes: 0 written, or as they should be; 2 usage or configuration; 4 with --check: a file is missing or differs; 70
    internal error, such as a folder that cannot be written.
    """
    from golive.runtime.monitoring import RULES_FOLDER, rule_files

    folder = _folder(to) or locate(config, home).home / RULES_FOLDER
    _make(folder, rule_files(_configuration(config, home)), check=check)


@app.command()
def dashboards(
    to: Annotated[
        Path | None, typer.Option("--to", metavar="DIR", help="Where the files are. Default: deploy/grafana at home.")
    ] = None,
    check: CheckOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Make the dashboards that Grafana imports, with the configuration's windows and limits.

    Exit codes: 0 written, or as they should be; 2 usage or configuration; 3 the extra `dashboards` is not installed; 4 with
    --check: a file is missing or differs; 70 internal error, such as a folder that cannot be written.
    """
    from golive.runtime.monitoring import DASHBOARDS_FOLDER, dashboard_files

    _make(
        _folder(to) or locate(config, home).home / DASHBOARDS_FOLDER, dashboard_files(_configuration(config, home)), check=check
    )


@app.command()
def snapshot(
    prometheus: Annotated[
        str, typer.Option("--prometheus", metavar="URL", help="The Prometheus that is asked.")
    ] = "http://127.0.0.1:9090",
    minutes: Annotated[int, typer.Option("--minutes", min=1, max=60 * 24 * 31, help="How far back it goes.")] = 60,
    as_json: Annotated[bool, typer.Option("--json", help="Print the document on stdout as well.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Ask a Prometheus all that the dashboards ask; keep the answers and a picture in var/audit/metrics/.

    Exit codes: 0 stored; 2 usage or configuration; 3 Prometheus does not answer; 6 stored, but it has no series of Golive in that
    time, or no rules of it; 70 internal error, such as a folder that cannot be written.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.metrics_snapshot import stretch_until, take_snapshot
    from golive.runtime.prometheus_api import PrometheusApi

    clock, place = SystemClock(), locate(config, home)
    api, configuration = PrometheusApi(prometheus), _configuration(config, home)
    taken = take_snapshot(configuration, api, place.home, stretch_until(clock.now(), minutes * 60), clock)
    told = taken.snapshot
    lines = [
        f"{told.series} series, {len(told.empty_queries)} questions unanswered, {told.rules} rules, {len(told.alerts)} alerts",
        *(f"{each.alert} {each.state}: {each.summary}" for each in told.alerts),
        f"stored: {taken.document}",
        f"stored: {taken.picture}",
    ]
    with delivered() as stdout:
        stdout.write(taken.document.read_text(encoding="utf-8") if as_json else "".join(f"{line}\n" for line in lines))
    if not told.series or not told.rules:
        raise typer.Exit(ExitCode.UNKNOWN)


def _folder(to: Path | None) -> Path | None:
    """Return what was given with --to; ConfigError for a place where no folder can be, as a file stands there or on the way."""
    there = None if to is None else next(each for each in (to, *to.absolute().parents) if each.exists())
    if there is not None and not there.is_dir():
        raise ConfigError(f"--to {to}, but {there} is no folder; give one, or one that can be made")
    return to


def _make(folder: Path, texts: dict[str, str], *, check: bool) -> None:
    from golive.runtime.monitoring import differing, write_files

    told = differing(folder, texts) if check else [f"written: {path}" for path in write_files(folder, texts)]
    with delivered() as stdout:
        stdout.write("".join(f"{line}\n" for line in told or [f"{folder}: {len(texts)} files as they should be"]))
    if check and told:
        raise typer.Exit(ExitCode.VALIDATION_FAILED)


def _configuration(config: Path, home: Path | None) -> Configuration:
    from golive.storage.config_files import load_configuration

    return load_configuration(locate(config, home).runtime_file, os.environ)
