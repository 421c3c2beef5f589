"""Which key was kept last under a name, as the log of admin acts tells it: known without the passphrase of the vault."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from golive.security.stored_secret import entry_name
from golive.storage.keys import SigningKeys
from golive.storage.security_admin import PATH, admin_entries

SET: Final = "secret_set"
ROTATED: Final = "secret_rotated"
REMOVED: Final = "secret_removed"


def kept_fingerprint(home: Path, keychain_key: str) -> str:
    """Return the fingerprint of the key that was put under this name last, empty when nothing tells; JournalError for the log."""
    path = home / PATH
    try:
        found = path.stat()
    except FileNotFoundError:
        return ""
    return _fingerprints(home, found.st_mtime_ns, found.st_size).get(entry_name(keychain_key), "")


def told_of_vault(home: Path) -> tuple[str, ...]:
    """Return the names, sorted, of what was put into the vault and not removed, as the log tells; JournalError for the log."""
    places: dict[str, str] = {}
    for entry in admin_entries(home, SigningKeys.load(home), (SET, ROTATED, REMOVED)) if (home / PATH).exists() else ():
        places[str(entry.body.get("name"))] = "" if entry.type == REMOVED else str(entry.body.get("store"))
    return tuple(sorted(name for name, place in places.items() if place == "vault"))


@lru_cache(maxsize=4)
def _fingerprints(home: Path, mtime_ns: int, size: int) -> Mapping[str, str]:
    """Read the log, once as long as it stays what it is."""
    told: dict[str, str] = {}
    for entry in admin_entries(home, SigningKeys.load(home), (SET, ROTATED, REMOVED)):
        name, fingerprint = entry.body.get("name"), entry.body.get("fingerprint")
        if entry.type in (SET, ROTATED) and isinstance(name, str) and isinstance(fingerprint, str):
            told[name] = fingerprint
        elif entry.type == REMOVED and isinstance(name, str):
            told.pop(name, None)
    return told
