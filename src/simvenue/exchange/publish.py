"""The published view of a book: a window of the best levels, and what changed in it since the last publication."""

from __future__ import annotations

from golive.matching.price_time import PriceTimeBook
from golive.model.market import Level
from golive.model.order import Side

__all__ = ["Level", "PublishedBook", "PublishedSide"]


class PublishedSide:
    """What subscribers hold of one side."""

    def __init__(self, book: PriceTimeBook, side: Side, depth: int) -> None:
        self._book = book
        self._side = side
        self._depth = depth
        self._shown: dict[int, int] = {}

    def snapshot(self) -> list[Level]:
        """Start again from the book as it is; return its window, best first."""
        self._book.take_changed(self._side)
        levels = self._book.levels(self._side, self._depth)
        self._shown = dict(levels)
        return levels

    def view(self) -> list[Level]:
        """Return what subscribers hold, best first."""
        return sorted(self._shown.items(), reverse=self._side is Side.BUY)

    def delta(self) -> list[Level]:
        """Return the levels to change at the subscribers, 0 for those that left the window."""
        changed = self._book.take_changed(self._side)
        if not changed:
            return []
        window = dict(self._book.levels(self._side, self._depth))
        gone = [(price, 0) for price in self._shown.keys() - window.keys()]
        moved = [level for level in window.items() if self._shown.get(level[0]) != level[1]]
        self._shown = window
        return moved + gone


class PublishedBook:
    """Both sides with a sequence; `previous` is the sequence of the publication before."""

    def __init__(self, book: PriceTimeBook, depth: int) -> None:
        self.bids = PublishedSide(book, Side.BUY, depth)
        self.asks = PublishedSide(book, Side.SELL, depth)
        self.sequence = 0

    def start(self) -> None:
        """Take the book as it is now as the published state."""
        self.bids.snapshot()
        self.asks.snapshot()
        self.sequence += 1
