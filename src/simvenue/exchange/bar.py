"""Bar sizes: where a bar begins and where the next one does; times in ns UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

SECOND = 1_000_000_000
HOUR = 3600 * SECOND
DAY = 24 * HOUR
_MONDAY = 4 * DAY  # 1970-01-05 was a Monday


@dataclass(frozen=True, slots=True)
class Bar:
    """A fixed `period` aligned to `offset` from the epoch, or `months` calendar months."""

    period: int
    offset: int = 0
    months: int = 0

    def floor(self, ts: int) -> int:
        """Return when the bar that contains `ts` opened."""
        if not self.months:
            return ts - (ts - self.offset) % self.period
        day = datetime.fromtimestamp((ts - self.offset) // SECOND, tz=timezone.utc)
        month = day.year * 12 + day.month - 1
        return self._month_start(month - month % self.months)

    def next(self, opened: int) -> int:
        """Return when the bar that opened at `opened` closes."""
        if not self.months:
            return opened + self.period
        day = datetime.fromtimestamp((opened - self.offset) // SECOND, tz=timezone.utc)
        return self._month_start(day.year * 12 + day.month - 1 + self.months)

    def _month_start(self, month: int) -> int:
        start = datetime(month // 12, month % 12 + 1, 1, tzinfo=timezone.utc)
        return int(start.timestamp()) * SECOND + self.offset


def week(offset: int = 0) -> Bar:
    """A week from Monday on."""
    return Bar(7 * DAY, _MONDAY + offset)
