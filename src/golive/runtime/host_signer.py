"""What signs the journals of a host that belong to no session: its keys, and the configuration as it stands."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from golive.model.clock import Clock
from golive.storage.journal_file import Signer
from golive.storage.keys import SigningKeys

from .code_version import code_version

CONFIGURATION_FILES: Final = ("config/runtime.yaml", "config/core.yaml")


def host_signer(home: Path, clock: Clock, operator: str, keys: SigningKeys | None = None) -> Signer:
    """Return the signer of this host's own journals, by `keys` where some are given; JournalError when they cannot be used."""
    return Signer(keys or SigningKeys.load_or_create(home), clock, code_version(), _configuration(home), operator=operator)


def _configuration(home: Path) -> str:
    """Return SHA-384 over the configuration files where they stand by default; such journals may begin before there are any."""
    digest = hashlib.sha384()
    for name in CONFIGURATION_FILES:
        path = home / name
        digest.update(hashlib.sha256(path.read_bytes()).hexdigest().encode() + b"\n" if path.is_file() else b"\n")
    return digest.hexdigest()
