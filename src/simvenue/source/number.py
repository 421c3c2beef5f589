"""Decimal texts of data files to scaled integers, exactly and fast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal, InvalidOperation

_NOTIONAL_DECIMALS = 12
_MOST_LOT_DECIMALS = 8


def lot_decimals(price_decimals: int) -> int:
    """Return the decimals of a lot that goes with prices of `price_decimals`: 1e-8, coarser for finely priced assets.

    Venues trade cheap assets in coarser lots, and tick × lot must leave room for large balances in exact integers.
    """
    return min(_MOST_LOT_DECIMALS, max(0, _NOTIONAL_DECIMALS - price_decimals))


def decimals_seen(texts: Iterable[str]) -> int:
    """Return the largest number of decimals in `texts`, trailing zeros not counted; ValueError for a non-number."""
    most = 0
    for text in texts:
        fraction = text.partition(".")[2]
        if fraction:
            if "e" in fraction or "E" in fraction:
                exponent = Decimal(text).normalize().as_tuple().exponent
                length = -exponent if isinstance(exponent, int) else 0
            else:
                length = len(fraction.rstrip("0"))
            most = max(most, length)
        elif "e" in text or "E" in text:
            exponent = Decimal(text).normalize().as_tuple().exponent
            most = max(most, -exponent if isinstance(exponent, int) else 0)
    return most


def scaled(text: str, decimals: int, *, nearest: bool = False) -> int:
    """Return `text` × 10^decimals as an int, cut off (or rounded half-even) beyond; ValueError for anything but a number ≥ 0."""
    whole, _, fraction = text.partition(".")
    if whole.isdigit() and whole.isascii() and (not fraction or (fraction.isdigit() and fraction.isascii())):
        if len(fraction) <= decimals:
            return int(whole + fraction) * int("1" + "0" * (decimals - len(fraction)))
        if not nearest:
            return int(whole + fraction[:decimals])
    try:
        value = Decimal(text.strip())
    except InvalidOperation as exc:
        raise ValueError(f"{text!r:.40} is not a number") from exc
    if not value.is_finite() or value < 0:
        raise ValueError(f"{text!r:.40} is not a number of zero or more")
    return int(value.scaleb(decimals).to_integral_value(ROUND_HALF_EVEN if nearest else ROUND_DOWN))


def column_scaled(texts: Sequence[str], decimals: int) -> list[int]:
    """Return a whole column scaled; ValueError carries the index of the bad row as its second argument."""
    out: list[int] = []
    for index, text in enumerate(texts):
        try:
            out.append(scaled(text, decimals))
        except ValueError as exc:
            raise ValueError(str(exc), index) from exc
    return out
