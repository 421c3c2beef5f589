"""Asks for a passphrase: on the terminal unseen, else as one line of standard input. Never an argument, never a variable."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from golive.model.errors import ConfigError
from golive.model.secret import Secret

OperatorOption: TypeAlias = Annotated[
    str, typer.Option("--operator", metavar="NAME", help="Who does it; the passphrase is asked for, or read from standard input.")
]
if TYPE_CHECKING:
    from golive.runtime.secret_store import StoredSecrets

PassphraseDescriptor: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--passphrase-fd",
        metavar="N",
        help="Inherited file descriptor that gives the vault's passphrase as one line. Default: systemd's credential "
        "golive-vault, else the terminal.",
    ),
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


def asked_secret(what: str) -> Secret:
    """Return a secret, unseen on the terminal or as one line of standard input; ConfigError naming `what` when none is given."""
    return _asked(f"{what}: ")


class VaultPassphrase:
    """Gives the passphrase of the vault when it is needed: from the descriptor, systemd's credential, or the terminal.

    Asked for once. None where there is none of them; ConfigError when one of them gives nothing.
    """

    def __init__(self, descriptor: int | None, environ: Mapping[str, str]) -> None:
        self._descriptor = descriptor
        self._environ = environ
        self._known: Secret | None = None
        self.may_ask = True
        """False: nobody is asked on the terminal any more"""

    def given(self) -> Secret | None:
        """Return the passphrase of a vault that is there."""
        if self._handed() is None and self.may_ask and _on_terminal():
            self._known = _asked("passphrase of the vault: ")
        return self._known

    def new(self) -> Secret | None:
        """Return the passphrase for a vault that is being made; typed twice on a terminal."""
        if self._handed() is None and _on_terminal():
            first = _asked("new passphrase of the vault: ")
            if _asked("once more: ") != first:
                raise ConfigError("the two passphrases differ; nothing was changed")
            self._known = first
        return self._known

    def _handed(self) -> Secret | None:
        from golive.runtime.secret_store import CREDENTIAL
        from golive.security.passphrase import passphrase_from_credential, passphrase_from_descriptor

        if self._known is None and self._descriptor == 0:  # the lines behind it are for whoever asks next
            self._known = _line("--passphrase-fd 0")
        elif self._known is None and self._descriptor is not None:
            self._known = passphrase_from_descriptor(self._descriptor)
        elif self._known is None:
            self._known = passphrase_from_credential(CREDENTIAL, self._environ)
        return self._known


def stored_secrets(home: Path, descriptor: int | None) -> StoredSecrets:
    """Return the store of secrets of a home; a vault is opened, when it has to be, by descriptor, credential or terminal."""
    from golive.runtime.secret_store import StoredSecrets

    return StoredSecrets(home, VaultPassphrase(descriptor, os.environ).given)


def _on_terminal() -> bool:
    return sys.stdin is not None and sys.stdin.isatty()


def _asked(prompt: str) -> Secret:
    if _on_terminal():
        text = getpass.getpass(prompt)
        return _secret(text, prompt.rstrip(": "))
    return _line(prompt.rstrip(": "))


def _line(what: str) -> Secret:
    line = "" if sys.stdin is None else sys.stdin.readline()
    return _secret(line.removesuffix("\n").removesuffix("\r"), what)


def _secret(text: str, what: str) -> Secret:
    if not text:
        raise ConfigError(f"{what} is missing: type it on a terminal, or give it as one line of standard input")
    if not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text):
        raise ConfigError(f"{what} is not UTF-8 text")
    return Secret(text)
