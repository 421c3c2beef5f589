"""Any sequence of orders, fills, cancellations, flows and bad fills leaves the books in order."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from golive.model.errors import IllegalTransition, MagnitudeError
from golive.model.ids import FillId
from golive.model.instrument import Instrument
from golive.model.order import Fill, Liquidity, NewOrder, OrderType, OrderUpdate, Side
from golive.orders import OrderEvent, Orders
from golive.portfolio import (
    Flow,
    Ledger,
    check_books,
    digest_of,
    price_of,
    replay,
    state_of,
    statement_of,
    trial_balance,
)  # fmt: skip
from support.trading import BTC, client_order_id, instrument_named

ETH = instrument_named("okx:ETH/USDT")
CROSS = Instrument.from_text("okx:ETH/BTC", tick_size="0.00001", lot_size="0.0001", min_quantity="0.001", max_quantity="100000")
LAST = {BTC.id: "40000", ETH.id: "2500", CROSS.id: "0.0625"}
TOKEN = "OKB"


class Venue:
    """An account kept by somebody else: whole amounts in `Decimal`, straight from prices and quantities."""

    def __init__(self, balances: dict[str, Decimal]) -> None:
        self.total: defaultdict[str, Decimal] = defaultdict(Decimal, balances)
        self.fees: defaultdict[str, Decimal] = defaultdict(Decimal)

    def take(self, instrument: Instrument, fill: Fill, fee: Decimal) -> None:
        quantity = fill.quantity * instrument.lot_size
        self.total[instrument.base] += fill.side.sign * quantity
        self.total[instrument.quote] -= fill.side.sign * quantity * fill.price * instrument.tick_size
        self.total[fill.fee_asset] -= fee
        self.fees[fill.fee_asset] += fee


@dataclass
class Resting:
    order: NewOrder
    asset: str
    reserved: int


class LedgerMachine(RuleBasedStateMachine):
    """All instruments share a quote asset, fees come in base or quote: profits agree with equity to the last unit."""

    instruments: tuple[Instrument, ...] = (BTC, ETH)
    third_fees = False

    @initialize(opening=st.integers(0, 3))
    def open(self, opening: int) -> None:
        self.balances = {"USDT": Decimal(100_000), "BTC": Decimal(opening) / 2, TOKEN: Decimal(5)}
        self.orders, self.resting, self.filled = Orders(), dict[str, Resting](), 0
        self.marks = {i.id: i.ticks(LAST[i.id]) for i in self.instruments}
        self.ledger = self.fresh()
        self.venue = Venue(self.balances)

    def fresh(self) -> Ledger:
        prices = {BTC.id: BTC.ticks("39000")}
        return Ledger(self.instruments, self.balances, reporting="USDT", opening_prices=prices, other_assets={TOKEN: 8})

    def fill_of(self, order: NewOrder, quantity: int, price: int, fee_kind: int, fee_bps: int) -> tuple[Fill, Decimal]:
        instrument = self.ledger.instruments[order.instrument]
        amount = quantity * instrument.lot_size
        asset, scale, basis = {
            0: (instrument.base, instrument.base_scale, amount),
            1: (instrument.quote, instrument.quote_scale, amount * price * instrument.tick_size),
            2: (TOKEN, 8, amount),
        }[fee_kind]
        units = int((basis * fee_bps / 10_000).scaleb(scale))
        self.filled += 1
        fill = Fill(
            FillId("okx", str(self.filled)), order.client_order_id, order.instrument, self.filled, order.side, price, quantity,
            units, asset, Liquidity.TAKER,
        )  # fmt: skip
        return fill, Decimal(units).scaleb(-scale)

    @rule(which=st.integers(0, 2), side=st.sampled_from(Side), size=st.integers(1, 10**6), drift=st.integers(-300, 300))
    def order(self, which: int, side: Side, size: int, drift: int) -> None:
        self.plan(which, side, size, drift)

    def plan(self, which: int, side: Side, size: int, drift: int) -> NewOrder | None:
        """Plan an order over up to half of what is free, and reserve 2 % more than it needs; too much is refused."""
        instrument = self.instruments[which % len(self.instruments)]
        price = max(1, self.marks[instrument.id] * (10_000 + drift) // 10_000)
        asset = instrument.quote if side is Side.BUY else instrument.base
        one = self.ledger.notional(instrument.id, price, 1) if side is Side.BUY else self.ledger.base_units(instrument.id, 1)
        free = self.ledger.balances[asset].free
        with pytest.raises(MagnitudeError):
            self.ledger.reserve(asset, free + 1)
        lots = free * size // (2 * 10**6 * one)
        if lots == 0:
            return None
        intent = NewOrder(client_order_id(len(self.orders) + 1), instrument.id, side, OrderType.LIMIT, lots, price)
        needed = lots * one + lots * one // 50
        self.ledger.reserve(asset, needed)
        self.orders.plan(intent, 1)
        self.orders.sent(intent.client_order_id)
        self.orders.apply(OrderUpdate(intent.client_order_id, 1, OrderEvent.ACCEPTED))
        self.resting[intent.client_order_id] = Resting(intent, asset, needed)
        return intent

    @precondition(lambda self: self.resting)
    @rule(data=st.data(), share=st.integers(1, 100), fee_kind=st.integers(0, 2), fee_bps=st.integers(-10, 100))
    def fill(self, data: st.DataObject, share: int, fee_kind: int, fee_bps: int) -> None:
        self.trade(data.draw(st.sampled_from(sorted(self.resting))), share, fee_kind, fee_bps)

    @rule(
        which=st.integers(0, 2), side=st.sampled_from(Side), size=st.integers(1, 10**6), drift=st.integers(-300, 300),
        share=st.integers(1, 150), fee_kind=st.integers(0, 2), fee_bps=st.integers(-10, 100),
    )  # fmt: skip
    def order_that_fills(self, which: int, side: Side, size: int, drift: int, share: int, fee_kind: int, fee_bps: int) -> None:
        intent = self.plan(which, side, size, drift)
        if intent is not None:
            self.trade(intent.client_order_id, min(100, share), fee_kind, fee_bps)

    def trade(self, key: str, share: int, fee_kind: int, fee_bps: int) -> None:
        resting, order = self.resting[key], self.orders[self.resting[key].order.client_order_id]
        quantity = max(1, order.remaining * share // 100)
        assert resting.order.price is not None
        kind = fee_kind if self.third_fees else fee_kind % 2
        fill, fee = self.fill_of(resting.order, quantity, resting.order.price, kind, fee_bps)
        left = 0 if quantity == order.remaining else resting.reserved * (order.remaining - quantity) // order.remaining
        self.ledger.reserve(resting.asset, left - resting.reserved)
        resting.reserved = left
        before = state_of(self.ledger)
        try:
            after = self.ledger.apply(fill)
        except MagnitudeError:
            event("a fill that cannot be paid")
            assert fill.fee > 0
            assert state_of(self.ledger) == before
            return
        event(f"{fill.side} with a fee in {fill.fee_asset}")
        assert self.orders.fill(fill) is order
        assert order.filled <= resting.order.quantity
        self.venue.take(self.ledger.instruments[fill.instrument], fill, fee)
        assert after == self.ledger.total_lots(fill.instrument)
        if order.remaining == 0:
            self.end(key)

    @precondition(lambda self: self.resting)
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        key = data.draw(st.sampled_from(sorted(self.resting)))
        self.orders.apply(OrderUpdate(self.resting[key].order.client_order_id, 1, OrderEvent.CANCELED))
        self.end(key)

    def end(self, key: str) -> None:
        resting = self.resting.pop(key)
        self.ledger.reserve(resting.asset, -resting.reserved)

    @precondition(lambda self: self.resting)
    @rule(data=st.data(), how=st.integers(0, 4))
    def bad_fill(self, data: st.DataObject, how: int) -> None:
        """More than was ordered, more than is owned, nothing, an unknown fee asset, beyond the range: nothing changes."""
        resting = self.resting[data.draw(st.sampled_from(sorted(self.resting)))]
        order = self.orders[resting.order.client_order_id]
        fill, _ = self.fill_of(resting.order, order.remaining + 1, self.marks[resting.order.instrument], 1, 0)
        with pytest.raises(IllegalTransition):
            self.orders.fill(fill)
        bad = (
            fill._replace(quantity=10**15), fill._replace(quantity=0), fill._replace(fee_asset="XYZ"),
            fill._replace(price=1 << 61), fill._replace(fee_asset="USDT", fee=10**17),
        )[how]  # fmt: skip
        before = state_of(self.ledger)
        with pytest.raises(MagnitudeError):
            self.ledger.apply(bad)
        assert state_of(self.ledger) == before

    @rule(asset=st.sampled_from(["USDT", "BTC", TOKEN]), amount=st.integers(-(10**9), 10**9).filter(bool))
    def flow(self, asset: str, amount: int) -> None:
        instrument = self.ledger.by_base.get(asset, (None,))[0]
        worth = None if instrument is None else instrument.value(abs(amount), self.marks[instrument.id])
        before = state_of(self.ledger)
        try:
            self.ledger.book_flow(Flow(1, asset, amount, worth))
        except MagnitudeError:
            assert amount + self.ledger.balances[asset].free < 0
            assert state_of(self.ledger) == before
            return
        self.venue.total[asset] += Decimal(amount).scaleb(-self.ledger.scales[asset])

    @rule(drift=st.integers(-500, 500))
    def market(self, drift: int) -> None:
        self.marks = {key: max(1, ticks * (10_000 + drift) // 10_000) for key, ticks in self.marks.items()}
        if CROSS.id in self.marks:  # one asset has one price: the cross follows from the two others
            ratio = self.marks[ETH.id] * ETH.tick_size / (self.marks[BTC.id] * BTC.tick_size)
            self.marks[CROSS.id] = max(1, int(ratio / CROSS.tick_size))

    @invariant()
    def every_asset_sums_to_zero_and_nothing_is_owed(self) -> None:
        for accounts in trial_balance(self.ledger).values():
            assert sum(accounts.values()) == 0
        assert all(balance.free >= 0 and balance.reserved >= 0 for balance in self.ledger.balances.values())
        reserved: defaultdict[str, int] = defaultdict(int)
        for resting in self.resting.values():
            reserved[resting.asset] += resting.reserved
        assert {asset: balance.reserved for asset, balance in self.ledger.balances.items() if balance.reserved} == dict(reserved)

    @invariant()
    def postings_and_the_venue_agree(self) -> None:
        check_books(self.ledger)
        for asset, balance in self.ledger.balances.items():
            assert Decimal(self.ledger.text(asset, balance.total)) == self.venue.total[asset]
            assert Decimal(self.ledger.text(asset, balance.fees)) == self.venue.fees[asset]

    @invariant()
    def both_methods_conserve_cost(self) -> None:
        for key, position in self.ledger.positions.items():
            fifo = self.ledger.performance.fifo[key]
            assert fifo.base_units == position.base_units
            assert fifo.realized - fifo.cost == position.realized - position.cost

    @invariant()
    def profit_is_the_change_of_equity_less_flows(self) -> None:
        price = price_of(self.ledger, TOKEN, Decimal("45.25"))
        line = statement_of(self.ledger, self.marks, {TOKEN: price}).profit
        amounts = [line.net, line.realized, line.unrealized, line.fifo_realized, line.fifo_unrealized]
        net, realized, unrealized, fifo_realized, fifo_unrealized = (Decimal(str(text)) for text in amounts)
        # Cash and flows of the token are worth their price now; only what it paid in fees is missing from the books of trades.
        third = self.ledger.performance.third_fees[TOKEN]
        fees = Decimal(self.ledger.text("USDT", price.value(third)))
        assert abs(net - (realized + unrealized - fees)) <= self.tolerance()
        assert abs(realized + unrealized - fifo_realized - fifo_unrealized) <= self.tolerance()

    def tolerance(self) -> Decimal:
        return Decimal(0)

    def teardown(self) -> None:
        if not hasattr(self, "ledger"):
            return
        again = self.fresh()
        replay(again, self.ledger.entries())
        for asset, balance in self.ledger.balances.items():
            again.reserve(asset, balance.reserved)
        assert state_of(again) == state_of(self.ledger)
        assert digest_of(again) == digest_of(self.ledger)


class SeveralQuotesMachine(LedgerMachine):
    """BTC is bought for USDT and pays for ETH, fees also come in a token; worths are converted, each rounded once."""

    instruments = (BTC, ETH, CROSS)
    third_fees = True

    def tolerance(self) -> Decimal:
        """Return what rounding may do: a unit of BTC in what is converted from it, a tick of the cross rate on what was bought with it."""
        btc = self.marks[BTC.id] * BTC.tick_size
        bought = abs(Decimal(self.ledger.text("ETH", self.ledger.positions[CROSS.id].base_units)))
        return btc * (bought * CROSS.tick_size + Decimal("2e-8"))


EXAMPLES = 2000 if os.environ.get("GOLIVE_PROOF") == "1" else 100
LedgerMachine.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=25, deadline=None)
SeveralQuotesMachine.TestCase.settings = settings(max_examples=EXAMPLES, stateful_step_count=25, deadline=None)
TestOneQuote = LedgerMachine.TestCase
TestSeveralQuotes = SeveralQuotesMachine.TestCase
