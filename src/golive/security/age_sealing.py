"""Bytes that only the holder of an age identity can read (https://age-encryption.org/v1, by `pyrage`, the extra `age`)."""

from __future__ import annotations

from golive.model.errors import ConfigError


def sealed_for(recipient: str, data: bytes, option: str) -> bytes:
    """Return `data` encrypted for an X25519 recipient (`age1…`), which `option` gave; ConfigError for another text."""
    try:
        import pyrage
    except ImportError:
        raise ConfigError(f"{option} needs age: pip install 'golive[age]'") from None
    try:
        to = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise ConfigError(f"{option} takes a recipient, age1…, as age-keygen prints it; never the identity itself") from None
    encrypted: bytes = pyrage.encrypt(data, [to])
    return encrypted
