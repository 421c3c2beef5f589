"""Passphrases that a process is handed: by an inherited file descriptor, or as a credential of systemd. Never argv, never a
variable of the environment: others may read those."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from golive.model.errors import ConfigError
from golive.model.secret import Secret

MAX_BYTES: Final = 4096
CREDENTIALS: Final = "CREDENTIALS_DIRECTORY"
"""set by systemd: the folder, not the secret"""


def passphrase_from_descriptor(descriptor: int) -> Secret:
    """Return the first line that an inherited descriptor gives; ConfigError when it is none, or gives nothing.

    Byte by byte: what follows the line stays for whoever reads the same descriptor next.
    """
    if descriptor < 0:
        raise ConfigError(f"--passphrase-fd {descriptor}: give the number of an inherited file descriptor")
    line = bytearray()
    try:
        while len(line) < MAX_BYTES and (byte := os.read(descriptor, 1)) not in (b"", b"\n"):
            line += byte
    except OSError as exc:
        raise ConfigError(f"--passphrase-fd {descriptor}: cannot be read: {exc.strerror}") from None
    return _secret(bytes(line), f"--passphrase-fd {descriptor}")


def passphrase_from_credential(name: str, environ: Mapping[str, str]) -> Secret | None:
    """Return systemd's credential `name`, None when this process was given none; ConfigError for a file that others may read."""
    folder = environ.get(CREDENTIALS)
    if not folder:
        return None
    path = Path(folder) / name
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ConfigError(f"{path}: the credential cannot be read: {exc.strerror}") from exc
    with os.fdopen(descriptor, "rb") as file:
        found = os.fstat(descriptor)
        # systemd lets the service's user in by an access list of a file of root, which shows as the mode of the group
        allowed = 0o077 if found.st_uid == os.geteuid() and found.st_uid != 0 else 0o007
        if not stat.S_ISREG(found.st_mode) or found.st_uid not in (0, os.geteuid()) or found.st_mode & allowed:
            raise ConfigError(f"{path}: is no credential of this process alone (mode {stat.S_IMODE(found.st_mode):04o})")
        data = file.read(MAX_BYTES + 1)
    return _secret(data.removesuffix(b"\n"), str(path))


def _secret(data: bytes, where: str) -> Secret:
    if not data or len(data) > MAX_BYTES:
        raise ConfigError(f"{where}: gives no passphrase of 1 to {MAX_BYTES} bytes")
    try:
        return Secret(data.decode().removesuffix("\r"))
    except UnicodeDecodeError:
        raise ConfigError(f"{where}: the passphrase is not UTF-8") from None
