"""`golive walk-forward`: parameters chosen on one stretch of history trade the next one, window after window."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from . import history_options as history
from . import sweep_options as given
from .command_app import single_command
from .delivery import deliver_history, set_apart
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption

if TYPE_CHECKING:
    from golive.model.json import JsonObject

app = single_command()


@app.command()
def walk_forward(
    train: Annotated[str, typer.Option(metavar="LENGTH", help="Of each training: bars like 5000, or a time like 60d, 12h.")],
    test: Annotated[str, typer.Option(metavar="LENGTH", help="Of each test; tests follow each other without a gap.")],
    param: given.Param,
    where: given.Where = None,
    method: given.MethodOption = given.Method.GRID,
    trials: given.Trials = None,
    objective: given.Objective = "sharpe",
    stop_after: given.StopAfter = None,
    seed: given.Seed = 7,
    purge: Annotated[str, typer.Option(metavar="LENGTH", help="Left out at the end of each training.")] = "0",
    embargo: Annotated[str, typer.Option(metavar="LENGTH", help="Left out before each test.")] = "0",
    anchored: Annotated[bool, typer.Option("--anchored", help="Every training begins at the first candle.")] = False,
    strategy: history.Strategy = None,
    symbol: history.Symbol = None,
    timeframe: history.Timeframe = None,
    since: history.Since = None,
    until: history.Until = None,
    risk_profile: history.RiskProfile = None,
    fees: history.Fees = None,
    slippage_bps: history.Slippage = None,
    participation: history.Participation = None,
    latency_ms: history.Latency = None,
    balance: history.Balance = None,
    entrypoint: history.Entrypoint = None,
    workers: given.Workers = None,
    executor: given.ExecutorOption = given.Executor.AUTO,
    cluster: given.Cluster = None,
    cluster_ca: given.ClusterCa = None,
    cluster_cert: given.ClusterCert = None,
    cluster_key: given.ClusterKey = None,
    fresh: given.Fresh = False,
    no_report: given.NoReport = False,
    as_json: history.AsJson = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Choose parameters on one stretch of history, trade the next one with them, and join what was traded.

    What comes after a training cannot change its choice. Results are kept as they come: after an interruption the same command
    goes on. JSON goes to logs/walk_forward, Markdown and HTML to reports/walk_forward. Exit codes: 0 it ran, 2 usage,
    configuration or data, 3 the same is running, 6 interrupted or the cluster lost, 70 internal error or stdout did not take
    the result.
    """
    from golive.runtime.backtest_plan import BacktestOptions
    from golive.runtime.sweep_plan import SweepOptions
    from golive.runtime.walk_forward_run import Lengths, run_walk_forward

    from .sweep_progress import bar, interruptible

    options = SweepOptions(
        backtest=BacktestOptions(
            entrypoint=entrypoint,
            strategy=strategy,
            symbols=tuple(symbol or ()),
            timeframe=timeframe,
            since=since,
            until=until,
            risk_profile=risk_profile,
            fees=fees,
            slippage_bps=slippage_bps,
            participation=participation,
            latency_ms=latency_ms,
            balance=balance,
        ),
        params=tuple(param),
        where=tuple(where or ()),
        method=method.value,
        trials=trials,
        objective=objective,
        stop_after=stop_after,
        seed=seed,
        workers=workers,
        workers_kind=executor.value,
        cluster=given.cluster_access(cluster, cluster_ca, cluster_cert, cluster_key),
        is_fresh=fresh,
    )
    plan = given.planned(options, config, home)
    with set_apart(), interruptible(), bar(sys.stderr, is_wanted=not as_json) as show:
        document = run_walk_forward(
            plan,
            Lengths(train, test, purge, embargo, anchored),
            lambda window, count, *at: show(f"window {window + 1} of {count}", *at),
            writes_report=not no_report,
        )
    deliver_history(document, _print, as_json=as_json)


def _print(document: JsonObject, stdout: TextIO) -> None:
    from .sweep_table import print_walk_forward

    print_walk_forward(document, stdout)
