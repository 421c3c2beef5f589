"""A secret value that prints as `***`, and the store it comes from."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Protocol

from .redaction import guard


class Secret:
    """Text that never shows itself in repr, str, logs or reports; `reveal()` is the moment of use.

    Its value is guarded from then on: whoever writes it down all the same writes `***`.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value
        guard(value)

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """Compare in a time that does not tell how much of the two agrees."""
        return isinstance(other, Secret) and hmac.compare_digest(_bytes(other), _bytes(self))

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")


def _bytes(secret: Secret) -> bytes:
    """Return the value as bytes, also one with what a terminal gave that is no text."""
    return secret.reveal().encode(errors="surrogatepass")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The fields one venue needs, by CCXT's names (`apiKey`, `secret`, `password`)."""

    fields: Mapping[str, Secret]


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """What a secret store keeps under one name: a venue's key, or, without `key_id`, a text such as an alert channel's URL."""

    key_id: Secret
    """empty where there is none, like `passphrase`"""
    secret: Secret
    passphrase: Secret
    environment: str
    """`paper`, `testnet` or `live`: the type of environment that may use it; empty for a text"""
    permissions: tuple[str, ...]
    """what it is said to be allowed; what it really is the venue says"""

    @property
    def is_key(self) -> bool:
        return bool(self.key_id.reveal())

    @property
    def credentials(self) -> Credentials:
        """The fields by CCXT's names; those that are empty are left out."""
        named = {"apiKey": self.key_id, "secret": self.secret, "password": self.passphrase}
        return Credentials({name: value for name, value in named.items() if value.reveal()})

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the key id, under a label: tells whether two keys are the same one, and nothing else of them."""
        return hashlib.sha256(b"golive api key|" + self.key_id.reveal().encode()).hexdigest()

    @property
    def shown_id(self) -> str:
        """The end of the key id, at most four characters, fewer of a short one; empty without one."""
        text = self.key_id.reveal()
        return f"…{text[len(text) - min(4, len(text) // 4) :]}" if text else ""


class SecretAlphabet(StrEnum):
    """How a venue writes one field of its keys."""

    ALPHANUMERIC = auto()
    BASE64 = auto()
    """`size` counts the bytes behind the text"""
    HEX_UPPER = auto()
    PASSPHRASE = auto()
    """with at least one lower-case and one upper-case letter, one digit and one sign"""
    UUID = auto()


@dataclass(frozen=True, slots=True)
class SecretForm:
    """The form of one credential field; `size` in characters unless the alphabet says otherwise."""

    alphabet: SecretAlphabet
    size: int


class SecretStore(Protocol):
    """Where credentials are looked up by their keychain key."""

    @property
    def source(self) -> str:
        """`embedded`, `key_file`, `keyring` or `vault`; stands in the report."""
        ...

    def credentials(self, keychain_key: str) -> Credentials | None:
        """Return the credentials stored under `keychain_key`, None when there are none."""
        ...
