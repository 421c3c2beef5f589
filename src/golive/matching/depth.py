"""The book model: our orders in a price-time book that follows the market's visible depth and its trades.

A marketable order walks the levels, best first, and the book remembers what it took. A resting limit order fills as maker at
its own price: when a public trade goes through it, when as much was traded at its price as stood before it, or when the
opposite side comes to stand at or beyond it. Sleeping orders fire on the last traded price. Our orders never trade
with each other.

What cannot be known is decided against us. Beyond the last visible level the queue is unknown: an order there does not
fill by a trade at its price, and it joins the end of the queue that it finds when its level comes into sight. An order
fired by a trade finds nothing of what that trade took, however late the book says so. Not modelled: hidden
liquidity, and what others would have done because of us.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from golive.model.ids import ClientOrderId
from golive.model.market import Book, Level, MarketEvent, Trade
from golive.model.order import Liquidity, NewOrder, Side, TimeInForce

from .book import BookOrder, Execution, OrderBook, Placement, SelfTrade
from .model import Effect, Ended, EndReason, Match, Triggered
from .price_time import PriceTimeBook
from .trigger import SleepingOrders

_US = "us"
_UNFILLED = {
    TimeInForce.POST_ONLY: EndReason.POST_ONLY_WOULD_CROSS,
    TimeInForce.FOK: EndReason.NOT_FILLED_AT_ONCE,
}


@dataclass(slots=True)
class _Resting:
    """An order of ours in the book; `in_sight` while its price is not beyond the last visible level of its side."""

    order: NewOrder
    remaining: int
    number: int
    in_sight: bool


class DepthModel:
    """Fills of one instrument from its book and trades.

    `new_book` makes a book that remembers what was taken and estimates queues. `self_trade` says which of two orders of ours
    that meet is taken out: by default the resting one, as on OKX; Kraken takes out the newest one. ALLOW raises ValueError.
    With `offers_again`, an optimist's assumption, each snapshot offers again what was taken, in a book that does not remember it.
    """

    name = "book"

    def __init__(
        self,
        new_book: Callable[[], PriceTimeBook] = lambda: OrderBook(remembers_taken=True, estimates_queue=True),
        self_trade: SelfTrade = SelfTrade.CANCEL_RESTING,
        *,
        offers_again: bool = False,
    ) -> None:
        if self_trade is SelfTrade.ALLOW:
            raise ValueError("orders of ours never trade with each other")
        self._book = new_book()
        self._self_trade = self_trade
        self._offers_again = offers_again
        self._stated: dict[Side, dict[int, int]] = {Side.BUY: {}, Side.SELL: {}}
        self._deepest: dict[Side, int | None] = {Side.BUY: None, Side.SELL: None}
        self._last: int | None = None
        self._trades: list[Trade] = []
        """since the last snapshot"""
        self._told = {Side.BUY: 0, Side.SELL: 0}
        """how many of them the book has heard of, for takers of each side"""
        self._sleeping = SleepingOrders()
        self._resting: dict[int, _Resting] = {}
        self._numbers: dict[ClientOrderId, int] = {}
        self._orders = 0

    # ── our orders ──────────────────────────────────────────────────────────────────────────────────────────────

    def submit(self, order: NewOrder, ts: int) -> Sequence[Effect]:
        if order.type.sleeps:
            self._sleeping.add(order, self._last)
            return self._wake(self._last) if self._last is not None else ()
        return self._enter(order, order.quantity)

    def restore(self, order: NewOrder, remaining: int, ts: int) -> None:
        """As the protocol says. What a restored order could take now, it took before: the book is told so."""
        if order.type.sleeps:
            self._sleeping.add(order, self._last)
            return
        if order.price is None or order.time_in_force in (TimeInForce.IOC, TimeInForce.FOK) or self._crosses_ours(order):
            raise ValueError(f"order {order.client_order_id} cannot have rested in the book beside the others")
        taken = sum(quantity for _, quantity in self._book.offers(order.side, order.price, _US, self._self_trade))
        if taken:
            self._place(order._replace(time_in_force=TimeInForce.IOC), taken)
        _, number = self._place(order, remaining)
        self._note(order, remaining, number)

    def amend(self, order: NewOrder, ts: int) -> Sequence[Effect] | None:
        if order.client_order_id in self._sleeping:
            self._sleeping.replace(order)
            return ()
        resting = self._find(order.client_order_id)
        if resting is None:
            return None
        remaining = order.quantity - (resting.order.quantity - resting.remaining)
        if remaining > 0 and order.price == resting.order.price and remaining <= resting.remaining:
            self._book.reduce(resting.number, remaining)
            resting.order, resting.remaining = order, remaining
            return ()
        self._take_out(resting)
        return self._enter(order, remaining) if remaining > 0 else ()

    def cancel(self, order: NewOrder) -> bool:
        resting = self._find(order.client_order_id)
        if resting is not None:
            self._take_out(resting)
        return resting is not None or self._sleeping.remove(order.client_order_id) is not None

    def reference_price(self, order: NewOrder) -> int | None:
        """Return the last level that the order's quantity would reach now, or None without a book."""
        self._forget_traded(order.side)
        worst, missing = None, order.quantity
        for worst, quantity in self._book.offers(order.side, None, _US, self._self_trade):  # noqa: B007
            missing -= quantity
            if missing <= 0:
                break
        return worst

    # ── the market ──────────────────────────────────────────────────────────────────────────────────────────────

    def on_time(self, ts: int) -> Sequence[Effect]:
        over = [o for o in self._sleeping if o.expires_at is not None and o.expires_at <= ts]
        for order in over:
            self._sleeping.remove(order.client_order_id)
        for resting in list(self._resting.values()):
            if resting.order.expires_at is not None and resting.order.expires_at <= ts:
                self._take_out(resting)
                over.append(resting.order)
        return [Ended(order, EndReason.EXPIRED) for order in over]

    def on_market(self, event: MarketEvent) -> Sequence[Effect]:
        expired = self.on_time(event.ts) if self._resting or self._sleeping else ()
        if isinstance(event, Book):
            return [*expired, *self._on_book(event)]
        if isinstance(event, Trade):
            return [*expired, *self._on_trade(event)]
        return expired

    def _on_book(self, book: Book) -> list[Effect]:
        bids, asks = self._news_of(Side.BUY, book.bids), self._news_of(Side.SELL, book.asks)
        self._trades.clear()
        self._told = {Side.BUY: 0, Side.SELL: 0}
        if not bids and not asks:
            return []
        out = self._passive(self._book.set_depth(bids, asks))
        self._look()
        return out

    def _on_trade(self, trade: Trade) -> list[Effect]:
        unseen = [
            r
            for r in self._resting.values()
            if r.order.price == trade.price and r.order.side is not trade.side and not r.in_sight
        ]
        for resting in unseen:
            self._book.cancel(resting.number)
        out = self._passive(self._book.trade_through(trade.side, trade.price, trade.quantity)) if self._resting else []
        for resting in unseen:
            self._queue_up(resting)
        self._last = trade.price
        self._trades.append(trade)
        out += self._wake(trade.price)
        return out

    def _news_of(self, side: Side, levels: tuple[Level, ...]) -> list[Level]:
        """Return what a snapshot changes at one side, gone levels first, then best first; remember the snapshot."""
        before, now = self._stated[side], dict(levels)
        if before == now and not self._offers_again:
            return []
        self._stated[side] = now
        self._deepest[side] = levels[-1][0] if levels else None
        gone = [(price, 0) for price in before if price not in now]
        return gone + [(price, quantity) for price, quantity in levels if self._offers_again or before.get(price) != quantity]

    def _look(self) -> None:
        """Let orders whose level has come into sight join the end of the queue that stands there."""
        for resting in self._resting.values():
            seen = self._sees(resting.order)
            if seen and not resting.in_sight:
                self._book.cancel(resting.number)
                self._queue_up(resting)
            resting.in_sight = seen

    def _sees(self, order: NewOrder) -> bool:
        deepest = self._deepest[order.side]
        assert order.price is not None
        return deepest is not None and (order.price - deepest) * order.side.sign >= 0

    # ── into the book and out of it ─────────────────────────────────────────────────────────────────────────────

    def _wake(self, price: int) -> list[Effect]:
        """Fire the sleeping orders that a traded price reaches, and let each enter the market."""
        out: list[Effect] = []
        for order in self._sleeping.on_price(price):
            out.append(Triggered(order, price))
            out += self._enter(order, order.quantity)
        return out

    def _forget_traded(self, taker: Side) -> None:
        """Take out what the last snapshot still offers a taker although trades after it show that it is gone.

        That is all beyond a trade's price, and what the trade took at its price. The next snapshot tells the rest.
        """
        side = Side.SELL if taker is Side.BUY else Side.BUY
        stated = self._stated[side]
        for trade in self._trades[self._told[taker] :]:
            stale = [(at, 0) for at in stated if (trade.price - at) * taker.sign > 0]
            if trade.side is taker and trade.price in stated:
                stale.append((trade.price, max(0, stated[trade.price] - trade.quantity)))
            if stale:
                stated.update(stale)
                self._book.set_depth(stale if side is Side.BUY else (), stale if side is Side.SELL else ())
        self._told[taker] = len(self._trades)

    def _enter(self, order: NewOrder, remaining: int) -> list[Effect]:
        """Let an order meet the book; what is left of it rests or ends."""
        self._forget_traded(order.side)
        placement, number = self._place(order, remaining)
        out: list[Effect] = []
        for other in placement.self_canceled:
            out.append(Ended(self._drop(other.order_id).order, EndReason.SELF_TRADE))
        for execution in placement.executions:
            out.append(Match(order, execution.price, execution.quantity, Liquidity.TAKER))
            remaining -= execution.quantity
        if placement.rests:
            self._note(order, remaining, number)
        elif placement.stopped:
            out.append(Ended(order, EndReason.SELF_TRADE))
        elif remaining:
            out.append(Ended(order, _UNFILLED.get(order.time_in_force, EndReason.NO_LIQUIDITY)))
        return out

    def _place(self, order: NewOrder, remaining: int) -> tuple[Placement, int]:
        self._orders += 1
        entry = BookOrder(self._orders, _US, order.side, order.price, remaining)
        return self._book.submit(entry, order.time_in_force, self._self_trade), self._orders

    def _note(self, order: NewOrder, remaining: int, number: int) -> None:
        self._resting[number] = _Resting(order, remaining, number, self._sees(order))
        self._numbers[order.client_order_id] = number

    def _crosses_ours(self, order: NewOrder) -> bool:
        assert order.price is not None
        against = [r.order.price for r in self._resting.values() if r.order.side is not order.side]
        return any((order.price - price) * order.side.sign >= 0 for price in against if price is not None)

    def _queue_up(self, resting: _Resting) -> None:
        order = resting.order
        entry = BookOrder(resting.number, _US, order.side, order.price, resting.remaining)
        placement = self._book.submit(entry, TimeInForce.GTC, self._self_trade)
        assert placement.rests, "an order that rested uncrossed rests again"

    def _passive(self, executions: Iterable[Execution]) -> list[Effect]:
        """Note what the market did to resting orders."""
        out: list[Effect] = []
        for execution in executions:
            resting = self._resting[execution.maker_id]
            resting.remaining -= execution.quantity
            if resting.remaining == 0:
                self._drop(resting.number)
            out.append(Match(resting.order, execution.price, execution.quantity, Liquidity.MAKER))
        return out

    def _find(self, client_order_id: ClientOrderId) -> _Resting | None:
        number = self._numbers.get(client_order_id)
        return None if number is None else self._resting[number]

    def _take_out(self, resting: _Resting) -> None:
        self._book.cancel(resting.number)
        self._drop(resting.number)

    def _drop(self, number: int) -> _Resting:
        resting = self._resting.pop(number)
        del self._numbers[resting.order.client_order_id]
        return resting
