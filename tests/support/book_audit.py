"""An auditor beside a price-time book: it follows orders and depth from operations and results alone, and states the rules.

It predicts nothing that the book decides: it checks each execution against what stood there before, and the levels after
every operation against its own sums. It knows a book only through its public face.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from golive.matching.book import ANONYMOUS, BookOrder, Execution, Placement, SelfTrade
from golive.matching.price_time import PriceTimeBook
from golive.model.order import Side, TimeInForce
from support.order_flow import Amend, Cancel, Operation, Print, Reduce, Statement, Submit

Spot: TypeAlias = tuple[Side, int]
"""a side and a price"""
_EVERY = 1_000_000
_OPPOSITE = {Side.BUY: Side.SELL, Side.SELL: Side.BUY}


@dataclass(slots=True)
class Named:
    """A resting order as the auditor knows it."""

    order_id: int
    owner: str
    side: Side
    price: int
    quantity: int
    remaining: int
    ahead: int
    """anonymous lots at its price when it came"""
    least_shown: int
    """the least the market stated there since, and what stood there when it came"""
    printed: int = 0
    """lots traded at its price since, as far as better prices left them"""
    from_prints: int = 0
    """lots filled by prints at its price"""


class Audit:
    """Applies operations to `book` and asserts that what it does is allowed; `executed` counts the executions seen."""

    def __init__(self, book: PriceTimeBook, *, remembers_taken: bool, estimates_queue: bool) -> None:
        self.book = book
        self.executed = 0
        self._remembers_taken = remembers_taken
        self._estimates_queue = estimates_queue
        self._named: dict[int, Named] = {}
        """in order of arrival"""
        self._shown: dict[Spot, int] = {}
        self._depth: dict[Spot, int] = {}
        """what anonymous depth offers now"""
        self._grown: dict[Spot, int] = {}
        """by how much the market's statements grew since the level came to be"""
        self._used: dict[Spot, int] = {}
        """what was taken of it since"""

    def apply(self, operation: Operation) -> None:
        match operation:
            case Submit():
                self._submit(operation)
            case Cancel():
                self._cancel(operation)
            case Reduce():
                self._reduce(operation)
            case Amend():
                self._amend(operation)
            case Statement():
                self._state(operation)
            case Print():
                self._print(operation)
        self._check_levels()
        self._check_not_crossed()

    # ── participants ────────────────────────────────────────────────────────────────────────────────────────────

    def _submit(self, op: Submit) -> None:
        placement = op.apply(self.book)
        if isinstance(placement, str):
            assert op.order_id in self._named
            return
        assert op.order_id not in self._named
        self._check_placement(op, placement, op.quantity)

    def _check_placement(self, op: Submit, placement: Placement, wanted: int) -> None:
        """Check what became of an arriving order of which `wanted` lots are open."""
        opposite = _OPPOSITE[op.side]
        could = self._reachable(op)
        for gone in placement.self_canceled:
            assert gone.owner == op.owner
            assert op.self_trade in (SelfTrade.CANCEL_RESTING, SelfTrade.CANCEL_BOTH)
            self._check_known(gone)
            del self._named[gone.order_id]
        for execution in placement.executions:
            assert (execution.taker_id, execution.side) == (op.order_id, op.side)
            assert op.price is None or (execution.price - op.price) * op.side.sign <= 0
            self._check_first(opposite, execution, anonymous_first=True)
            maker = self._named.get(execution.maker_id)
            assert maker is None or op.self_trade is SelfTrade.ALLOW or maker.owner != op.owner
            self._settle(opposite, execution)
        assert not placement.stopped or op.self_trade in (SelfTrade.CANCEL_ARRIVING, SelfTrade.CANCEL_BOTH)
        assert len(placement.self_canceled) == placement.stopped or op.self_trade is not SelfTrade.CANCEL_BOTH
        filled = sum(e.quantity for e in placement.executions)
        assert filled <= wanted
        left = wanted - filled
        assert (left if placement.rests else 0) + placement.dropped == left
        if op.time_in_force is TimeInForce.POST_ONLY:
            assert not placement.executions
            assert not placement.self_canceled
            assert placement.rests == (op.price is not None and not self._stands_within(opposite, op.price))
        elif op.time_in_force is TimeInForce.FOK:
            assert filled in (0, wanted)
            assert could is None or (filled == wanted) == (could >= wanted)
        elif left and not placement.stopped:
            assert not self._stands_within(opposite, op.price)
            assert placement.rests == (op.price is not None and op.time_in_force is not TimeInForce.IOC)
        if placement.rests:
            assert op.price is not None
            assert left > 0
            depth = self._depth.get((op.side, op.price), 0)
            self._named[op.order_id] = Named(op.order_id, op.owner, op.side, op.price, op.quantity, left, depth, depth)
        self._check_order(op.order_id)

    def _reachable(self, op: Submit) -> int | None:
        """The lots `op` could take; None when one of its own owner may stand in its way."""
        makers = [o for o in self._named.values() if o.side is not op.side and self._is_within(o.side, o.price, op.price)]
        if op.self_trade is not SelfTrade.ALLOW and any(o.owner == op.owner for o in makers):
            return None
        depth = (q for (side, at), q in self._depth.items() if side is not op.side and self._is_within(side, at, op.price))
        return sum(o.remaining for o in makers) + sum(depth)

    def _cancel(self, op: Cancel) -> None:
        order = op.apply(self.book)
        known = self._named.pop(op.order_id, None)
        assert (order is None) == (known is None)
        if order is not None and known is not None:
            assert (order.remaining, order.price) == (known.remaining, known.price)
        self._check_order(op.order_id)

    def _reduce(self, op: Reduce) -> None:
        outcome = op.apply(self.book)
        known = self._named.get(op.order_id)
        if known is None:
            assert outcome == "KeyError"
        elif 0 < op.remaining <= known.remaining:
            assert outcome == "reduced"
            known.quantity -= known.remaining - op.remaining
            known.remaining = op.remaining
        else:
            assert outcome == "ValueError"
        self._check_order(op.order_id)

    def _amend(self, op: Amend) -> None:
        known = self._named.get(op.order_id)
        outcome = op.apply(self.book)
        if known is None:
            assert outcome == "gone"
            return
        remaining = op.quantity - (known.quantity - known.remaining)
        if isinstance(outcome, Placement):
            assert op.price != known.price or op.quantity > known.quantity
            del self._named[op.order_id]
            entry = Submit(op.order_id, known.owner, known.side, op.price, op.quantity, op.time_in_force, op.self_trade)
            self._check_placement(entry, outcome, remaining)
        elif remaining <= 0:
            del self._named[op.order_id]
        else:
            assert outcome == "reduced"
            known.quantity, known.remaining = op.quantity, remaining
        self._check_order(op.order_id)

    # ── the market ──────────────────────────────────────────────────────────────────────────────────────────────

    def _state(self, op: Statement) -> None:
        rows = [(Side.BUY, *row) for row in op.bids] + [(Side.SELL, *row) for row in op.asks]
        offered = dict(self._depth)
        """what would stand there if no resting order used any of it"""
        rises: dict[Side, int] = {Side.BUY: 0, Side.SELL: 0}
        if op.is_whole:
            rows += [(side, at, 0) for side, at in self._shown if at not in dict(op.bids if side is Side.BUY else op.asks)]
        for side, price, shown in rows:
            spot = (side, price)
            before, offers = self._shown.get(spot, 0), offered.get(spot, 0)
            offered[spot] = max(0, shown - self._used.get(spot, 0))
            rises[side] += max(0, offered[spot] - offers)
            self._grown[spot] = self._grown.get(spot, 0) + max(0, shown - before)
            self._note_shown(spot, shown)
        executions = op.apply(self.book)
        used = {Side.BUY: 0, Side.SELL: 0}
        for execution in executions:
            assert execution.taker_id == ANONYMOUS
            used[execution.side] += execution.quantity
            self._check_first(_OPPOSITE[execution.side], execution, anonymous_first=False)
            self._settle(_OPPOSITE[execution.side], execution)
        missing = {Side.BUY: 0, Side.SELL: 0}
        for spot, lots in offered.items():
            stands = self.book.quantity_at(*spot) - sum(o.remaining for o in self._at(*spot))
            assert 0 <= stands <= lots
            missing[spot[0]] += lots - stands
            self._use(spot, lots - stands)
            self._depth[spot] = stands
        assert missing == used
        assert all(used[side] <= rises[side] for side in Side)
        self._depth = {spot: lots for spot, lots in self._depth.items() if lots}

    def _note_shown(self, spot: Spot, shown: int) -> None:
        for order in self._at(*spot):
            order.least_shown = min(order.least_shown, shown)
        if shown:
            self._shown[spot] = shown
            # Beyond what is shown nothing can have been taken: what fell away may have been ours or not.
            self._used[spot] = min(self._used.get(spot, 0), shown)
        else:
            for facts in (self._shown, self._grown, self._used):
                facts.pop(spot, None)

    def _print(self, op: Print) -> None:
        executions = op.apply(self.book)
        side = _OPPOSITE[op.side]
        assert sum(e.quantity for e in executions) <= op.quantity
        through = sum(e.quantity for e in executions if e.price != op.price)
        for order in self._at(side, op.price):
            order.printed += op.quantity - through
        for execution in executions:
            assert (execution.taker_id, execution.side) == (ANONYMOUS, op.side)
            assert (execution.price - op.price) * side.sign >= 0
            self._check_first(side, execution, anonymous_first=False)
            if execution.price == op.price:
                assert self._estimates_queue
                maker = self._named[execution.maker_id]
                maker.from_prints += execution.quantity
                assert maker.from_prints <= maker.printed - min(maker.ahead, maker.least_shown)
            self._settle(side, execution)
        if through < op.quantity:
            assert not any((o.price - op.price) * side.sign > 0 for o in self._named.values() if o.side is side)

    # ── what always holds ───────────────────────────────────────────────────────────────────────────────────────

    def _check_first(self, side: Side, execution: Execution, *, anonymous_first: bool) -> None:
        """The maker of `execution` stands before everything else on `side`; against the market, before every named order."""
        maker, price = self._named.get(execution.maker_id), execution.price
        assert execution.quantity > 0
        for order in self._named.values():
            if order.side is side and order is not maker:
                assert (order.price - price) * side.sign <= 0
                if order.price == price and maker is not None:
                    assert self._is_before(maker, order)
        if maker is not None:
            assert (maker.side, maker.price) == (side, price)
            assert execution.quantity <= maker.remaining
        if anonymous_first:
            assert not any(at_side is side and (at - price) * side.sign > 0 for at_side, at in self._depth)
            assert (maker is None) == ((side, price) in self._depth)

    def _is_before(self, maker: Named, order: Named) -> bool:
        return next(o for o in self._named.values() if o in (maker, order)) is maker

    def _settle(self, side: Side, execution: Execution) -> None:
        self.executed += 1
        if execution.maker_id == ANONYMOUS:
            spot = (side, execution.price)
            self._depth[spot] -= execution.quantity
            assert self._depth[spot] >= 0
            if self._depth[spot] == 0:
                del self._depth[spot]
            self._use(spot, execution.quantity)
            return
        maker = self._named[execution.maker_id]
        maker.remaining -= execution.quantity
        if maker.remaining == 0:
            del self._named[maker.order_id]

    def _use(self, spot: Spot, lots: int) -> None:
        if lots and self._remembers_taken:
            self._used[spot] = self._used.get(spot, 0) + lots
            assert self._used[spot] <= min(self._shown[spot], self._grown[spot])

    def _check_levels(self) -> None:
        for side in Side:
            totals = {at: lots for (of, at), lots in self._depth.items() if of is side}
            for order in self._named.values():
                if order.side is side:
                    totals[order.price] = totals.get(order.price, 0) + order.remaining
            levels = self.book.levels(side, _EVERY)
            assert levels == sorted(totals.items(), reverse=side is Side.BUY)
            assert self.book.best(side) == (levels[0][0] if levels else None)

    def _check_not_crossed(self) -> None:
        """No named order is crossed by anything; what the market states of both its sides is its own affair."""
        for side in Side:
            prices = [order.price for order in self._named.values() if order.side is side]
            if prices:
                assert not self._stands_within(_OPPOSITE[side], max(prices) if side is Side.BUY else min(prices))

    def _check_order(self, order_id: int) -> None:
        order, known = self.book.order(order_id), self._named.get(order_id)
        assert (order is None) == (known is None)
        if order is not None:
            self._check_known(order)

    def _check_known(self, order: BookOrder) -> None:
        known = self._named[order.order_id]
        assert (order.owner, order.side, order.price) == (known.owner, known.side, known.price)
        assert (order.quantity, order.remaining) == (known.quantity, known.remaining)

    # ── looking ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _at(self, side: Side, price: int) -> list[Named]:
        return [o for o in self._named.values() if (o.side, o.price) == (side, price)]

    def _stands_within(self, side: Side, limit: int | None) -> bool:
        """Whether anything on `side` could be taken by an order with this limit."""
        best = self.book.best(side)
        return best is not None and self._is_within(side, best, limit)

    @staticmethod
    def _is_within(side: Side, price: int, limit: int | None) -> bool:
        return limit is None or (price - limit) * side.sign >= 0
