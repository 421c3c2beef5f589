"""The equity curve of a run of any length in bounded memory: every point in the digest, at most 1000 kept to look at."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import TypeAlias

from golive.model.clock import to_iso

from .outcome import MAX_POINTS, EquityOutcome

Point: TypeAlias = tuple[int, int, int]
"""(market time in ns UTC, equity in smallest quote units, price in ticks)"""

_BUCKETS = (MAX_POINTS - 2) // 4 * 2
"""an even number; each shows its lowest and its highest point, and the first and the last of the run are shown as well"""


class EquityTrace:
    """Collects the curve point by point; the same points give the same outcome.

    The points of a run fall into buckets of equal count, doubled whenever there are too many; of each bucket the
    lowest and the highest equity stay, so a plot loses no spike and no trough.
    """

    def __init__(self, equity_text: Callable[[int], str], price_text: Callable[[int], str]) -> None:
        self._equity_text = equity_text
        self._price_text = price_text
        self._digest = hashlib.sha256()
        self._count = 0
        self._per_bucket = 1
        self._buckets: list[tuple[Point, Point]] = []
        self._in_last = 0
        self._first: Point | None = None
        self._last: Point | None = None

    def add(self, ts: int, equity: int, price: int) -> None:
        """Take the next point: market time in ns UTC, equity in smallest quote units, price in ticks."""
        point = (ts, equity, price)
        self._digest.update(f"{to_iso(ts)},{self._equity_text(equity)},{self._price_text(price)}\n".encode())
        self._count += 1
        self._first = self._first or point
        self._last = point
        if self._in_last == self._per_bucket or not self._buckets:
            self._open_bucket(point)
        else:
            low, high = self._buckets[-1]
            self._buckets[-1] = (point if equity < low[1] else low, point if equity > high[1] else high)
            self._in_last += 1

    def outcome(self) -> EquityOutcome:
        """Return count, digest and the points to show: SHA-256 over the lines `moment,equity,price` of all points."""
        shown = {point for bucket in self._buckets for point in bucket}
        shown |= {point for point in (self._first, self._last) if point is not None}
        return EquityOutcome(
            count=self._count,
            sha256=self._digest.hexdigest(),
            points=tuple((ts, self._equity_text(equity), self._price_text(price)) for ts, equity, price in sorted(shown)),
        )

    def _open_bucket(self, point: Point) -> None:
        if len(self._buckets) == _BUCKETS:
            self._buckets = [_joined(*pair) for pair in zip(self._buckets[::2], self._buckets[1::2], strict=True)]
            self._per_bucket *= 2
        self._buckets.append((point, point))
        self._in_last = 1


def _joined(left: tuple[Point, Point], right: tuple[Point, Point]) -> tuple[Point, Point]:
    low = right[0] if right[0][1] < left[0][1] else left[0]
    high = right[1] if right[1][1] > left[1][1] else left[1]
    return low, high
