"""The options that `golive sweep` and `golive walk-forward` share, and what they mean together."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

if TYPE_CHECKING:
    from golive.runtime.sweep_cluster import ClusterAccess


class Method(str, Enum):
    GRID = "grid"
    RANDOM = "random"
    BAYESIAN = "bayesian"


class Executor(str, Enum):
    AUTO = "auto"
    THREADS = "threads"
    PROCESSES = "processes"


Strategy: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="Default: the entrypoint's.")]
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
Symbol: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(metavar="BASE/QUOTE", help="Repeatable. Default: what is stored of the entrypoint's universe."),
]
Timeframe: TypeAlias = Annotated[str | None, typer.Option(metavar="1m|5m|1h|…", help="Default: the strategy's.")]
Since: TypeAlias = Annotated[str | None, typer.Option(metavar="TIME", help="First moment, like 2024-01-31. Default: all.")]
Until: TypeAlias = Annotated[str | None, typer.Option(metavar="TIME", help="Last moment, not included.")]
RiskProfile: TypeAlias = Annotated[
    str | None, typer.Option(metavar="NAME|none", help="Limits to trade under. Default: the entrypoint's; none: no limits.")
]
Fees: TypeAlias = Annotated[str | None, typer.Option(metavar="MAKER,TAKER", help="Basis points. Default: the entrypoint's.")]
Slippage: TypeAlias = Annotated[str | None, typer.Option(metavar="BPS", help="Of what takes liquidity. Default: 5.")]
Participation: TypeAlias = Annotated[
    str | None, typer.Option(metavar="SHARE", help="Most of a bar's volume that our fills take. Default: 1/10.")
]
Latency: TypeAlias = Annotated[str | None, typer.Option(metavar="MS", help="Each way, market time. Default: 0.")]
Balance: TypeAlias = Annotated[
    str | None, typer.Option(metavar="AMOUNT", help="Start with this much of the quote asset. Default: the entrypoint's.")
]
Entrypoint: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="Default: trading.default_entrypoint.")]
NoReport: TypeAlias = Annotated[bool, typer.Option("--no-report", help="Write no files; what was computed is still kept.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the whole document on stdout.")]


def cluster_access(address: str | None, ca: Path | None, cert: Path | None, key: Path | None) -> ClusterAccess | None:
    """Return how to reach the cluster, None without an address."""
    from golive.runtime.sweep_cluster import ClusterAccess

    if address is None:
        if ca is not None or cert is not None or key is not None:
            raise typer.BadParameter("TLS files are for --cluster ADDRESS", param_hint="--cluster")
        return None
    return ClusterAccess(address, ca, cert, key)
