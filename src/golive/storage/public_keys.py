"""Public keys that check our seals, as an installation publishes them: `var/audit/keys/<key id>.json`."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from golive.audit import canonical
from golive.audit.key_class import key_class_of
from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError

from .files import LOG_FILE, write_atomic
from .key_file import KEY_BYTES

PUBLIC_DIRECTORY: Final = Path("var/audit/keys")
PUBLIC_SCHEMA: Final = "golive.audit_key.v1"


def publish(home: Path, key_id: str, public_key: bytes) -> None:
    """Write the document of a public key; one that is there stays. Raises JournalError."""
    path = home / PUBLIC_DIRECTORY / f"{key_id}.json"
    if path.exists():
        return
    document = {
        "schema": PUBLIC_SCHEMA,
        "key_id": key_id,
        "algorithm": "ed25519",
        "public_key": public_key.hex(),
        "key_class": str(key_class_of(key_id)),
    }
    write_atomic(path, canonical(document) + b"\n", mode=LOG_FILE)


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
