"""`golive strategy new | list | show | check`: strategies, built in and of the project's folder."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.errors import ConfigError
from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered, set_apart
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

if TYPE_CHECKING:
    from golive.matching.columns import CandleColumns
    from golive.runtime.strategy_folder import FoundStrategy

app = command_group("Write, list, show and check strategies.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A strategy: built in, or in <home>/strategies/.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


@app.callback()
def strategy() -> None:
    """Write, list, show and check strategies."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name, like my_trend; also that of its file.")],
    form: Annotated[str, typer.Option("--form", metavar="FORM", help="step, callbacks, signals or freqtrade.")] = "step",
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
) -> None:
    """Write a new strategy and its test into strategies/; both work as they are. Nothing is overwritten.

    Exit codes: 0 written, 2 usage.
    """
    from golive.runtime.strategy_new import new_strategy

    file, test = new_strategy(name, form, locate(config, home).home)
    with delivered() as stdout:
        stdout.write(f"{file}\n{test}\nnext: golive strategy check {name}\n")


@app.command("list")
def list_strategies(config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """List the strategies that are built in and those of strategies/, with files that cannot be read.

    Exit codes: 0 all can be used, 2 a file cannot be read.
    """
    from golive.runtime.strategy_document import list_document
    from golive.runtime.strategy_folder import FoundStrategy, all_strategies

    from .strategy_table import print_list

    with set_apart():
        rows = all_strategies(locate(config, home).home)
    with delivered() as stdout, set_apart():
        if as_json:
            stdout.write(json.dumps(list_document(rows), indent=2, ensure_ascii=False) + "\n")
        else:
            print_list(rows, stdout)
    if not all(isinstance(row, FoundStrategy) for row in rows):
        raise typer.Exit(ExitCode.USAGE)


@app.command()
def show(name: NameArgument, config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Show one strategy: its rule, form, warm-up and every parameter with its range.

    Exit codes: 0 shown, 2 there is no such strategy.
    """
    from golive.runtime.strategy_document import strategy_document
    from golive.runtime.strategy_folder import find_strategy

    from .strategy_table import print_strategy

    with set_apart():
        found: FoundStrategy = find_strategy(name, locate(config, home).home)
    with delivered() as stdout, set_apart():
        if as_json:
            stdout.write(json.dumps(strategy_document(found), indent=2, ensure_ascii=False) + "\n")
        else:
            print_strategy(found, stdout)


@app.command()
def check(
    name: NameArgument,
    data: Annotated[
        str | None,
        typer.Option(
            "--data", metavar="FILE|VENUE:BASE/QUOTE", help="Candles of a file, or stored ones. Default: a market made here."
        ),
    ] = None,
    timeframe: Annotated[str | None, typer.Option("--timeframe", metavar="NAME", help="Length of a candle, like 1m.")] = None,
    environment: Annotated[str | None, typer.Option("--environment", metavar="NAME", help="Whose stored candles.")] = None,
    bars: Annotated[int | None, typer.Option("--bars", metavar="N", min=1, help="Candles. Default: by the warm-up.")] = None,
    param: Annotated[
        list[str] | None, typer.Option("--param", metavar="NAME=VALUE", help="A parameter of the strategy; repeatable.")
    ] = None,
    timeout: Annotated[
        float,
        typer.Option("--timeout", metavar="SECONDS", min=0, help="What takes longer has failed; of each check. 0: no limit."),
    ] = 60.0,
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove by running it: no look-ahead, no repaint, enough warm-up, determinism, one result in every form, targets within 0..1.

    Exit codes: 0 nothing failed, 2 usage, 4 a check failed.
    """
    from golive.runtime.backtest_terms import given_parameters
    from golive.runtime.strategy_check import check_strategy

    from .strategy_table import print_findings

    where = locate(config, home)
    candles = None if data is None else _candles(data, timeframe, environment, where.home, where.runtime_file)
    with set_apart():
        examined = check_strategy(
            name,
            where.home,
            given=given_parameters(param or []),
            candles=candles,
            data="" if data is None else data,
            timeframe=timeframe or "1m",
            bars=bars,
            around=lambda check: _watched(check, name, timeout),
        )
    with delivered() as stdout:
        if as_json:
            stdout.write(json.dumps(examined.document(), indent=2, ensure_ascii=False) + "\n")
        else:
            print_findings(examined, stdout)
    if not examined.passed:
        raise typer.Exit(ExitCode.VALIDATION_FAILED)


@contextlib.contextmanager
def _watched(check: str, strategy: str, timeout: float) -> Iterator[None]:
    """Show on a terminal which check is made, and let it take this long."""
    from golive.runtime.check_time import within

    terminal = sys.stderr if sys.stderr.isatty() else None
    if terminal is not None:
        terminal.write(f"\rchecking {strategy}: {check}\x1b[K")
        terminal.flush()
    try:
        with within(timeout, strategy):
            yield
    finally:
        if terminal is not None:
            terminal.write("\r\x1b[K")
            terminal.flush()


def _candles(data: str, timeframe: str | None, environment: str | None, home: Path, runtime_file: Path) -> CandleColumns:
    from golive.runtime.data_choice import choose
    from golive.runtime.strategy_check import candles_of_file
    from golive.storage.config_files import load_configuration

    if Path(data).is_file():
        return candles_of_file(Path(data), timeframe)
    if "/" not in data or Path(data).suffix:
        raise ConfigError(f"--data {data}: there is no such file; name one, or a stored series like okx:BTC/USDT")
    configuration = load_configuration(runtime_file, os.environ)
    chosen = choose(configuration, home, environment=environment, venue=None, symbol=data)
    return chosen.store.read(chosen.instrument, chosen.timeframe(timeframe))
