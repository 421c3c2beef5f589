"""The encrypted vault: secrets sealed one by one under a key that a passphrase gives. Bytes in, values out.

The key comes from the passphrase by Argon2id (RFC 9106), and from it by HKDF one for the entries, one for the whole and the id
that says which key it is. Each entry is AES-256-GCM with the version of the format, its own name and the key id as associated
data, so it opens under no other name and in no other vault. The whole has a MAC over everything else, so no entry can be taken
out, added or put back unseen. What is not seen: the whole file replaced by an older copy of itself.

Where the file lies is the business of `storage/vault_file.py`; who may change it that of `runtime/secret_admin.py`.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from golive.audit import canonical
from golive.audit.canonical import CanonicalError, parse_canonical
from golive.model.errors import ConfigError, PrerequisiteMissing
from golive.model.json import JsonObject, JsonValue
from golive.model.redaction import guard
from golive.model.secret import Secret, StoredSecret

from .passphrase_rule import MAX_PASSPHRASE, checked_passphrase
from .stored_secret import decode_secret, encode_secret

SCHEMA: Final = "golive.vault.v1"
_SALT, _NONCE, _TAG = 16, 12, 16
"""bytes"""
RESTORE: Final = "restore secrets/vault.json from a backup, or remove it and set the secrets anew"


@dataclass(frozen=True, slots=True)
class Costs:
    """What one guess at the passphrase costs: memory in KiB, passes over it, lanes."""

    memory_kib: int = 1 << 16
    iterations: int = 3
    lanes: int = 4

    def within(self, least: Costs) -> bool:
        """Say whether they are neither below `least` nor more than a machine should be made to spend (1 GiB)."""
        return (
            least.memory_kib <= self.memory_kib <= 1 << 20
            and least.iterations <= self.iterations <= 64
            and least.lanes <= self.lanes <= 64
        )


LEAST: Final = Costs()
"""64 MiB, 3 passes, 4 lanes: the second recommendation of RFC 9106 §4; some 0.25 s"""


@dataclass(frozen=True, slots=True)
class _Sealed:
    nonce: bytes
    ciphertext: bytes

    def document(self) -> JsonObject:
        return {"nonce": self.nonce.hex(), "ciphertext": self.ciphertext.hex()}


@dataclass(frozen=True, slots=True)
class _Closed:
    """A vault as its file tells it, nothing proved yet."""

    salt: bytes
    costs: Costs
    key_id: str
    entries: Mapping[str, _Sealed]
    mac: str

    def unsigned(self) -> JsonObject:
        return {
            "schema": SCHEMA,
            "kdf": {
                "name": "argon2id",
                "salt": self.salt.hex(),
                "memory_kib": self.costs.memory_kib,
                "iterations": self.costs.iterations,
                "lanes": self.costs.lanes,
            },
            "key_id": self.key_id,
            "entries": {name: sealed.document() for name, sealed in self.entries.items()},
        }


@dataclass(frozen=True, slots=True, repr=False)
class _Keys:
    key_id: str
    entry: bytes
    whole: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Vault:
    """An open vault; `with_secret` and `without` return another one, `encode` the bytes of its file."""

    where: str
    _closed: _Closed
    _keys: _Keys = field(repr=False)

    @classmethod
    def create(cls, where: str, passphrase: Secret, costs: Costs = LEAST) -> Vault:
        """Return an empty vault; ConfigError for a passphrase that `passphrase_rule` refuses."""
        checked_passphrase(passphrase)
        salt = os.urandom(_SALT)
        keys = _derived(passphrase, salt, costs)
        return cls(where, _Closed(salt, costs, keys.key_id, {}, ""), keys)

    @classmethod
    def open(cls, data: bytes, where: str, passphrase: Secret, least: Costs = LEAST) -> Vault:
        """Return the vault that `data` holds.

        Raises PrerequisiteMissing, naming `where` and what to do: not a vault or cut short, costs below `least`, a wrong
        passphrase, an entry that is damaged or was moved, entries taken out or added.
        """
        closed = _read(data, where)
        if not closed.costs.within(least):
            raise PrerequisiteMissing(
                f"{where}: its Argon2id costs ({closed.costs.memory_kib} KiB, {closed.costs.iterations} passes, "
                f"{closed.costs.lanes} lanes) are not what Golive writes: somebody changed them; {RESTORE}"
            )
        if len(passphrase.reveal()) > MAX_PASSPHRASE:
            raise PrerequisiteMissing(f"{where}: the passphrase of the vault is wrong")
        keys = _derived(passphrase, closed.salt, closed.costs)
        if not hmac.compare_digest(keys.key_id, closed.key_id):
            raise PrerequisiteMissing(f"{where}: the passphrase of the vault is wrong (or its salt or key id were changed)")
        vault = cls(where, closed, keys)
        if not hmac.compare_digest(vault._mac(), closed.mac):
            for name in vault.names:  # the entry that is to blame has a name, if it is one
                vault.secret(name)
            raise PrerequisiteMissing(f"{where}: is not what was written: an entry was taken out or put in; {RESTORE}")
        return vault

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted(self._closed.entries))

    def secret(self, name: str) -> StoredSecret | None:
        """Return the entry of this name, None when there is none; PrerequisiteMissing when it is not what was put there."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        sealed = self._closed.entries.get(name)
        if sealed is None:
            return None
        try:
            plain = AESGCM(self._keys.entry).decrypt(sealed.nonce, sealed.ciphertext, _associated(name, self._keys.key_id))
        except InvalidTag:
            raise PrerequisiteMissing(
                f"{self.where}: entry {name} does not open: it is damaged, or was put under this name from another one; {RESTORE}"
            ) from None
        return decode_secret(plain, f"{self.where}: entry {name}")

    def with_secret(self, name: str, stored: StoredSecret) -> Vault:
        """Return the vault with this entry, sealed under a nonce of its own."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(_NONCE)
        sealed = AESGCM(self._keys.entry).encrypt(nonce, encode_secret(stored), _associated(name, self._keys.key_id))
        return self._with({**self._closed.entries, name: _Sealed(nonce, sealed)})

    def rekeyed(self, passphrase: Secret) -> Vault:
        """Return the same entries sealed anew under another passphrase, with a salt of its own; nothing of the old keys is left.

        ConfigError when it is the passphrase that opens the vault now, too short or too long; PrerequisiteMissing for an entry
        that does not open.
        """
        if hmac.compare_digest(_derived(passphrase, self._closed.salt, self._closed.costs).key_id, self._keys.key_id):
            raise ConfigError("the new passphrase of the vault is the one it has; nothing was changed")
        vault = Vault.create(self.where, passphrase, self._closed.costs)
        for name in self.names:
            stored = self.secret(name)
            assert stored is not None, "it is one of the names"
            vault = vault.with_secret(name, stored)
        return vault

    @property
    def key_id(self) -> str:
        """Which key it is sealed under; tells nothing of the passphrase that does not take a guess at full cost."""
        return self._keys.key_id

    def without(self, name: str) -> Vault:
        return self._with({other: sealed for other, sealed in self._closed.entries.items() if other != name})

    def encode(self) -> bytes:
        """Return the file's bytes."""
        return canonical({**self._closed.unsigned(), "mac": self._mac()}) + b"\n"

    def _with(self, entries: Mapping[str, _Sealed]) -> Vault:
        return replace(self, _closed=replace(self._closed, entries=entries))

    def _mac(self) -> str:
        return hmac.digest(self._keys.whole, canonical(self._closed.unsigned()), "sha256").hex()

    def __repr__(self) -> str:
        return f"Vault({self.where!r}, {len(self._closed.entries)} entries)"


