"""Paper execution: orders of ours against the matching kernel, with the venue's rules and an account of its own.

An order is validated first and committed at once; a rejected order changes nothing. Open orders reserve what they may cost.
The account here is the "venue's" side of the books: the session compares it with the portfolio's ledger at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from golive.matching.fee import FeeSchedule
from golive.matching.model import Effect, Ended, MarketModel, Match
from golive.metrics.declaration import PAPER_NOTIONAL, PAPER_ORDERS, PAPER_REJECTED
from golive.metrics.recorder import Recorder
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.market import MarketEvent
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, OrderUpdate, Side, TimeInForce
from golive.orders import OrderEvent
from golive.portfolio import Ledger

from .ports import News


class RejectReason(StrEnum):
    """Why a venue would refuse an order; `codes` maps each to the venue's own code."""

    UNKNOWN_INSTRUMENT = "UNKNOWN_INSTRUMENT"
    BELOW_MINIMUM = "BELOW_MINIMUM"
    ABOVE_MAXIMUM = "ABOVE_MAXIMUM"
    NOTIONAL_BELOW_MINIMUM = "NOTIONAL_BELOW_MINIMUM"
    PRICE_INVALID = "PRICE_INVALID"
    INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"
    DUPLICATE_ID = "DUPLICATE_ID"


@dataclass(slots=True)
class _Working:
    order: NewOrder
    remaining: int
    filled: int
    reserved_asset: str
    reserved: int


