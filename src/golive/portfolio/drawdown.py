"""Peak, day start and the falls from them, as exact integers."""

from __future__ import annotations

from dataclasses import dataclass

from golive.model.clock import DAY, week_of_day


@dataclass(slots=True)
class EquityTrack:
    """Follows marked equity through market time; `observe` is called with every new mark.

    Amounts in smallest quote units. `start` is the first mark, `day_start` the last mark before this UTC day (the first mark
    on the first day), `week_start` the same of its week, which begins on Monday. `worst_drawdown`, `worst_today` (since the UTC
    day began), `worst_week` (since Monday), `worst_day_loss` and `worst_week_loss` (of any day and week) are (fall, from) pairs
    of the deepest relative fall seen.
    """

    start: int | None = None
    peak: int = 0
    day: int = -1
    day_start: int = 0
    last: int = 0
    worst_drawdown: tuple[int, int] = (0, 1)
    worst_today: tuple[int, int] = (0, 1)
    worst_day_loss: tuple[int, int] = (0, 1)
    week: int = -1
    week_start: int = 0
    worst_week: tuple[int, int] = (0, 1)
    worst_week_loss: tuple[int, int] = (0, 1)

    @property
    def floor(self) -> int:
        """The least equity that, on this UTC day, makes no fall deeper than the worst ones so far."""
        fall, peak = self.worst_drawdown
        today, start = self.worst_today
        lost, week_start = self.worst_week
        return max(
            self.peak - fall * self.peak // peak,
            self.day_start - today * self.day_start // start,
            self.week_start - lost * self.week_start // week_start,
        )

    def observe(self, equity: int, ts: int) -> bool:
        """Take one mark at market time `ts` (ns UTC); the first of a UTC day begins that day.

        Returns whether the worst drawdown, day's loss or week's loss became deeper.
        """
        day = ts // DAY
        if day > self.day:
            self.day_start = self.last if self.day >= 0 else equity
            self.day = day
            self.worst_today = (0, 1)
            if self.start is None:
                self.start = equity
            week = week_of_day(day)
            if week > self.week:
                self.week_start, self.week = self.day_start, week
                self.worst_week = (0, 1)
        elif equity == self.last:
            return False
        self.last = equity
        deeper = False
        if equity > self.peak:
            self.peak = equity
        elif equity < self.peak:
            fall, start = self.worst_drawdown
            if (self.peak - equity) * start > fall * self.peak:
                self.worst_drawdown = (self.peak - equity, self.peak)
                deeper = True
        if equity < self.day_start:
            fall, start = self.worst_today
            if (self.day_start - equity) * start > fall * self.day_start:
                self.worst_today = (self.day_start - equity, self.day_start)
                fall, start = self.worst_day_loss
                if (self.day_start - equity) * start > fall * self.day_start:
                    self.worst_day_loss = self.worst_today
                    deeper = True
        return (equity < self.week_start and self._week_fell(self.week_start - equity)) or deeper

    def _week_fell(self, loss: int) -> bool:
        """Take the loss since Monday; return whether no week's was deeper."""
        fall, start = self.worst_week
        if loss * start <= fall * self.week_start:
            return False
        self.worst_week = (loss, self.week_start)
        fall, start = self.worst_week_loss
        if loss * start <= fall * self.week_start:
            return False
        self.worst_week_loss = self.worst_week
        return True
