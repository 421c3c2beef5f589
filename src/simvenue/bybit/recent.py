"""The closed orders that `order/realtime` still knows: the last 500 of each account, in the order they closed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from ..exchange.exchange import Exchange
from ..exchange.order import VenueFill, VenueOrder

KEPT = 500


class RecentlyClosed:
    """Listens to the exchange; the newest orders come first."""

    def __init__(self, exchange: Exchange) -> None:
        self._orders: dict[str, deque[VenueOrder]] = {name: deque(maxlen=KEPT) for name in exchange.accounts}
        exchange.listeners.append(self._changed)

    def of(self, account: str) -> Iterable[VenueOrder]:
        return reversed(self._orders[account])

    def knows(self, order: VenueOrder) -> bool:
        return any(known is order for known in self._orders[order.account])

    def _changed(self, order: VenueOrder, fill: VenueFill | None) -> None:
        if not order.is_working:
            self._orders[order.account].append(order)
