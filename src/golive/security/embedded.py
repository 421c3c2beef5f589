"""Credentials of embedded venues: made for one process, kept in memory, handed to the venue process and the adapter."""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from collections.abc import Mapping
from typing import Final

from golive.model.secret import Credentials, Secret, SecretAlphabet, SecretForm

_LETTERS_AND_DIGITS: Final = string.ascii_letters + string.digits
_EACH_KIND: Final = "Aa1!"
"""in front of a passphrase: certain to satisfy a venue that asks for every kind of character"""

KeyForm = Mapping[str, SecretForm]
"""credential field → how it is written"""


class EmbeddedSecretStore:
    """A `SecretStore` (source `embedded`) that makes a random key pair for each keychain key it knows, once.

    `forms` says of each keychain key which fields its venue's keys have and how they are written.
    """

    def __init__(self, forms: Mapping[str, KeyForm]) -> None:
        self._forms = dict(forms)
        self._made: dict[str, Credentials] = {}

    @property
    def source(self) -> str:
        return "embedded"

    def credentials(self, keychain_key: str) -> Credentials | None:
        """Return the key pair of `keychain_key`; None for a key that no embedded venue uses."""
        form = self._forms.get(keychain_key)
        if form is not None and keychain_key not in self._made:
            self._made[keychain_key] = Credentials({name: Secret(_random(form[name])) for name in form})
        return self._made.get(keychain_key)

    def __repr__(self) -> str:
        return f"EmbeddedSecretStore({len(self._made)} key pairs)"


def _random(form: SecretForm) -> str:
    match form.alphabet:
        case SecretAlphabet.UUID:
            return str(uuid.UUID(bytes=secrets.token_bytes(16), version=4))
        case SecretAlphabet.HEX_UPPER:
            return _of("0123456789ABCDEF", form.size)
        case SecretAlphabet.BASE64:
            return base64.b64encode(secrets.token_bytes(form.size)).decode()
        case SecretAlphabet.PASSPHRASE:
            return _EACH_KIND + _of(_LETTERS_AND_DIGITS, form.size - len(_EACH_KIND))
        case SecretAlphabet.ALPHANUMERIC:
            return _of(_LETTERS_AND_DIGITS, form.size)


def _of(alphabet: str, size: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(size))
