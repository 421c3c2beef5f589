"""The published book of one pair at one depth: snapshots, changes and the checksum over the ten best levels.

Source: Kraken WebSocket v2 documentation, "Book" and "Book checksum". A level that a better one pushed out of the depth is
not taken back: clients truncate to the depth after every update, and a level that comes back is sent again.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from golive.matching.price_time import PriceTimeBook

from ..exchange.order import Side
from ..exchange.publish import Level
from .code import Json
from .number import Grid, bare

DEPTHS = (10, 25, 100, 500, 1000)
_SUMMED = 10


def checksum(asks: Iterable[tuple[str, str]], bids: Iterable[tuple[str, str]]) -> int:
    """Return the CRC32 of the ten best asks, then bids, as (price, quantity) texts, best first."""
    text = "".join(_digits(price) + _digits(quantity) for side in (asks, bids) for price, quantity in list(side)[:_SUMMED])
    return zlib.crc32(text.encode())


def _digits(text: str) -> str:
    return text.replace(".", "").lstrip("0")


class DepthView:
    """What subscribers of one depth hold."""

    def __init__(self, book: PriceTimeBook, grid: Grid, depth: int) -> None:
        self._book = book
        self._grid = grid
        self._depth = depth
        self._shown: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
        self.update()

    def snapshot(self, symbol: str, timestamp: str) -> dict[str, Json]:
        """Return the data of what subscribers hold now."""
        sides = {side: sorted(held.items(), reverse=side is Side.BUY) for side, held in self._shown.items()}
        return self._data(symbol, timestamp, sides)

    def update(self) -> dict[Side, list[Level]]:
        """Take the book as it is as held; return what changed, quantity 0 for what is gone from the book."""
        changes: dict[Side, list[Level]] = {}
        for side, held in self._shown.items():
            window = dict(self._book.levels(side, self._depth))
            gone = [(price, 0) for price in held.keys() - window.keys() if self._book.quantity_at(side, price) == 0]
            moved = [level for level in window.items() if held.get(level[0]) != level[1]]
            self._shown[side] = window
            changes[side] = sorted(gone) + moved
        return changes

    def changed(self, symbol: str, timestamp: str) -> dict[str, Json] | None:
        """Return the data of an update, None when nothing changed within the depth."""
        changes = self.update()
        return self._data(symbol, timestamp, changes) if any(changes.values()) else None

    def _data(self, symbol: str, timestamp: str, sides: dict[Side, list[Level]]) -> dict[str, Json]:
        price, quantity = self._grid.price, self._grid.quantity
        best = {
            side: [(price(at), quantity(lots)) for at, lots in sorted(held.items(), reverse=side is Side.BUY)[:_SUMMED]]
            for side, held in self._shown.items()
        }
        rows = {side: [{"price": bare(price(at)), "qty": bare(quantity(n))} for at, n in held] for side, held in sides.items()}
        return {
            "symbol": symbol,
            "bids": rows[Side.BUY],
            "asks": rows[Side.SELL],
            "checksum": checksum(best[Side.SELL], best[Side.BUY]),
            "timestamp": timestamp,
        }
