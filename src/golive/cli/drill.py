"""`golive drill run`: break simulated venues and ourselves, and measure how all of it heals."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, Location, locate
from .telling import tell

if TYPE_CHECKING:
    from golive.config.resilience_section import Resilience
    from golive.readiness.resilience.service import Scenario
    from golive.runtime.drill.run import Drill

app = command_group("Break simulated venues, and measure how trading heals.")


@app.callback()
def drill() -> None:
    """Break simulated venues, and measure how trading heals."""


@app.command()
def run(
    scenario: Annotated[
        str | None,
        typer.Option(metavar="venue_outage|rate_limit_storm|feed_silence|process_kill", help="Only this one. Default: all."),
    ] = None,
    time_scale: Annotated[
        int, typer.Option("--time-scale", metavar="N", min=1, max=10, help="Divide lags and deadlines by this; 1: real time.")
    ] = 5,
    operator: Annotated[
        str | None, typer.Option(metavar="NAME", help="Who runs the drill. Default: the user this process runs as.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print failover_summary.json on stdout.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Trade through the live router at simulated venues of the drill's own, break them, and measure.

    Journals and state of the drill are in a temporary folder; no entrypoint, key or account of this installation is touched. What
    was measured is written to var/audit/resilience, and signed into the decision log as the step resilience_drill.

    Exit codes: 0 all within core.yaml: resilience; 5 a limit was exceeded, or an order was there twice; 6 something could not be
    measured, or it was stopped; 2 usage or configuration.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.drill.run import keep_drill
    from golive.runtime.identity import operator_identity
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    limits = load_configuration(where.runtime_file, os.environ).core.resilience
    who, clock = operator or operator_identity(), SystemClock()
    try:
        done = asyncio.run(_run(_scenarios(scenario), limits, who, time_scale))
    except asyncio.CancelledError:
        tell("the drill was stopped: nothing was written, and what it had started has ended")
        raise typer.Exit(ExitCode.UNKNOWN) from None
    keep_drill(where.home, done, clock, who)
    _show(done, where, as_json=as_json)
    raise typer.Exit(done.exit_code)


async def _run(scenarios: list[Scenario], limits: Resilience, operator: str, time_scale: int) -> Drill:
    """Run the drill; SIGINT and SIGTERM end it in order: raises CancelledError when everything it started has ended."""
    from golive.runtime.clock import SystemClock
    from golive.runtime.drill.run import run_drill

    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await run_drill(scenarios, limits, SystemClock(), operator, time_scale=time_scale, say=tell)


def _scenarios(name: str | None) -> list[Scenario]:
    from golive.readiness.resilience.service import Scenario

    if name is None:
        return list(Scenario)
    if name not in list(Scenario):
        raise ConfigError(f"--scenario {name}: give one of {', '.join(Scenario)}")
    return [Scenario(name)]


def _show(done: Drill, where: Location, *, as_json: bool) -> None:
    from golive.readiness.resilience.document import document

    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(document(done.summary), indent=2, ensure_ascii=False) + "\n")
        else:
            from .drill_table import print_drill

            print_drill(done, stdout)
