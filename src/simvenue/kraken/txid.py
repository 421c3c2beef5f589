"""Transaction ids: Kraken's `OXXXXX-XXXXX-XXXXXX` texts for the exchange's integers, one to one in both directions.

The real ones are opaque; here sixteen base-32 digits carry the number, mixed so that neighbours look nothing alike.
"""

from __future__ import annotations

import re

ORDER, TRADE, LEDGER = "O", "T", "L"

_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_BITS = 80
_MASK = (1 << _BITS) - 1
_FACTOR = 0x9E3779B97F4A7C15F39D
_INVERSE = pow(_FACTOR, -1, 1 << _BITS)
_FORM = re.compile(r"[OTL]([A-Z2-7]{5})-([A-Z2-7]{5})-([A-Z2-7]{6})")
_TURN = 37


def txid(kind: str, number: int) -> str:
    """Return the text of a number below 2^80; `kind` is the letter it begins with."""
    mixed = _turned(number * _FACTOR & _MASK, _TURN) * _FACTOR & _MASK
    digits = "".join(_ALPHABET[mixed >> shift & 31] for shift in range(_BITS - 5, -1, -5))
    return f"{kind}{digits[:5]}-{digits[5:10]}-{digits[10:]}"


def number_of(kind: str, text: str) -> int | None:
    """Return the number of an id of this kind, None for any other text."""
    found = _FORM.fullmatch(text)
    if found is None or text[0] != kind:
        return None
    mixed = 0
    for digit in "".join(found.groups()):
        mixed = mixed << 5 | _ALPHABET.index(digit)
    return _turned(mixed * _INVERSE & _MASK, _BITS - _TURN) * _INVERSE & _MASK


def _turned(value: int, by: int) -> int:
    return (value << by | value >> (_BITS - by)) & _MASK
