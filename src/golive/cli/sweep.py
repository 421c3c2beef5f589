"""`golive sweep`: many parameter sets over stored candles, the best of them, and how much of that is luck."""

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
def sweep(
    param: given.Param,
    where: given.Where = None,
    method: given.MethodOption = given.Method.GRID,
    trials: given.Trials = None,
    objective: given.Objective = "sharpe",
    stop_after: given.StopAfter = None,
    seed: given.Seed = 7,
    heat_map: Annotated[
        list[str] | None, typer.Option(metavar="X,Y", help="Two parameters to draw. Repeatable. Default: the first pairs.")
    ] = None,
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
    """Try many parameter sets of a strategy over stored candles.

    The results are the same for any number of workers, and are kept as they come: after an interruption the same command goes on.
    JSON and a CSV of every set go to logs/sweep, Markdown and HTML to reports/sweep. Exit codes: 0 it ran, 2 usage, configuration
    or data, 3 the same sweep is running, 6 interrupted or the cluster lost, 70 internal error or stdout did not take the result.
    """
    from golive.runtime.backtest_plan import BacktestOptions
    from golive.runtime.sweep_plan import SweepOptions
    from golive.runtime.sweep_run import run_planned_sweep

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
        heat_maps=tuple(heat_map or ()),
        stop_after=stop_after,
        seed=seed,
        workers=workers,
        workers_kind=executor.value,
        cluster=given.cluster_access(cluster, cluster_ca, cluster_cert, cluster_key),
        is_fresh=fresh,
    )
    plan = given.planned(options, config, home)
    with set_apart(), interruptible(), bar(sys.stderr, is_wanted=not as_json) as show:
        name = plan.prepared.spec.strategy.name
        document = run_planned_sweep(plan, lambda *at: show(name, *at), writes_report=not no_report)
    deliver_history(document, _print, as_json=as_json)


def _print(document: JsonObject, stdout: TextIO) -> None:
    from .sweep_table import print_sweep

    print_sweep(document, stdout)
