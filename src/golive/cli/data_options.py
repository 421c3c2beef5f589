"""The options that commands of `golive data` share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

SymbolOption: TypeAlias = Annotated[str, typer.Option("--symbol", metavar="BASE/QUOTE", help="The instrument, like BTC/USDT.")]
VenueOption: TypeAlias = Annotated[
    str | None, typer.Option("--venue", metavar="LABEL", help="The venue: okx, kraken, bybit. Default: the environment's.")
]
TimeframeOption: TypeAlias = Annotated[
    str | None, typer.Option("--timeframe", metavar="NAME", help="Length of a candle, like 1m. Default: the only one there is.")
]
EnvironmentOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--environment",
        metavar="NAME",
        help="Whose data. Default: the venue's paper environment, else the default entrypoint's.",
    ),
]
SinceOption: TypeAlias = Annotated[str | None, typer.Option("--since", metavar="TIME", help="From when, like 2024-01-01.")]
UntilOption: TypeAlias = Annotated[str | None, typer.Option("--until", metavar="TIME", help="Up to when, not included.")]
JsonOption: TypeAlias = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
