"""A secret value that prints as `***`, and the store it comes from."""

from __future__ import annotations

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
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(("Secret", self._value))

    def __reduce__(self) -> str:
        raise TypeError("a Secret is not pickled")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The fields one venue needs, by CCXT's names (`apiKey`, `secret`, `password`)."""

    fields: Mapping[str, Secret]


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
