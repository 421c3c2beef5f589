"""`golive data download`: history from a venue into the store."""

from __future__ import annotations

import json
import os
import sys
from typing import Annotated

import typer

from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate


def download(
    symbol: Annotated[str, typer.Option("--symbol", metavar="BASE/QUOTE", help="What to download, like BTC/USDT.")],
    venue: Annotated[str | None, typer.Option("--venue", metavar="LABEL", help="The venue: okx, kraken, bybit.")] = None,
    timeframe: Annotated[str, typer.Option("--timeframe", metavar="NAME", help="Length of a candle.")] = "1m",
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="From when, like 2024-01-01. Default: from the first stored candle."),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="Up to when. Default: up to the last closed candle.")
    ] = None,
    environment: Annotated[
        str | None,
        typer.Option("--environment", metavar="NAME", help="Whose data it becomes. Default: the venue's paper environment."),
    ] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            "--endpoint", metavar="NAME", help="embedded, public, sandbox or a base URL. Default: the environment's own."
        ),
    ] = None,
    fill_gaps: Annotated[bool, typer.Option("--fill-gaps", help="Ask again for what the venue did not have.")] = False,
    seed: Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Seed of the market of an embedded venue.")] = 7,
    mix: Annotated[bool, typer.Option("--mix", help="Take the venue's candles into a series that came from files.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout, and no progress.")] = False,
) -> None:
    """Download candles into the store of an environment; public data, no key needed.

    What is stored already is not asked for. When it is interrupted, run it again: it goes on where it stopped.
    Exit codes: 0 all is there, 6 it was interrupted or the venue could not be asked (what came is stored), 2 usage or
    configuration, an instrument that the venue does not list, 70 internal error or stdout did not take the result.
    """
    from golive.runtime.clock import SystemClock
    from golive.runtime.download.carry_out import carry_out
    from golive.runtime.download.plan import DownloadOptions, plan_download
    from golive.storage.config_files import load_configuration

    from .download_progress import bar, print_outcome

    where = locate(config, home)
    options = DownloadOptions(
        symbol=symbol, timeframe=timeframe, venue=venue, environment=environment, since=since, until=until, endpoint=endpoint,
        fill_gaps=fill_gaps, seed=seed, may_mix=mix,
    )  # fmt: skip
    configuration, clock = load_configuration(where.runtime_file, os.environ), SystemClock()
    plan = plan_download(options, configuration, where.home, clock.now())
    with bar(sys.stderr, f"{symbol} {timeframe}", is_wanted=not as_json) as show:
        outcome = carry_out(plan, configuration, where.home, clock, show)
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(outcome.document(), indent=2, ensure_ascii=False) + "\n")
        else:
            print_outcome(outcome.document(), stdout)
    raise typer.Exit(outcome.exit_code)