class PaperExecution:
    """An `ExecutionService` that sends nothing anywhere.

    `label` is the venue's short name for metrics and ids; `codes` gives the venue's code of each reject reason.
    """

    def __init__(
        self,
        *,
        label: str,
        models: Mapping[InstrumentId, MarketModel],
        account: Ledger,
        fees: FeeSchedule,
        codes: Mapping[str, str],
        recorder: Recorder,
    ) -> None:
        self.account = account
        self._label = label
        self._models = models
        self._fees = fees
        self._codes = codes
        self._recorder = recorder
        self._working: dict[ClientOrderId, _Working] = {}
        self._seen: set[ClientOrderId] = set()
        self._trades = 0
        for result in PAPER_ORDERS.closed["result"]:
            recorder.create(PAPER_ORDERS, exchange=label, result=result)
        recorder.create(PAPER_NOTIONAL, exchange=label)

    @property
    def working(self) -> int:
        """How many orders rest now."""
        return len(self._working)

    def submit(self, approved: Approved, ts: int) -> Sequence[News]:
        order = approved.order
        reason, cost_asset, cost = self._judge(order)
        if reason is not None:
            return [self._reject(order, reason, ts)]
        self._seen.add(order.client_order_id)
        self.account.reserve(cost_asset, cost)
        self._working[order.client_order_id] = _Working(order, order.quantity, 0, cost_asset, cost)
        venue_id = VenueOrderId(f"{self._label}-paper-{len(self._seen)}")
        news: list[News] = [OrderUpdate(order.client_order_id, ts, OrderEvent.ACCEPTED, venue_id)]
        news += self._book(self._models[order.instrument].submit(order, ts), ts)
        return news

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> Sequence[News]:
        working = self._working.get(client_order_id)
        if working is None:
            return ()
        self._models[working.order.instrument].cancel(working.order)
        return [self._end(working, ts, "")]

    def on_market(self, event: MarketEvent) -> Sequence[News]:
        model = self._models.get(event.instrument)
        return self._book(model.on_market(event), event.ts) if model is not None else ()

    def _judge(self, order: NewOrder) -> tuple[RejectReason | None, str, int]:
        """Return (reason, "", 0), or (None, asset, units) that the order must reserve."""
        instrument = self.account.instruments.get(order.instrument)
        if instrument is None:
            return RejectReason.UNKNOWN_INSTRUMENT, "", 0
        reason = self._rule_broken(order, instrument)
        if reason is not None:
            return reason, "", 0
        if order.side is Side.SELL:
            asset, cost = instrument.base, self.account.base_units(order.instrument, order.quantity)
        else:
            price = order.price if order.price is not None else self._models[order.instrument].reference_price(order)
            # Without a market price a market order cannot be priced; it meets an empty book and ends unfilled.
            asset = instrument.quote
            cost = self._cost(order, price or 0, order.quantity)
        if cost > self.account.balances[asset].free:
            return RejectReason.INSUFFICIENT_FUNDS, "", 0
        return None, asset, cost

    def _rule_broken(self, order: NewOrder, instrument: Instrument) -> RejectReason | None:
        if order.client_order_id in self._seen:
            return RejectReason.DUPLICATE_ID
        if order.quantity < instrument.min_quantity:
            return RejectReason.BELOW_MINIMUM
        if order.quantity > instrument.max_quantity:
            return RejectReason.ABOVE_MAXIMUM
        priced = order.type is OrderType.LIMIT
        if priced != (order.price is not None) or (order.price is not None and not 0 < order.price <= instrument.max_price):
            return RejectReason.PRICE_INVALID
        if order.type is OrderType.MARKET and order.time_in_force is TimeInForce.POST_ONLY:
            return RejectReason.PRICE_INVALID
        price = order.price if order.price is not None else self._models[order.instrument].reference_price(order)
        if price is not None and instrument.notional(price, order.quantity) < instrument.min_notional:
            return RejectReason.NOTIONAL_BELOW_MINIMUM
        return None

    def _reject(self, order: NewOrder, reason: RejectReason, ts: int) -> OrderUpdate:
        self._recorder.count(PAPER_ORDERS, exchange=self._label, result="rejected")
        self._recorder.count(PAPER_REJECTED, exchange=self._label, reason=reason)
        return OrderUpdate(order.client_order_id, ts, OrderEvent.REJECTED, code=self._codes.get(reason, reason))

    def _book(self, results: Iterable[Effect], ts: int) -> list[News]:
        news: list[News] = []
        for result in results:
            working = self._working.get(result.order.client_order_id)
            if working is None:
                continue  # the order ended for want of money within this same walk through the levels
            if isinstance(result, Match):
                news += self._fill(working, result, ts)
            elif isinstance(result, Ended):
                news.append(self._end(working, ts, result.reason))
        return news

    def _fill(self, working: _Working, match: Match, ts: int) -> list[News]:
        """Book one match; a market order that turned out dearer than its reservation ends where the money ends."""
        order, instrument = working.order, self.account.instruments[match.order.instrument]
        quantity = self._affordable(working, match)
        if quantity == 0:
            self._models[order.instrument].cancel(order)
            return [self._end(working, ts, RejectReason.INSUFFICIENT_FUNDS)]
        self._trades += 1
        fee, fee_asset = self._fees.fee(instrument, order.side, match.price, quantity, match.liquidity)
        fill = Fill(
            FillId(self._label, f"paper-{self._trades}"), order.client_order_id, order.instrument, ts, order.side,
            match.price, quantity, fee, fee_asset, match.liquidity,
        )  # fmt: skip
        working.remaining -= quantity
        working.filled += quantity
        left = self._reserve_left(working, working.remaining, quantity)
        self.account.reserve(working.reserved_asset, left - working.reserved)
        working.reserved = left
        self.account.apply(fill)
        notional = self.account.notional(order.instrument, match.price, quantity)
        self._recorder.count(PAPER_NOTIONAL, notional / 10 ** self.account.scales[instrument.quote], exchange=self._label)
        if working.remaining == 0:
            self._release(working, "filled")
        elif quantity < match.quantity:
            self._models[order.instrument].cancel(order)
            return [fill, self._end(working, ts, RejectReason.INSUFFICIENT_FUNDS)]
        return [fill]

    def _cost(self, order: NewOrder, price: int, quantity: int) -> int:
        """What buying takes from the quote balance: notional, and the fee where the venue charges quote."""
        instrument = self.account.instruments[order.instrument]
        fee, asset = self._fees.fee(instrument, Side.BUY, price, quantity, Liquidity.TAKER)
        in_quote = max(fee, 0) if asset == instrument.quote else 0
        unit = self.account.notional(order.instrument, 1, 1) // instrument.notional(1, 1)
        return self.account.notional(order.instrument, price, quantity) + in_quote * unit

    @staticmethod
    def _reserve_left(working: _Working, remaining: int, quantity: int) -> int:
        """Return what stays reserved for `remaining` lots; a market order never rests, so it keeps nothing back."""
        if working.order.type is OrderType.MARKET:
            return 0
        return working.reserved * remaining // (remaining + quantity)

    def _affordable(self, working: _Working, match: Match) -> int:
        """Return how many lots of the match the account can pay for."""
        if working.order.side is Side.SELL:
            return match.quantity
        kept = self._reserve_left(working, working.remaining - match.quantity, match.quantity)
        funds = self.account.balances[working.reserved_asset].free + working.reserved - kept
        quantity = match.quantity
        if self._cost(working.order, match.price, quantity) > funds:
            quantity = min(quantity, funds * quantity // self._cost(working.order, match.price, quantity))
            while quantity and self._cost(working.order, match.price, quantity) > funds:
                quantity -= 1
        return quantity

    def _end(self, working: _Working, ts: int, code: str) -> OrderUpdate:
        self._release(working, "partial" if working.filled else "canceled")
        return OrderUpdate(working.order.client_order_id, ts, OrderEvent.CANCELED, code=code)

    def _release(self, working: _Working, result: str) -> None:
        self.account.reserve(working.reserved_asset, -working.reserved)
        working.reserved = 0
        del self._working[working.order.client_order_id]
        self._recorder.count(PAPER_ORDERS, exchange=self._label, result=result)