def vault_names(data: bytes, where: str) -> tuple[str, ...]:
    """Return the names that a vault says it has; nothing is proved. Raises PrerequisiteMissing when it is none."""
    return tuple(sorted(_read(data, where).entries))


def _associated(name: str, key_id: str) -> bytes:
    return canonical([SCHEMA, name, key_id])


def _derived(passphrase: Secret, salt: bytes, costs: Costs) -> _Keys:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
    from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

    kdf = Argon2id(salt=salt, length=32, iterations=costs.iterations, lanes=costs.lanes, memory_cost=costs.memory_kib)
    root = kdf.derive(passphrase.reveal().encode())

    def key(label: bytes, length: int = 32) -> bytes:
        return HKDFExpand(SHA256(), length, b"golive vault|" + label).derive(root)

    entry, whole = key(b"entry"), key(b"whole")
    for each in (root, entry, whole):
        guard(each)
    return _Keys(key(b"id", 16).hex(), entry, whole)


def _read(data: bytes, where: str) -> _Closed:
    try:
        document = parse_canonical(data.removesuffix(b"\n"))
        if not isinstance(document, dict) or document.keys() != {"schema", "kdf", "key_id", "entries", "mac"}:
            raise ValueError("fields")
        kdf, entries = document["kdf"], document["entries"]
        if document["schema"] != SCHEMA or not isinstance(kdf, dict) or not isinstance(entries, dict):
            raise ValueError("schema")
        if kdf.keys() != {"name", "salt", "memory_kib", "iterations", "lanes"} or kdf["name"] != "argon2id":
            raise ValueError("kdf")
        costs = Costs(_int(kdf["memory_kib"]), _int(kdf["iterations"]), _int(kdf["lanes"]))
        sealed = {name: _sealed(value) for name, value in entries.items()}
        return _Closed(
            _hex(kdf["salt"], _SALT), costs, _hex(document["key_id"], 16).hex(), sealed, _hex(document["mac"], 32).hex()
        )
    except (CanonicalError, ValueError):
        raise PrerequisiteMissing(f"{where}: is no vault as Golive writes it: cut short, or changed by hand; {RESTORE}") from None


def _sealed(value: JsonValue) -> _Sealed:
    if not isinstance(value, dict) or value.keys() != {"nonce", "ciphertext"}:
        raise ValueError("entry")
    ciphertext = _hex(value["ciphertext"])
    if len(ciphertext) < _TAG:
        raise ValueError("ciphertext")
    return _Sealed(_hex(value["nonce"], _NONCE), ciphertext)


def _hex(value: JsonValue, size: int | None = None) -> bytes:
    if not isinstance(value, str):
        raise ValueError("not text")
    raw = bytes.fromhex(value)
    if value != raw.hex() or (size is not None and len(raw) != size):
        raise ValueError("size")
    return raw


def _int(value: JsonValue) -> int:
    if type(value) is not int:
        raise ValueError("not a number")
    return value
