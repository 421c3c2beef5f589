"""Credentials from a key file: for a simulated venue on this machine, and for nothing else.

A key in a plain file is read by whoever gets a copy of it. That is good enough for a venue whose money is play money; a key of a
real venue belongs in a secret store, so a file is refused as soon as one of the hosts is not this machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from golive.config.endpoint import is_loopback_host
from golive.inputs import parse_json
from golive.model.errors import ConfigError
from golive.model.secret import Credentials, Secret

from .private_file import read_private_file

FIELDS: Final = ("apiKey", "secret", "password")
_KNOWN: Final = frozenset({*FIELDS, "permissions", "demo", "account", "ipAllowlist", "expiresAt"})


class KeyFileStore:
    """A `SecretStore` (source `key_file`) over the document that `golive simvenue serve --credentials` takes too.

    `{"keys": [{"apiKey", "secret", "password", "permissions", "demo", "account", …}]}`. A keychain key is the entry whose
    `account` has its name, or else the file's only key that may trade and is no demo key. `hosts` are where keys will be sent.

    Raises ConfigError, never naming a secret, for a host that is not loopback, and for a file that is not a regular file of this
    user alone (0600), too large, or not such a document.
    """

    def __init__(self, path: Path, hosts: Iterable[str]) -> None:
        for host in hosts:
            if not is_loopback_host(host):
                raise ConfigError(
                    f"{path}: a key file is for a venue on this machine only, and {host} is not; "
                    f"keys of real venues are kept in a secret store"
                )
        self._path = path
        self._entries = _read(path)

    @property
    def source(self) -> str:
        return "key_file"

    def credentials(self, keychain_key: str) -> Credentials | None:
        """Return the credentials of `keychain_key`; None when no entry has its name and none, or more than one, may trade."""
        named = [entry for entry in self._entries if entry.get("account") == keychain_key]
        usable = named or [entry for entry in self._entries if _may_trade(entry)]
        if len(usable) != 1:
            return None
        return Credentials({name: Secret(str(usable[0][name])) for name in FIELDS if usable[0].get(name)})

    def __repr__(self) -> str:
        return f"KeyFileStore({str(self._path)!r}, {len(self._entries)} keys)"


def _may_trade(entry: Mapping[str, object]) -> bool:
    permissions = entry.get("permissions", ["trade"])
    return entry.get("demo") is not True and isinstance(permissions, list) and "trade" in permissions


def _read(path: Path) -> tuple[Mapping[str, object], ...]:
    try:
        document = parse_json(read_private_file(path, "the venue's keys"))
    except ValueError:  # the error of the parser quotes what it read
        raise ConfigError(f'{path}: not JSON; expected {{"keys": [{{"apiKey": "…", "secret": "…"}}]}}') from None
    entries = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise ConfigError(f"{path}: field 'keys' must be a list with at least one key")
    return tuple(_entry(entry, f"{path}: keys[{index}]") for index, entry in enumerate(entries))


def _entry(entry: object, where: str) -> Mapping[str, object]:
    if not isinstance(entry, dict):
        raise ConfigError(f"{where} must be an object")
    if unknown := sorted(entry.keys() - _KNOWN):
        raise ConfigError(f"{where}: unknown field {unknown[0]!r:.40}; known are {', '.join(sorted(_KNOWN))}")
    for name in FIELDS:
        value = entry.get(name, "" if name == "password" else None)
        if not isinstance(value, str) or (not value and name != "password"):
            raise ConfigError(f"{where}: field {name!r} must be a non-empty text")
    return entry
