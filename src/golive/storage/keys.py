"""The keys of one installation: private to their owner, named by ids that tell nothing about them but their class.

Keys for development are made on first use. Once an installation has production keys (`production_keys.py`), it signs with nothing
else, and where those are gone it signs nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from golive.audit import sign_seal
from golive.audit.key_class import PREFIX
from golive.audit.ratchet import root_name
from golive.audit.seal import Seal
from golive.model.errors import JournalError
from golive.model.redaction import guard
from golive.model.verdict import KeyClass

from .files import PRIVATE_DIRECTORY, make_directory
from .key_file import load_key, load_or_make_key
from .log_keys import LogKeys, kept_root
from .private_path import check_private
from .public_keys import PUBLIC_DIRECTORY, publish
from .seal_copies import DIRECTORY as SEALS
from .seal_copies import keep_copy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

DIRECTORY: Final = Path("var/state/keys/dev")
PRODUCTION_DIRECTORY: Final = Path("var/state/keys/production")
_HOST_FILES: Final = ("hmac.key", "ed25519.key", "id.key")
FILES: Final = (*_HOST_FILES, "first.key")
"""of keys for development; those of production have no first root"""
UNFINISHED: Final = "unfinished"
"""stands among production keys while these are being made"""


def installed_class(home: Path) -> KeyClass:
    """Return which keys an installation signs with: production from the moment it has some, also where they are gone since."""
    is_production = (home / PRODUCTION_DIRECTORY).exists() or any(
        (home / PUBLIC_DIRECTORY).glob(f"{PREFIX[KeyClass.PRODUCTION]}-*.json")
    )
    return KeyClass.PRODUCTION if is_production else KeyClass.DEVELOPMENT


@dataclass(frozen=True, slots=True, repr=False)
class SigningKeys:
    """The keys of one installation. Nothing of them shows in repr."""

    mac_key_id: str
    seal_key_id: str
    mac_key: bytes
    """HMAC-SHA256 key of stores"""
    id_key: bytes
    """key that client order ids are derived from"""
    public_key: bytes
    """raw Ed25519 public key that checks our seals"""
    logs: LogKeys = field(compare=False)
    """MAC keys of journals"""
    _home: Path
    _seal_key: bytes
    key_class: KeyClass

    @classmethod
    def load_or_create(cls, home: Path) -> SigningKeys:
        """Return the keys under `home`, those for development made where any is missing; publish the public half.

        Raises JournalError naming the file when one is readable by others, a link, foreign or damaged, and when production keys
        that were here are gone.
        """
        if installed_class(home) is KeyClass.PRODUCTION:
            keys = cls.load(home)
            if keys is None:
                raise JournalError(f"{home / PRODUCTION_DIRECTORY}: the production keys are gone; restore them from a backup")
        else:
            directory = home / DIRECTORY
            make_directory(directory, PRIVATE_DIRECTORY)
            check_private(directory, directory=True)
            raw = {name: load_or_make_key(directory / name) for name in FILES}
            keys = cls._assemble(home, raw, KeyClass.DEVELOPMENT)
        publish(home, keys.seal_key_id, keys.public_key)
        return keys

    @classmethod
    def load(cls, home: Path) -> SigningKeys | None:
        """Return the keys under `home`; None when they are not there. Raises JournalError as `load_or_create` does."""
        if installed_class(home) is KeyClass.PRODUCTION:
            directory = home / PRODUCTION_DIRECTORY
            if not directory.exists():
                return None
            if (directory / UNFINISHED).exists():
                raise JournalError(f"{directory}: making production keys was cut off; go on: golive keys create --operator NAME")
            return cls.of_production(home)
        directory = home / DIRECTORY
        if not all((directory / name).exists() for name in FILES):
            return None
        check_private(directory, directory=True)
        return cls._assemble(home, {name: load_key(directory / name) for name in FILES}, KeyClass.DEVELOPMENT)

    @classmethod
    def of_production(cls, home: Path) -> SigningKeys:
        """Return the production keys that are there, though the making of them is not finished. Raises JournalError."""
        directory = home / PRODUCTION_DIRECTORY
        check_private(directory, directory=True)
        return cls._assemble(home, {name: load_key(directory / name) for name in _HOST_FILES}, KeyClass.PRODUCTION)

    @classmethod
    def _assemble(cls, home: Path, raw: Mapping[str, bytes], key_class: KeyClass) -> SigningKeys:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        for key in raw.values():
            guard(key)
        public = Ed25519PrivateKey.from_private_bytes(raw["ed25519.key"]).public_key().public_bytes_raw()
        prefix = PREFIX[key_class]
        seal_key_id = f"{prefix}-seal-{hashlib.sha256(public).hexdigest()[:16]}"
        # The id of a secret key is a digest under a label of its own, so it cannot be mistaken for a MAC.
        mac_key_id = root_name(f"{prefix}-mac", raw["hmac.key"])
        first = raw.get("first.key")
        directory = home / (PRODUCTION_DIRECTORY if first is None else DIRECTORY)
        root = kept_root(directory) if first is None else root_name(f"{prefix}-log", first)
        logs = LogKeys(directory, root, first, (mac_key_id, raw["hmac.key"]))
        return cls(mac_key_id, seal_key_id, raw["hmac.key"], raw["id.key"], public, logs, home, raw["ed25519.key"], key_class)

    @property
    def seal_keys(self) -> Mapping[str, bytes]:
        return {self.seal_key_id: self.public_key}

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of the key `seal_key_id` over `message`, which names what it is (a `schema`)."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seal_key).sign(message)

    def seal(self, seal: Seal) -> bytes:
        """Return the signed seal document."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        private: Ed25519PrivateKey = Ed25519PrivateKey.from_private_bytes(self._seal_key)
        return sign_seal(seal, private)

    def seal_log(self, seal: Seal) -> bytes:
        """Return the signed seal of a log, after a copy of it is in the second place. Raises JournalError."""
        document = self.seal(seal)
        keep_copy(self._home / SEALS, seal.log_id, document)
        return document

    def __repr__(self) -> str:
        return f"SigningKeys({self.mac_key_id}, {self.seal_key_id})"
