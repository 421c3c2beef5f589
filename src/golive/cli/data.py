"""`golive data`: market data of an environment."""

from __future__ import annotations

import json
import os
from typing import Annotated

import typer

from .command_app import command_group
from .data_download import download
from .data_files import export_file, import_file, resample_series
from .data_options import (
    EnvironmentOption,
    JsonOption,
    SinceOption,
    SymbolOption,
    TimeframeOption,
    UntilOption,
    VenueOption,
)
from .data_quality import quality
from .data_snapshot import snapshot
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

app = command_group("Download, import, examine and export market data.")

app.command()(download)
app.command()(snapshot)
app.command()(quality)
app.command("import")(import_file)
app.command("export")(export_file)
app.command("resample")(resample_series)


@app.callback()
def data() -> None:
    """Download, import, examine and export market data."""


@app.command("list")
def list_series(
    environment: Annotated[
        str | None, typer.Option("--environment", metavar="NAME", help="Whose data. Default: of all environments.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """List the stored series: how many candles, from when to when, how many gaps.

    Exit codes: 0 listed, also when nothing is stored; 4 listed, and a series cannot be read; 2 usage or configuration.
    """
    from golive.model.verdict import ExitCode
    from golive.runtime.data_choice import stored_data
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    found = stored_data(load_configuration(where.runtime_file, os.environ), where.home, environment=environment)
    code = ExitCode.VALIDATION_FAILED if found.damaged else ExitCode.OK
    with delivered() as stdout:
        if as_json:
            from golive.runtime.stored_document import list_document

            stdout.write(json.dumps(list_document(found, code), indent=2, ensure_ascii=False) + "\n")
        elif found.series or found.damaged:
            from .data_table import print_list

            print_list(found, stdout)
        else:
            stdout.write("nothing is stored; `golive data download` or `golive data import` brings candles\n")
    raise typer.Exit(code)


@app.command()
def show(
    symbol: SymbolOption,
    venue: VenueOption = None,
    timeframe: TimeframeOption = None,
    since: SinceOption = None,
    until: UntilOption = None,
    rows: Annotated[int, typer.Option("--rows", metavar="N", min=1, max=1000, help="Candles at each end, and gaps.")] = 5,
    environment: EnvironmentOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Show one series: span, grid, quality, longest gaps, first and last candles.

    Exit codes: 0 shown, 2 usage, nothing stored or no candle in the period.
    """
    from golive.market.quality import check_quality
    from golive.market.store import gaps_between
    from golive.runtime.data_choice import StoredSeries, choose
    from golive.storage.config_files import load_configuration

    from .data_table import print_series

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    chosen = choose(configuration, where.home, environment=environment, venue=venue, symbol=symbol)
    name = chosen.timeframe(timeframe)
    chosen.store.index(chosen.instrument, name)
    entry = next(e for e in chosen.store.series() if e.instrument.id == chosen.instrument and e.timeframe == name)
    candles = chosen.candles(name, since, until)
    quality = check_quality(candles, candles.timeframe_ns)
    row = StoredSeries(chosen.environment, chosen.store, entry)
    with delivered() as stdout:
        print_series(row, candles, gaps_between(candles), quality, stdout, rows=rows)


@app.command()
def verify(
    environment: Annotated[
        str | None, typer.Option("--environment", metavar="NAME", help="Whose data. Default: of all environments.")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Also ask whether the last candle is recent.")] = False,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Verify every stored series: digests, order, rules of rows, derived columns; and write its quality report.

    Exit codes: 0 sound, 4 a file is damaged, or a series is stale or of critical quality, 6 nothing is stored, 70 a report cannot
    be written, internal error, or stdout did not take the result.
    """
    from golive.model.verdict import ExitCode
    from golive.runtime.clock import SystemClock
    from golive.runtime.data_verify import verify_stored
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    found = verify_stored(configuration, where.home, environment=environment, now=SystemClock().now(), is_fresh_wanted=fresh)
    code = ExitCode.UNKNOWN if not found else ExitCode.OK if all(each.is_sound for each in found) else ExitCode.VALIDATION_FAILED
    with delivered() as stdout:
        if as_json:
            from golive.runtime.stored_document import verify_document

            document = verify_document([each.row() for each in found], code)
            stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        else:
            for each in found:
                stdout.write("\n".join(each.lines()) + "\n")
            if not found:
                stdout.write("nothing is stored, so nothing can be said\n")
    raise typer.Exit(code)


@app.command()
def remove(
    symbol: SymbolOption,
    timeframe: Annotated[str, typer.Option("--timeframe", metavar="NAME", help="Length of a candle, like 1m.")],
    venue: VenueOption = None,
    environment: EnvironmentOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Remove one series from the store, damaged or not, and what downloads have noted about it.

    Exit codes: 0 removed, 2 usage or nothing stored.
    """
    from golive.market.wording import counted
    from golive.runtime.data_choice import choose
    from golive.runtime.download.record import remove_record
    from golive.storage.config_files import load_configuration

    where = locate(config, home)
    configuration = load_configuration(where.runtime_file, os.environ)
    chosen = choose(configuration, where.home, environment=environment, venue=venue, symbol=symbol)
    rows = chosen.store.remove(chosen.instrument, timeframe)
    remove_record(chosen.store.root, chosen.instrument, timeframe)
    said = "a damaged series" if rows is None else counted(rows, "candle")
    with delivered() as stdout:
        stdout.write(f"{said} of {chosen.instrument} {timeframe} of {chosen.environment} removed\n")
