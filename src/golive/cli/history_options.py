"""The options of every command that trades over stored candles: which candles, and under which terms."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

Strategy: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="Default: the entrypoint's.")]
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
Fees: TypeAlias = Annotated[
    str | None,
    typer.Option(metavar="MAKER,TAKER[,quote|received]", help="Basis points, and the asset charged. Default: the entrypoint's."),
]
Slippage: TypeAlias = Annotated[str | None, typer.Option(metavar="BPS", help="Of what takes liquidity. Default: 5.")]
Participation: TypeAlias = Annotated[
    str | None, typer.Option(metavar="SHARE", help="Most of a bar's volume that our fills take. Default: 1/10.")
]
Latency: TypeAlias = Annotated[str | None, typer.Option(metavar="MS", help="Each way, market time. Default: 0.")]
Balance: TypeAlias = Annotated[
    str | None, typer.Option(metavar="AMOUNT", help="Start with this much of the quote asset. Default: the entrypoint's.")
]
Entrypoint: TypeAlias = Annotated[str | None, typer.Option(metavar="NAME", help="Default: trading.default_entrypoint.")]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print the whole document on stdout.")]
