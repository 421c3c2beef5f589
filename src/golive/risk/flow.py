"""What was ordered, executed, lost and stopped a moment ago: the memory of the limits that count.

A restart gets it back by the same calls, from the journal. Times are ns UTC of one clock that never goes back.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from golive.model.clock import DAY, MINUTE
from golive.model.ids import InstrumentId
from golive.model.order import NewOrder, Side

Book = tuple[InstrumentId, Side]
"""one side of one instrument"""
KEPT: Final = 10 * MINUTE
"""of approvals; no window of a limit over them is longer"""
SHUT: Final = "shut until re-armed"
"""said of a side that was executed too often"""
Approval = tuple[int, NewOrder]
"""an order that was allowed, and when"""
_NEVER: Final[deque[int]] = deque()


class OrderFlow:
    """Follows one account. `approved`, `executed`, `closed` and `stopped` are told in the order of their times."""

    def __init__(self) -> None:
        self.throttled: set[Book] = set()
        """what was executed too often in a minute, and waits for a person"""
        self.losses_in_a_row = 0
        """of `last_loss_day`, a UTC day"""
        self.last_loss_day = -1
        self._approvals: deque[Approval] = deque()
        self._executions: dict[Book, deque[int]] = {}
        self._losses: dict[InstrumentId, int] = {}
        self._stops: deque[int] = deque()

    def approved(self, order: NewOrder, ts: int) -> None:
        """Take an order that was allowed, or new terms for one."""
        approvals = self._approvals
        while approvals and approvals[0][0] < ts - KEPT:
            approvals.popleft()
        approvals.append((ts, order))

    def executed(self, order: NewOrder, ts: int) -> None:
        """Take the first execution of an order; its further fills are not told."""
        times = self._executions.setdefault(_book(order), deque())
        while times and times[0] <= ts - MINUTE:
            times.popleft()
        times.append(ts)

    def closed(self, instrument: InstrumentId, result: int, ts: int) -> None:
        """Take the end of a position, with what it earned in all, fees included."""
        if result < 0:
            day = ts // DAY
            self._losses[instrument] = ts
            self.losses_in_a_row = self.losses_in_a_row + 1 if day == self.last_loss_day else 1
            self.last_loss_day = day
        else:
            self.losses_in_a_row = 0

    def stopped(self, ts: int) -> None:
        """Take that a protective stop has closed a position."""
        self._stops.append(ts)

    def rearm(self) -> None:
        """A named person lets go on what was executed too often, and forgets the losses in a row."""
        self.throttled.clear()
        self._executions.clear()
        self.losses_in_a_row = 0

    def has_allowed(self, count: int, now: int) -> bool:
        """Say whether `count` orders or more were allowed in the last minute."""
        return count <= 0 or (len(self._approvals) >= count and self._approvals[-count][0] > now - MINUTE)

    def allowed(self, now: int) -> int:
        """Return how many orders were allowed in the last minute."""
        return sum(1 for ts, _ in self._approvals if ts > now - MINUTE)

    def repeats(self, order: NewOrder, span: int, now: int) -> bool:
        """Say whether the same order – instrument, side, quantity, price – was allowed within the last `span` ns."""
        oldest, quantity = now - span, order.quantity
        for ts, other in reversed(self._approvals):
            if ts <= oldest:
                return False
            if other.quantity == quantity and other.price == order.price and _book(other) == _book(order):
                return True
        return False

    def has_executed(self, count: int, order: NewOrder, now: int) -> bool:
        """Say whether `count` orders or more of the same instrument and side were executed in the last minute."""
        times = self._executions.get(_book(order), _NEVER)
        return count <= 0 or (len(times) >= count and times[-count] > now - MINUTE)

    def executions(self, order: NewOrder, now: int) -> int:
        """Return how many orders of the same instrument and side were executed in the last minute."""
        times = self._executions.get(_book(order), ())
        return sum(1 for ts in times if ts > now - MINUTE)

    def most_executed(self, now: int) -> tuple[Book | None, int]:
        """Return the side of which most orders were executed in the last minute, and how many; of equals the first that was."""
        counts = {book: sum(1 for ts in times if ts > now - MINUTE) for book, times in self._executions.items()}
        most = max(counts, key=counts.__getitem__, default=None)
        return (None, 0) if most is None or not counts[most] else (most, counts[most])

    def stops_since(self, oldest: int) -> int:
        """Return how many protective stops have fired after `oldest`; unlike `stops_within` it forgets none."""
        return sum(1 for ts in self._stops if ts > oldest)

    def loss_of(self, instrument: InstrumentId) -> int | None:
        """Return when a position in this instrument was last closed with a loss."""
        return self._losses.get(instrument)

    def stops_within(self, span: int, now: int) -> int:
        """Return how many protective stops have fired in the last `span` ns."""
        stops = self._stops
        while stops and stops[0] <= now - span:
            stops.popleft()
        return len(stops)


def _book(order: NewOrder) -> Book:
    return order.instrument, order.side
