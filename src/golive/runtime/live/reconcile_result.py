"""Reading the signed result of a reconciliation; nothing that reconciles is reached from here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from golive.audit.signed_document import DocumentError, decode_signed_document
from golive.inputs import read_bytes
from golive.model.errors import JournalError
from golive.model.json import JsonObject

SCHEMA: Final = "golive.reconciliation_result.v1"
STEP: Final = "reconciliation"


def read_result(home: Path, path: str, keys: Mapping[str, bytes]) -> JsonObject:
    """Return a kept result. Raises JournalError for one that is gone, or that none of the keys has signed."""
    try:
        return decode_signed_document(read_bytes(home, path), SCHEMA, keys)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    except DocumentError as exc:
        raise JournalError(f"{path}: tampered: {exc}") from exc
