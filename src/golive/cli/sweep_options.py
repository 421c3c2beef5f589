"""The options that `golive sweep` and `golive walk-forward` share, and what they mean together."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from .delivery import set_apart
from .driver_ready import have_driver_ready
from .options import locate

if TYPE_CHECKING:
    from golive.runtime.sweep_cluster import ClusterAccess
    from golive.runtime.sweep_plan import SweepOptions, SweepPlan


class Method(str, Enum):
    GRID = "grid"
    RANDOM = "random"
    BAYESIAN = "bayesian"


class Executor(str, Enum):
    AUTO = "auto"
    THREADS = "threads"
    PROCESSES = "processes"


Param: TypeAlias = Annotated[
    list[str],
    typer.Option(
        "--param",
        metavar="NAME=LOW:HIGH:STEP",
        help="A parameter to move: also NAME=A,B,C, NAME=LOW:HIGH, NAME (its declared range); NAME=VALUE keeps it. Repeatable.",
    ),
]
Where: TypeAlias = Annotated[
    list[str] | None, typer.Option(metavar="CONDITION", help='Sets to try, like "fast_bars < slow_bars". Repeatable.')
]
MethodOption: TypeAlias = Annotated[Method, typer.Option(help="bayesian needs the extra `search`.")]
Trials: TypeAlias = Annotated[int | None, typer.Option(metavar="N", help="Sets to try; for random and bayesian.")]
Objective: TypeAlias = Annotated[str, typer.Option(metavar="NAME", help="sharpe, sortino, calmar, return or drawdown.")]
StopAfter: TypeAlias = Annotated[int | None, typer.Option(metavar="N", help="End when N sets in a row were no better.")]
Seed: TypeAlias = Annotated[int, typer.Option(metavar="N", min=0, help="Of the search.")]
Workers: TypeAlias = Annotated[int | None, typer.Option(metavar="N", help="Default: one for each core.")]
ExecutorOption: TypeAlias = Annotated[
    Executor, typer.Option(help="auto: threads for compiled strategies, processes for others. Results are the same.")
]
Cluster: TypeAlias = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="An existing Dask scheduler, tcp://host:port; needs the extra `scale`.")
]
ClusterCa: TypeAlias = Annotated[Path | None, typer.Option(metavar="FILE", help="TLS: the authority of the cluster.")]
ClusterCert: TypeAlias = Annotated[Path | None, typer.Option(metavar="FILE", help="TLS: our certificate.")]
ClusterKey: TypeAlias = Annotated[Path | None, typer.Option(metavar="FILE", help="TLS: our key.")]
Fresh: TypeAlias = Annotated[bool, typer.Option("--fresh", help="Forget what an earlier run of the same command left.")]
NoReport: TypeAlias = Annotated[bool, typer.Option("--no-report", help="Write no files; what was computed is still kept.")]


def cluster_access(address: str | None, ca: Path | None, cert: Path | None, key: Path | None) -> ClusterAccess | None:
    """Return how to reach the cluster, None without an address."""
    from golive.runtime.sweep_cluster import ClusterAccess

    if address is None:
        if ca is not None or cert is not None or key is not None:
            raise typer.BadParameter("TLS files are for --cluster ADDRESS", param_hint="--cluster")
        return None
    return ClusterAccess(address, ca, cert, key)


def planned(options: SweepOptions, config: Path, home: Path | None) -> SweepPlan:
    """Plan a search; the compiled driver is ready where it is used on this machine. ConfigError for what does not fit."""
    from golive.runtime.sweep_plan import plan_sweep

    place = locate(config, home)
    with set_apart():
        plan = plan_sweep(options, place.runtime_file, place.home, os.environ)
    if plan.why_events is None and options.cluster is None:
        have_driver_ready()
    return plan
