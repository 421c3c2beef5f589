"""The options `--config` and `--home` that commands share, and what they mean together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from golive.observability.wording import Language

DEFAULT_CONFIG: Final = Path("config/runtime.yaml")

ConfigOption: TypeAlias = Annotated[
    Path, typer.Option("--config", metavar="FILE", help="The file runtime.yaml; relative to --home when that is given.")
]
HomeOption: TypeAlias = Annotated[
    Path | None,
    typer.Option("--home", metavar="DIR", envvar="GOLIVE_HOME", help="The project's directory. Default: the parent of config/."),
]


LanguageOption: TypeAlias = Annotated[
    Language, typer.Option("--lang", envvar="GOLIVE_LANG", help="Language of what people are told.")
]


@dataclass(frozen=True, slots=True)
class Location:
    """Where the project is: every relative path of the configuration starts at `home`."""

    home: Path
    runtime_file: Path


def locate(config: Path, home: Path | None) -> Location:
    """Return home and configuration file.

    With `home` given a relative `config` starts there; without it home is the parent of the directory that holds `config`.
    """
    if home is not None:
        return Location(home, home / config)
    return Location(config.absolute().parent.parent, config)
