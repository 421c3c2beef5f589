"""A passphrase that opens a file: by descriptor, systemd credential, or asked for. Never an argument or variable."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

from golive.model.errors import ConfigError
from golive.model.secret import Secret

from .passphrase import asked_passphrase, new_passphrase

MAX_BYTES: Final = 4096
CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
"""where systemd puts credentials (systemd.exec, LoadCredential=); a path, no secret"""

DescriptorOption: TypeAlias = Annotated[
    int | None,
    typer.Option("--passphrase-fd", metavar="N", min=0, help="Descriptor to read the passphrase from, up to a line's end."),
]
CredentialOption: TypeAlias = Annotated[
    str | None,
    typer.Option("--passphrase-credential", metavar="NAME", help="Name of the systemd credential with the passphrase."),
]


class _NotGiven(ConfigError):
    is_redacted = True  # names options, nothing that was read


def given_passphrase(what: str, descriptor: int | None, credential: str | None, *, is_new: bool = False) -> Secret:
    """Return the passphrase of `what`; asked for, or a line of standard input, when neither source is named.

    Raises ConfigError when both are named, or none is to be had.
    """
    if descriptor is not None and credential is not None:
        raise _NotGiven("give --passphrase-fd or --passphrase-credential, not both")
    if descriptor is not None:
        return _line(_of_descriptor(descriptor), f"--passphrase-fd {descriptor}")
    if credential is not None:
        return _line(_of_credential(credential), f"--passphrase-credential {credential}")
    return new_passphrase(what) if is_new else asked_passphrase(what)


def _of_descriptor(descriptor: int) -> bytes:
    found = b""
    try:
        while b"\n" not in found and len(found) <= MAX_BYTES and (part := os.read(descriptor, MAX_BYTES)):
            found += part
    except OSError as exc:
        raise _NotGiven(f"--passphrase-fd {descriptor}: cannot be read: {exc.strerror}") from exc
    return found


def _of_credential(name: str) -> bytes:
    folder = os.environ.get(CREDENTIALS)
    if not folder or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise _NotGiven(f"--passphrase-credential {name}: there is no such credential; give LoadCredential={name}:… in the unit")
    try:
        descriptor = os.open(Path(folder) / name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        raise _NotGiven(f"--passphrase-credential {name}: cannot be read: {exc.strerror}") from exc
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _NotGiven(f"--passphrase-credential {name}: not a regular file")
        return file.read(MAX_BYTES + 1)


def _line(found: bytes, where: str) -> Secret:
    try:
        text = found.split(b"\n", 1)[0].removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise _NotGiven(f"{where}: not text") from None
    if not text or len(found) > MAX_BYTES:
        raise _NotGiven(f"{where}: {'is too long' if text else 'gives no passphrase'}")
    return Secret(text)
