"""Where a process puts what it measures of itself, until that is kept; cheap enough for every call, from any thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Final, TypeAlias

from golive.model.indicator import BILLION, Indicator, billionths
from golive.storage.indicator_store import SampleRow

LIMIT: Final = 100_000
"""values that wait to be kept; what comes when as many do is counted, and makes what is judged by them unknown"""


Put: TypeAlias = Callable[[float | Fraction], None]
"""takes one value of an indicator, in its unit"""


class IndicatorTap:
    """Collects values and states. `exchange` is the label of what has no venue of its own; `now` the wall clock, ns UTC.

    Nothing is counted as it comes, for it may come with each call; what is too much is let go of when it is taken.
    """

    def __init__(self, exchange: str, now: Callable[[], int], *, limit: int = LIMIT) -> None:
        self.exchange = exchange
        self.states: dict[tuple[str, str], bool] = {}
        """by indicator and exchange: what holds now"""
        self._now = now
        self._limit = limit
        self._values: deque[tuple[str, str, int, float | Fraction]] = deque()
        """indicator, exchange, time, value"""
        self._lost = 0

    def series(self, indicator: Indicator, exchange: str | None = None) -> Put:
        """Return what takes the values of an indicator at a venue: `put` for hot paths."""
        name, label, append, now = indicator.name, exchange or self.exchange, self._values.append, self._now

        def put(value: float | Fraction) -> None:
            append((name, label, now(), value))

        return put

    def put(self, indicator: Indicator, value: float | Fraction, exchange: str | None = None) -> None:
        """Take one value, in the indicator's unit."""
        self._values.append((indicator.name, exchange or self.exchange, self._now(), value))

    def state(self, indicator: Indicator, is_up: bool, exchange: str | None = None) -> None:
        """Take that a state holds from now on."""
        self.states[indicator.name, exchange or self.exchange] = is_up

    def take(self) -> tuple[list[SampleRow], int]:
        """Return the oldest values that were put since the last time, as many as may wait, and how many there were beyond."""
        values = [self._values.popleft() for _ in range(len(self._values))]
        lost, self._lost = self._lost + max(0, len(values) - self._limit), 0
        return [SampleRow(name, label, at, billionths(value)) for name, label, at, value in values[: self._limit]], lost

    def give_back(self, rows: list[SampleRow], lost: int) -> None:
        """Take back what could not be kept."""
        self._values.extendleft((row.indicator, row.exchange, row.at, Fraction(row.value, BILLION)) for row in reversed(rows))
        self._lost += lost
