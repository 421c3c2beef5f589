"""One side of a price-time book: its price levels, best first, and what the market states of each.

A level holds anonymous depth and named orders. The market states a level's depth (*shown*); what was taken of it since is
*taken*. With a memory the next statement offers shown − taken, so that unchanged depth is never offered twice; without
one every statement is taken at its word.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from dataclasses import dataclass

from golive.model.order import Side

ANONYMOUS = 0
"""Stands for the market's own depth wherever an order id is expected; order ids are positive."""


@dataclass(slots=True)
class BookOrder:
    """A named order as the book holds it. `price` None means market; `remaining` and `quantity` in lots."""

    order_id: int
    owner: str
    side: Side
    price: int | None
    quantity: int
    remaining: int = -1
    ahead: int = 0
    """lots of anonymous depth estimated to stand before it at its price, when the book estimates queues; else 0"""

    def __post_init__(self) -> None:
        if self.quantity <= 0 or (self.price is not None and self.price <= 0) or self.order_id <= ANONYMOUS:
            raise ValueError(f"order {self.order_id}: id, price and quantity must be positive")
        if self.remaining < 0:
            self.remaining = self.quantity


class PriceLevel:
    """`depth` is what anonymous depth offers now; `total` adds the named orders, which stand in order of arrival."""

    __slots__ = ("depth", "orders", "total")

    def __init__(self) -> None:
        self.depth = 0
        self.orders: dict[int, BookOrder] = {}
        self.total = 0


class BookSide:
    """`keys` ascends to the best price, which therefore stands last; a level without quantity is in neither collection."""

    __slots__ = ("_remembers_taken", "_taken", "changed", "keys", "levels", "sign")

    def __init__(self, side: Side, *, remembers_taken: bool) -> None:
        self.sign = side.sign
        self.levels: dict[int, PriceLevel] = {}
        self.keys: list[int] = []
        self.changed: set[int] = set()
        self._remembers_taken = remembers_taken
        self._taken: dict[int, int] = {}
        """price → lots taken of what the market states there; empty without a memory"""

    def best(self) -> int | None:
        return self.keys[-1] * self.sign if self.keys else None

    def prices(self) -> Iterator[int]:
        return (key * self.sign for key in reversed(self.keys))

    def level(self, price: int) -> PriceLevel:
        """Return the level at `price`, made when there is none; something has to be added to it at once."""
        level = self.levels.get(price)
        if level is None:
            level = self.levels[price] = PriceLevel()
            insort(self.keys, price * self.sign)
        return level

    def add(self, price: int, lots: int) -> None:
        """Change the total at `price` by `lots` and forget a level that became empty."""
        level = self.levels[price]
        level.total += lots
        self.changed.add(price)
        if level.total == 0:
            self._forget(price)

    def _forget(self, price: int) -> None:
        del self.levels[price]
        del self.keys[bisect_left(self.keys, price * self.sign)]

    # ── anonymous depth ─────────────────────────────────────────────────────────────────────────────────────────

    def take(self, price: int, lots: int) -> None:
        """Take `lots` of the anonymous depth at `price`."""
        self.levels[price].depth -= lots
        if self._remembers_taken:
            self._taken[price] = self._taken.get(price, 0) + lots
        self.add(price, -lots)

    def rise(self, price: int, shown: int) -> int:
        """Return by how many lots the depth at `price` would rise (fall, when negative) if the market stated `shown`."""
        level = self.levels.get(price)
        taken = min(self._taken.get(price, 0), shown) if self._taken else 0
        return shown - taken - (level.depth if level else 0)

    def state(self, price: int, shown: int, used: int = 0) -> None:
        """Take the market's statement of `price`, of which resting orders beyond it use `used` lots at once."""
        change = self.rise(price, shown) - used
        if self._remembers_taken and (used or price in self._taken):
            self._taken[price] = min(self._taken.get(price, 0), shown) + used
            if self._taken[price] == 0:
                del self._taken[price]
        if change:
            level = self.levels.get(price) or self.level(price)
            level.depth += change
            level.total += change
            self.changed.add(price)
            if level.total == 0:
                self._forget(price)

    def stated(self) -> list[int]:
        """Return the prices at which the market states depth, be it taken or not."""
        return [*(price for price, level in self.levels.items() if level.depth), *self._taken]
