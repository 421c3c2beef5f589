"""The one place where decimal text and exact integers meet.

Inside Golive a price is an int of ticks, a quantity an int of lots, cash an int of an asset's smallest units.
`Decimal` exists only here and at the edges; floats are for statistics and never come back as money.
"""

from __future__ import annotations

import re
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, ROUND_UP, Context, Decimal, InvalidOperation

from .errors import MagnitudeError

LIMIT = 1 << 62
"""Every exact amount stays strictly below this magnitude, so sums of two fit 64 bits."""

EXACT = Context(prec=76, rounding=ROUND_HALF_EVEN)
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)


def parse_decimal(text: str, what: str = "number") -> Decimal:
    """Read a finite decimal from venue or user text.

    At most 38 digits, exponent within ±18, no underscores, no NaN or infinity (RELIABILITY §4.3).
    Raises MagnitudeError naming `what`.
    """
    if not isinstance(text, str) or len(text) > 64 or not _NUMBER.fullmatch(text):
        raise MagnitudeError(f"{what}: {text!r:.80} is not a decimal number")
    try:
        value = Decimal(text)
    except InvalidOperation as exc:
        raise MagnitudeError(f"{what}: {text!r:.80} is not a decimal number") from exc
    if len(value.as_tuple().digits) > 38 or (abs(value.adjusted()) > 18 and value != 0):
        raise MagnitudeError(f"{what}: {text!r:.80} is out of range")
    return value


def parse_money(text: str, what: str = "amount", *, allow_zero: bool = False, allow_negative: bool = False) -> Decimal:
    """Read a price, quantity or fee; positive unless the caller declares otherwise."""
    value = parse_decimal(text, what)
    if value < 0 and not allow_negative:
        raise MagnitudeError(f"{what}: {text} is negative")
    if value == 0 and not allow_zero:
        raise MagnitudeError(f"{what}: {text} is zero")
    return value


def steps_exact(value: Decimal, step: Decimal, what: str = "amount") -> int:
    """Return value / step as an int; raise MagnitudeError when `value` is off the grid or too large."""
    steps = EXACT.divide(value, step)
    if steps != steps.to_integral_value():
        raise MagnitudeError(f"{what}: {format_decimal(value)} is not a multiple of {format_decimal(step)}")
    return checked(int(steps), what)


def steps_down(value: Decimal, step: Decimal, what: str = "amount") -> int:
    """Return value / step rounded towards zero."""
    return checked(int(EXACT.divide(value, step).to_integral_value(ROUND_DOWN)), what)


def steps_up(value: Decimal, step: Decimal, what: str = "amount") -> int:
    """Return value / step rounded away from zero."""
    return checked(int(EXACT.divide(value, step).to_integral_value(ROUND_UP)), what)


def steps_nearest(value: Decimal, step: Decimal, what: str = "amount") -> int:
    """Return value / step rounded half-even; for market data that was recorded on a finer grid."""
    return checked(int(EXACT.divide(value, step).to_integral_value(ROUND_HALF_EVEN)), what)


def checked(value: int, what: str = "amount") -> int:
    """Return `value` if its magnitude is below LIMIT; raise MagnitudeError otherwise."""
    if not -LIMIT < value < LIMIT:
        raise MagnitudeError(f"{what}: {value} does not fit the exact range")
    return value


def format_decimal(value: Decimal) -> str:
    """Return plain decimal text without exponent and without trailing zeros."""
    text = f"{value:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def format_units(units: int, scale: int) -> str:
    """Return `units` × 10^-scale as plain decimal text."""
    return format_decimal(Decimal(units).scaleb(-scale, EXACT))


def units_exact(value: Decimal, scale: int, what: str = "amount") -> int:
    """Return `value` in smallest units of 10^-scale; raise MagnitudeError when it is finer than that."""
    return steps_exact(value, Decimal(1).scaleb(-scale), what)


def rate_of(units: int, numerator: int, denominator: int) -> int:
    """Return units × numerator / denominator, rounded half-even once; the rounding of every fee."""
    quotient, remainder = divmod(units * numerator, denominator)
    double = 2 * remainder
    if double > denominator or (double == denominator and quotient & 1):
        quotient += 1
    return quotient
