"""Secrets as one file that only the holder of an age identity can read, for a backup that leaves this machine.

It is a JSON document `golive.secrets_export.v1`, sealed by `age_sealing.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from golive.model.secret import StoredSecret

from .age_sealing import sealed_for
from .stored_secret import encode_secret

SCHEMA: Final = "golive.secrets_export.v1"


def encrypted_for(recipient: str, secrets: Mapping[str, StoredSecret]) -> bytes:
    """Return the secrets by name, encrypted for an X25519 recipient (`age1…`); ConfigError for another text."""
    document = {
        "schema": SCHEMA,
        "secrets": {name: json.loads(encode_secret(stored)) for name, stored in sorted(secrets.items())},
    }
    return sealed_for(recipient, json.dumps(document).encode(), "--age")
