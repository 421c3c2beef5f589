"""What trading cost in the last 30 days, against what it earned."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Final

from golive.model.clock import DAY

from .view import Costs

SPAN_DAYS: Final = 30


class CostTrack:
    """Remembers equity and fees at the beginning of each UTC day; amounts in smallest quote units."""

    def __init__(self, days: Iterable[tuple[int, int, int]] = ()) -> None:
        """`days` are those of a track that was kept."""
        self._days: deque[tuple[int, int, int]] = deque(days)
        """(day, equity, fees so far), oldest first"""

    @property
    def days(self) -> tuple[tuple[int, int, int], ...]:
        """UTC day, equity and fees so far at its beginning, oldest first; what a restart needs."""
        return tuple(self._days)

    def begin(self, ts: int, equity: int, fees: int) -> None:
        """Take the account as it was when the UTC day of `ts` began; further calls on one day change nothing."""
        day = ts // DAY
        days = self._days
        if days and days[-1][0] >= day:
            return
        days.append((day, equity, fees))
        while len(days) > 1 and days[1][0] <= day - SPAN_DAYS:
            days.popleft()

    def costs(self, ts: int, equity: int, fees: int) -> Costs | None:
        """Return fees and result since the day that began 30 days before that of `ts`; None where nothing is known of it."""
        if not self._days:
            return None
        day, equity_then, fees_then = self._days[0]
        if day > ts // DAY - SPAN_DAYS:
            return None
        spent = fees - fees_then
        return Costs(spent, equity - equity_then + spent)
