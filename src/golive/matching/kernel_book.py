"""The compiled price-time book behind the interface of `OrderBook`: same rules, same results, one compiled call a method.

The array holds the book; beside it stand the owners' names and the orders as they were submitted, kept up to date from the
events of each call.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from golive.model.market import Level
from golive.model.order import Side, TimeInForce

from .book import BookOrder, Execution, Placement, SelfTrade
from .kernel import growth, layout, level, match, order, statement
from .kernel.layout import NO_ROOM, ONE_EVENT, RESTS, STOPPED

_BUY, _SELL = Side.BUY, Side.SELL
_ENTRY = {
    TimeInForce.GTC: layout.GTC,
    TimeInForce.GTD: layout.GTC,
    TimeInForce.IOC: layout.IOC,
    TimeInForce.FOK: layout.FOK,
    TimeInForce.POST_ONLY: layout.POST_ONLY,
}
_SELF_TRADE = {
    SelfTrade.CANCEL_RESTING: layout.CANCEL_RESTING,
    SelfTrade.CANCEL_ARRIVING: layout.CANCEL_ARRIVING,
    SelfTrade.CANCEL_BOTH: layout.CANCEL_BOTH,
    SelfTrade.ALLOW: layout.ALLOW,
}
_FAULTS = {
    layout.NO_ROOM: "the book did not become large enough",
    layout.KNOWN_ID: "an order of this id rests already",
    layout.IMPOSSIBLE: "a price, a quantity or an id is out of range",
}
_NOBODY = -1
_OFFERS_AT_FIRST = 16


class KernelBook:
    """The two sides of one instrument; it grows as it needs to."""

    def __init__(self, *, remembers_taken: bool = False, estimates_queue: bool = False, room: int = 256) -> None:
        """Make an empty book with room for `room` levels on each side and `room` orders at first."""
        self._estimates_queue = estimates_queue
        self._use(
            layout.new_book(room, room, remembers_taken=remembers_taken, estimates_queue=estimates_queue, tracks_changed=True)
        )
        self._orders: dict[int, BookOrder] = {}
        self._owners: dict[str, int] = {}
        self._changed: dict[int, set[int]] = {1: set(), -1: set()}
        self._submit = match.submit.compiled
        self._cancel = match.cancel.compiled
        self._set_level = statement.set_level.compiled
        self._set_depth = statement.set_depth.compiled
        self._print_trade = statement.print_trade.compiled

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────

    def best(self, side: Side) -> int | None:
        """Return the best price of `side` in ticks, None when it is empty."""
        return int(level.best_price.compiled(self._book, 1 if side is _BUY else -1)) or None

    def order(self, order_id: int) -> BookOrder | None:
        """Return a resting order, None when it no longer rests."""
        found = self._orders.get(order_id)
        if found is not None and self._estimates_queue:
            found.ahead = int(order.ahead_of.compiled(self._book, order_id))
        return found

    def levels(self, side: Side, count: int) -> list[Level]:
        """Return up to `count` (price, total quantity) of `side`, best first."""
        return self._pairs(level.levels.compiled(self._book, 1 if side is _BUY else -1, count))

    def quantity_at(self, side: Side, price: int) -> int:
        """Return the total quantity at one price, 0 when there is none."""
        return int(level.quantity_at.compiled(self._book, 1 if side is _BUY else -1, price))

    def orders_at(self, side: Side, price: int) -> int:
        """Return how many orders stand at one price, anonymous depth counted as one."""
        return int(level.orders_at.compiled(self._book, 1 if side is _BUY else -1, price))

    def take_changed(self, side: Side) -> set[int]:
        """Return the prices whose total changed since the last call, and forget them."""
        self._collect_changed()
        sign = side.sign
        changed, self._changed[sign] = self._changed[sign], set()
        return changed

    def offers(
        self, side: Side, price: int | None, owner: str = "", self_trade: SelfTrade = SelfTrade.CANCEL_RESTING
    ) -> Iterator[Level]:
        """Yield the (price, quantity) an order of `owner` and `side` could take now, best first.

        What `owner` has there is left out, ends it, or counts, as `self_trade` says.
        """
        number, policy = self._owners.get(owner, _NOBODY), _SELF_TRADE[self_trade]
        done = 0
        for most in (_OFFERS_AT_FIRST, self._numbers[layout.LEVEL_CAPACITY]):
            found = self._pairs(match.offers.compiled(self._book, number, side.sign, price or 0, policy, most))
            yield from found[done:]
            done = len(found)
            if done < most:
                return

    # ── named orders ────────────────────────────────────────────────────────────────────────────────────────────

    def submit(
        self,
        order: BookOrder,
        time_in_force: TimeInForce = TimeInForce.GTC,
        self_trade: SelfTrade = SelfTrade.CANCEL_RESTING,
    ) -> Placement:
        """Match `order` and rest what may rest, by the rules of `OrderBook.submit`.

        Raises ValueError for an id that rests already.
        """
        order_id, lots = order.order_id, order.remaining
        if order_id in self._orders:
            raise ValueError(f"order {order_id} rests already")
        owner = self._owners.get(order.owner)
        if owner is None:
            owner = self._owners[order.owner] = len(self._owners)
        side = order.side
        arguments = (
            order_id,
            owner,
            1 if side is _BUY else -1,
            order.price or 0,
            lots,
            layout.GTC if time_in_force is TimeInForce.GTC else _ENTRY[time_in_force],
            layout.CANCEL_RESTING if self_trade is SelfTrade.CANCEL_RESTING else _SELF_TRADE[self_trade],
        )
        flags = self._submit(self._book, *arguments)
        if flags < 0:
            flags = self._with_room(flags, 1, self._submit, *arguments)
        placement = Placement()
        if flags >= ONE_EVENT:
            order.remaining = lots = self._book_events(flags // ONE_EVENT, order, placement)
        if flags & RESTS:
            placement.rests = True
            self._orders[order_id] = order
            if self._estimates_queue:
                order.ahead = self._numbers[layout.LAST_AHEAD]
        else:
            placement.stopped = bool(flags & STOPPED)
            placement.dropped = lots
        return placement

    def _book_events(self, count: int, taker: BookOrder, placement: Placement) -> int:
        """Book what a submission did; return the lots that were not matched."""
        left, taker_id, side = taker.remaining, taker.order_id, taker.side
        rows = iter(self._rows(count))
        for maker_id, price, lots, _, ahead in zip(rows, rows, rows, rows, rows, strict=True):
            if lots:
                placement.executions.append(Execution(taker_id, maker_id, side, price, lots))
                left -= lots
                if maker_id:
                    self._fill_maker(maker_id, lots, ahead)
            else:
                maker = self._orders.pop(maker_id)
                maker.ahead = ahead
                placement.self_canceled.append(maker)
        return left

    def _fill_maker(self, order_id: int, lots: int, ahead: int) -> BookOrder:
        maker = self._orders[order_id]
        maker.remaining -= lots
        maker.ahead = ahead
        if maker.remaining == 0:
            del self._orders[order_id]
        return maker

    def cancel(self, order_id: int) -> BookOrder | None:
        """Take a resting order out; None when it does not rest."""
        canceled = self._orders.pop(order_id, None)
        if canceled is not None:
            result = self._cancel(self._book, order_id)
            if result < 0:
                self._with_room(result, 0, self._cancel, order_id)
            if self._estimates_queue:
                canceled.ahead = self._numbers[layout.LAST_AHEAD]
        return canceled

    def reduce(self, order_id: int, remaining: int) -> None:
        """Lower what is left of a resting order to `remaining` > 0 lots; it keeps its place in the queue.

        Raises KeyError when it does not rest, ValueError when `remaining` is not a reduction.
        """
        reduced = self._orders[order_id]
        if not 0 < remaining <= reduced.remaining:
            raise ValueError(f"order {order_id}: {remaining} is not a reduction of {reduced.remaining}")
        result = match.reduce.compiled(self._book, order_id, remaining)
        if result < 0:
            self._with_room(result, 0, match.reduce.compiled, order_id, remaining)
        reduced.quantity -= reduced.remaining - remaining
        reduced.remaining = remaining

    # ── the market ──────────────────────────────────────────────────────────────────────────────────────────────

    def set_depth(self, bids: Iterable[Level], asks: Iterable[Level]) -> list[Execution]:
        """Take the market's statement of the given prices (0 removes one), by the rules of `OrderBook.set_depth`.

        Raises ValueError for a negative quantity or a price not above zero, with nothing of the statement applied.
        """
        return self._state(bids, asks, is_whole=False)

    def replace_depth(self, bids: Iterable[Level], asks: Iterable[Level]) -> list[Execution]:
        """Take the market's statement of the whole book, as `set_depth` does: what it does not name is gone."""
        return self._state(dict(bids).items(), dict(asks).items(), is_whole=True)

    def _state(self, bids: Iterable[Level], asks: Iterable[Level], *, is_whole: bool) -> list[Execution]:
        numbers: list[int] = []
        for price, lots in bids:
            numbers += (1, price, lots)
        for price, lots in asks:
            numbers += (-1, price, lots)
        rows = len(numbers) // layout.STATED
        if rows == 1 and not is_whole:
            result = self._set_level(self._book, *numbers)
            if result < 0:
                result = self._with_room(result, 1, self._set_level, *numbers)
        else:
            result = self._state_rows(self._book, rows, numbers, is_whole)
            if result < 0:
                result = self._with_room(result, rows, self._state_rows, rows, numbers, is_whole)
        return self._passive(result)

    def _state_rows(self, book: Any, rows: int, numbers: list[int], is_whole: bool) -> int:
        if rows > self._numbers[layout.STATEMENT_CAPACITY]:
            return NO_ROOM
        at = self._numbers[layout.STATEMENT]
        self._numbers[at : at + len(numbers)] = array(self._numbers.format, numbers)
        return self._set_depth(book, rows, is_whole)

    def trade_through(self, aggressor: Side, price: int, quantity: int) -> list[Execution]:
        """Fill the named orders a public trade went through or came to, by the rules of `OrderBook.trade_through`."""
        if not self._orders:
            return []
        side = 1 if aggressor is _BUY else -1
        result = self._print_trade(self._book, side, price, quantity)
        if result < 0:
            result = self._with_room(result, 0, self._print_trade, side, price, quantity)
        return self._passive(result)

    def _passive(self, count: int) -> list[Execution]:
        """Book what the market did to named orders."""
        if count == 0:
            return []
        executions = []
        rows = iter(self._rows(count))
        for maker_id, price, lots, sign, ahead in zip(rows, rows, rows, rows, rows, strict=True):
            self._fill_maker(maker_id, lots, ahead)
            executions.append(Execution(0, maker_id, _BUY if sign > 0 else _SELL, price, lots))
        return executions

    # ── the array ───────────────────────────────────────────────────────────────────────────────────────────────

    def _with_room(self, result: int, stated: int, operation: Callable[..., int], *arguments: Any) -> int:
        """Do again, with more room, an operation that had none; `stated` is how many levels it may open.

        Raises ValueError when the operation is not possible at all.
        """
        if result == NO_ROOM:
            self._collect_changed()
            self._use(growth.grown(self._book, stated))
            result = operation(self._book, *arguments)
        if result < 0:
            raise ValueError(f"{operation.__name__} is not possible: {_FAULTS[result]}")
        return result

    def _use(self, book: Any) -> None:
        self._book = book
        self._numbers = memoryview(book)
        self._events: int = self._numbers[layout.EVENTS]

    def _rows(self, count: int) -> list[int]:
        """Return the numbers of the first `count` events, one after the other."""
        return self._numbers[self._events : self._events + layout.EVENT * count].tolist()

    def _pairs(self, count: int) -> list[Level]:
        numbers = iter(self._numbers[self._events : self._events + 2 * count].tolist())
        return list(zip(numbers, numbers, strict=True))

    def _collect_changed(self) -> None:
        at, count = self._numbers[layout.CHANGED], self._numbers[layout.CHANGED_COUNT]
        numbers = iter(self._numbers[at : at + 2 * count].tolist())
        for sign, price in zip(numbers, numbers, strict=True):
            self._changed[sign].add(price)
        self._numbers[layout.CHANGED_COUNT] = 0
