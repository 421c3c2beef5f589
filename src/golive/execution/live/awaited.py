"""Orders of which the venue still owes news: when each is asked for again, and when somebody must know of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from golive.model.clock import MINUTE
from golive.model.ids import ClientOrderId

LONGEST_PAUSE: Final = MINUTE
"""between two questions about news that do not come"""


@dataclass(slots=True)
class _Wait:
    since: int
    due: int
    pause: int


class Awaited:
    """Asked for after `grace_ns`, then less and less often; late after `late_ns`. Times in ns of the monotonic clock."""

    def __init__(self, grace_ns: int, late_ns: int) -> None:
        self._grace_ns = grace_ns
        self._late_ns = late_ns
        self._waits: dict[ClientOrderId, _Wait] = {}

    def __bool__(self) -> bool:
        return bool(self._waits)

    def __contains__(self, client_order_id: ClientOrderId) -> bool:
        return client_order_id in self._waits

    def add(self, client_order_id: ClientOrderId, now: int) -> None:
        """Wait for news of an order from now on, unless that is being done."""
        if client_order_id not in self._waits:
            self._waits[client_order_id] = _Wait(now, now + self._grace_ns, 2 * self._grace_ns)

    def discard(self, client_order_id: ClientOrderId) -> None:
        self._waits.pop(client_order_id, None)

    def due(self, now: int) -> list[ClientOrderId]:
        """Return the orders to be asked for now; each is due again after a pause twice as long."""
        found = [(name, wait) for name, wait in self._waits.items() if wait.due <= now]
        for _, wait in found:
            wait.due, wait.pause = now + wait.pause, min(2 * wait.pause, LONGEST_PAUSE)
        return [name for name, _ in found]

    def late(self, now: int) -> list[ClientOrderId]:
        """Return the orders whose news have been owed for too long."""
        return [name for name, wait in self._waits.items() if now - wait.since >= self._late_ns]
