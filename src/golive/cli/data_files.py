"""`golive data import | export | resample`: candles into the store, out of it, and longer ones made of shorter ones."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated

import typer

from .data_options import (
    EnvironmentOption,
    JsonOption,
    SinceOption,
    SymbolOption,
    TimeframeOption,
    UntilOption,
    VenueOption,
)
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate


def import_file(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Candles or trades as .csv .parquet .feather .jsonl; a feed as .gz.")
    ],
    symbol: SymbolOption,
    venue: VenueOption = None,
    timeframe: Annotated[
        str | None, typer.Option("--timeframe", metavar="NAME", help="Length of a candle, like 1m. Default: as the rows tell.")
    ] = None,
    volume_unit: Annotated[
        str, typer.Option("--volume-unit", metavar="UNIT", help="What the file's volume counts: base or quote.")
    ] = "base",
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="ROLE=NAME,…", help="Columns by name, like timestamp=Time,volume=Vol.")
    ] = None,
    tick_size: Annotated[
        str | None, typer.Option("--tick-size", metavar="STEP", help="Price step; prices are rounded to it. Default: found.")
    ] = None,
    lot_size: Annotated[
        str | None, typer.Option("--lot-size", metavar="STEP", help="Quantity step; volumes are rounded down to it.")
    ] = None,
    drop_bad: Annotated[
        bool, typer.Option("--drop-bad", help="Leave impossible and unaligned rows out, instead of refusing the file.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Take the file's candle where it differs from the stored one.")
    ] = False,
    mix: Annotated[bool, typer.Option("--mix", help="Take the file's candles into a series that was downloaded.")] = False,
    environment: EnvironmentOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Import candles from a file, or make them of trades, and write a quality report of the series.

    All of its rows are stored or, on any error, none. Exit codes: 0 stored; 5 stored, and the series breaks a limit of the
    environment (data_quality in core.yaml); 4 nothing stored because of impossible rows, or because no candle has ended;
    2 usage, a file that cannot be read, or candles that contradict each other; 70 the store or the report cannot be written,
    internal error, or stdout did not take the result.
    """
    from golive.market.candle_import import VOLUME_UNITS
    from golive.market.column_role import parse_overrides
    from golive.market.timeframe import timeframe_ns
    from golive.model.errors import ConfigError, MagnitudeError
    from golive.model.money import parse_money
    from golive.runtime.clock import SystemClock
    from golive.runtime.data_choice import choose
    from golive.runtime.data_import import ImportOrder, import_into
    from golive.storage.config_files import load_configuration

    if volume_unit not in VOLUME_UNITS:
        raise ConfigError(f"--volume-unit {volume_unit}: give base or quote")
    if timeframe is not None:
        timeframe_ns(timeframe)
    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    chosen = choose(configuration, where.home, environment=environment, venue=venue, symbol=symbol)
    try:
        tick = None if tick_size is None else parse_money(tick_size, "--tick-size")
        lot = None if lot_size is None else parse_money(lot_size, "--lot-size")
        order = ImportOrder(
            path=file, instrument=chosen.instrument, timeframe=timeframe, volume_unit=volume_unit,
            columns=parse_overrides(columns), tick_size=tick, lot_size=lot, drops_bad=drop_bad, replaces=replace, may_mix=mix,
        )  # fmt: skip
        limits = configuration.core.environments[chosen.environment].data_quality
        outcome = import_into(chosen.store, where.home, order, limits, SystemClock().now())
    except MagnitudeError as exc:
        raise ConfigError(f"{file}: {exc}") from exc
    with delivered() as stdout:
        document = outcome.document(chosen.environment)
        if as_json:
            stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        else:
            from .data_table import print_import

            print_import(document, stdout)
    raise typer.Exit(outcome.exit_code)


def export_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What to write: .csv, .jsonl, .parquet or .feather.")],
    symbol: SymbolOption,
    venue: VenueOption = None,
    timeframe: TimeframeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    environment: EnvironmentOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Write stored candles to a file for other programs; an existing file is replaced whole.

    Exit codes: 0 written, 2 usage, nothing stored or no candle in the period (a file there stays), 70 it cannot be written.
    """
    from golive.market.candle_export import export_candles
    from golive.market.wording import counted
    from golive.runtime.data_choice import choose
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    chosen = choose(configuration, where.home, environment=environment, venue=venue, symbol=symbol)
    name = chosen.timeframe(timeframe)
    candles = chosen.candles(name, since, until)
    export_candles(candles, file)
    with delivered() as stdout:
        stdout.write(f"{counted(len(candles), 'candle')} of {chosen.instrument} {name} written to {file}\n")


def resample_series(
    symbol: SymbolOption,
    to: Annotated[str, typer.Option("--to", metavar="NAME", help="The longer timeframe, like 1h.")],
    venue: VenueOption = None,
    timeframe: Annotated[
        str | None, typer.Option("--timeframe", metavar="NAME", help="Made of which. Default: the longest stored that fits.")
    ] = None,
    environment: EnvironmentOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Make longer candles of stored ones and store them, anew each time; a candle that lacks a part of it is not made.

    Backtests do not need it: what is not stored is made when it is read. Exit codes: 0 stored, 2 usage, nothing fits, or candles
    of that length are stored that were not made.
    """
    from golive.market.derived import store_derived
    from golive.market.wording import counted
    from golive.runtime.clock import SystemClock
    from golive.runtime.data_choice import choose
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    chosen = choose(configuration, where.home, environment=environment, venue=venue, symbol=symbol)
    made = store_derived(chosen.store, chosen.instrument, to, finer=timeframe, now=SystemClock().now())
    with delivered() as stdout:
        stdout.write(
            f"{chosen.instrument} {to}: {counted(made.rows, 'candle')} made of {made.finer_rows:,} of {made.finer}, "
            f"{made.not_made:,} not made because parts of them are missing\n"
        )
