"""A document that this installation signed whole: canonical JSON with `key_id` and an Ed25519 `signature` over all the rest.

Anyone with the public key can check it, without any secret of ours: the signed bytes are the document's canonical JSON without
its `signature`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from golive.model.json import JsonObject

from .canonical import CanonicalError, canonical, parse_canonical
from .signature import signature_holds

_HEX: Final = re.compile(r"[0-9a-f]{128}")


class DocumentError(ValueError):
    """Bytes are not a document of that schema that one of the keys signed."""


def encode_signed_document(fields: JsonObject, key_id: str, sign: Callable[[bytes], bytes]) -> bytes:
    """Return the document: `fields`, which carry their `schema`, with `key_id` and hex `signature`; newline-terminated."""
    body: JsonObject = {**fields, "key_id": key_id}
    return canonical({**body, "signature": sign(canonical(body)).hex()}) + b"\n"


def decode_signed_document(document: bytes, schema: str, keys: Mapping[str, bytes]) -> JsonObject:
    """Return the fields without `signature`; `keys`: raw Ed25519 keys by id. Raises DocumentError saying what is wrong."""
    if not document.endswith(b"\n"):
        raise DocumentError("it is cut short")
    try:
        fields = parse_canonical(document[:-1])
    except CanonicalError as exc:
        raise DocumentError(str(exc)) from exc
    if not isinstance(fields, dict) or fields.get("schema") != schema:
        raise DocumentError(f"not a {schema} document")
    signature, key_id = fields.pop("signature", None), fields.get("key_id")
    if not isinstance(signature, str) or not _HEX.fullmatch(signature):
        raise DocumentError("its signature is not 128 lower-case hex digits")
    key = keys.get(key_id) if isinstance(key_id, str) else None
    if key is None:
        raise DocumentError("it is signed by a key that is not this installation's")
    if not signature_holds(key, bytes.fromhex(signature), canonical(fields)):
        raise DocumentError("its signature does not hold: it was changed")
    return fields
