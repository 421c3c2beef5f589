"""Ratios as reports show them: exact until the end, then rounded half-even to four decimals."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction


def rounded(numerator: int | Fraction, denominator: int = 1) -> float:
    """Return numerator / denominator rounded half-even to 4 decimals; 0.0 for a denominator of 0."""
    if denominator == 0:
        return 0.0
    return float(round(Fraction(numerator) / denominator, 4))


def mean(ratios: Sequence[Fraction]) -> float:
    """Return the rounded mean of unrounded ratios; 0.0 when there is none."""
    return rounded(sum(ratios, Fraction(0)), len(ratios))
