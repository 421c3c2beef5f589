"""Secrets as one file that only the holder of an age identity can read, for a backup that leaves this machine.

Format: https://age-encryption.org/v1 (by `pyrage`, the extra `age`), around a JSON document `golive.secrets_export.v1`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from golive.model.errors import ConfigError
from golive.model.secret import StoredSecret

from .stored_secret import encode_secret

SCHEMA: Final = "golive.secrets_export.v1"


def encrypted_for(recipient: str, secrets: Mapping[str, StoredSecret]) -> bytes:
    """Return the secrets by name, encrypted for an X25519 recipient (`age1…`); ConfigError for another text."""
    try:
        import pyrage
    except ImportError:
        raise ConfigError("export needs age: pip install 'golive[age]'") from None
    try:
        to = pyrage.x25519.Recipient.from_str(recipient)
    except pyrage.RecipientError:
        raise ConfigError("--age takes a recipient, age1…, as age-keygen prints it; never the identity itself") from None
    document = {
        "schema": SCHEMA,
        "secrets": {name: json.loads(encode_secret(stored)) for name, stored in sorted(secrets.items())},
    }
    encrypted: bytes = pyrage.encrypt(json.dumps(document).encode(), [to])
    return encrypted
