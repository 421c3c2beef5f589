"""Credentials of the embedded venue: made for one session, kept in memory, handed to the venue process and the adapter."""

from __future__ import annotations

import secrets
import uuid

from golive.model.secret import Credentials, Secret


class EmbeddedSecretStore:
    """A `SecretStore` (source `embedded`) that makes a random key pair for each keychain key, once."""

    def __init__(self) -> None:
        self._made: dict[str, Credentials] = {}

    @property
    def source(self) -> str:
        return "embedded"

    def credentials(self, keychain_key: str) -> Credentials:
        """Return the key pair of `keychain_key` in OKX's form: `apiKey` a UUID, `secret` 32 upper hex, `password`."""
        made = self._made.get(keychain_key)
        if made is None:
            # OKX wants a passphrase with lower and upper case, a digit and a sign; the prefix makes that certain.
            fields = {
                "apiKey": str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)),
                "secret": secrets.token_hex(16).upper(),
                "password": f"Aa1!{secrets.token_urlsafe(16)}",
            }
            made = self._made[keychain_key] = Credentials({name: Secret(value) for name, value in fields.items()})
        return made

    def __repr__(self) -> str:
        return f"EmbeddedSecretStore({len(self._made)} key pairs)"
