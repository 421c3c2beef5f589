"""A price-time order book over integer ticks and lots: named orders of participants, and anonymous depth of a market.

Rules. A better price goes first; at one price anonymous depth goes first (we cannot know our place in a real queue), then
named orders in the order of their arrival. An execution happens at the price of the order that was there before. A named
order never stays crossed: neither with another named order nor with anonymous depth. Anonymous depth is the statement of
a market source and never trades with itself.

Two rules are options. A book that *remembers what was taken* does not offer the same depth again while the market goes on
stating it; only what a statement adds is new. A book that *estimates queues* lets a public trade at the very price of a
resting order fill it, once as much was traded there as stood before the order when it came; else only trades through the
price do. Everything is plain Python and plain to read: this book is the oracle of faster ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import takewhile

from golive.model.market import Level
from golive.model.order import Side, TimeInForce

from .book_side import ANONYMOUS, BookOrder, BookSide

__all__ = ["ANONYMOUS", "BookOrder", "Execution", "OrderBook", "Placement", "SelfTrade"]

_OPPOSITE = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


class SelfTrade(StrEnum):
    """What happens when an arriving order meets one of the same owner; the arriving order decides."""

    CANCEL_RESTING = "cancel_resting"
    CANCEL_ARRIVING = "cancel_arriving"
    """what is left of the arriving order"""
    CANCEL_BOTH = "cancel_both"
    ALLOW = "allow"


@dataclass(frozen=True, slots=True)
class Execution:
    """`taker_id` met `maker_id` (either may be ANONYMOUS, never both) at the maker's price; ticks and lots."""

    taker_id: int
    maker_id: int
    side: Side
    """the taker's"""
    price: int
    quantity: int


@dataclass(slots=True)
class Placement:
    """What happened to a submitted order."""

    executions: list[Execution] = field(default_factory=list)
    self_canceled: list[BookOrder] = field(default_factory=list)
    """resting orders of the same owner that stood in the way and were taken out, in the order they were met"""
    rests: bool = False
    stopped: bool = False
    """it met one of the same owner, and what was left of it was taken out"""
    dropped: int = 0
    """lots that neither matched nor rest"""


