"""The store of secrets of one installation: its vault where there is one, else the keyring of the operating system.

One of the two, never both: a name leads to one secret. An installation that has `secrets/vault.json` uses that; one without it
uses the keyring, if there is one that can be believed; and the first secret that is set where there is neither makes the vault.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeAlias

from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.secret import Credentials, Secret, StoredSecret
from golive.security.keyring_store import Backend, KeyringPlace, system_backend
from golive.security.passphrase import passphrase_from_credential
from golive.security.stored_secret import entry_name
from golive.security.vault import LEAST, Costs, Vault, vault_names
from golive.storage.vault_file import VaultFile

CREDENTIAL: Final = "golive-vault"
"""name of the credential by which systemd hands over the passphrase of the vault"""
PassphraseSource: TypeAlias = Callable[[], Secret | None]
"""asked once, when the vault is first opened; None when nobody gives one"""
LOCKED: Final = (
    "is locked: give its passphrase with --passphrase-fd N or as systemd's credential golive-vault, or type it on a terminal"
)


def handed() -> Secret | None:
    """The passphrase source of a process that nobody types to: systemd's credential, if there is one."""
    return passphrase_from_credential(CREDENTIAL, os.environ)


def nobody() -> None:
    """The passphrase source of who has none."""
    return


class StoredSecrets:
    """A `SecretStore` (source `keyring` or `vault`) over what the operator has put there.

    Whatever keeps it from being used is a PrerequisiteMissing (exit 3). Threads may share it.
    """

    def __init__(
        self,
        home: Path,
        passphrase: PassphraseSource = nobody,
        *,
        backend: Callable[[], Backend | None] = system_backend,
        least: Costs = LEAST,
    ) -> None:
        self._file = VaultFile(home)
        self._ask = passphrase
        self._passphrase: Secret | None = None
        self._find_backend = backend
        self._least = least
        self._opened: tuple[bytes, Vault] | None = None
        self._keyring: KeyringPlace | None = None
        self._looked = False
        self._lock = threading.RLock()

    @property
    def source(self) -> str:
        """`vault` or `keyring`; `vault` also where there is neither yet."""
        return "vault" if self._place() is None else "keyring"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all entries. Those of a vault need no passphrase, and are proved when it is opened."""
        place = self._place()
        if place is not None:
            return place.names
        data = self._data()
        return () if data is None else vault_names(data, str(self._file.path))

    def holds(self, keychain_key: str) -> bool:
        """Say whether there is an entry of this name; needs no passphrase."""
        return entry_name(keychain_key) in self.names

    def secret(self, keychain_key: str) -> StoredSecret | None:
        """Return what is kept under this name, None when there is nothing. A vault that was replaced meanwhile is read anew."""
        place, name = self._place(), entry_name(keychain_key)
        if place is not None:
            return place.secret(name)
        data = self._data()
        if data is None or name not in vault_names(data, str(self._file.path)):
            return None
        return self.open_vault(data).secret(name)

    def credentials(self, keychain_key: str) -> Credentials | None:
        """Return the key of this name, None when there is none; nothing is compared with an environment here."""
        found = self.secret(keychain_key)
        return None if found is None or not found.is_key else found.credentials

    def open_vault(self, data: bytes) -> Vault:
        """Return the vault that these bytes are."""
        with self._lock:
            if self._opened is None or self._opened[0] != data:
                self._opened = data, Vault.open(data, str(self._file.path), self.passphrase(), self._least)
            return self._opened[1]

    def passphrase(self) -> Secret:
        """Return the passphrase, asked for once; PrerequisiteMissing when nobody gives one."""
        with self._lock:
            if self._passphrase is None:
                self._passphrase = self._ask()
            if self._passphrase is None:
                raise PrerequisiteMissing(f"{self._file.path}: {LOCKED}")
            return self._passphrase

    def _place(self) -> KeyringPlace | None:
        if self._file.exists:
            return None
        with self._lock:
            if not self._looked:
                backend = self._find_backend()
                self._keyring, self._looked = None if backend is None else KeyringPlace(backend), True
            return self._keyring

    def _data(self) -> bytes | None:
        try:
            return self._file.read()
        except JournalError as exc:
            raise PrerequisiteMissing(str(exc)) from exc

    def __repr__(self) -> str:
        return f"StoredSecrets({str(self._file.path)!r})"
