"""Where a process puts what it measures of itself, until that is kept; cheap enough for every call, from any thread."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Final, NamedTuple

from golive.model.indicator import Indicator, billionths
from golive.storage.indicator_store import SampleRow

LIMIT: Final = 100_000
"""values that wait to be kept; what comes when as many do is counted, and makes what is judged by them unknown"""


class _Value(NamedTuple):
    indicator: str
    exchange: str
    at: int
    value: float | Fraction


class IndicatorTap:
    """Collects values and states. `exchange` is the label of what has no venue of its own; `now` the wall clock, ns UTC."""

    def __init__(self, exchange: str, now: Callable[[], int], *, limit: int = LIMIT) -> None:
        self.exchange = exchange
        self.states: dict[tuple[str, str], bool] = {}
        """by indicator and exchange: what holds now"""
        self._now = now
        self._limit = limit
        self._values: deque[_Value] = deque()
        self._lost = 0

    def put(self, indicator: Indicator, value: float | Fraction, exchange: str | None = None) -> None:
        """Take one value, in the indicator's unit."""
        if len(self._values) >= self._limit:
            self._lost += 1
            return
        self._values.append(_Value(indicator.name, exchange or self.exchange, self._now(), value))

    def state(self, indicator: Indicator, is_up: bool, exchange: str | None = None) -> None:
        """Take that a state holds from now on."""
        self.states[indicator.name, exchange or self.exchange] = is_up

    def take(self) -> tuple[list[SampleRow], int]:
        """Return what was put since the last time, and how many values found no room."""
        values = [self._values.popleft() for _ in range(len(self._values))]
        lost, self._lost = self._lost, 0
        return [SampleRow(each.indicator, each.exchange, each.at, billionths(each.value)) for each in values], lost

    def give_back(self, rows: list[SampleRow], lost: int) -> None:
        """Take back what could not be kept; the newest of it is lost where there is no room."""
        room = max(0, self._limit - len(self._values))
        returned = [_Value(row.indicator, row.exchange, row.at, Fraction(row.value, 1_000_000_000)) for row in rows[:room]]
        self._values.extendleft(reversed(returned))
        self._lost += lost + len(rows) - len(returned)
