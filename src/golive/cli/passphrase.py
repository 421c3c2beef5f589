"""Asks for a passphrase: on the terminal unseen, else as one line of standard input. Never an argument, never a variable."""

from __future__ import annotations

import getpass
import sys
from typing import Annotated, TypeAlias

import typer

from golive.model.errors import ConfigError
from golive.model.secret import Secret

OperatorOption: TypeAlias = Annotated[
    str, typer.Option("--operator", metavar="NAME", help="Who does it; the passphrase is asked for, or read from standard input.")
]


def asked_passphrase(name: str) -> Secret:
    """Return the passphrase of operator `name`; ConfigError when none is given."""
    return _asked(f"passphrase of {name}: ")


def new_passphrase(name: str) -> Secret:
    """Return a new passphrase for `name`, typed twice on a terminal; ConfigError when the two differ or none is given."""
    first = _asked(f"new passphrase of {name}: ")
    if _on_terminal() and _asked("once more: ") != first:
        raise ConfigError("the two passphrases differ; nothing was changed")
    return first


def _on_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _asked(prompt: str) -> Secret:
    if _on_terminal():
        text = getpass.getpass(prompt)
    else:
        line = "" if sys.stdin is None else sys.stdin.readline()
        text = line.removesuffix("\n").removesuffix("\r")
    if not text:
        raise ConfigError(f"{prompt.rstrip(': ')} is missing: type it on a terminal, or give it as one line of standard input")
    return Secret(text)
