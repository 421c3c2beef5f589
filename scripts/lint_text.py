"""The text of a file, in UTF-8, UTF-16 or UTF-32, with their mark or without; of a binary one what is printable in it."""

from __future__ import annotations

import codecs
import re

MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (codecs.BOM_UTF8, "utf-8-sig"),
)
WITHOUT_MARK = ("utf-32-le", "utf-32-be", "utf-16-le", "utf-16-be")
LEAST_READABLE = 0.7
"""share of letters, digits and the like in what was read rightly"""
PRINTED = re.compile(rb"[\t\n\r\x20-\x7e]{16,}")
WIDE = re.compile(rb"(?:[\t\n\r\x20-\x7e]\0){16,}")
"""UTF-16 within a binary file"""


def text_of(data: bytes) -> tuple[str, bool]:
    """Return the text of a file, and whether it is one; of a binary file what is printable in it, a line for each piece."""
    for mark, encoding in MARKS:
        if data.startswith(mark):
            return data.decode(encoding, errors="replace"), True
    if b"\0" not in data:
        return data.decode("utf-8", errors="replace"), True
    for encoding in WITHOUT_MARK:
        begun = data[: 4096 - 4096 % 4].decode(encoding, errors="replace")
        readable = sum(each.isascii() and (each.isprintable() or each in "\t\r\n") for each in begun)
        if begun and readable / len(begun) >= LEAST_READABLE:
            return data.decode(encoding, errors="replace"), True
    pieces = [*PRINTED.findall(data), *(each.replace(b"\0", b"") for each in WIDE.findall(data))]
    return "\n".join(each.decode("ascii") for each in pieces), False


def printable(name: str) -> str:
    """Return a name as one line can show it, whatever its characters are."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape", "surrogatepass").decode() for each in name)
