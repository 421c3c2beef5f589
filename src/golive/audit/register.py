"""A register: journal records in one JSON document, `{"schema": "golive.register.v1", "entries": [...]}`.

The bytes are fixed: one record a line, each as the canonical JSON that its MAC was made over. So a register is the journal of
its lines in another cover, and is verified as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

SCHEMA: Final = "golive.register.v1"
_HEAD: Final = b'{"schema":"%b","entries":[\n' % SCHEMA.encode()
_TAIL: Final = b"\n]}\n"
_BETWEEN: Final = b",\n"
"""never inside a record: canonical JSON has no line break"""


class RegisterError(ValueError):
    """Bytes are not a register."""


def encode_register(lines: Sequence[bytes]) -> bytes:
    """Return the document that holds these records, each a canonical line without its newline; at least one."""
    if not lines:
        raise RegisterError("a register has at least its header")
    return _HEAD + _BETWEEN.join(lines) + _TAIL


def journal_of(document: bytes) -> bytes:
    """Return the journal that a register holds: its records, each with a newline; they are not verified here.

    Raises RegisterError for anything that `encode_register` does not write.
    """
    if not document.startswith(_HEAD) or not document.endswith(_TAIL) or len(document) <= len(_HEAD) + len(_TAIL):
        raise RegisterError(f"not a {SCHEMA} document as it is written: it was cut short or edited")
    lines = document[len(_HEAD) : -len(_TAIL)].split(_BETWEEN)
    if any(b"\n" in line for line in lines):
        raise RegisterError("a line break stands inside a record")
    return b"\n".join(lines) + b"\n"
