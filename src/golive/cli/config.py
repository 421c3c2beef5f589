"""`golive config check | show | schema`: judge the configuration, list what is in force, describe the files."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golive.model.verdict import ExitCode

from .command_app import command_group
from .delivery import delivered
from .options import DEFAULT_CONFIG, ConfigOption, HomeOption, locate

if TYPE_CHECKING:
    from golive.config.configuration import Configuration, Setting
    from golive.config.problem import Problem

app = command_group("Check, show and describe the configuration.")

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]


class ConfigFile(str, Enum):
    """Which of the two files."""

    RUNTIME = "runtime"
    CORE = "core"


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, home: HomeOption = None, as_json: JsonOption = False) -> None:
    """Check both files and the overrides.

    Prints every problem at once, each with its place, the allowed values and the fix. Exit 0 or 2.
    """
    from golive.config.problem import ConfigErrors

    try:
        configuration = _load(config, home)
    except ConfigErrors as errors:
        if not as_json:
            raise
        _print_check(errors.problems)
        raise typer.Exit(ExitCode.USAGE) from errors
    if as_json:
        _print_check(())
        return
    names = ", ".join(configuration.runtime.trading.entrypoints)
    count = len(configuration.overrides)
    overridden = f"; {count} value{'' if count == 1 else 's'} from the environment" if count else ""
    _print(f"configuration ok: {names}{overridden}")


@app.command()
def show(
    config: ConfigOption = DEFAULT_CONFIG,
    home: HomeOption = None,
    origin: Annotated[bool, typer.Option("--origin", help="Add where each value comes from; JSON always says it.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Print every effective value.

    Files, overrides and defaults together; values that are named like secrets are not shown.
    """
    settings = _load(config, home).settings()
    if as_json:
        from golive.runtime.config_document import show_document

        _print(json.dumps(show_document(settings), indent=2, ensure_ascii=False))
        return
    _print("\n".join(_table(settings, origin)))


@app.command()
def schema(
    file: Annotated[ConfigFile, typer.Option("--file", help="Which file to describe.")] = ConfigFile.RUNTIME,
) -> None:
    """Print the JSON Schema of one file, for editors."""
    from golive.config.json_schema import json_schema

    _print(json.dumps(json_schema(file.value), indent=2, ensure_ascii=False))


def _print(text: str) -> None:
    with delivered() as stdout:
        stdout.write(f"{text}\n")


def _load(config: Path, home: Path | None) -> Configuration:
    from golive.storage.config_files import load_configuration

    return load_configuration(locate(config, home).runtime_file, os.environ)


def _print_check(problems: Sequence[Problem]) -> None:
    from golive.runtime.config_document import check_document

    _print(json.dumps(check_document(problems), indent=2, ensure_ascii=False))


def _table(settings: Sequence[Setting], with_origin: bool) -> list[str]:
    from golive.config.problem import text_of

    rows = [(f"{'.'.join(s.path)} = {text_of(s.value)}", s.origin) for s in settings]
    if not with_origin:
        return [text for text, _ in rows]
    width = max(len(text) for text, _ in rows)
    return [f"{text:<{width}}  # {origin}" for text, origin in rows]
