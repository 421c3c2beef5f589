"""Orders that have ended: how long each is still remembered in full, and the ids of those that are not any more."""

from __future__ import annotations

from collections import deque
from typing import Final

from golive.model.ids import ClientOrderId

AT_ONCE: Final = 20
"""so many are let go of each time that is looked"""
_DIGITS: Final = 15
"""hexadecimal digits of an id that are kept: 60 bits, so two of a million orders are taken for one in 1 of 2 million runs"""


class EndedOrders:
    """Each for `keep_ns` after it came, in ns of the monotonic clock; an id takes some 60 bytes afterwards."""

    def __init__(self, keep_ns: int) -> None:
        self._keep_ns = keep_ns
        self._line: deque[tuple[int, ClientOrderId]] = deque()
        self._forgotten: set[int] = set()

    def __contains__(self, client_order_id: ClientOrderId) -> bool:
        """Whether an order of this id was forgotten."""
        return _short(client_order_id) in self._forgotten

    def add(self, client_order_id: ClientOrderId, now: int) -> None:
        self._line.append((now + self._keep_ns, client_order_id))

    def due(self, now: int) -> list[ClientOrderId]:
        """Take out some whose time is over, oldest first."""
        found: list[ClientOrderId] = []
        while self._line and self._line[0][0] <= now and len(found) < AT_ONCE:
            found.append(self._line.popleft()[1])
        return found

    def forget(self, client_order_id: ClientOrderId) -> None:
        self._forgotten.add(_short(client_order_id))


def _short(client_order_id: ClientOrderId) -> int:
    return int(client_order_id[:_DIGITS], 16)
