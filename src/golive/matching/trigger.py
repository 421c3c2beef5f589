"""Sleeping orders: stops, take-profits and trailing stops of one instrument that wait for a traded price.

A stop's trigger lies against the position: a buy stop fires at a price at or above it, a sell stop at or below it; a
take-profit fires the other way round. A trailing stop's trigger follows the best price since the order arrived, `trail` ticks
behind it, and never goes back. Which of several fires first is fixed: stops before take-profits, then the one that the
price passed first, then the one that arrived first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from golive.model.ids import ClientOrderId
from golive.model.order import NewOrder, OrderType, Side

_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})


class Trigger:
    """What one sleeping order waits for. `level` in ticks; None for a trailing stop that has seen no price yet."""

    __slots__ = ("_rises", "_trail", "best", "is_stop", "level")

    def __init__(self, order: NewOrder, best: int | None = None) -> None:
        """Wait as `order` says; `best` is the best price that a trailing stop starts from, where one is known.

        Raises ValueError for an order that does not sleep, or without the trigger or trail that its type needs.
        """
        self.is_stop = order.type in _STOPS
        self._rises = self.is_stop is (order.side is Side.BUY)
        self._trail = order.trail if order.type is OrderType.TRAILING_STOP else None
        self.best: int | None = None
        self.level = order.trigger if order.type.has_trigger else None
        if self.level is None and (self._trail is None or self._trail <= 0):
            raise ValueError(f"order {order.client_order_id}: type {order.type} without what it would wait for")
        if best is not None:
            self.follow(best)

    def follow(self, price: int) -> None:
        """Let a trailing stop see a traded price; other triggers stand still."""
        if self._trail is not None:
            self.best = self._better(price)
            self.level = self._behind(self.best)

    def is_reached(self, price: int) -> bool:
        """Return whether a trade at `price` fires the order; a trailing stop is to `follow` the price first."""
        return self.level is not None and self._is_beyond(price, self.level)

    def reached_within(self, low: int, high: int) -> int | None:
        """Return the worst price at which some path between `low` and `high` fires the order, None when no path does.

        Nobody knows whether a bar saw its best or its worst price first. A trailing stop fires where its trigger stood
        before, if the bar reached that; else, if the bar is wider than the trail, the best price may have come up just
        so far that the worst one fired it.
        """
        far = high if self._rises else low
        if self.is_reached(far):
            return self.level
        if self._trail is None or self.best is None:
            return None
        near = low if self._rises else high
        return far if self._is_beyond(far, self._behind(self._better(near))) else None

    def _better(self, price: int) -> int:
        if self.best is None:
            return price
        return min(self.best, price) if self._rises else max(self.best, price)

    def _behind(self, best: int) -> int:
        assert self._trail is not None
        return best + self._trail if self._rises else best - self._trail

    def _is_beyond(self, price: int, level: int) -> bool:
        return price >= level if self._rises else price <= level


def firing_order(trigger: Trigger, distance: int, arrival: int) -> tuple[bool, int, int]:
    """Return the key by which orders that fire together are sorted; the price passed a smaller `distance` first."""
    return (not trigger.is_stop, distance, arrival)


class SleepingOrders:
    """The sleeping orders of one instrument, in the order of their arrival."""

    def __init__(self) -> None:
        self._sleeping: dict[ClientOrderId, tuple[NewOrder, Trigger]] = {}

    def __iter__(self) -> Iterator[NewOrder]:
        return (order for order, _ in self._sleeping.values())

    def __len__(self) -> int:
        return len(self._sleeping)

    def __contains__(self, client_order_id: ClientOrderId) -> bool:
        return client_order_id in self._sleeping

    def add(self, order: NewOrder, last: int | None) -> None:
        """Let `order` sleep; a trailing stop starts from the `last` traded price, or from the first it sees."""
        self._sleeping[order.client_order_id] = (order, Trigger(order, last))

    def replace(self, order: NewOrder) -> None:
        """Give a sleeping order its amended terms; a trailing stop remembers its best price. KeyError when it does not sleep."""
        _, trigger = self._sleeping[order.client_order_id]
        self._sleeping[order.client_order_id] = (order, Trigger(order, trigger.best))

    def remove(self, client_order_id: ClientOrderId) -> NewOrder | None:
        """Take an order out; None when it does not sleep here."""
        found = self._sleeping.pop(client_order_id, None)
        return found[0] if found else None

    def level_of(self, client_order_id: ClientOrderId) -> int | None:
        """Return where an order's trigger stands now, ticks; KeyError when it does not sleep here."""
        return self._sleeping[client_order_id][1].level

    def on_price(self, price: int) -> Sequence[NewOrder]:
        """Take a traded price; return the orders that it wakes, in firing order. They sleep no longer."""
        if not self._sleeping:
            return ()
        fired: list[tuple[tuple[bool, int, int], NewOrder]] = []
        for arrival, (order, trigger) in enumerate(self._sleeping.values()):
            trigger.follow(price)
            if trigger.is_reached(price):
                assert trigger.level is not None
                fired.append((firing_order(trigger, -abs(price - trigger.level), arrival), order))
        for _, order in fired:
            del self._sleeping[order.client_order_id]
        return [order for _, order in sorted(fired, key=lambda row: row[0])]
