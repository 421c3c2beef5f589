"""RFC 8785 canonical JSON: one value, one byte string; and the strict reader that accepts nothing else.

Numbers: an int must lie within ±(2^53 − 1); a float must be finite and is written as ECMAScript writes it. A float that
would print as an integer outside the int range is refused too, so whatever is written here is read back equal. Money,
ids and nanoseconds are strings long before they come here.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from golive.model.json import JsonValue

MAX_INT: Final = (1 << 53) - 1
MAX_DEPTH: Final = 64
_PLAIN_INT_END: Final = 1e21
"""ECMAScript writes magnitudes below this without an exponent."""


_UNUSUAL: Final = rb"-?(?:[0-9]{16}|[0-9]+(?:\.[0-9]+)?[eE]|[0-9]+\.[0-9]*0[,}\]])"
_UNUSUAL_MEMBER: Final = re.compile(rb'":(?=[-0-9])' + _UNUSUAL)
"""the look ahead leaves members that are no number at once, which are most"""
_UNUSUAL_ITEM: Final = re.compile(rb"[\[,]" + _UNUSUAL)


class CanonicalError(ValueError):
    """A value has no canonical form, or bytes are not the canonical form of any value."""


def canonical(value: JsonValue) -> bytes:
    """Return the canonical bytes of `value`.

    Raises CanonicalError for a non-finite or too large number, a lone surrogate, a key that is not text, nesting
    deeper than 64, or a type that JSON does not have.
    """
    try:
        if _is_simple(value, 0):
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
        parts: list[str] = []
        _write_mixed(value, parts, 0)
        return "".join(parts).encode()
    except (UnicodeEncodeError, orjson.JSONEncodeError) as exc:
        raise CanonicalError(f"text that is not valid Unicode has no canonical form: {exc}") from exc


def parse_canonical(data: bytes) -> JsonValue:
    """Return the value whose canonical form is exactly `data`.

    Raises CanonicalError for anything else: other whitespace, order, escapes or number forms, duplicate keys,
    invalid UTF-8, NaN, ints beyond 2^53. (A duplicate key disappears when read and so the bytes differ.)
    """
    try:
        value: JsonValue = orjson.loads(data)
    except orjson.JSONDecodeError as exc:
        raise CanonicalError(f"not JSON: {exc}") from exc
    if _is_plain(data) and orjson.dumps(value, option=orjson.OPT_SORT_KEYS) == data:
        return value
    if canonical(value) != data:
        raise CanonicalError("the bytes are not the canonical form of their value")
    return value


def _is_plain(data: bytes) -> bool:
    """Say whether JSON bytes hold nothing that orjson, keys sorted, may write otherwise than RFC 8785, or that is refused.

    That is: text beyond ASCII (keys sort by UTF-16), numbers of 16 digits, with an exponent or with a last 0 behind the point,
    and 64 levels. What only looks like it, inside text, is no harm: it is then compared in full.
    """
    arrays = data.count(b"[")
    if not data.isascii() or data.count(b"{") + arrays > MAX_DEPTH or _UNUSUAL_MEMBER.search(data) is not None:
        return False
    return not arrays or _UNUSUAL_ITEM.search(data) is None


def number_text(value: float) -> str:
    """Return a finite float as ECMAScript's Number::toString writes it (RFC 8785 §3.2.2.3)."""
    if not math.isfinite(value):
        raise CanonicalError(f"{value!r} is not a JSON number")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    mantissa, _, exponent = f"{abs(value)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + ("" if fraction == "0" else fraction)).lstrip("0")
    # The value is 0.DIGITS × 10^point.
    leading_zeros = len(fraction) - len(fraction.lstrip("0"))
    point = int(exponent or 0) + (-leading_zeros if whole == "0" else len(whole))
    digits = digits.rstrip("0")
    return sign + _place(digits, point)


def _place(digits: str, point: int) -> str:
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return "0." + "0" * -point + digits
    head = digits[0] + (f".{digits[1:]}" if count > 1 else "")
    return f"{head}e{'+' if point > 0 else '-'}{abs(point - 1)}"


def _is_simple(value: object, depth: int) -> bool:
    """Tell whether orjson's output is already canonical: exact types, ints in range, ASCII keys, no floats."""
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return True
    if kind is int:
        return -MAX_INT <= value <= MAX_INT  # type: ignore[operator]  # `kind is int` is not a guard mypy knows
    if depth >= MAX_DEPTH:
        return False
    if kind is dict:
        for key, item in value.items():  # type: ignore[attr-defined]  # same
            if type(key) is not str or not key.isascii():
                return False
            if type(item) is not str and not _is_simple(item, depth + 1):
                return False
        return True
    if kind is list or kind is tuple:
        return all(_is_simple(item, depth + 1) for item in value)  # type: ignore[attr-defined]  # same
    return False


def _write_mixed(value: Any, parts: list[str], depth: int) -> None:
    """Append what `_write` appends, whole simple parts of `value` at once; a document has few numbers that are not."""
    kind = type(value)
    if kind is dict and depth < MAX_DEPTH and all(type(key) is str and key.isascii() for key in value):
        for index, key in enumerate(sorted(value)):
            parts.append(("," if index else "{") + _string(key) + ":")
            _write_item(value[key], parts, depth + 1)
        parts.append("}" if value else "{}")
    elif (kind is list or kind is tuple) and depth < MAX_DEPTH:
        for index, item in enumerate(value):
            parts.append("," if index else "[")
            _write_item(item, parts, depth + 1)
        parts.append("]" if value else "[]")
    else:
        _write(value, parts, depth)


def _write_item(value: JsonValue, parts: list[str], depth: int) -> None:
    if _is_simple(value, depth):
        parts.append(orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode())
    else:
        _write_mixed(value, parts, depth)


def _write(value: JsonValue, parts: list[str], depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise CanonicalError(f"nested deeper than {MAX_DEPTH}")
    if value is None or isinstance(value, bool):
        parts.append({None: "null", True: "true", False: "false"}[value])
    elif isinstance(value, str):
        parts.append(_string(value))
    elif isinstance(value, int):
        parts.append(_integer(int(value)))
    elif isinstance(value, float):
        parts.append(_float(value))
    elif isinstance(value, Mapping):
        _write_object(value, parts, depth)
    elif isinstance(value, Sequence) and not isinstance(value, (bytes, bytearray, memoryview)):
        for index, item in enumerate(value):
            parts.append("," if index else "[")
            _write(item, parts, depth + 1)
        parts.append("]" if len(value) else "[]")
    else:
        raise CanonicalError(f"{type(value).__name__} is not a JSON type")


def _write_object(value: Mapping[str, JsonValue], parts: list[str], depth: int) -> None:
    for key in value:
        if not isinstance(key, str):
            raise CanonicalError(f"key {key!r} is not text")
    for index, key in enumerate(sorted(value, key=_utf16)):
        parts.append("," if index else "{")
        parts.append(_string(key))
        parts.append(":")
        _write(value[key], parts, depth + 1)
    parts.append("}" if len(value) else "{}")


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def _string(text: str) -> str:
    return orjson.dumps(str.__str__(text)).decode()


def _integer(value: int) -> str:
    if not -MAX_INT <= value <= MAX_INT:
        raise CanonicalError(f"integer {value} is beyond 2^53; write it as text")
    return str(value)


def _float(value: float) -> str:
    if MAX_INT < abs(value) < _PLAIN_INT_END:
        raise CanonicalError(f"number {value!r} prints as an integer beyond 2^53; write it as text")
    return number_text(value)
