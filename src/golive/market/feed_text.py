"""Compiled reading of JSON text, byte by byte: where a value ends, and exact integers from digits. No floats, no copies.

The text is one int8 array that ends with a line feed, so that no loop needs a bound: a line feed is no digit, and no string
may hold one. A place is an index into it. A value below zero, or the place NOWHERE, means that the text is not what it
should be.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeAlias

from golive.matching.compiled import compiled, inlined

Text: TypeAlias = Sequence[int]
"""The array (numpy int8, one dimension) as the type checker sees it; bytes beyond ASCII are negative."""

NOWHERE: Final = -1

MALFORMED: Final = -1
OFF_GRID: Final = -2
TOO_LARGE: Final = -3

_MOST_DIGITS: Final = 18
"""of a number that surely stays below 2^62"""
_LIMIT: Final = 1 << 62
_DEEPEST: Final = 60
"""levels of nesting that a value may have: one bit each"""
_LONGEST: Final = 64
"""characters that a number may have"""

TAB: Final = 0x09
LINE_FEED: Final = 0x0A
RETURN: Final = 0x0D
SPACE: Final = 0x20
QUOTE: Final = 0x22
PLUS: Final = 0x2B
COMMA: Final = 0x2C
MINUS: Final = 0x2D
POINT: Final = 0x2E
ZERO: Final = 0x30
COLON: Final = 0x3A
OPEN_LIST: Final = 0x5B
"""with bit 0x20 an opened object"""
BACKSLASH: Final = 0x5C
CLOSE_LIST: Final = 0x5D
OPEN_OBJECT: Final = 0x7B
CLOSE_OBJECT: Final = 0x7D
_ESCAPES: Final = tuple(b'"\\/bfnrt')
_SPACES: Final = 1 << TAB | 1 << RETURN | 1 << SPACE


@inlined
def byte(text: Text, at: int) -> int:
    return int(text[at])


@inlined
def digit(text: Text, at: int) -> int:
    """Return the digit at `at`; below 0 or above 9 when there is none."""
    return int(text[at]) - ZERO


@inlined
def after_space(text: Text, at: int) -> int:
    """Return the place of the next byte that is not white space within the line."""
    while _is_space(byte(text, at)):
        at += 1
    return at


@inlined
def _is_space(c: int) -> bool:
    return 0 <= c <= SPACE and _SPACES >> c & 1 == 1


@inlined
def whole_number(text: Text, at: int) -> tuple[int, int]:
    """Read up to 19 digits; return the number, or MALFORMED or TOO_LARGE (2^62 or more), and the place after them."""
    start, value = at, 0
    d = digit(text, at)
    while 0 <= d <= 9:
        value = value * 10 + d  # compiled, more than 19 digits wrap around, and are told by their count
        at += 1
        d = digit(text, at)
    if at == start:
        return MALFORMED, at
    if at - start > _MOST_DIGITS + 1 or not 0 <= value < _LIMIT:
        return TOO_LARGE, at
    return value, at


@compiled
def amount(text: Text, at: int, decimals: int, step: int) -> tuple[int, int]:  # noqa: PLR0912 - one pass
    """Read a quoted decimal number without sign or exponent as whole steps of its grid.

    Args:
        text: the text.
        at: the place of the opening quote.
        decimals: how many decimals a step has.
        step: the step, in units of its last decimal: 1 for 0.01, 5 for 0.5.

    Returns:
        the number of steps, or MALFORMED, OFF_GRID (not a whole number of steps) or TOO_LARGE (more than 18 digits down to
        the last decimal of a step); and the place after the quote.
    """
    if byte(text, at) != QUOTE:
        return MALFORMED, at
    at += 1
    start, value, wanted = at, 0, decimals
    d = digit(text, at)
    while 0 <= d <= 9:
        value = value * 10 + d
        at += 1
        d = digit(text, at)
    digits = at - start
    if digits == 0:
        return MALFORMED, at
    if d == POINT - ZERO:
        at += 1
        d = digit(text, at)
        if not 0 <= d <= 9:
            return MALFORMED, at
        while wanted > 0 and 0 <= d <= 9:
            value = value * 10 + d
            wanted -= 1
            at += 1
            d = digit(text, at)
        while d == 0:
            at += 1
            d = digit(text, at)
        if 0 < d <= 9:
            return OFF_GRID, at
    if d != QUOTE - ZERO:
        return MALFORMED, at
    if digits + decimals > _MOST_DIGITS:
        return TOO_LARGE, at
    for _ in range(wanted):
        value *= 10
    if step != 1:
        if value % step != 0:
            return OFF_GRID, at
        value //= step
    return value, at + 1


@compiled
def json_whole_number(text: Text, at: int) -> tuple[int, int]:
    """Read a number that was found to be one of JSON's as a whole one that is not negative: no fraction, no exponent."""
    value, end = whole_number(text, at)
    c = byte(text, end)
    if value >= 0 and (c == POINT or c | 0x20 == 0x65):
        return MALFORMED, end
    return value, end


