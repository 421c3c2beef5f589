"""The exchange as a whole: money and coins are conserved to the last unit whatever clients and markets do."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.order import Side
from simvenue.exchange.account import Account
from simvenue.exchange.bar import Bar
from simvenue.exchange.exchange import Exchange, OrderRequest
from simvenue.exchange.listing import Listing, asset_scales
from simvenue.exchange.market import Market, Print, Update
from simvenue.exchange.order import Ended, OrderType, TimeInForce, VenueFill, VenueOrder
from simvenue.exchange.refusal import Reason, Refusal
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


def two_users(fee_asset: FeeAsset = FeeAsset.RECEIVED, *, unique: bool = False, minimum: str = "0") -> Exchange:
    """A market without depth, and two accounts with the same start."""
    instrument = replace(generated_instrument("BTC/USDT"), min_notional=int(Decimal(minimum) * 10**9))
    scales = asset_scales([instrument])
    fees = FeeSchedule(Decimal(8), Decimal(10), fee_asset)
    market = Market(Listing(instrument, fees, scales), Bar(10**9), builds_candles=True)
    start = {"USDT": 100_000 * 10 ** scales["USDT"], "BTC": 2 * 10 ** scales["BTC"]}
    accounts = {name: Account(name, scales, start) for name in ("ann", "bob")}
    exchange = Exchange([market], accounts, MovedClock(), client_ids_unique_for_ever=unique)
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
@given(st.lists(st.one_of(ORDERS, MOVES, CANCELS, AMENDS), max_size=40), st.sampled_from(list(FeeAsset)))
def test_balances_are_exactly_the_start_plus_every_fill(
    actions: list[tuple[str, str, Side, int, int, int]], fee_asset: FeeAsset
) -> None:
    exchange = two_users(fee_asset)
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
        assert {fill.fee_asset for fill in order.fills} <= {order.fee_asset}
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


BUY = OrderRequest("ann", "BTC/USDT", Side.BUY, OrderType.LIMIT, TimeInForce.GTC, "1", False, "41000")


def test_a_quote_fee_is_locked_and_charged_on_top_of_what_a_buy_costs() -> None:
    exchange = two_users(FeeAsset.QUOTE)
    account, unit = exchange.accounts["ann"], 10 ** exchange.accounts["ann"].scales["USDT"]
    order = exchange.place(BUY)
    assert order.locked == account.locked("USDT") == 41_041 * unit  # 10 bps, the dearer of the two
    exchange.advance(exchange.now + 1, {"BTC/USDT": Update(exchange.now + 1, asks=[(409_000, 10**8)])})
    assert (order.filled, order.fee, order.fee_asset) == (10**8, 41_000 * unit * 8 // 10_000, "USDT")
    assert account.locked("USDT") == 0
    assert account.total("USDT") == 100_000 * unit - 41_000 * unit - order.fee
    assert account.total("BTC") == 3 * 10 ** account.scales["BTC"]


def test_fees_that_round_up_fill_by_fill_never_take_what_is_not_there() -> None:
    exchange = two_users(FeeAsset.QUOTE)
    sell = replace(BUY, account="bob", side=Side.SELL, size="0.000011", price="42000.6")
    for _ in range(3):
        exchange.place(sell)
    account = exchange.accounts["ann"]
    notional = 3 * 1100 * 420_006  # its fee is 1386019.8 units, that of each third 462006.6
    account.lock("USDT", account.available("USDT") - notional - 1_386_020)
    order = exchange.place(replace(BUY, size="0.000033", price="42000.6"))
    assert [fill.fee for fill in order.fills] == [462_007, 462_007, 462_006]
    assert account.available("USDT") == 0


@pytest.mark.parametrize("fee_asset", list(FeeAsset))
def test_the_fee_on_top_counts_towards_what_an_order_may_cost(fee_asset: FeeAsset) -> None:
    whole: dict[str, Any] = {"size": "2.5", "price": "40000"}  # the whole balance of 100,000
    exchange = two_users(fee_asset)
    if fee_asset is FeeAsset.RECEIVED:
        assert exchange.place(replace(BUY, **whole)).is_working
        return
    for request in (
        replace(BUY, **whole),
        replace(BUY, type=OrderType.MARKET, size="100000", size_in_quote=True, price=""),
    ):
        exchange.advance(exchange.now + 1, {"BTC/USDT": Update(exchange.now + 1, asks=[(420_010, 3 * 10**8)])})
        with pytest.raises(Refusal, match="insufficient_funds"):
            exchange.place(request)
    assert exchange.place(replace(BUY, size="2.4975", price="40000")).is_working


def test_an_order_below_the_minimum_cost_is_refused_limit_or_market() -> None:
    exchange = two_users(minimum="5")
    for request in (
        replace(BUY, size="0.0001"),
        replace(BUY, type=OrderType.MARKET, size="0.0001", price=""),
        replace(BUY, type=OrderType.MARKET, size="4.9", size_in_quote=True, price=""),
    ):
        with pytest.raises(Refusal) as refused:
            exchange.place(request)
        assert refused.value.reason is Reason.NOTIONAL_TOO_SMALL
    assert exchange.place(replace(BUY, size="0.0002")).is_working


@pytest.mark.parametrize("unique", [False, True])
def test_a_client_id_may_come_back_only_where_the_venue_allows_it(unique: bool) -> None:
    exchange = two_users(unique=unique)
    named = replace(BUY, client_id="mine")
    order = exchange.place(named)
    with pytest.raises(Refusal, match="client_id_duplicate"):
        exchange.place(named)
    assert exchange.place(replace(named, account="bob")).client_id == "mine"
    exchange.cancel(order)
    assert exchange.find_client("ann", "mine") is order
    if unique:
        with pytest.raises(Refusal, match="client_id_duplicate"):
            exchange.place(named)
    else:
        assert exchange.place(named) is exchange.find_client("ann", "mine")


def test_an_order_is_found_by_account_with_or_without_its_market() -> None:
    exchange = two_users()
    order = exchange.place(replace(BUY, client_id="mine"))
    number = str(order.order_id)
    for symbol in ("BTC/USDT", None):
        assert exchange.find("ann", symbol, number, "") is exchange.find("ann", symbol, "", "mine") is order
    for account, symbol, order_id, client_id in (
        ("bob", None, number, ""),
        ("ann", "ETH/USDT", number, ""),
        ("ann", None, "9" * 400, ""),
        ("ann", None, "x", ""),
        ("ann", None, "", "other"),
    ):
        with pytest.raises(Refusal, match="order_not_found"):
            exchange.find(account, symbol, order_id, client_id)
    assert exchange.find_client("bob", "mine") is None


def test_an_order_with_an_expiry_ends_at_its_wall_time_and_gives_its_money_back() -> None:
    exchange = two_users()
    kept = exchange.place(BUY)
    orders = [exchange.place(replace(BUY, size="0.1", expires_at=WALL + seconds)) for seconds in (30, 10, 20)]
    exchange.cancel(orders[0])
    assert exchange.expire(WALL + 9) == []
    assert exchange.expire(WALL + 40) == [orders[1], orders[2]]
    assert [order.ended for order in orders] == [Ended.USER, Ended.EXPIRED, Ended.EXPIRED]
    assert exchange.working("ann") == [kept]
    assert exchange.accounts["ann"].locked("USDT") == kept.locked
    assert exchange.expire(WALL + 40) == []


def test_the_switch_and_cancel_all_take_one_market_or_all_of_one_account() -> None:
    exchange = two_users()
    mine, other = exchange.place(BUY), exchange.place(replace(BUY, account="bob"))
    exchange.arm_switch("ann", WALL + 5, "ETH/USDT")
    assert exchange.switch_at("ann", "ETH/USDT") == WALL + 5
    assert exchange.expire(WALL + 6) == []
    exchange.arm_switch("ann", WALL + 10)
    exchange.arm_switch("ann", None)
    assert exchange.expire(WALL + 20) == []
    exchange.arm_switch("ann", WALL + 30, "BTC/USDT")
    assert exchange.expire(WALL + 30) == [mine]
    assert (mine.ended, other.is_working) == (Ended.SWITCH, True)
    assert exchange.cancel_all("bob", "ETH/USDT") == []
    assert exchange.cancel_all("bob") == [other]
    assert other.ended is Ended.USER
