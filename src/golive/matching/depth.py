"""The book model: orders of ours against the visible depth.

A marketable order walks the levels, best first, and remembers what it took: a level that has not changed since does
not offer the same quantity twice. A resting limit order fills as maker at its own price when a public trade goes
*through* it (a trade at the price is not enough: our place in the queue is unknown), or when the opposite side of the book
comes to stand at or beyond it. What the model cannot know: hidden liquidity, our own market impact beyond the
levels taken, and the queue position at our price; each is decided against us.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from golive.model.market import Book, Level, MarketEvent, Trade
from golive.model.order import Liquidity, NewOrder, OrderType, Side, TimeInForce

from .model import Effect, Ended, EndReason, Match, Resting


class DepthModel:
    """Fills of one instrument from its book and trades."""

    name = "book"

    def __init__(self) -> None:
        self._book: Book | None = None
        self._taken: dict[tuple[Side, int], tuple[int, int]] = {}
        self._resting: list[Resting] = []

    def submit(self, order: NewOrder, ts: int) -> Sequence[Effect]:
        if self._book is None:
            return [Ended(order, EndReason.NO_LIQUIDITY)]
        offers = self._offers(order)
        available = sum(quantity for _, quantity in offers)
        if order.time_in_force is TimeInForce.POST_ONLY and offers:
            return [Ended(order, EndReason.POST_ONLY_WOULD_CROSS)]
        if order.time_in_force is TimeInForce.FOK and available < order.quantity:
            return [Ended(order, EndReason.NOT_FILLED_AT_ONCE)]
        out: list[Effect] = []
        remaining = order.quantity
        for price, quantity in offers:
            if remaining == 0:
                break
            part = min(remaining, quantity)
            self._remember(order.side, price, part)
            out.append(Match(order, price, part, Liquidity.TAKER))
            remaining -= part
        if remaining:
            if order.type is OrderType.MARKET or order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK):
                out.append(Ended(order, EndReason.NO_LIQUIDITY))
            else:
                self._resting.append(Resting(order, remaining, ts))
        return out

    def cancel(self, order: NewOrder) -> bool:
        before = len(self._resting)
        self._resting = [r for r in self._resting if r.order.client_order_id != order.client_order_id]
        return len(self._resting) < before

    def amend(self, order: NewOrder, ts: int) -> Sequence[Effect] | None:
        found = next((r for r in self._resting if r.order.client_order_id == order.client_order_id), None)
        if found is None:
            return None
        remaining = order.quantity - (found.order.quantity - found.remaining)
        self._resting.remove(found)
        if remaining <= 0:
            return ()
        if order.price == found.order.price and order.quantity <= found.order.quantity:
            self._resting.append(Resting(order, remaining, found.arrived_at, found.is_new))
            return ()
        return self.submit(replace(order, quantity=remaining), ts)

    def on_time(self, ts: int) -> Sequence[Effect]:
        over = [r for r in self._resting if r.order.expires_at is not None and r.order.expires_at <= ts]
        self._resting = [r for r in self._resting if r not in over]
        return [Ended(r.order, EndReason.EXPIRED) for r in over]

    def on_market(self, event: MarketEvent) -> Sequence[Effect]:
        if isinstance(event, Book):
            self._book = event
            return self._crossed() if self._resting else ()
        if isinstance(event, Trade) and self._resting:
            return self._traded_through(event)
        return ()

    def reference_price(self, order: NewOrder) -> int | None:
        """Return the price of the last level a market order would reach, or None without a book."""
        if self._book is None:
            return None
        worst, remaining = None, order.quantity
        for price, quantity in self._opposite(order.side):
            worst = price
            remaining -= quantity
            if remaining <= 0:
                break
        return worst

    def _opposite(self, side: Side) -> tuple[Level, ...]:
        assert self._book is not None
        return self._book.asks if side is Side.BUY else self._book.bids

    def _offers(self, order: NewOrder) -> list[Level]:
        """The levels the order may take, less what we took from them before."""
        offers = []
        for price, quantity in self._opposite(order.side):
            if order.price is not None and (price - order.price) * order.side.sign > 0:
                break
            seen, taken = self._taken.get((order.side, price), (0, 0))
            left = quantity - taken if seen == quantity else quantity
            if left > 0:
                offers.append((price, left))
        return offers

    def _remember(self, side: Side, price: int, quantity: int) -> None:
        shown = next(q for p, q in self._opposite(side) if p == price)
        seen, taken = self._taken.get((side, price), (0, 0))
        self._taken[side, price] = (shown, quantity + (taken if seen == shown else 0))

    def _crossed(self) -> list[Effect]:
        out: list[Effect] = []
        for resting in self._resting:
            for price, quantity in self._offers(resting.order):
                part = min(resting.remaining, quantity)
                if part == 0:
                    break
                self._remember(resting.order.side, price, part)
                assert resting.order.price is not None
                out.append(Match(resting.order, resting.order.price, part, Liquidity.MAKER))
                resting.remaining -= part
        self._resting = [r for r in self._resting if r.remaining]
        return out

    def _traded_through(self, trade: Trade) -> list[Effect]:
        out: list[Effect] = []
        left = trade.quantity
        for resting in self._resting:
            limit = resting.order.price
            assert limit is not None
            through = (limit - trade.price) * resting.order.side.sign > 0
            if left and through and trade.side is not resting.order.side:
                part = min(resting.remaining, left)
                out.append(Match(resting.order, limit, part, Liquidity.MAKER))
                resting.remaining -= part
                left -= part
        self._resting = [r for r in self._resting if r.remaining]
        return out
