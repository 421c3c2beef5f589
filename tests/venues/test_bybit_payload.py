"""Raw payloads of Bybit become exact values; a payload with one thing wrong becomes an error that names it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.errors import ConfigError, MagnitudeError, MalformedPayload
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import Liquidity, NewOrder, OrderStatus, OrderType, Side, TimeInForce
from golive.venues import strict_json
from golive.venues.bybit import CODES, PROFILE
from golive.venues.bybit_dialect import BybitDialect
from golive.venues.bybit_payload import balance_from, fill_from, instrument_from, key_from, order_from
from golive.venues.dialect import OrderSighting

DATA = Path(__file__).parent / "data" / "bybit"
DIALECT = BybitDialect()
MINUTE_NS = 60 * 10**9
BTC = Instrument.from_text(
    "bybit:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="10000", min_notional="1"
)
ETH = Instrument.from_text("bybit:ETH/USDT", tick_size="0.01", lot_size="0.001", min_quantity="0.001", max_quantity="100")


def payload(name: str) -> Any:
    """A recorded answer, through the strict reader and the envelope check."""
    value = strict_json.parse((DATA / f"{name}.json").read_bytes())
    assert DIALECT.codes(value) == ()
    return value


# market


def test_the_instrument_carries_the_published_grid_and_limits() -> None:
    instruments = DIALECT.read_instruments(payload("instruments"))
    assert instruments == {InstrumentId("bybit", "BTC", "USDT"): BTC}
    assert (BTC.min_quantity, BTC.max_quantity, BTC.quote_text(BTC.min_notional)) == (1_000, 10_000 * 10**8, "1")


PUBLISHED: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "baseCoin": "BTC",
    "quoteCoin": "USDT",
    "status": "Trading",
    "marginTrading": "none",
    "lotSizeFilter": {
        "basePrecision": "0.000001",
        "quotePrecision": "0.00000001",
        "minOrderQty": "0.000048",
        "maxOrderQty": "71",
        "minOrderAmt": "1",
        "maxOrderAmt": "2000000",
    },
    "priceFilter": {"tickSize": "0.01"},
}
"""VENUES §3.3"""


def test_the_published_instrument_row_is_read_on_its_own_grid() -> None:
    read = instrument_from(PUBLISHED)
    assert read is not None
    assert (read.tick_size, read.lot_size) == (Decimal("0.01"), Decimal("0.000001"))
    assert (read.min_quantity, read.max_quantity, read.quote_text(read.min_notional)) == (48, 71_000_000, "1")


def test_the_limit_order_maximum_wins_over_the_old_common_one() -> None:
    lots = {**PUBLISHED["lotSizeFilter"], "maxLimitOrderQty": "83", "maxMarketOrderQty": "41"}
    read = instrument_from({**PUBLISHED, "lotSizeFilter": lots})
    assert read is not None
    assert read.max_quantity == 83_000_000


@pytest.mark.parametrize(("least", "lots"), [("0.000048", 48), ("0.0000481", 49), ("0.0000001", 1), ("5", 5_000_000)])
def test_a_minimum_off_the_grid_is_the_next_quantity_that_can_be_ordered(least: str, lots: int) -> None:
    read = instrument_from({**PUBLISHED, "lotSizeFilter": {**PUBLISHED["lotSizeFilter"], "minOrderQty": least}})
    assert read is not None
    assert read.min_quantity == lots


@pytest.mark.parametrize(
    "change", [{"status": "PreLaunch"}, {"symbol": "BTCUSDT2"}, {"baseCoin": "btc", "symbol": "btcUSDT"}, {"status": "Closed"}]
)
def test_instruments_that_do_not_trade_or_have_no_name_with_us_are_left_out(change: dict[str, str]) -> None:
    assert instrument_from({**PUBLISHED, **change}) is None
    value = payload("instruments")
    value["result"]["list"][0] = {**PUBLISHED, **change}
    with pytest.raises(MalformedPayload, match="none of them is trading"):
        DIALECT.read_instruments(value)


def test_the_book_is_in_ticks_and_lots_best_first() -> None:
    raw = payload("book")["result"]
    book = DIALECT.read_book(payload("book"), BTC)
    assert book.ts == raw["ts"] * 10**6
    assert [[BTC.price_text(p), BTC.quantity_text(q)] for p, q in book.bids] == raw["b"]
    assert [[BTC.price_text(p), BTC.quantity_text(q)] for p, q in book.asks] == raw["a"]
    assert book.bids[0][0] < book.asks[0][0]


def test_candles_come_oldest_first_and_the_newest_row_which_is_running_is_left_out() -> None:
    raw = payload("candles")["result"]["list"]
    candles = DIALECT.read_candles(payload("candles"), BTC, MINUTE_NS)
    assert [c.opened_at for c in candles] == [int(row[0]) * 10**6 for row in reversed(raw[1:])]
    last = candles[-1]
    assert [BTC.price_text(p) for p in (last.open, last.high, last.low, last.close)] == raw[1][1:5]
    assert BTC.quantity_text(last.volume) == raw[1][5]
    assert last.closed_at - last.opened_at == MINUTE_NS


def test_one_more_candle_is_asked_for_than_closed_ones_are_wanted_up_to_what_bybit_gives() -> None:
    assert DIALECT.candles(BTC, "1", 100).params["limit"] == "101"
    assert DIALECT.candles(BTC, "1", 1000).params["limit"] == "1000"


def test_an_empty_list_of_candles_has_no_closed_one() -> None:
    assert DIALECT.read_candles({"retCode": 0, "result": {"list": []}}, BTC, MINUTE_NS) == ()


def test_the_venue_time_is_that_of_the_envelope() -> None:
    assert DIALECT.read_time(payload("time")) == payload("time")["time"]


# account


def test_free_is_the_wallet_balance_less_what_orders_lock_to_the_last_digit() -> None:
    usdt = DIALECT.read_balances(payload("balance"))["USDT"]
    assert (usdt.total_text, usdt.free_text, usdt.locked) == ("79105.312358914", "79104.312358914", 10**usdt.scale)


@given(st.integers(0, 10**10), st.integers(0, 10**10), st.integers(0, 10))
def test_free_and_locked_always_add_up_to_the_wallet_balance(total: int, locked: int, scale: int) -> None:
    def as_text(units: int) -> str:
        return f"{Decimal(units).scaleb(-scale):f}"

    row = {"coin": "X", "walletBalance": as_text(total), "locked": as_text(locked)}
    if locked > total:
        with pytest.raises(MalformedPayload, match="locked"):
            balance_from(row)
        return
    read = balance_from(row)
    assert Decimal(read.free).scaleb(-read.scale) == Decimal(total - locked).scaleb(-scale)
    assert Decimal(read.total).scaleb(-read.scale) == Decimal(total).scaleb(-scale)


def test_a_coin_that_the_account_owes_is_refused() -> None:
    with pytest.raises(MagnitudeError, match=r"walletBalance.*negative"):
        balance_from({"coin": "USDT", "walletBalance": "-5", "locked": "0"})


def key(**changes: Any) -> dict[str, Any]:
    return {**payload("query_api")["result"], **changes}


def test_a_key_is_told_in_our_words() -> None:
    facts = DIALECT.read_key(payload("query_api"))
    assert (facts.permissions, facts.addresses, facts.expires_at) == (("read", "trade"), (), None)


def test_what_a_key_may_do_beside_reading_and_spot_trading_stands_in_bybits_words() -> None:
    held = {"Spot": ["SpotTrade"], "Wallet": ["AccountTransfer", "Withdraw"], "ContractTrade": ["Order"], "Options": []}
    assert key_from(key(permissions=held)).permissions == (
        "ContractTrade.Order",
        "Wallet.AccountTransfer",
        "read",
        "trade",
        "withdraw",
    )


def test_a_read_only_key_only_reads_whatever_it_lists_unless_it_could_withdraw() -> None:
    held = {"Spot": ["SpotTrade"], "Derivatives": ["DerivativesTrade"]}
    assert key_from(key(readOnly=1, permissions=held)).permissions == ("read",)
    assert key_from(key(readOnly=1, permissions={"Wallet": ["Withdraw"]})).permissions == ("read", "withdraw")


def test_a_key_without_spot_trading_does_not_trade() -> None:
    assert key_from(key(permissions={"Spot": []})).permissions == ("read",)


@pytest.mark.parametrize(
    ("ips", "expected"),
    [(["*"], ()), ([], ()), (["127.0.0.1", "10.0.0.0/8"], ("127.0.0.1", "10.0.0.0/8")), (["1.1.1.1", "*"], ())],
)
def test_an_allow_list_with_a_star_or_nothing_in_it_lets_anybody_in(ips: list[str], expected: tuple[str, ...]) -> None:
    assert key_from(key(ips=ips)).addresses == expected


def test_the_expiry_of_a_key_is_read_and_the_epoch_means_never() -> None:
    assert key_from(key(expiredAt="2023-05-15T03:21:05Z")).expires_at == 1_684_120_865 * 10**9
    assert key_from(key(expiredAt="1970-01-01T00:00:00Z")).expires_at is None
    assert key_from(key(expiredAt="")).expires_at is None


# orders


def test_orders_carry_status_and_exact_quantities() -> None:
    seen = {row.client_order_id[0]: row for row in DIALECT.read_orders(payload("orders_history"), BTC)}
    assert {name: row.status for name, row in seen.items()} == {
        "a": OrderStatus.FILLED,
        "b": OrderStatus.FILLED,
        "d": OrderStatus.CANCELED,
        "e": OrderStatus.REJECTED,
        "f": OrderStatus.CANCELED,
    }
    assert (seen["a"].quantity, seen["a"].filled, seen["a"].average_price) == (1_000_000, 1_000_000, "46119.4")
    assert (seen["f"].quantity, seen["f"].filled) == (2 * 10**8, 46_303_619)
    assert (seen["d"].filled, seen["d"].average_price) == (0, "")
    (working,) = DIALECT.read_orders(payload("orders_open"), BTC)
    assert (working.status, working.client_order_id) == (OrderStatus.OPEN, "c" * 32)


def order_row(**changes: Any) -> dict[str, Any]:
    return {**payload("orders_open")["result"]["list"][0], **changes}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("New", OrderStatus.OPEN),
        ("PartiallyFilled", OrderStatus.PARTIAL),
        ("Untriggered", OrderStatus.OPEN),
        ("Filled", OrderStatus.FILLED),
        ("Cancelled", OrderStatus.CANCELED),
        ("PartiallyFilledCanceled", OrderStatus.CANCELED),
        ("Deactivated", OrderStatus.CANCELED),
        ("Rejected", OrderStatus.REJECTED),
        ("brand_new_state", OrderStatus.UNKNOWN),
        ("", OrderStatus.UNKNOWN),
    ],
)
def test_every_status_has_one_of_ours_and_one_nobody_knows_is_unknown_and_never_open(status: str, expected: OrderStatus) -> None:
    assert order_from(order_row(orderStatus=status), BTC).status is expected


@pytest.mark.parametrize(
    ("kind", "side", "unit", "quantity"),
    [
        ("Market", "Buy", "", None),
        ("Market", "Buy", "quoteCoin", None),
        ("Market", "Sell", "quoteCoin", None),
        ("Market", "Buy", "baseCoin", 100_000),
        ("Market", "Sell", "", 100_000),
        ("Limit", "Buy", "", 100_000),
    ],
)
def test_a_quantity_in_the_quote_asset_is_not_taken_for_one_in_the_base(
    kind: str, side: str, unit: str, quantity: int | None
) -> None:
    assert order_from(order_row(orderType=kind, side=side, marketUnit=unit), BTC).quantity == quantity


@pytest.mark.parametrize("nothing", ["", "0", "0.000000"])
def test_nothing_executed_is_written_in_several_ways(nothing: str) -> None:
    assert order_from(order_row(cumExecQty=nothing, avgPrice="0"), BTC).filled == 0


def test_rows_of_other_instruments_are_left_out_of_a_list() -> None:
    assert DIALECT.read_orders(payload("orders_history"), ETH) == ()
    assert DIALECT.read_fills(payload("executions"), ETH) == ()
    with pytest.raises(MalformedPayload, match="not ETHUSDT"):
        order_from(order_row(), ETH)


def test_fills_carry_the_fee_as_a_charge_in_its_asset() -> None:
    fills = {seen.fill.client_order_id[0]: seen for seen in DIALECT.read_fills(payload("executions"), BTC)}
    buy, sell = fills["a"].fill, fills["b"].fill
    assert (sell.side, sell.fee_asset, BTC.quote_text(sell.fee)) == (Side.SELL, "USDT", "0.92238")
    assert (buy.side, buy.fee_asset, BTC.base_text(buy.fee)) == (Side.BUY, "BTC", "0.00001")
    assert (BTC.price_text(buy.price), BTC.quantity_text(buy.quantity)) == ("46119.4", "0.01")
    assert buy.liquidity is Liquidity.TAKER
    assert fills["a"].venue_order_id == "1100000000000000001"


def fill_row(**changes: Any) -> dict[str, Any]:
    return {**payload("executions")["result"]["list"][0], **changes}


def test_a_rebate_is_a_negative_fee_and_a_finer_fee_is_rounded_half_even_once() -> None:
    rebate = fill_from(fill_row(execFee="-0.01", feeCurrency="USDT", isMaker=True), BTC).fill
    assert (BTC.quote_text(rebate.fee), rebate.liquidity) == ("-0.01", Liquidity.MAKER)
    assert fill_from(fill_row(execFee="0.000000015", feeCurrency="BTC"), BTC).fill.fee == 2
    assert fill_from(fill_row(execFee="0.000000025", feeCurrency="BTC"), BTC).fill.fee == 2


@given(st.integers(1, 10**13), st.integers(1, 10**15), st.integers(-(10**15), 10**15), st.sampled_from(["BTC", "USDT"]))
def test_a_fill_is_read_to_the_last_digit_or_not_at_all(price: int, quantity: int, fee: int, asset: str) -> None:
    scale = BTC.base_scale if asset == "BTC" else BTC.quote_scale
    row = fill_row(
        execPrice=BTC.price_text(price), execQty=BTC.quantity_text(quantity), execFee=f"{Decimal(fee).scaleb(-scale):f}"
    )
    fill = fill_from({**row, "feeCurrency": asset}, BTC).fill
    assert (fill.price, fill.quantity, fill.fee) == (price, quantity, fee)


def test_executions_that_are_no_trades_are_left_out() -> None:
    value = payload("executions")
    value["result"]["list"][0]["execType"] = "Funding"
    assert len(DIALECT.read_fills(value, BTC)) == len(payload("executions")["result"]["list"]) - 1


# one thing wrong

Change = Callable[[Any], object]
WRONG: list[tuple[str, str, Callable[[Any], object], Change]] = [
    ("tickSize", "instruments", DIALECT.read_instruments, lambda r: r["list"][0]["priceFilter"].pop("tickSize")),
    ("tick size", "instruments", DIALECT.read_instruments, lambda r: r["list"][0]["priceFilter"].update(tickSize="0")),
    ("priceFilter", "instruments", DIALECT.read_instruments, lambda r: r["list"][0].update(priceFilter=None)),
    ("basePrecision", "instruments", DIALECT.read_instruments, lambda r: r["list"][0]["lotSizeFilter"].update(basePrecision=1)),
    ("notional", "instruments", DIALECT.read_instruments, lambda r: r["list"][0]["lotSizeFilter"].update(minOrderAmt="NaN")),
    ("'list'", "instruments", DIALECT.read_instruments, lambda r: r.update(list=None)),
    ("'b'", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r.pop("b")),
    ("'a'", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r.update(a=[["1"]])),
    ("'ts'", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r.update(ts="1704067200000")),
    ("'s'", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r.update(s="ETHUSDT")),
    ("price", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r.update(a=[["-1", "1"]])),
    ("price", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r.update(a=[["100.05", "1"]])),
    ("quantity", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r.update(a=[["100", "1_0"]])),
    ("six texts", "candles", lambda p: DIALECT.read_candles(p, BTC, MINUTE_NS), lambda r: r["list"].insert(0, ["1"])),
    ("startTime", "candles", lambda p: DIALECT.read_candles(p, BTC, MINUTE_NS), lambda r: r["list"][1].__setitem__(0, "x")),
    ("contradict", "candles", lambda p: DIALECT.read_candles(p, BTC, MINUTE_NS), lambda r: r["list"][1].__setitem__(2, "1")),
    ("walletBalance", "balance", DIALECT.read_balances, lambda r: r["list"][0]["coin"][0].update(walletBalance="-1")),
    ("locked", "balance", DIALECT.read_balances, lambda r: r["list"][0]["coin"][0].pop("locked")),
    ("accountType", "balance", DIALECT.read_balances, lambda r: r["list"][0].update(accountType="SPOT")),
    ("rows instead of one", "balance", DIALECT.read_balances, lambda r: r["list"].clear()),
    ("'coin'", "balance", DIALECT.read_balances, lambda r: r["list"][0].update(coin={})),
    ("readOnly", "query_api", DIALECT.read_key, lambda r: r.update(readOnly="0")),
    ("readOnly", "query_api", DIALECT.read_key, lambda r: r.update(readOnly=True)),
    ("permissions", "query_api", DIALECT.read_key, lambda r: r.pop("permissions")),
    ("Spot", "query_api", DIALECT.read_key, lambda r: r["permissions"].update(Spot="SpotTrade")),
    ("ips", "query_api", DIALECT.read_key, lambda r: r.update(ips="*")),
    ("expiredAt", "query_api", DIALECT.read_key, lambda r: r.update(expiredAt="soon")),
    ("filled", "orders_history", lambda p: DIALECT.read_orders(p, BTC), lambda r: r["list"][0].update(cumExecQty="2.1")),
    ("symbol", "orders_history", lambda p: DIALECT.read_orders(p, BTC), lambda r: r["list"][0].pop("symbol")),
    ("orderId", "orders_history", lambda p: DIALECT.read_orders(p, BTC), lambda r: r["list"][0].update(orderId="")),
    ("quantity", "orders_history", lambda p: DIALECT.read_orders(p, BTC), lambda r: r["list"][0].update(qty="0.000000001")),
    ("updatedTime", "orders_history", lambda p: DIALECT.read_orders(p, BTC), lambda r: r["list"][0].update(updatedTime=1)),
    ("marketUnit", "orders_history", lambda p: DIALECT.read_orders(p, BTC), lambda r: r["list"][-1].update(marketUnit="x")),
    ("feeCurrency", "executions", lambda p: DIALECT.read_fills(p, BTC), lambda r: r["list"][0].pop("feeCurrency")),
    ("fee asset", "executions", lambda p: DIALECT.read_fills(p, BTC), lambda r: r["list"][0].update(feeCurrency="MNT")),
    ("fee", "executions", lambda p: DIALECT.read_fills(p, BTC), lambda r: r["list"][0].update(execFee="")),
    ("side", "executions", lambda p: DIALECT.read_fills(p, BTC), lambda r: r["list"][0].update(side="buy")),
    ("isMaker", "executions", lambda p: DIALECT.read_fills(p, BTC), lambda r: r["list"][0].update(isMaker="false")),
    ("price", "executions", lambda p: DIALECT.read_fills(p, BTC), lambda r: r["list"][0].update(execPrice="0")),
    ("execId", "executions", lambda p: DIALECT.read_fills(p, BTC), lambda r: r["list"][0].pop("execId")),
    ("execType", "executions", lambda p: DIALECT.read_fills(p, BTC), lambda r: r["list"][0].pop("execType")),
    ("nextPageCursor", "executions", lambda p: DIALECT.next_page(p, ""), lambda r: r.update(nextPageCursor=7)),
    ("nextPageCursor", "executions", lambda p: DIALECT.next_page(p, ""), lambda r: r.update(nextPageCursor="a&symbol=X")),
]


@pytest.mark.parametrize(("named", "name", "read", "change"), WRONG, ids=[f"{row[1]}-{i}" for i, row in enumerate(WRONG)])
def test_one_wrong_field_is_refused_and_named(named: str, name: str, read: Callable[[Any], object], change: Change) -> None:
    value = payload(name)
    read(copy.deepcopy(value))
    change(value["result"])
    with pytest.raises((MalformedPayload, MagnitudeError), match=named.replace("'", ".")):
        read(value)


# requests

ORDER = NewOrder(ClientOrderId("ab" * 16), BTC.id, Side.BUY, OrderType.LIMIT, 1_000_000, 461_361, TimeInForce.POST_ONLY)


def test_an_order_is_written_in_the_venues_own_texts() -> None:
    request = DIALECT.place(ORDER, BTC)
    assert (request.method, request.path, request.private) == ("POST", "v5/order/create", True)
    assert request.params == {
        "category": "spot",
        "symbol": "BTCUSDT",
        "orderLinkId": "ab" * 16,
        "side": "Buy",
        "orderType": "Limit",
        "qty": "0.01",
        "price": "46136.1",
        "timeInForce": "PostOnly",
    }


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_a_market_order_says_that_its_quantity_is_in_the_base_asset(side: Side) -> None:
    """Without `marketUnit` a market buy of 0.01 would buy for 0.01 USDT."""
    market = DIALECT.place(NewOrder(ORDER.client_order_id, BTC.id, side, OrderType.MARKET, 1_000_000), BTC)
    assert (market.params["orderType"], market.params["marketUnit"], market.params["qty"]) == ("Market", "baseCoin", "0.01")
    assert "price" not in market.params


@pytest.mark.parametrize(
    ("named", "result"),
    [
        ("orderId", {"orderId": "", "orderLinkId": "ab" * 16}),
        ("orderId", {"orderLinkId": "ab" * 16}),
        ("orderLinkId", {"orderId": "1", "orderLinkId": "cd" * 16}),
        ("orderLinkId", {"orderId": "1"}),
    ],
)
def test_an_acknowledgement_without_both_ids_is_no_acceptance(named: str, result: dict[str, str]) -> None:
    with pytest.raises(MalformedPayload, match=named):
        DIALECT.read_placed({"retCode": 0, "result": result}, ORDER, BTC)


def test_an_amendment_names_only_what_changes_and_its_answer_must_be_of_this_order() -> None:
    request = DIALECT.amend(ORDER.client_order_id, BTC, quantity=2_000_000, price=None)
    assert request.params == {"category": "spot", "symbol": "BTCUSDT", "orderLinkId": "ab" * 16, "qty": "0.02"}
    DIALECT.read_amended({"retCode": 0, "result": {"orderId": "1", "orderLinkId": "ab" * 16}}, ORDER.client_order_id)
    with pytest.raises(MalformedPayload, match="orderLinkId"):
        DIALECT.read_amended({"retCode": 0, "result": {"orderId": "1", "orderLinkId": ""}}, ORDER.client_order_id)


def test_the_orders_of_a_batch_count_one_by_one_in_its_budget() -> None:
    sightings = [
        OrderSighting(ClientOrderId(""), VenueOrderId(str(n)), OrderStatus.OPEN, 1, 0, "", 0) for n in range(DIALECT.cancel_batch)
    ]
    request = DIALECT.cancel_many(sightings, BTC)
    assert request.scopes["POST v5/order/cancel-batch"] == 10
    assert request.params["request"] == [{"symbol": "BTCUSDT", "orderId": str(n)} for n in range(10)]


@pytest.mark.parametrize("seconds", [0, 2, 301, -1])
def test_the_disconnect_protection_says_what_it_cannot_do(seconds: int) -> None:
    with pytest.raises(ConfigError, match=r"3…300 s.*cannot be disarmed"):
        DIALECT.dead_man_switch(seconds)
    assert DIALECT.dead_man_switch(3).params == {"product": "SPOT", "timeWindow": 3}


def test_a_page_goes_on_with_the_cursor_as_it_came_until_a_page_is_empty_or_repeats() -> None:
    page = payload("executions_page")
    cursor = DIALECT.next_page(page, "")
    assert cursor == page["result"]["nextPageCursor"] != ""
    assert DIALECT.fills(BTC, cursor).params["cursor"] == cursor
    assert "cursor" not in DIALECT.fills(BTC, "").params
    assert DIALECT.next_page(page, cursor) == ""
    assert DIALECT.next_page({"retCode": 0, "result": {"list": [], "nextPageCursor": "x"}}, "") == ""
    assert DIALECT.next_page(payload("orders_open"), "") == ""


# the envelope


def test_the_envelope_yields_the_most_specific_code_first_even_of_a_partial_success() -> None:
    partial: Any = {"list": [{"code": 0, "msg": "OK"}, {"code": 170213, "msg": "Order does not exist."}]}
    assert DIALECT.codes({"retCode": 0, "result": {}, "retExtInfo": partial}) == ("170213",)
    assert DIALECT.codes({"retCode": 10001, "result": {}, "retExtInfo": partial}) == ("170213", "10001")
    assert DIALECT.codes({"retCode": 10006, "retMsg": "Too many visits!"}) == ("10006",)
    assert DIALECT.codes({"retCode": 0, "result": {}, "retExtInfo": {}}) == ()
    assert DIALECT.codes({"retCode": -1, "result": None, "retExtInfo": None}) == ("-1",)
    odd: tuple[Any, ...] = ([], {}, {"retCode": "0", "result": {}}, {"retCode": None, "result": {}}, {"result": {}})
    odd += ({"retCode": True, "result": {}}, {"retCode": 0, "result": {}, "retExtInfo": {"list": [{"msg": "?"}]}})
    for bad in odd:
        with pytest.raises(MalformedPayload):
            DIALECT.codes(bad)


@pytest.mark.parametrize("answer", [{"retCode": 0}, {"retCode": 0, "result": None}, {"retCode": 0, "result": []}])
def test_a_success_may_lack_a_result_but_nothing_is_read_from_what_is_not_there(answer: Any) -> None:
    """So Bybit answers `disconnected-cancel-all`."""
    assert DIALECT.codes(answer) == ()
    for read in (
        DIALECT.read_balances,
        DIALECT.read_key,
        lambda p: DIALECT.read_placed(p, ORDER, BTC),
        lambda p: DIALECT.next_page(p, ""),
    ):
        with pytest.raises(MalformedPayload, match="'result'"):
            read(answer)


def test_a_base_url_that_breaks_signing_is_refused() -> None:
    with pytest.raises(ConfigError, match="openapi"):
        DIALECT.urls("http://127.0.0.1:1/openapi")


def test_streams_go_to_the_public_spot_and_the_private_socket_and_the_private_address_does_not_say_spot() -> None:
    urls = DIALECT.urls("https://localhost:1")
    assert DIALECT.stream_url(urls, "public", sandbox=False) == "wss://localhost:1/v5/public/spot"
    assert DIALECT.stream_url(urls, "private", sandbox=False) == "wss://localhost:1/v5/private"


def test_a_write_is_never_repeated_because_bybit_documents_no_code_that_proves_it_was_not_processed() -> None:
    assert PROFILE.not_processed == frozenset()
    assert CODES["10006"].http == frozenset()


def test_the_deadline_that_is_written_down_covers_the_receive_window() -> None:
    assert PROFILE.order_deadline_s * 1000 > int(str(PROFILE.ccxt_options["recvWindow"])) == 5000


def test_our_client_order_ids_are_ones_the_venue_takes() -> None:
    assert PROFILE.client_order_id.accepts("0123456789abcdef" * 2)
    assert PROFILE.client_order_id.accepts("with-hyphen_and_line")
    for bad in ("", "a" * 37, "with space", "ä"):
        assert not PROFILE.client_order_id.accepts(bad)
