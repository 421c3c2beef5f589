"""`golive backtest`: a strategy over stored candles by the rules of a session, its report, its exit code."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from . import history_options as history
from .command_app import single_command
from .delivery import deliver_history, set_apart
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

if TYPE_CHECKING:
    from golive.model.json import JsonObject

app = single_command()


class Driver(str, Enum):
    AUTO = "auto"
    COLUMNS = "columns"
    EVENTS = "events"


@app.command()
def backtest(
    strategy: history.Strategy = None,
    symbol: history.Symbol = None,
    timeframe: history.Timeframe = None,
    since: history.Since = None,
    until: history.Until = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the strategy; repeatable.")
    ] = None,
    risk_profile: history.RiskProfile = None,
    fees: history.Fees = None,
    slippage_bps: history.Slippage = None,
    participation: history.Participation = None,
    latency_ms: history.Latency = None,
    detail: Annotated[
        str | None, typer.Option(metavar="1m|…", help="Finer candles that orders meet, so that stops act inside a bar.")
    ] = None,
    balance: history.Balance = None,
    seed: Annotated[int, typer.Option(metavar="N", min=0, help="Of the confidence intervals.")] = 7,
    driver: Annotated[
        Driver, typer.Option(help="columns: compiled; events: one by one, as a session; both give the same outcome.")
    ] = Driver.AUTO,
    entrypoint: history.Entrypoint = None,
    no_report: Annotated[bool, typer.Option("--no-report", help="Write no files.")] = False,
    as_json: history.AsJson = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the HTML page in the browser.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Run a strategy over stored candles and say what it would have earned.

    The rules are those of a paper session: the same engine, risk limits, fees and fill model. JSON goes to logs/backtest,
    Markdown and HTML to reports/backtest. Exit codes: 0 it ran, 2 usage, configuration or data, 70 internal error or stdout
    did not take the result.
    """
    if open_page and no_report:
        raise typer.BadParameter("there is no page to open with --no-report", param_hint="--open")
    from golive.runtime.backtest_plan import BacktestOptions, prepare
    from golive.runtime.backtest_run import run_backtest, takes_columns

    from .driver_ready import have_driver_ready

    where = locate(config, home)
    options = BacktestOptions(
        entrypoint=entrypoint,
        strategy=strategy,
        symbols=tuple(symbol or ()),
        timeframe=timeframe,
        since=since,
        until=until,
        parameters=tuple(param or ()),
        risk_profile=risk_profile,
        fees=fees,
        slippage_bps=slippage_bps,
        participation=participation,
        latency_ms=latency_ms,
        detail=detail,
        balance=balance,
        seed=seed,
        driver=driver.value,
    )
    with set_apart():
        prepared = prepare(options, where.runtime_file, where.home, os.environ)
        if takes_columns(options, prepared):
            have_driver_ready()
        document = run_backtest(options, prepared, where.home, writes_report=not no_report)
    deliver_history(document, _print, as_json=as_json)
    if open_page:
        _open(where.home, document)


def _print(document: JsonObject, stdout: TextIO) -> None:
    from .backtest_table import print_backtest

    print_backtest(document, stdout)


def _open(home: Path, document: JsonObject) -> None:
    from golive.observability import reading as read

    from .browser import open_file

    open_file(home / read.text(document, "run", "report_html"))
