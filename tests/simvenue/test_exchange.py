"""The exchange as a whole: money and coins are conserved to the last unit whatever clients and markets do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.fee import FeeSchedule
from golive.model.order import Side
from simvenue.exchange.account import Account
from simvenue.exchange.bar import Bar
from simvenue.exchange.exchange import Exchange, OrderRequest
from simvenue.exchange.listing import Listing, asset_scales
from simvenue.exchange.market import Market, Print, Update
from simvenue.exchange.order import OrderType, TimeInForce, VenueFill, VenueOrder
from simvenue.exchange.refusal import Refusal
from simvenue.source.catalog import generated_instrument
from support.okx_client import WALL, MovedClock

OFFSETS = st.integers(-30, 30)
ORDERS = st.tuples(
    st.just("order"),
    st.sampled_from(["ann", "bob"]),
    st.sampled_from(list(Side)),
    OFFSETS,
    st.integers(1, 200),
    st.integers(0, 5),
)
MOVES = st.tuples(st.just("move"), st.just(""), st.sampled_from(list(Side)), OFFSETS, st.integers(1, 300), st.just(0))
CANCELS = st.tuples(st.just("cancel"), st.just(""), st.just(Side.BUY), st.just(0), st.integers(0, 50), st.just(0))
AMENDS = st.tuples(st.just("amend"), st.just(""), st.just(Side.BUY), OFFSETS, st.integers(1, 200), st.integers(0, 50))
KINDS = [
    (OrderType.LIMIT, TimeInForce.GTC, False),
    (OrderType.LIMIT, TimeInForce.POST_ONLY, False),
    (OrderType.LIMIT, TimeInForce.IOC, False),
    (OrderType.LIMIT, TimeInForce.FOK, False),
    (OrderType.MARKET, TimeInForce.IOC, False),
    (OrderType.MARKET, TimeInForce.IOC, True),
]


def two_users() -> Exchange:
    """A market without depth, and two accounts with the same start."""
    instrument = generated_instrument("BTC/USDT")
    scales = asset_scales([instrument])
    market = Market(Listing(instrument, FeeSchedule(Decimal(8), Decimal(10)), scales), Bar(10**9), builds_candles=True)
    start = {"USDT": 100_000 * 10 ** scales["USDT"], "BTC": 2 * 10 ** scales["BTC"]}
    exchange = Exchange([market], {name: Account(name, scales, start) for name in ("ann", "bob")}, MovedClock())
    exchange.advance(WALL, {"BTC/USDT": Update(WALL, bids=[(419_990, 10**8)], asks=[(420_010, 10**8)])})
    return exchange


def act(exchange: Exchange, action: tuple[str, str, Side, int, int, int], middle: int) -> None:
    listing = exchange.markets["BTC/USDT"].listing
    kind, user, side, offset, size, extra = action
    price = middle + offset
    if kind == "move":
        clock = exchange.now + 1_000_000
        level, away = (price, size * 1_000_000), (price + side.sign * 100, 1)
        sides: dict[str, Any] = {"bids": [level], "asks": [away]} if side is Side.BUY else {"asks": [level], "bids": [away]}
        update = Update(clock, [Print(clock, price, size * 100_000, side)], is_snapshot=True, **sides)
        exchange.advance(clock, {"BTC/USDT": update})
        return
    working = [order for name in ("ann", "bob") for order in exchange.working(name)]
    if kind == "cancel" and working:
        exchange.cancel(working[size % len(working)])
    elif kind == "amend" and working:
        order = working[extra % len(working)]
        exchange.amend(order, listing.quantity_text(size * 1_000_000), listing.price_text(price))
    elif kind == "order":
        order_type, time_in_force, in_quote = KINDS[extra]
        text = str(size * 40) if in_quote else listing.quantity_text(size * 1_000_000)
        at = listing.price_text(price) if order_type is OrderType.LIMIT else ""
        exchange.place(OrderRequest(user, "BTC/USDT", side, order_type, time_in_force, text, in_quote, at))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.one_of(ORDERS, MOVES, CANCELS, AMENDS), max_size=40))
def test_balances_are_exactly_the_start_plus_every_fill(actions: list[tuple[str, str, Side, int, int, int]]) -> None:
    exchange = two_users()
    start = {(a.name, asset): a.total(asset) for a in exchange.accounts.values() for asset in a.assets}
    beyond_limit: list[VenueFill] = []

    def watch(order: VenueOrder, fill: VenueFill | None) -> None:
        if fill is not None and order.price is not None and (fill.price - order.price) * order.side.sign > 0:
            beyond_limit.append(fill)

    exchange.listeners.append(watch)
    for action in actions:
        try:
            act(exchange, action, 420_000)
        except Refusal:
            continue
    listing = exchange.markets["BTC/USDT"].listing
    expected = dict(start)
    for order in exchange.orders.values():
        assert order.filled == sum(fill.quantity for fill in order.fills) <= order.quantity
        assert order.fee == sum(fill.fee for fill in order.fills)
        for fill in order.fills:
            base = listing.base_units(fill.quantity) * order.side.sign
            quote = -listing.quote_units(listing.instrument.notional(fill.price, fill.quantity)) * order.side.sign
            expected[(order.account, "BTC")] += base - (fill.fee if fill.fee_asset == "BTC" else 0)
            expected[(order.account, "USDT")] += quote - (fill.fee if fill.fee_asset == "USDT" else 0)
    assert beyond_limit == []
    for account in exchange.accounts.values():
        for asset in account.assets:
            assert account.total(asset) == expected[(account.name, asset)]
            assert 0 <= account.locked(asset) <= account.total(asset)
            held = sum(o.locked for o in exchange.working(account.name) if o.given_asset == asset)
            assert account.locked(asset) == held
    for order in exchange.orders.values():
        resting = exchange.markets["BTC/USDT"].book.order(order.order_id)
        assert (resting is not None) == order.is_working
        assert resting is None or resting.remaining == order.quantity - order.filled


def test_two_clients_trade_with_each_other_in_one_public_trade() -> None:
    exchange = two_users()
    limit = OrderRequest("ann", "BTC/USDT", Side.SELL, OrderType.LIMIT, TimeInForce.GTC, "0.5", False, "42000")
    maker = exchange.place(limit)
    taker = exchange.place(replace(limit, account="bob", side=Side.BUY, time_in_force=TimeInForce.IOC, size="2"))
    assert (maker.filled, taker.filled) == (50_000_000, 50_000_000)
    assert maker.fills[0].trade_id == taker.fills[0].trade_id
    assert [trade.trade_id for trade in exchange.markets["BTC/USDT"].trades] == [taker.fills[0].trade_id]
