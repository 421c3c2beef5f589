"""`<file>.sig` beside a file of evidence: this installation's Ed25519 signature over its path, its digest and when it was made.

It is written behind the file, so what a crash leaves is a file that nobody signed, and counts for nothing.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from golive.audit.signed_document import DocumentError, decode_signed_document, encode_signed_document
from golive.inputs import read_beside, read_bytes
from golive.model.clock import to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .files import write_atomic
from .keys import SigningKeys

SCHEMA: Final = "golive.evidence_signature.v1"
_SUFFIX: Final = ".sig"


class Unsigned(JournalError):
    """There is no signature beside the file, or the keys that made it are gone."""


def sign_file(home: Path, path: Path, keys: SigningKeys, now: int) -> None:
    """Sign a file below `home` as it lies there; durable on return. Raises JournalError."""
    try:
        data = read_beside(path)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    body: JsonObject = {
        "schema": SCHEMA,
        "path": path.relative_to(home).as_posix(),
        "sha256": hashlib.sha256(data).hexdigest(),
        "signed_at": to_iso(now),
        "key_class": str(keys.key_class),
    }
    write_atomic(_beside(path), encode_signed_document(body, keys.seal_key_id, keys.sign), durable_name=True)


def signed_file(home: Path, rel: str, keys: SigningKeys | None) -> tuple[bytes, JsonObject]:
    """Return what a signed file holds, and the fields of its signature.

    Raises Unsigned where there is no signature to believe, JournalError for a file that is not what was signed, OSError for one
    that cannot be read.
    """
    data = read_bytes(home, rel)
    try:
        document = read_bytes(home, f"{rel}{_SUFFIX}")
    except FileNotFoundError:
        raise Unsigned(f"{rel}: is not signed") from None
    if keys is None:
        raise Unsigned(f"{rel}: the keys that signed it are gone")
    try:
        fields = decode_signed_document(document, SCHEMA, keys.seal_keys)
    except DocumentError as exc:
        raise JournalError(f"{rel}{_SUFFIX}: {exc}") from exc
    if fields.get("path") != rel:
        raise JournalError(f"{rel}{_SUFFIX}: is the signature of {fields.get('path')}")
    if fields.get("sha256") != hashlib.sha256(data).hexdigest():
        raise JournalError(f"{rel}: is not what was signed")
    return data, fields


def _beside(path: Path) -> Path:
    return path.with_name(path.name + _SUFFIX)
