"""What a call may carry beside its message. gRPC hands on what HTTP/2 forbids, and its own bound holds for plain text only."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

MOST_BYTES: Final = 8192
"""of all names and values of a call"""
FORBIDDEN: Final = frozenset({"connection", "content-length", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"})
"""fields of HTTP/1 connections (RFC 9113 §8.2.2), and a length that nobody compares with what came"""
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")


def metadata_objection(metadata: Iterable[tuple[str, str | bytes]]) -> str | None:
    """Return what is wrong with a call's metadata, in words that quote none of it; None when nothing is."""
    size = 0
    for name, value in metadata:
        size += len(name) + len(value)
        if name in FORBIDDEN or (isinstance(value, str) and _CONTROL.search(value)):
            return "metadata that HTTP/2 forbids"
    return None if size <= MOST_BYTES else f"metadata beyond {MOST_BYTES} bytes"
