"""Reading a venue's JSON without believing it: strict UTF-8, no NaN, no duplicate keys, bounded depth, exact numbers.

Source: RELIABILITY §4.3.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from itertools import accumulate
from typing import Final

from golive.model.errors import MalformedPayload
from golive.model.json import JsonValue

MAX_DEPTH = 64
_MAX_DIGITS: Final = 64
_MAX_EXPONENT: Final = 18
_NO_NESTING: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?\Z)|[^\[\]{}"]+', re.DOTALL)
"""strings, one that is not closed up to the end, and what stands between them: read once, whatever the text"""
_STEP: Final = {"[": 1, "{": 1, "]": -1, "}": -1}


def parse(body: bytes) -> JsonValue:
    """Return the JSON value of `body`, fractions as their text; raise MalformedPayload for anything else."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise MalformedPayload(f"answer is not UTF-8 (byte {exc.start})") from exc
    return parse_text(text)


def parse_text(text: str) -> JsonValue:
    """Read what was decoded already, as `parse` does."""
    if not text.strip():
        raise MalformedPayload("answer is empty")
    if text.lstrip()[:1] not in ("{", "["):
        raise MalformedPayload(f"answer is not JSON: it begins with {text.lstrip()[:40]!r}")
    _check_depth(text)
    try:
        value: JsonValue = _DECODER.decode(text)
    except MalformedPayload:
        raise
    except (ValueError, RecursionError) as exc:
        raise MalformedPayload(f"answer is not JSON: {exc}"[:200]) from exc
    return value


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depths = accumulate(map(_STEP.__getitem__, _NO_NESTING.sub("", text)))
    if max(depths, default=0) > MAX_DEPTH:
        raise MalformedPayload(f"answer nests deeper than {MAX_DEPTH}")


def _refuse(constant: str) -> JsonValue:
    raise MalformedPayload(f"answer holds {constant}, which is not a number")


def _fraction(text: str) -> str:
    """Return a number with a fraction or an exponent as its text, unless no amount or time can be so long or far out."""
    _, has_exponent, exponent = text.lower().partition("e")
    if len(text) > _MAX_DIGITS or (has_exponent and abs(int(exponent)) > _MAX_EXPONENT):
        raise MalformedPayload(f"answer holds {text[:40]}, which is no number of a market")
    return text


def _unique(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    value = dict(pairs)
    if len(value) != len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise MalformedPayload(f"answer holds the key {twice!r} twice")
    return value


_DECODER: Final = json.JSONDecoder(parse_float=_fraction, parse_constant=_refuse, object_pairs_hook=_unique)