class OrderBook:
    """The two sides of one instrument."""

    def __init__(self, *, remembers_taken: bool = False, estimates_queue: bool = False) -> None:
        self._halves = {side: BookSide(side, remembers_taken=remembers_taken) for side in Side}
        self._estimates_queue = estimates_queue
        self._orders: dict[int, BookOrder] = {}

    def best(self, side: Side) -> int | None:
        """Return the best price of `side` in ticks, None when it is empty."""
        return self._halves[side].best()

    def order(self, order_id: int) -> BookOrder | None:
        """Return a resting order, None when it no longer rests."""
        return self._orders.get(order_id)

    def levels(self, side: Side, count: int) -> list[Level]:
        """Return up to `count` (price, total quantity) of `side`, best first."""
        half = self._halves[side]
        levels, sign = half.levels, half.sign
        return [(key * sign, levels[key * sign].total) for key in half.keys[: -count - 1 : -1]]

    def quantity_at(self, side: Side, price: int) -> int:
        """Return the total quantity at one price, 0 when there is none."""
        level = self._halves[side].levels.get(price)
        return level.total if level else 0

    def orders_at(self, side: Side, price: int) -> int:
        """Return how many orders stand at one price, anonymous depth counted as one."""
        level = self._halves[side].levels.get(price)
        return len(level.orders) + (level.depth > 0) if level else 0

    def take_changed(self, side: Side) -> set[int]:
        """Return the prices whose total changed since the last call, and forget them."""
        half = self._halves[side]
        changed, half.changed = half.changed, set()
        return changed

    # ── named orders ────────────────────────────────────────────────────────────────────────────────────────────

    def offers(
        self, side: Side, price: int | None, owner: str = "", self_trade: SelfTrade = SelfTrade.CANCEL_RESTING
    ) -> Iterator[Level]:
        """Yield the (price, quantity) an order of `owner` and `side` could take now, best first.

        What `owner` has there is left out, ends it, or counts, as `self_trade` says.
        """
        half = self._halves[_OPPOSITE[side]]
        for at in half.prices():
            if price is not None and (at - price) * side.sign > 0:
                return
            level = half.levels[at]
            own = [] if self_trade is SelfTrade.ALLOW else [o for o in level.orders.values() if o.owner == owner]
            if own and self_trade is not SelfTrade.CANCEL_RESTING:
                before = takewhile(lambda o: o.owner != owner, level.orders.values())
                reachable = level.depth + sum(o.remaining for o in before)
            else:
                reachable = level.total - sum(o.remaining for o in own)
            if reachable:
                yield at, reachable
            if own and self_trade is not SelfTrade.CANCEL_RESTING:
                return

    def submit(
        self,
        order: BookOrder,
        time_in_force: TimeInForce = TimeInForce.GTC,
        self_trade: SelfTrade = SelfTrade.CANCEL_RESTING,
    ) -> Placement:
        """Match `order` and rest what may rest.

        A market order never rests. POST_ONLY that would match anything and FOK that cannot be filled whole are dropped
        untouched. GTD rests like GTC: the book has no clock. `self_trade` says what happens when it meets an order of the
        same owner.
        Raises ValueError for an id that rests already.
        """
        if order.order_id in self._orders:
            raise ValueError(f"order {order.order_id} rests already")
        placement = Placement()
        if not self._may_enter(order, time_in_force, self_trade):
            placement.dropped = order.remaining
            return placement
        self._match(order, placement, self_trade)
        may_rest = order.price is not None and time_in_force not in (TimeInForce.IOC, TimeInForce.FOK)
        if order.remaining and may_rest and not placement.stopped:
            self._rest(order)
            placement.rests = True
        else:
            placement.dropped = order.remaining
        return placement

    def _may_enter(self, order: BookOrder, time_in_force: TimeInForce, self_trade: SelfTrade) -> bool:
        if time_in_force is TimeInForce.POST_ONLY:
            best = self.best(_OPPOSITE[order.side])
            return best is None or (order.price is not None and (best - order.price) * order.side.sign > 0)
        if time_in_force is TimeInForce.FOK:
            missing = order.remaining
            for _, quantity in self.offers(order.side, order.price, order.owner, self_trade):
                missing -= quantity
                if missing <= 0:
                    return True
            return False
        return True

    def _match(self, order: BookOrder, placement: Placement, self_trade: SelfTrade) -> None:
        half = self._halves[_OPPOSITE[order.side]]
        while order.remaining and not placement.stopped:
            price = half.best()
            if price is None or (order.price is not None and (price - order.price) * order.side.sign > 0):
                return
            level = half.levels[price]
            if level.depth:
                part = min(order.remaining, level.depth)
                order.remaining -= part
                placement.executions.append(Execution(order.order_id, ANONYMOUS, order.side, price, part))
                half.take(price, part)
                continue
            maker = next(iter(level.orders.values()))
            if maker.owner == order.owner and self_trade is not SelfTrade.ALLOW:
                placement.stopped = self_trade is not SelfTrade.CANCEL_RESTING
                if self_trade is not SelfTrade.CANCEL_ARRIVING:
                    self._remove(maker)
                    placement.self_canceled.append(maker)
                continue
            part = min(order.remaining, maker.remaining)
            order.remaining -= part
            placement.executions.append(Execution(order.order_id, maker.order_id, order.side, price, part))
            self._fill_maker(maker, part)

    def _rest(self, order: BookOrder) -> None:
        assert order.price is not None
        half = self._halves[order.side]
        level = half.level(order.price)
        last = next(reversed(level.orders.values()), None)
        level.orders[order.order_id] = order
        if self._estimates_queue:
            order.ahead = max(level.depth, last.ahead if last else 0)
        half.add(order.price, order.remaining)
        self._orders[order.order_id] = order

    def _fill_maker(self, maker: BookOrder, lots: int) -> None:
        assert maker.price is not None
        maker.remaining -= lots
        half = self._halves[maker.side]
        if maker.remaining == 0:
            del half.levels[maker.price].orders[maker.order_id]
            del self._orders[maker.order_id]
        half.add(maker.price, -lots)

    def _remove(self, order: BookOrder) -> None:
        assert order.price is not None
        half = self._halves[order.side]
        del half.levels[order.price].orders[order.order_id]
        del self._orders[order.order_id]
        half.add(order.price, -order.remaining)

    def cancel(self, order_id: int) -> BookOrder | None:
        """Take a resting order out; None when it does not rest."""
        order = self._orders.get(order_id)
        if order is not None:
            self._remove(order)
        return order

    def reduce(self, order_id: int, remaining: int) -> None:
        """Lower what is left of a resting order to `remaining` > 0 lots; it keeps its place in the queue.

        Raises KeyError when it does not rest, ValueError when `remaining` is not a reduction.
        """
        order = self._orders[order_id]
        if not 0 < remaining <= order.remaining:
            raise ValueError(f"order {order_id}: {remaining} is not a reduction of {order.remaining}")
        assert order.price is not None
        fall = order.remaining - remaining
        order.remaining = remaining
        order.quantity -= fall
        if fall:
            self._halves[order.side].add(order.price, -fall)

    # ── the market ──────────────────────────────────────────────────────────────────────────────────────────────

    def set_depth(self, bids: Iterable[Level], asks: Iterable[Level]) -> list[Execution]:
        """Take the market's statement of the given prices (0 removes one); return what it did to named orders.

        Quantities fall before others rise, so that a market that moved is not met half-way. Depth that rises at or
        beyond a resting named order fills it, as maker at its own price, with the quantity that rose there. A statement
        names a price once. Raises ValueError for a negative quantity or a price not above zero; nothing is applied then.
        """
        stated = [(Side.BUY, *level) for level in bids] + [(Side.SELL, *level) for level in asks]
        for _, price, lots in stated:
            if lots < 0 or price <= 0:
                raise ValueError(f"depth {lots} at {price} is not possible")
        if not self._orders:  # nobody is met, half-way or not
            for side, price, lots in stated:
                self._halves[side].state(price, lots)
            return []
        rising: list[tuple[Side, int, int]] = []
        for side, price, lots in stated:
            half = self._halves[side]
            if half.rise(price, lots) > 0:
                rising.append((side, price, lots))
            else:
                self._state(half, price, lots, 0)
        executions: list[Execution] = []
        for side, price, lots in rising:
            half = self._halves[side]
            rise = half.rise(price, lots)
            used = self._meet(side, price, rise, executions, touching=True)
            self._state(half, price, lots, used)
        return executions

    def replace_depth(self, bids: Iterable[Level], asks: Iterable[Level]) -> list[Execution]:
        """Take the market's statement of the whole book, as `set_depth` does: what it does not name is gone."""
        whole = []
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            named = dict(levels)
            whole.append([*named.items(), *((price, 0) for price in self._halves[side].stated() if price not in named)])
        return self.set_depth(*whole)

    def _state(self, half: BookSide, price: int, shown: int, used: int) -> None:
        half.state(price, shown, used)
        level = half.levels.get(price)
        if level is not None and self._estimates_queue:
            for order in level.orders.values():
                order.ahead = min(order.ahead, shown)

    def trade_through(self, aggressor: Side, price: int, quantity: int) -> list[Execution]:
        """Fill named orders that a public trade went through: strictly better than `price`, up to `quantity` lots.

        A book that estimates queues then fills those at `price` whose turn came with what is left of the trade.
        """
        executions: list[Execution] = []
        if self._orders:
            used = self._meet(aggressor, price, quantity, executions, touching=False)
            if self._estimates_queue:
                self._advance_queue(aggressor, price, quantity - used, executions)
        return executions

    def _advance_queue(self, aggressor: Side, price: int, lots: int, executions: list[Execution]) -> None:
        """Let `lots` traded at `price` use up what stands before the named orders there, and fill them beyond that."""
        level = self._halves[_OPPOSITE[aggressor]].levels.get(price)
        filled = 0
        for order in list(level.orders.values()) if level else ():
            part = min(lots - order.ahead - filled, order.remaining)
            order.ahead = max(0, order.ahead - lots)
            if part > 0:
                executions.append(Execution(ANONYMOUS, order.order_id, aggressor, price, part))
                self._fill_maker(order, part)
                filled += part

    def _meet(self, side: Side, price: int, lots: int, executions: list[Execution], *, touching: bool) -> int:
        """Fill resting named orders against an anonymous order of `side`; return how many lots of it were used."""
        half = self._halves[_OPPOSITE[side]]
        used = 0
        for order in self._named(half, side, price, touching=touching):
            part = min(lots - used, order.remaining)
            if part <= 0:
                break
            assert order.price is not None
            executions.append(Execution(ANONYMOUS, order.order_id, side, order.price, part))
            self._fill_maker(order, part)
            used += part
        return used

    def _named(self, half: BookSide, side: Side, price: int, *, touching: bool) -> Sequence[BookOrder]:
        """Return the named orders an anonymous order of `side` at `price` reaches, in priority."""
        found: list[BookOrder] = []
        for at in half.prices():
            distance = (price - at) * side.sign
            if distance < 0 or (distance == 0 and not touching):
                break
            found.extend(half.levels[at].orders.values())
        return found
