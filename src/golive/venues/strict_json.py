"""Reading a venue's JSON without believing it: strict, bounded, and with exact numbers: a fraction stays the text it is.

Source: RELIABILITY §4.3.
"""

from __future__ import annotations

import json
from typing import Final

from golive.inputs.strict_json import MAX_DEPTH, NotStrictJson, decoded, refuse_constant, text_of, unique
from golive.model.errors import MalformedPayload
from golive.model.json import JsonValue

__all__ = ["MAX_DEPTH", "parse", "parse_text"]

_MAX_DIGITS: Final = 64
_MAX_EXPONENT: Final = 18


def parse(body: bytes) -> JsonValue:
    """Return the JSON value of `body`, fractions as their text; raise MalformedPayload for anything else."""
    try:
        text = text_of(body)
    except NotStrictJson as exc:
        raise MalformedPayload(f"answer {exc}") from exc
    return parse_text(text)


def parse_text(text: str) -> JsonValue:
    """Read what was decoded already, as `parse` does."""
    if not text.strip():
        raise MalformedPayload("answer is empty")
    if text.lstrip()[:1] not in ("{", "["):
        raise MalformedPayload(f"answer is not JSON: it begins with {text.lstrip()[:40]!r}")
    try:
        return decoded(text, _DECODER)
    except NotStrictJson as exc:
        raise MalformedPayload(f"answer {exc}") from exc


def _fraction(text: str) -> str:
    """Return a number with a fraction or an exponent as its text, unless no amount or time can be so long or far out."""
    _, has_exponent, exponent = text.lower().partition("e")
    if len(text) > _MAX_DIGITS or (has_exponent and abs(int(exponent)) > _MAX_EXPONENT):
        raise NotStrictJson(f"holds {text[:40]}, which is no number of a market")
    return text


_DECODER: Final = json.JSONDecoder(parse_float=_fraction, parse_constant=refuse_constant, object_pairs_hook=unique)
