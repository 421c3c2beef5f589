"""A person's own signing key (Ed25519): the public half for everybody, the private one under the person's passphrase.

It lies in the book of operators beside the hash of the same passphrase. Who has the book still has to guess the
passphrase; scrypt makes a guess at either as slow.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from golive.audit.sign_off import SignOffText
from golive.model.errors import ConfigError
from golive.model.secret import Secret

from .encrypted_key import encrypted_key, is_slow_to_guess


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """Both halves as the book keeps them."""

    public: str
    """raw, 64 hex digits"""
    private: str
    """encrypted PKCS#8, PEM"""

    @classmethod
    def new(cls, passphrase: Secret) -> SigningKey:
        """Make a key that `passphrase` opens."""
        return _kept(Ed25519PrivateKey.generate(), passphrase)

    def under(self, old: Secret, new: Secret) -> SigningKey:
        """Return the same key under another passphrase; ConfigError when `old` does not open it."""
        return _kept(self._opened(old), new)

    def signed(self, statement: SignOffText, passphrase: Secret) -> SignOffText:
        """Return `statement` with this key's signature; ConfigError when `passphrase` does not open the key."""
        signature = self._opened(passphrase).sign(statement.message())
        return statement._replace(signature=base64.b64encode(signature).decode("ascii"))

    def _opened(self, passphrase: Secret) -> Ed25519PrivateKey:
        pem = self.private.encode()
        try:
            key = load_pem_private_key(pem, passphrase.reveal().encode()) if is_slow_to_guess(pem) else None
        except (ValueError, TypeError):
            key = None
        if not isinstance(key, Ed25519PrivateKey) or key.public_key().public_bytes_raw().hex() != self.public:
            raise ConfigError(
                "the signing key does not open with this passphrase; make a new one: golive signoff key --operator NAME"
            )
        return key


def _kept(key: Ed25519PrivateKey, passphrase: Secret) -> SigningKey:
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    pem = encrypted_key(der, passphrase.reveal().encode()).decode("ascii")
    return SigningKey(key.public_key().public_bytes_raw().hex(), pem)
