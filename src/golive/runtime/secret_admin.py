"""Changing the store of secrets: put, remove, export, another passphrase.

Each act stands in `logs/security_admin.log` before it is done. Once the book of operators is managed by role `secops`, so is this
store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from golive.config.rbac import Act, roles_for
from golive.model.clock import Clock
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.json import JsonObject
from golive.model.secret import Secret, StoredSecret
from golive.security.age_export import encrypted_for
from golive.security.keyring_store import Backend, KeyringPlace, system_backend
from golive.security.operators import OperatorIdentity
from golive.security.stored_secret import demand_bounded, entry_name
from golive.security.vault import LEAST, Costs, Vault
from golive.storage.files import SECRET_FILE, write_atomic
from golive.storage.security_admin import record_admin_acts
from golive.storage.vault_file import VaultFile

from .host_signer import host_signer
from .identity import operator_identity
from .kept_fingerprint import REMOVED, SET
from .operators import needs_manager, record_act
from .secret_store import PassphraseSource, StoredSecrets, nobody


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretAdmin:
    """What one person may do with the secrets of one installation.

    `new_passphrase` is asked when the first secret makes a vault. `by` is who proved to be an operator.
    Raises PrerequisiteMissing (exit 3) for a store that cannot be used and for who may not change it; JournalError when it or
    the log cannot be written: then nothing was changed.
    """

    home: Path
    clock: Clock
    store: StoredSecrets
    """to read; it knows the passphrase once it was given"""
    by: OperatorIdentity | None = None
    new_passphrase: PassphraseSource = nobody
    backend: Backend | None = None
    costs: Costs = LEAST

    @classmethod
    def of_home(
        cls,
        home: Path,
        clock: Clock,
        *,
        by: OperatorIdentity | None = None,
        passphrase: PassphraseSource = nobody,
        new_passphrase: PassphraseSource = nobody,
        backend: Callable[[], Backend | None] = system_backend,
        costs: Costs = LEAST,
    ) -> SecretAdmin:
        """Return the administration of the store that this process finds."""
        found = backend()
        store = StoredSecrets(home, passphrase, backend=lambda: found, least=costs)
        return cls(home=home, clock=clock, store=store, by=by, new_passphrase=new_passphrase, backend=found, costs=costs)

    def demand_consent(self, act: Act = Act.SECRETS_MANAGE) -> None:
        """Raise PrerequisiteMissing unless this person may; nobody is asked while the book of operators has no `secops`."""
        if needs_manager(self.home) and (self.by is None or not self.by.may(act)):
            takes = ", ".join(roles_for(act))
            raise PrerequisiteMissing(f"the secrets are managed by role {takes}: give --operator NAME of that role")

    def unlock(self) -> None:
        """See that the vault opens, or that there is a passphrase for a new one, before anybody types a secret."""
        file = VaultFile(self.home)
        if file.exists:
            self._vault(file)
        elif self.backend is None:
            self._demand_new(file)

    def put(self, keychain_key: str, stored: StoredSecret, event: str = SET) -> str:
        """Keep a secret under its name, in place of one that is there; return where: `keyring` or `vault`.

        ConfigError for a field that is longer than any key or URL.
        """
        self.demand_consent()
        demand_bounded(stored)
        name = entry_name(keychain_key)
        with self._place() as place:
            self._record(event, told(name, stored, place.source))
            place.put(name, stored)
            return place.source

    def put_all(self, given: Mapping[str, StoredSecret], *, replaces: bool, note: JsonObject) -> Arrivals:
        """Keep several secrets, all of them or none; what is kept already stays as it is.

        `note` says in every record where they come from. PrerequisiteMissing, naming them, for those that would replace another
        one unless it `replaces`.
        """
        self.demand_consent()
        with self._place() as place:
            named = {name: (entry_name(name), stored) for name, stored in sorted(given.items())}
            here = {name: place.secret(entry) for name, (entry, _) in named.items()}
            new = {name: each for name, each in named.items() if here[name] != each[1]}
            replaced = tuple(name for name in new if here[name] is not None)
            if replaced and not replaces:
                raise PrerequisiteMissing(
                    f"the {place.source} has another secret under {', '.join(replaced)}; nothing was imported: --only names "
                    "those that are wanted, --replace puts them in place of what is there"
                )
            if new:
                drafts = [(SET, {**told(entry, stored, place.source), **note}) for entry, stored in new.values()]
                self._record_all(drafts)
                place.put_all(dict(new.values()))
            return Arrivals(place.source, tuple(new), replaced, tuple(name for name in named if name not in new))

    def change_passphrase(self, new: Callable[[], Secret]) -> tuple[str, ...]:
        """Seal the vault anew under another passphrase, which is asked for once the old one has opened it; return its names.

        Whoever dies meanwhile leaves the vault under one of the two, whole. PrerequisiteMissing where there is no vault;
        ConfigError for a passphrase that cannot be one, or is the old one.
        """
        self.demand_consent()
        file = VaultFile(self.home)
        if not file.exists:
            raise PrerequisiteMissing(f"{file.path}: there is no vault whose passphrase could be changed")
        self.unlock()
        passphrase = new()
        with self._place() as place:
            if not isinstance(place, _VaultPlace):
                raise PrerequisiteMissing(f"{file.path}: went away meanwhile")
            fresh = place.vault.rekeyed(passphrase)
            body: JsonObject = {"names": list(fresh.names), "key_id": place.vault.key_id, "new_key_id": fresh.key_id}
            self._record("vault_passphrase_changed", body)
            file.write(fresh.encode())
        return tuple(name.removeprefix("golive:") for name in fresh.names)

    def remove(self, keychain_key: str) -> str:
        """Remove a secret; return where it was. ConfigError when there is none of this name."""
        self.demand_consent()
        name = entry_name(keychain_key)
        with self._place() as place:
            if name not in place.names:
                known = ", ".join(each.removeprefix("golive:") for each in place.names) or "none"
                raise ConfigError(f"there is no secret {keychain_key}; there are: {known}")
            self._record(REMOVED, {"name": name, "store": place.source})
            place.remove(name)
            return place.source

    def export(self, recipient: str, path: Path) -> tuple[str, ...]:
        """Write every secret, encrypted for an age recipient, to a file of mode 0600; return their names.

        ConfigError for what is no recipient, for a file that exists, and without the extra `age`.
        """
        self.demand_consent(Act.SECRETS_EXPORT)
        if path.is_symlink() or path.exists():
            raise ConfigError(f"{path}: is there already; name another file, or move it away")
        names = tuple(each.removeprefix("golive:") for each in self.store.names)
        found = {name: stored for name in names if (stored := self.store.secret(name)) is not None}
        if not found:
            raise ConfigError("there are no secrets to export: golive secrets set NAME")
        data = encrypted_for(recipient, found)
        body: JsonObject = {"names": list(found), "recipient": recipient, "sha256": hashlib.sha256(data).hexdigest()}
        self._record("secrets_exported", body)
        write_atomic(path, data, mode=SECRET_FILE, durable_name=True)
        return tuple(found)

    @contextmanager
    def _place(self) -> Iterator[KeyringPlace | _VaultPlace]:
        file = VaultFile(self.home)
        if not file.exists and self.backend is not None:
            yield KeyringPlace(self.backend)
            return
        try:
            with file.locked():
                yield _VaultPlace(file, self._vault(file))
        except JournalError as exc:
            raise JournalError(f"{exc}; nothing was changed") from exc

    def _vault(self, file: VaultFile) -> Vault:
        try:
            data = file.read()
        except JournalError as exc:
            raise PrerequisiteMissing(str(exc)) from exc
        if data is not None:
            try:
                return self.store.open_vault(data)
            except PrerequisiteMissing as exc:
                self._record("vault_refused", {"reason": str(exc).removeprefix(f"{file.path}: ")})
                raise
        return Vault.create(str(file.path), self._demand_new(file), self.costs)

    def _demand_new(self, file: VaultFile) -> Secret:
        passphrase = self.new_passphrase()
        if passphrase is None:
            raise PrerequisiteMissing(
                f"{file.path}: is not there yet; give the passphrase that it shall have with --passphrase-fd N, or on a terminal"
            )
        return passphrase

    @property
    def _who(self) -> str:
        return operator_identity() if self.by is None else self.by.name

    def _record(self, event: str, body: JsonObject) -> None:
        record_act(self.home, event, body, self._who, clock=self.clock)

    def _record_all(self, acts: Sequence[tuple[str, JsonObject]]) -> None:
        signer = host_signer(self.home, self.clock, self._who)
        record_admin_acts(self.home, signer, [(event, body, self._who) for event, body in acts])


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What became of several secrets that were to be kept."""

    store: str
    kept: tuple[str, ...]
    replaced: tuple[str, ...]
    """those of `kept` under whose name another one was"""
    same: tuple[str, ...]
    """those that were there already"""


def told(entry: str, stored: StoredSecret, store: str) -> JsonObject:
    """Return what the log says of a secret that is being kept."""
    return {
        "name": entry,
        "store": store,
        "key_id": stored.shown_id,
        "fingerprint": stored.fingerprint if stored.is_key else "",
        "environment": stored.environment,
        "permissions": list(stored.permissions),
    }


@dataclass(slots=True)
class _VaultPlace:
    """The vault while its lock is held."""

    file: VaultFile
    vault: Vault
    source: str = "vault"

    @property
    def names(self) -> tuple[str, ...]:
        return self.vault.names

    def secret(self, name: str) -> StoredSecret | None:
        return self.vault.secret(name)

    def put(self, name: str, stored: StoredSecret) -> None:
        self.put_all({name: stored})

    def put_all(self, secrets: Mapping[str, StoredSecret]) -> None:
        vault = self.vault
        for name, stored in secrets.items():
            vault = vault.with_secret(name, stored)
        self._replace(vault)

    def remove(self, name: str) -> None:
        self._replace(self.vault.without(name))

    def _replace(self, vault: Vault) -> None:
        self.vault = vault
        self.file.write(vault.encode())
