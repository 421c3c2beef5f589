"""Published order books: a window of the best levels per depth with its update id, and the cross sequence of a market."""

from __future__ import annotations

from collections.abc import Iterable

from golive.model.market import Level
from golive.model.order import Side

from ..exchange.market import Market

DEPTHS = (1, 50, 200, 1000)


class Counters:
    """The cross sequence (`seq`) of every market: it grows whenever a book changed."""

    def __init__(self) -> None:
        self._sequences: dict[str, int] = {}

    def sequence(self, symbol: str) -> int:
        return self._sequences.get(symbol, 1)

    def advance(self, symbol: str) -> None:
        self._sequences[symbol] = self.sequence(symbol) + 1


class BookWindow:
    """What the subscribers of one depth hold of one book.

    `update_id` grows by one with each message, and is 1 on the first snapshot after the venue started: Bybit's sign that
    the service restarted and the client must begin again.
    """

    def __init__(self, market: Market, depth: int) -> None:
        self._market = market
        self._depth = depth
        self._shown: dict[Side, dict[int, int]] = {}
        self.update_id = 0

    def restart(self) -> None:
        """Take the book as it is now: the first subscriber comes."""
        self._shown = {side: dict(self._market.book.levels(side, self._depth)) for side in (Side.BUY, Side.SELL)}
        self.update_id += 1

    def view(self) -> tuple[list[Level], list[Level]]:
        """Return (bids, asks) as subscribers hold them, best first."""
        bids, asks = self._shown[Side.BUY], self._shown[Side.SELL]
        return sorted(bids.items(), reverse=True), sorted(asks.items())

    def delta(self) -> tuple[list[Level], list[Level]] | None:
        """Return the (bids, asks) to change at the subscribers, 0 for levels that left; None when nothing did."""
        bids, asks = self._changed(Side.BUY), self._changed(Side.SELL)
        if not bids and not asks:
            return None
        self.update_id += 1
        return bids, asks

    def _changed(self, side: Side) -> list[Level]:
        shown, window = self._shown[side], dict(self._market.book.levels(side, self._depth))
        self._shown[side] = window
        moved = [level for level in window.items() if shown.get(level[0]) != level[1]]
        return moved + [(price, 0) for price in shown.keys() - window.keys()]


def level_texts(market: Market, levels: Iterable[Level]) -> list[list[str]]:
    """Return levels as `[price, size]`; size 0 removes a level."""
    price, quantity = market.listing.price_text, market.listing.quantity_text
    return [[price(at), quantity(lots)] for at, lots in levels]
