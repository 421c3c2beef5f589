"""What a configured threshold is worth: the exact limit when it is a number, nothing otherwise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Final, TypeAlias

from golive.model.json import JsonValue

RATE_LIMIT: Final = "rate_limit"
NETWORK_ERRORS: Final = "network_errors"
HEALTH: Final = "health"

THRESHOLD_OF: Final[Mapping[str, str]] = {
    RATE_LIMIT: "rate_limit_max",
    NETWORK_ERRORS: "network_errors_max",
    HEALTH: "health_min",
}
"""Metric kind → the threshold key that judges it; in the order in which entries and warnings list them."""

COMPARATOR_OF: Final[Mapping[str, str]] = {RATE_LIMIT: "<=", NETWORK_ERRORS: "<=", HEALTH: ">="}
"""The relation a value must have to its limit; equality never breaches."""

_LONGEST_TEXT = 60
_LARGEST_EXPONENT = 400
"""beyond it a decimal is no number we could compare or print"""


Exact: TypeAlias = int | float | Fraction
"""Python compares these with each other exactly; a Decimal becomes a fraction."""


def limit_of(value: object) -> Exact | None:
    """Return the exact limit, None when `value` is not a finite number ≥ 0 (booleans and texts are not numbers)."""
    number = _finite(value)
    return number if number is not None and number >= 0 else None


def holds(kind: str, observed: float, limit: Exact) -> bool:
    """Say whether `observed` keeps the limit of `kind` (`rate_limit`, `network_errors`, `health`)."""
    return observed >= limit if COMPARATOR_OF[kind] == ">=" else observed <= limit


def json_number(value: object) -> JsonValue:
    """Return a threshold as it stands in a JSON document: numbers as numbers, anything else that JSON lacks as text."""
    if value is None or isinstance(value, bool | str):
        return value
    number = _finite(value)
    if number is None:
        return _text(value)
    written_whole = isinstance(value, int) or (isinstance(value, Decimal) and value.as_tuple().exponent == 0)
    return int(number) if written_whole else float(number)


def _finite(value: object) -> Exact | None:
    """Return any finite number that a float could come near, exactly; None for everything else."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | Fraction):
        return None
    if isinstance(value, Decimal) and value and abs(value.adjusted()) > _LARGEST_EXPONENT:
        return None
    try:
        if not math.isfinite(value):
            return None
        return Fraction(value) if isinstance(value, Decimal) else value
    except (ArithmeticError, ValueError):
        return None  # a signalling NaN, or an integer beyond every float


def _text(value: object) -> str:
    try:
        text = str(value)
    except ValueError:  # an integer of more digits than Python prints
        text = f"an unprintable {type(value).__name__}"
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
