"""Integers to decimal text, fast enough for every level of every book update."""

from __future__ import annotations


def decimal_text(value: int, scale: int) -> str:
    """Return value × 10^-scale as plain decimal text without trailing zeros: (1230, 3) → `1.23`."""
    if value < 0:
        return "-" + decimal_text(-value, scale)
    if scale == 0:
        return str(value)
    digits = str(value).rjust(scale + 1, "0")
    fraction = digits[-scale:].rstrip("0")
    return f"{digits[:-scale]}.{fraction}" if fraction else digits[:-scale]
