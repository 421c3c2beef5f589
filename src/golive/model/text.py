"""Text that comes from outside."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return text that can be written as UTF-8: bytes that a terminal sent in another encoding become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
