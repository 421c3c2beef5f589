"""The simulated venue's exchange as a price-time book is driven: the same operations, and an oracle that says what must come out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from golive.matching.book import ANONYMOUS, BookOrder, Execution, OrderBook, Placement, SelfTrade
from golive.matching.fee import FeeSchedule
from golive.model.order import Liquidity, OrderType, Side, TimeInForce
from simvenue.exchange.account import Account
from simvenue.exchange.bar import Bar
from simvenue.exchange.book import BookKind, book_maker
from simvenue.exchange.exchange import Exchange
from simvenue.exchange.listing import Listing, asset_scales
from simvenue.exchange.market import Market, Update
from simvenue.exchange.market import Print as MarketPrint
from simvenue.exchange.order import Ended, OrderRequest, State, VenueFill, VenueOrder
from simvenue.exchange.refusal import Reason, Refusal
from simvenue.source.catalog import generated_instrument
from support.okx_client import WALL, MovedClock
from support.order_flow import Amend, Cancel, Operation, Print, Reduce, Statement, Submit

SYMBOL = "BTC/USDT"
_RICH = 10**40
_EVERY = 1_000_000
_DROPPED = {TimeInForce.POST_ONLY: Ended.POST_ONLY, TimeInForce.FOK: Ended.NOT_WHOLE}


@dataclass(slots=True)
class Expected:
    """What must be true of an order at the venue."""

    quantity: int
    filled: int = 0
    state: State = State.LIVE
    ended: Ended = Ended.NO


class VenueDesk:
    """One market without fees, and accounts that can pay for everything."""

    def __init__(self, owners: str, kind: BookKind = BookKind.PLAIN, *, states_depth: bool = False) -> None:
        """The market has the venue's book of this kind for a source that does or does not state depth."""
        instrument = replace(generated_instrument(SYMBOL), min_quantity=1, max_quantity=10**9)
        scales = asset_scales([instrument])
        listing, book = (
            Listing(instrument, FeeSchedule(Decimal(0), Decimal(0)), scales),
            book_maker(kind, states_depth=states_depth)(),
        )
        self._market = Market(listing, Bar(10**9), builds_candles=False, book=book)
        accounts = {owner: Account(owner, scales, dict.fromkeys(scales, _RICH)) for owner in owners}
        self._exchange = Exchange([self._market], accounts, MovedClock())
        self._exchange.listeners.append(self._hear)
        self._ts = WALL
        self._oracle = OrderBook(remembers_taken=states_depth, estimates_queue=states_depth)
        self._orders: dict[int, VenueOrder] = {}
        """the flow's id → the latest order placed with it"""
        self._ids: dict[int, int] = {}
        """venue id → the flow's"""
        self._expected: dict[int, Expected] = {}
        self._arriving = 0
        self._heard: list[tuple[int, int, int, Liquidity]] = []
        self.fills = 0
        """seen so far"""

    def apply(self, operation: Operation) -> None:
        """Apply `operation` to the venue and the oracle; AssertionError when fills, or the order's state, differ."""
        self._heard.clear()
        executions: list[Execution] = []
        match operation:
            case Submit():
                executions = self._submit(operation)
            case Amend():
                executions = self._amend(operation)
            case Cancel():
                self._cancel(operation)
            case Reduce():
                return  # a venue lowers an order by an amendment
            case Statement(bids, asks, is_whole):
                self._advance(Update(self._ts, bids=list(bids), asks=list(asks), is_snapshot=is_whole))
                executions = operation.apply(self._oracle)
            case Print(side, price, quantity):
                self._advance(Update(self._ts, [MarketPrint(self._ts, price, quantity, side)]))
                executions = operation.apply(self._oracle)
        self._check_fills(executions)

    def check_everything(self) -> None:
        """Compare the levels of both books and every order there ever was."""
        for side in Side:
            assert self._market.book.levels(side, _EVERY) == self._oracle.levels(side, _EVERY)
        for order_id, expected in self._expected.items():
            self._check(order_id, expected)
            resting = self._oracle.order(order_id)
            assert self._orders[order_id].is_working == (resting is not None)
            assert resting is None or resting.remaining == expected.quantity - expected.filled

    # ── operations ──────────────────────────────────────────────────────────────────────────────────────────────

    def _submit(self, op: Submit) -> list[Execution]:
        if self._oracle.order(op.order_id) is not None:
            return []  # the venue gives its own ids
        listing = self._market.listing
        is_market = op.price is None
        taken = self._market_part(op) if is_market else op.quantity
        request = OrderRequest(
            account=op.owner,
            symbol=SYMBOL,
            side=op.side,
            type=OrderType.MARKET if is_market else OrderType.LIMIT,
            time_in_force=TimeInForce.IOC if is_market else op.time_in_force,
            size=listing.quantity_text(op.quantity),
            size_in_quote=False,
            price="" if op.price is None else listing.price_text(op.price),
            self_trade=op.self_trade,
        )
        self._arriving = op.order_id
        order = self._place(request)
        if not isinstance(order, VenueOrder):
            assert (taken, order) == (0, Reason.NO_LIQUIDITY)
            return []
        self._orders[op.order_id] = order
        expected = self._expected[op.order_id] = Expected(op.quantity)
        entry = replace(op, quantity=taken, time_in_force=TimeInForce.IOC) if is_market else op
        placement = entry.apply(self._oracle)
        assert isinstance(placement, Placement)
        self._expect(op.order_id, expected, placement, request.time_in_force)
        return placement.executions

    def _place(self, request: OrderRequest) -> VenueOrder | Reason:
        try:
            return self._exchange.place(request)
        except Refusal as refusal:
            return refusal.reason

    def _market_part(self, op: Submit) -> int:
        """How much of a market order is for the book: what it could take, or all of it where one of its own may end it."""
        offers = self._oracle.offers(op.side, None, op.owner, op.self_trade)
        reachable = min(op.quantity, sum(quantity for _, quantity in offers))
        ends_arriving = op.self_trade in (SelfTrade.CANCEL_ARRIVING, SelfTrade.CANCEL_BOTH)
        return op.quantity if reachable and ends_arriving else reachable

    def _expect(self, order_id: int, expected: Expected, placement: Placement, time_in_force: TimeInForce) -> None:
        for gone in placement.self_canceled:
            self._end(gone.order_id, Ended.SELF_TRADE)
        self._fill(order_id, sum(e.quantity for e in placement.executions))
        if placement.stopped:
            self._end(order_id, Ended.SELF_TRADE)
        elif not placement.rests and expected.filled < expected.quantity:
            self._end(order_id, _DROPPED.get(time_in_force, Ended.NOT_AT_ONCE))

    def _amend(self, op: Amend) -> list[Execution]:
        order = self._orders.get(op.order_id)
        if order is None:
            return []
        listing = self._market.listing
        self._arriving = op.order_id
        size, price = listing.quantity_text(op.quantity), listing.price_text(op.price)
        terms = replace(op, time_in_force=order.time_in_force, self_trade=order.self_trade)
        outcome = terms.apply(self._oracle)
        try:
            self._exchange.amend(order, size, price)
        except Refusal as refusal:
            assert outcome == "gone"
            self._check_refused(order, refusal)
            return []
        expected = self._expected[op.order_id]
        expected.quantity = max(op.quantity, expected.filled)
        if isinstance(outcome, Placement):
            self._expect(op.order_id, expected, outcome, order.time_in_force)
            return outcome.executions
        if isinstance(outcome, BookOrder):
            expected.state = State.FILLED
        else:
            assert outcome == "reduced"
        return []

    def _cancel(self, op: Cancel) -> None:
        gone = op.apply(self._oracle)
        order = self._orders.get(op.order_id)
        if order is None:
            return
        try:
            self._exchange.cancel(order)
        except Refusal as refusal:
            assert gone is None
            self._check_refused(order, refusal)
            return
        assert gone is not None
        self._end(op.order_id, Ended.USER)

    @staticmethod
    def _check_refused(order: VenueOrder, refusal: Refusal) -> None:
        assert refusal.reason is (Reason.ORDER_FILLED if order.state is State.FILLED else Reason.ORDER_CANCELED)

    def _advance(self, update: Update) -> None:
        self._ts += 1_000
        self._exchange.advance(update.ts, {SYMBOL: update})

    # ── what the venue says, and what it must say ───────────────────────────────────────────────────────────────

    def _hear(self, order: VenueOrder, fill: VenueFill | None) -> None:
        order_id = self._ids.setdefault(order.order_id, self._arriving)
        if fill is not None:
            self._heard.append((order_id, fill.price, fill.quantity, fill.liquidity))

    def _check_fills(self, executions: list[Execution]) -> None:
        expected: list[tuple[int, int, int, Liquidity]] = []
        touched = {execution.taker_id for execution in executions}
        for execution in executions:
            if execution.taker_id != ANONYMOUS:
                expected.append((execution.taker_id, execution.price, execution.quantity, Liquidity.TAKER))
            if execution.maker_id != ANONYMOUS:
                expected.append((execution.maker_id, execution.price, execution.quantity, Liquidity.MAKER))
                self._fill(execution.maker_id, execution.quantity)
                touched.add(execution.maker_id)
        assert self._heard == expected
        self.fills += len(expected)
        for order_id in touched - {ANONYMOUS}:
            self._check(order_id, self._expected[order_id])

    def _fill(self, order_id: int, lots: int) -> None:
        expected = self._expected[order_id]
        expected.filled += lots
        if expected.filled == expected.quantity:
            expected.state = State.FILLED
        elif lots:
            expected.state = State.PARTIALLY_FILLED

    def _end(self, order_id: int, reason: Ended) -> None:
        expected = self._expected[order_id]
        expected.state, expected.ended = State.CANCELED, reason

    def _check(self, order_id: int, expected: Expected) -> None:
        order = self._orders[order_id]
        found = (order.quantity, order.filled, order.state, order.ended)
        assert found == (expected.quantity, expected.filled, expected.state, expected.ended)
        assert order.filled == sum(fill.quantity for fill in order.fills)