@inlined
def after_string(text: Text, at: int) -> int:
    """Return the place after the string that begins at `at`, NOWHERE when it is not a JSON string."""
    if byte(text, at) != QUOTE:
        return NOWHERE
    at += 1
    while True:
        c = byte(text, at)
        if c == QUOTE:
            return at + 1
        if c == BACKSLASH:
            at = _after_escape(text, at + 1)
            if at == NOWHERE:
                return NOWHERE
        elif 0 <= c < SPACE:
            return NOWHERE
        else:
            at += 1


@compiled
def _after_escape(text: Text, at: int) -> int:
    c = byte(text, at)
    if c == 0x75:  # \u and four hex digits
        for i in range(at + 1, at + 5):
            c = byte(text, i)
            if not (ZERO <= c <= 0x39 or 0x61 <= c | 0x20 <= 0x66):
                return NOWHERE
        return at + 5
    return at + 1 if c in _ESCAPES else NOWHERE


@compiled
def _after_digits(text: Text, at: int) -> int:
    start = at
    while 0 <= digit(text, at) <= 9:
        at += 1
    return at if at > start else NOWHERE


@compiled
def _after_number(text: Text, at: int) -> int:
    start = at
    if byte(text, at) == MINUS:
        at += 1
    at = at + 1 if byte(text, at) == ZERO else _after_digits(text, at)
    if at != NOWHERE and byte(text, at) == POINT:
        at = _after_digits(text, at + 1)
    if at != NOWHERE and byte(text, at) | 0x20 == 0x65:
        at += 1
        if byte(text, at) == PLUS or byte(text, at) == MINUS:
            at += 1
        at = _after_digits(text, at)
    return at if at != NOWHERE and at - start <= _LONGEST else NOWHERE


@compiled
def _after_word(text: Text, at: int) -> int:
    """Return the place after true, false or null."""
    a, b, c, d = 0, 0, 0, 0
    first = byte(text, at)
    if first == 0x74:
        a, b, c, d = 0x74, 0x72, 0x75, 0x65
    elif first == 0x66:
        a, b, c, d = 0x66, 0x61, 0x6C, 0x73
    elif first == 0x6E:
        a, b, c, d = 0x6E, 0x75, 0x6C, 0x6C
    else:
        return NOWHERE
    if byte(text, at) != a or byte(text, at + 1) != b or byte(text, at + 2) != c or byte(text, at + 3) != d:
        return NOWHERE
    if first != 0x66:
        return at + 4
    return at + 5 if byte(text, at + 4) == 0x65 else NOWHERE


@inlined
def after_scalar(text: Text, at: int) -> int:
    """Return the place after a string, number or word; NOWHERE when there is none."""
    c = byte(text, at)
    if c == QUOTE:
        return after_string(text, at)
    if c == MINUS or 0 <= c - ZERO <= 9:
        return _after_number(text, at)
    return _after_word(text, at)


@inlined
def after_colon(text: Text, at: int) -> int:
    """Return the place of the value after the colon that follows `at`, NOWHERE when there is no colon."""
    at = after_space(text, at)
    return after_space(text, at + 1) if byte(text, at) == COLON else NOWHERE


@compiled
def _after_key(text: Text, at: int) -> int:
    at = after_string(text, at)
    return after_colon(text, at) if at != NOWHERE else NOWHERE


@inlined
def after_value(text: Text, at: int) -> int:
    """Return the place after any JSON value, NOWHERE when it is not one or nests too deeply."""
    c = byte(text, at)
    return _after_nested(text, at) if c | 0x20 == OPEN_OBJECT else after_scalar(text, at)


@compiled
def _after_nested(text: Text, at: int) -> int:  # noqa: PLR0912 - one pass
    depth = 0
    are_objects = 0
    while True:
        c = byte(text, at)
        if c | 0x20 == OPEN_OBJECT:
            if depth == _DEEPEST:
                return NOWHERE
            is_object = c == OPEN_OBJECT
            at = after_space(text, at + 1)
            if byte(text, at) == (CLOSE_OBJECT if is_object else CLOSE_LIST):
                at += 1
            else:
                depth += 1
                are_objects = are_objects << 1 | (1 if is_object else 0)
                if is_object:
                    at = _after_key(text, at)
                    if at == NOWHERE:
                        return NOWHERE
                continue
        else:
            at = after_scalar(text, at)
            if at == NOWHERE:
                return NOWHERE
        while depth > 0:
            at = after_space(text, at)
            c = byte(text, at)
            if c == COMMA:
                break
            if c != (CLOSE_OBJECT if are_objects & 1 else CLOSE_LIST):
                return NOWHERE
            depth -= 1
            are_objects >>= 1
            at += 1
        if depth == 0:
            return at
        at = after_space(text, at + 1)
        if are_objects & 1:
            at = _after_key(text, at)
            if at == NOWHERE:
                return NOWHERE
