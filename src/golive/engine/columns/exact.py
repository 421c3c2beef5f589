"""Exact products and shares of 64-bit integers, where plain arithmetic would overflow or round."""

from __future__ import annotations

import math
from typing import Final

from golive.matching.compiled import compiled, inlined

LIMIT: Final = 1 << 62
"""every amount stays below it, as in `golive.model.money`"""
SAFE: Final = 9.0e18
"""a product that is below this as a float fits 64 bits"""
_HALF: Final = 31
_MASK: Final = (1 << 31) - 1
_RATE_PARTS: Final = 100_000_000
_SHARE_PARTS: Final = 1_000_000
_SHARE_PARTS_SQUARED: Final = _SHARE_PARTS * _SHARE_PARTS
_EXACT_FLOAT: Final = 1 << 53
_KEPT: Final = 1 << 54


@compiled
def _product(a: int, b: int) -> tuple[int, int]:
    """Return a × b as (whole multiples of 2^62, rest), for amounts in [0, 2^62)."""
    a1, a0, b1, b0 = a >> _HALF, a & _MASK, b >> _HALF, b & _MASK
    low = a0 * b0
    middle = a1 * b0 + (low >> _HALF)
    carry = (middle >> _HALF) + a1 * b1
    middle = (middle & _MASK) + a0 * b1
    return carry + (middle >> _HALF), ((middle & _MASK) << _HALF) | (low & _MASK)


@inlined
def is_more(a: int, b: int, c: int, d: int) -> bool:
    """Return whether a × b > c × d, for amounts in [0, 2^62)."""
    left, right = float(a) * float(b), float(c) * float(d)
    if left > right * 1.000000001:
        return True
    if left * 1.000000001 < right:
        return False
    return _is_more_exactly(a, b, c, d)


@compiled
def _is_more_exactly(a: int, b: int, c: int, d: int) -> bool:
    if float(a) * float(b) < SAFE and float(c) * float(d) < SAFE:
        return a * b > c * d
    left_high, left_low = _product(a, b)
    right_high, right_low = _product(c, d)
    return left_high > right_high or (left_high == right_high and left_low > right_low)


@inlined
def is_least(a: int, b: int, c: int, d: int) -> bool:
    """Return whether a × b ≥ c × d, for amounts in [0, 2^62)."""
    return not is_more(c, d, a, b)


@inlined
def fits(a: int, b: int, c: int) -> bool:
    """Return whether a × b × c, none negative, is below LIMIT."""
    return float(a) * float(b) * float(c) < SAFE and a * b * c < LIMIT


@compiled
def part_of(a: int, b: int, c: int) -> tuple[int, bool]:
    """Return (floor(a × b / c), whether that is exact) for 0 ≤ a < c < 2^62 and 0 ≤ b < 2^62."""
    if float(a) * float(b) < SAFE:
        return a * b // c, a * b % c == 0
    whole, rest = 0, 0
    for i in range(61, -1, -1):
        whole *= 2
        if rest >= c - rest:
            rest -= c - rest
            whole += 1
        else:
            rest += rest
        if (b >> i) & 1:
            if rest >= c - a:
                rest -= c - a
                whole += 1
            else:
                rest += a
    return whole, rest == 0


@inlined
def rate_of(units: int, parts: int) -> int:
    """Return units × parts / 10^8, rounded half-even once, as `golive.model.money.rate_of`; `units` ≥ 0, |parts| ≤ 10^8."""
    size = abs(parts)
    whole, rest = units // _RATE_PARTS, (units % _RATE_PARTS) * size
    quotient, remainder = whole * size + rest // _RATE_PARTS, rest % _RATE_PARTS
    if parts < 0:
        quotient = -quotient
        if remainder:
            quotient -= 1
            remainder = _RATE_PARTS - remainder
    if 2 * remainder > _RATE_PARTS or (2 * remainder == _RATE_PARTS and quotient & 1):
        quotient += 1
    return quotient


@inlined
def worsened(ticks: int, parts: int, is_buy: int) -> int:
    """Return `ticks` made worse by parts / 10^8, rounded against us, as `golive.matching.slippage`."""
    whole, rest = ticks // _RATE_PARTS, (ticks % _RATE_PARTS) * parts
    slip = whole * parts - (-rest // _RATE_PARTS)
    return ticks + slip if is_buy else max(1, ticks - slip)


@inlined
def share_of(amount: int, share: int, of_share: int) -> int:
    """Return floor(amount × share × of_share / 10^12) for `amount` ≥ 0 and shares in [0, 10^6]."""
    factor = share * of_share
    whole, rest = amount // _SHARE_PARTS_SQUARED, amount % _SHARE_PARTS_SQUARED
    small = rest * (factor % _SHARE_PARTS) // _SHARE_PARTS
    return whole * factor + (rest * (factor // _SHARE_PARTS) + small) // _SHARE_PARTS


@inlined
def lots_of_share(lots: int, share: int) -> int:
    """Return floor(lots × share / 10^6) for `lots` ≥ 0 and a share in [0, 10^6]."""
    return lots // _SHARE_PARTS * share + lots % _SHARE_PARTS * share // _SHARE_PARTS


@compiled
def ratio(a: int, b: int) -> float:
    """Return a / b rounded once, as Python divides integers; for 0 ≤ a and 0 < b, both below 2^62."""
    if a < _EXACT_FLOAT and b < _EXACT_FLOAT:
        return float(a) / float(b)
    if a == 0:
        return 0.0
    whole, rest, shift, is_inexact = a // b, a % b, 0, False
    while whole < _KEPT:  # 55 bits: two more than a float has
        rest += rest
        whole += whole
        if rest >= b:
            rest -= b
            whole += 1
        shift -= 1
    while whole >= 2 * _KEPT:
        is_inexact |= bool(whole & 1)
        whole >>= 1
        shift += 1
    beyond, kept = whole & 3, whole >> 2
    if beyond == 3 or (beyond == 2 and (rest > 0 or is_inexact or kept & 1)):
        kept += 1
    return math.ldexp(float(kept), shift + 2)
