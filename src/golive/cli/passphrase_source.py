"""A passphrase that opens a file, from wherever the options say: a descriptor, systemd's credential, or asked for."""

from __future__ import annotations

import os
import re
from typing import Annotated, TypeAlias

import typer

from golive.model.errors import ConfigError
from golive.model.secret import Secret

from .passphrase import asked_passphrase, new_passphrase

DescriptorOption: TypeAlias = Annotated[
    int | None,
    typer.Option("--passphrase-fd", metavar="N", min=0, help="Inherited descriptor that gives the passphrase as a line."),
]
CredentialOption: TypeAlias = Annotated[
    str | None, typer.Option("--passphrase-credential", metavar="NAME", help="systemd's credential with the passphrase.")
]


class _NotGiven(ConfigError):
    is_redacted = True  # names options, nothing that was read


def given_passphrase(what: str, descriptor: int | None, credential: str | None, *, is_new: bool = False) -> Secret:
    """Return the passphrase of `what`; asked for, or a line of standard input, when neither source is named.

    Raises ConfigError when both are named, or none is to be had.
    """
    from golive.security.passphrase import passphrase_from_credential, passphrase_from_descriptor

    if descriptor is not None and credential is not None:
        raise _NotGiven("give --passphrase-fd or --passphrase-credential, not both")
    if descriptor:  # 0 is standard input, which has lines for more than one
        return passphrase_from_descriptor(descriptor)
    if credential is not None:
        named = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", credential)
        found = passphrase_from_credential(credential, os.environ) if named else None
        if found is None:
            raise _NotGiven(
                f"--passphrase-credential {credential}: no such credential; the unit needs LoadCredential={credential}:…"
            )
        return found
    return new_passphrase(what) if is_new else asked_passphrase(what)
