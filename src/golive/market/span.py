"""Which stretches of time a series lacks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from golive.matching.columns import IntColumn


class Span(NamedTuple):
    """The time from `first` to `until` (not included), ns."""

    first: int
    until: int


def missing_spans(opened_at: IntColumn, length: int, whole: Span) -> list[Span]:
    """Return the stretches of `whole` without candles, oldest first; `opened_at` rises, a candle is `length` ns long."""
    import numpy as np

    inside = opened_at[(opened_at >= whole.first) & (opened_at < whole.until)]
    ends = np.concatenate(([whole.first], inside + length))
    begins = np.concatenate((inside, [whole.until]))
    gaps = np.flatnonzero(begins > ends)
    return [Span(int(ends[at]), int(begins[at])) for at in gaps]


def without(spans: Iterable[Span], taken: Sequence[Span]) -> list[Span]:
    """Return what of `spans` (rising) is in none of `taken` (in any order)."""
    left = [span for span in spans if span.first < span.until]
    for cut in taken:
        left = [
            rest
            for span in left
            for rest in (Span(span.first, min(span.until, cut.first)), Span(max(span.first, cut.until), span.until))
            if rest.first < rest.until
        ]
        left = sorted(set(left))
    return left


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the same stretches with those that touch or overlap made one, rising."""
    result: list[Span] = []
    for span in sorted(spans):
        if result and span.first <= result[-1].until:
            result[-1] = Span(result[-1].first, max(result[-1].until, span.until))
        else:
            result.append(span)
    return result
