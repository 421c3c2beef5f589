"""Development keys: made on first use, private to their owner, named by key ids that tell nothing about them.

Production keys come with the evidence gates; until then everything signed here says `key_class: development`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from golive.audit import canonical, sign_seal
from golive.audit.ratchet import root_name
from golive.audit.seal import Seal
from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError
from golive.model.redaction import guard
from golive.model.verdict import KeyClass

from .files import LOG_FILE, PRIVATE_DIRECTORY, SECRET_FILE, make_directory, sync_directory, write_all, write_atomic
from .log_keys import LogKeys
from .private_path import check_private
from .seal_copies import DIRECTORY as SEALS
from .seal_copies import keep_copy

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

KEY_BYTES: Final = 32
DIRECTORY: Final = Path("var/state/keys/dev")
FILES: Final = ("hmac.key", "ed25519.key", "id.key", "first.key")
PUBLIC_DIRECTORY: Final = Path("var/audit/keys")
PUBLIC_SCHEMA: Final = "golive.audit_key.v1"


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

    key_class: KeyClass = KeyClass.DEVELOPMENT

    @classmethod
    def load_or_create(cls, home: Path) -> SigningKeys:
        """Return the keys under `home`, making the missing ones; publish the public half under `var/audit/keys/`.

        Raises JournalError naming the file when one is readable by others, a link, foreign or damaged.
        """
        directory = home / DIRECTORY
        make_directory(directory, PRIVATE_DIRECTORY)
        check_private(directory, directory=True)
        keys = cls._assemble(home, {name: load_or_make_key(directory / name) for name in FILES})
        keys._publish(home / PUBLIC_DIRECTORY / f"{keys.seal_key_id}.json")
        return keys

    @classmethod
    def load(cls, home: Path) -> SigningKeys | None:
        """Return the keys under `home`; None when any of them is missing."""
        directory = home / DIRECTORY
        if not all((directory / name).exists() for name in FILES):
            return None
        check_private(directory, directory=True)
        return cls._assemble(home, {name: load_key(directory / name) for name in FILES})

    @classmethod
    def _assemble(cls, home: Path, raw: Mapping[str, bytes]) -> SigningKeys:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        for key in raw.values():
            guard(key)
        public = Ed25519PrivateKey.from_private_bytes(raw["ed25519.key"]).public_key().public_bytes_raw()
        seal_key_id = f"dev-seal-{hashlib.sha256(public).hexdigest()[:16]}"
        # The id of a secret key is a digest under a label of its own, so it cannot be mistaken for a MAC.
        mac_key_id = f"dev-mac-{hashlib.sha256(b'golive key id|' + raw['hmac.key']).hexdigest()[:16]}"
        root = root_name("dev-log", raw["first.key"])
        logs = LogKeys(home / DIRECTORY, root, raw["first.key"], (mac_key_id, raw["hmac.key"]))
        return cls(mac_key_id, seal_key_id, raw["hmac.key"], raw["id.key"], public, logs, home, raw["ed25519.key"])

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

    def _publish(self, path: Path) -> None:
        if path.exists():
            return
        document = {
            "schema": PUBLIC_SCHEMA,
            "key_id": self.seal_key_id,
            "algorithm": "ed25519",
            "public_key": self.public_key.hex(),
            "key_class": str(self.key_class),
        }
        write_atomic(path, canonical(document) + b"\n", mode=LOG_FILE)

    def __repr__(self) -> str:
        return f"SigningKeys({self.mac_key_id}, {self.seal_key_id})"


def read_public_key(path: Path) -> tuple[str, bytes]:
    """Return key id and raw Ed25519 key of a published key document; raise JournalError when it is none."""
    try:
        document: Any = parse_json(read_beside(path))
        if not isinstance(document, dict) or document.get("schema") != PUBLIC_SCHEMA or document.get("algorithm") != "ed25519":
            raise ValueError(f"not a {PUBLIC_SCHEMA} document")
        key_id, key = document["key_id"], bytes.fromhex(document["public_key"])
        if not isinstance(key_id, str) or len(key) != KEY_BYTES:
            raise ValueError("not an Ed25519 key")
    except (OSError, ValueError, KeyError, TypeError) as exc:
        raise JournalError(f"{path}: cannot read the public key: {exc}") from exc
    return key_id, key


def load_or_make_key(path: Path) -> bytes:
    """Return the 32 bytes of the key in `path`, made first if missing; of two processes that make it at once one wins for both.

    Its directory is there and private. Raises JournalError naming the file when it cannot be used.
    """
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, SECRET_FILE)
            try:
                write_all(descriptor, secrets.token_hex(KEY_BYTES).encode() + b"\n")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            with contextlib.suppress(FileExistsError):  # the other process was first; its key is the key
                os.link(temporary, path)
            temporary.unlink()
            sync_directory(path.parent)
        except OSError as exc:
            temporary.unlink(missing_ok=True)
            raise JournalError(f"{path}: cannot create the key: {exc.strerror}") from exc
    return load_key(path)


def load_key(path: Path) -> bytes:
    """Return the 32 bytes of a key file that only we can read. Raises JournalError naming the file."""
    check_private(path, directory=False)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            text = file.read(1024)
        key = bytes.fromhex(text.decode("ascii").removesuffix("\n"))
    except (OSError, ValueError) as exc:
        raise JournalError(f"{path}: cannot read the key; restore it from a backup: {exc}") from exc
    if len(key) != KEY_BYTES or text != key.hex().encode() + b"\n":
        raise JournalError(f"{path}: not {KEY_BYTES * 2} hex digits; restore it from a backup")
    return key
