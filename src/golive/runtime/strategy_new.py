"""Writes a new strategy and its test into the project's folder."""

from __future__ import annotations

import keyword
import re
from pathlib import Path
from typing import Final

from golive.model.errors import ConfigError
from golive.strategy import STRATEGIES
from golive.strategy.template import FORMS, strategy_text, test_text

from .strategy_folder import FOLDER

_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


def new_strategy(name: str, form: str, home: Path) -> tuple[Path, Path]:
    """Write `strategies/NAME.py` and `strategies/test_NAME.py`; return both.

    Raises ConfigError for a name that cannot be one, for a form that does not exist, and rather than overwrite a file.
    """
    if form not in FORMS:
        raise ConfigError(f"--form {form}: give one of {', '.join(FORMS)}")
    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        raise ConfigError(f"{name!r} is no name for a strategy: letters, digits and _, a letter first")
    if name in STRATEGIES:
        raise ConfigError(f"{name} is a built-in strategy; choose another name")
    folder = home / FOLDER
    files = (folder / f"{name}.py", folder / f"test_{name}.py")
    for file in files:
        if file.exists():
            raise ConfigError(f"{file} exists and is not overwritten")
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in zip(files, (strategy_text(name, form), test_text(name)), strict=True):
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    return files
