"""Reading JSON without believing it: strict UTF-8, bounded length and depth, no NaN, no duplicate keys.

Source: RFC 8259 (names should be unique, §4; numbers that are none, §6); RELIABILITY §4.3.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import accumulate
from typing import Final

from golive.model.json import JsonValue

MOST_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 64
_NO_NESTING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[^\[\]{}"]+', re.DOTALL)
"""strings, one that is not closed up to the end, and what stands between them: read once, whatever the text"""
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")
_STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


class NotStrictJson(ValueError):
    """Bytes that are no JSON, or JSON with two meanings; the text begins with a verb and quotes little of what was read."""


def parse_json(data: bytes, *, most: int = MOST_BYTES) -> JsonValue:
    """Return the value of a JSON document of at most `most` bytes; raises NotStrictJson for anything else.

    Numbers with a fraction come as floats: money is text in every document of ours.
    """
    if len(data) > most:
        raise NotStrictJson(f"is longer than {most} bytes")
    value = decoded(text_of(data), _DECODER)
    if _SURROGATE.search(data) and not _is_unicode(value):
        raise NotStrictJson("holds half of a character (a lone surrogate)")
    return value


def _is_unicode(value: JsonValue) -> bool:
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def text_of(data: bytes) -> str:
    """Return what UTF-8 says; raises NotStrictJson."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise NotStrictJson(f"is not UTF-8 (byte {exc.start})") from exc


def decoded(text: str, decoder: json.JSONDecoder) -> JsonValue:
    """Return what a decoder that refuses what it must makes of a text, once its depth was checked; raises NotStrictJson."""
    check_depth(text)
    try:
        value: JsonValue = decoder.decode(text)
    except NotStrictJson:
        raise
    except (ValueError, RecursionError) as exc:
        raise NotStrictJson(f"is not JSON: {exc}"[:200]) from None
    return value


def check_depth(text: str) -> None:
    """Raise NotStrictJson for a text that nests deeper than MAX_DEPTH, in a time that grows with its length alone."""
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depths = accumulate(map(_STEP.__getitem__, _NO_NESTING.sub("", text)))
    if max(depths, default=0) > MAX_DEPTH:
        raise NotStrictJson(f"nests deeper than {MAX_DEPTH}")


def refuse_constant(constant: str) -> JsonValue:
    """Take the place of what `json` makes of NaN and the infinities."""
    raise NotStrictJson(f"holds {constant}, which is not a number")


def unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    """Return the members of an object; raises NotStrictJson when a key stands there twice."""
    value = dict(pairs)
    if len(value) != len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise NotStrictJson(f"holds the key {twice!r:.80} twice")
    return value


def _finite(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise NotStrictJson(f"holds {text[:40]}, which is beyond every number")
    return value


_DECODER: Final = json.JSONDecoder(parse_float=_finite, parse_constant=refuse_constant, object_pairs_hook=unique)
