"""What waits for one venue: bounded in number and time; reductions leave before cancels, cancels before entries.

Times are ns of the monotonic clock, passed in.
"""

from __future__ import annotations

from collections import deque
from typing import Final, Generic, NamedTuple, TypeVar

from golive.model.live_order import Priority

T = TypeVar("T")

ORDER: Final = (Priority.REDUCE, Priority.CANCEL, Priority.ENTRY)
"""who leaves first"""


class Turn(NamedTuple, Generic[T]):
    """An item whose turn has come, or whose time is over, and how long it waited, ns."""

    item: T
    priority: Priority
    waited_ns: int


class DispatchQueue(Generic[T]):
    """First come, first served within a priority."""

    def __init__(self, *, max_size: int, max_wait_ns: int) -> None:
        self._max_size = max_size
        self._max_wait_ns = max_wait_ns
        self._lines: dict[Priority, deque[tuple[int, T]]] = {priority: deque() for priority in ORDER}

    @property
    def depth(self) -> int:
        return sum(len(line) for line in self._lines.values())

    def offer(self, item: T, priority: Priority, now: int) -> bool:
        """Let an item wait; False when the queue is full. A cancel is always taken: it can only make us safer."""
        if priority is not Priority.CANCEL and self.depth >= self._max_size:
            return False
        self._lines[priority].append((now, item))
        return True

    def pop(self, now: int) -> Turn[T] | None:
        """Take out whose turn it is; what has waited too long is left for `expire`. None when nothing waits."""
        for priority in ORDER:
            line = self._lines[priority]
            if line and not self._is_late(priority, line[0][0], now):
                since, item = line.popleft()
                return Turn(item, priority, now - since)
        return None

    def expire(self, now: int) -> list[Turn[T]]:
        """Take out what has waited for longer than it may. Cancels wait for as long as it takes."""
        late: list[Turn[T]] = []
        for priority in ORDER:
            line = self._lines[priority]
            while line and self._is_late(priority, line[0][0], now):
                since, item = line.popleft()
                late.append(Turn(item, priority, now - since))
        return late

    def _is_late(self, priority: Priority, since: int, now: int) -> bool:
        return priority is not Priority.CANCEL and now - since > self._max_wait_ns
