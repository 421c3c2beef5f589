"""Kraken's payloads become exact values; a payload with one thing wrong becomes an error that names it."""

from __future__ import annotations

import contextlib
import copy
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.errors import MagnitudeError, MalformedPayload
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import Liquidity, NewOrder, OrderStatus, OrderType, Side, TimeInForce
from golive.venues import strict_json
from golive.venues.dialect import OrderSighting
from golive.venues.kraken import PROFILE
from golive.venues.kraken_dialect import KrakenDialect
from golive.venues.kraken_names import asset_name, is_pair, pair_name
from golive.venues.kraken_payload import client_id_of, instrument_from, seconds_ns

DATA = Path(__file__).parent / "data" / "kraken"
DIALECT = KrakenDialect()
MINUTE_NS = 60 * 10**9


def instrument(pair: str, *, tick: str = "0.1", lot: str = "0.00000001") -> Instrument:
    return Instrument.from_text(
        f"kraken:{pair}",
        tick_size=tick,
        lot_size=lot,
        min_quantity="0.00001",
        max_quantity=str(10**18 * Decimal(lot)),
        min_notional="0.5",
    )


BTC = instrument("BTC/USD")
ETH = instrument("ETH/USD", tick="0.01", lot="0.000001")


def payload(name: str) -> Any:
    """A recorded answer, through the strict reader and the envelope check."""
    value = strict_json.parse((DATA / f"{name}.json").read_bytes())
    assert DIALECT.codes(value) == ()
    return value


def result(**fields: Any) -> Any:
    return {"error": [], "result": fields}


# names


def test_legacy_and_alternative_names_are_read_as_common_ones_and_others_stay() -> None:
    read = {name: asset_name(name) for name in ("XXBT", "XBT", "ZUSD", "XETH", "XDG", "XXDG", "SOL", "XCAD", "ZRX", "XBT.F")}
    assert read == {
        "XXBT": "BTC",
        "XBT": "BTC",
        "ZUSD": "USD",
        "XETH": "ETH",
        "XDG": "DOGE",
        "XXDG": "DOGE",
        "SOL": "SOL",
        "XCAD": "XCAD",
        "ZRX": "ZRX",
        "XBT.F": "BTC.F",
    }


def test_a_pair_is_asked_for_by_its_alternative_name_and_known_by_all_its_names() -> None:
    doge = instrument("DOGE/USD")
    assert [pair_name(i) for i in (BTC, ETH, doge)] == ["XBTUSD", "ETHUSD", "XDGUSD"]
    assert all(is_pair(name, BTC) for name in ("XXBTZUSD", "XBTUSD", "XBT/USD", "BTC/USD"))
    assert not any(is_pair(name, BTC) for name in ("XETHZUSD", "XBTEUR", "USDXBT", "", None))


# instruments


def test_instruments_carry_the_published_grid_and_limits() -> None:
    instruments = DIALECT.read_instruments(payload("instruments"))
    assert set(instruments) == {BTC.id, ETH.id}
    assert instruments[BTC.id] == BTC
    assert (BTC.min_quantity, BTC.quote_text(BTC.min_notional)) == (1_000, "0.5")
    assert instruments[ETH.id].price_text(1) == "0.01"


ROW: dict[str, Any] = {
    "altname": "XBTUSD",
    "wsname": "XBT/USD",
    "base": "XXBT",
    "quote": "ZUSD",
    "pair_decimals": 1,
    "lot_decimals": 8,
    "ordermin": "0.00005",
    "costmin": "0.5",
    "tick_size": "0.1",
    "status": "online",
}
"""VENUES §3.2"""


def test_a_pair_without_a_least_cost_has_none() -> None:
    read = instrument_from({name: value for name, value in ROW.items() if name != "costmin"}, "XXBTZUSD")
    assert read is not None
    assert read.min_notional == 0


@pytest.mark.parametrize("status", ["cancel_only", "post_only", "limit_only", "reduce_only", "delisted", None])
def test_a_pair_that_does_not_trade_freely_is_left_out(status: str | None) -> None:
    assert instrument_from({**ROW, "status": status}, "XXBTZUSD") is None
    with pytest.raises(MalformedPayload, match="none of them is online"):
        DIALECT.read_instruments(result(XXBTZUSD={**ROW, "status": status}))


@pytest.mark.parametrize(
    "change",
    [{"altname": "XBTUSD.d"}, {"base": "AAPLx", "altname": "AAPLxUSD"}, {"wsname": "ETH/USD"}, {"base": "XETH"}],
)
def test_a_pair_that_cannot_be_asked_for_by_its_usual_name_is_left_out(change: dict[str, str]) -> None:
    assert instrument_from({**ROW, **change}, "XXBTZUSD") is None


@pytest.mark.parametrize(("tick", "decimals", "fits"), [("0.1", 1, True), ("0.5", 1, True), ("1", 1, True), ("0.05", 1, False)])
def test_a_tick_must_be_a_price_that_an_order_can_carry(tick: str, decimals: int, fits: bool) -> None:
    row = {**ROW, "tick_size": tick, "pair_decimals": decimals}
    if fits:
        read = instrument_from(row, "XXBTZUSD")
        assert read is not None
        assert read.tick_size == Decimal(tick)
    else:
        with pytest.raises(MalformedPayload, match="finer than 'pair_decimals'"):
            instrument_from(row, "XXBTZUSD")


@given(st.integers(0, 8), st.integers(1, 10), st.integers(1, 10**12), st.integers(1, 10**12))
def test_prices_and_quantities_survive_the_way_there_and_back(pd: int, ld: int, ticks: int, lots: int) -> None:
    row = {**ROW, "pair_decimals": pd, "tick_size": f"{Decimal(1).scaleb(-pd):f}", "lot_decimals": ld, "ordermin": "1"}
    read = instrument_from(row, "XXBTZUSD")
    assert read is not None
    order = NewOrder(ClientOrderId("ab" * 16), read.id, Side.BUY, OrderType.LIMIT, lots, ticks)
    form = DIALECT.place(order, read).params
    assert Decimal(str(form["price"])) == Decimal(ticks).scaleb(-pd)
    assert Decimal(str(form["volume"])) == Decimal(lots).scaleb(-ld)
    assert (read.ticks(str(form["price"])), read.lots(str(form["volume"]))) == (ticks, lots)


# market


def test_the_time_is_the_second_that_was_named() -> None:
    assert DIALECT.read_time(payload("time")) == payload("time")["result"]["unixtime"] * 1000


@pytest.mark.parametrize(
    ("text", "ns"), [(1688148493, 1688148493 * 10**9), ("1688148493.7708", 1688148493770800000), ("1.123456789", 1123456789)]
)
def test_times_in_seconds_are_exact_to_the_nanosecond(text: int | str, ns: int) -> None:
    assert seconds_ns(text, "time") == ns


def test_the_book_is_in_ticks_and_lots_and_as_old_as_its_youngest_level() -> None:
    raw = payload("book")["result"]["XXBTZUSD"]
    book = DIALECT.read_book(payload("book"), BTC)
    assert book.ts == max(level[2] for side in (raw["bids"], raw["asks"]) for level in side) * 10**9
    assert [(Decimal(BTC.price_text(p)), Decimal(BTC.quantity_text(q))) for p, q in book.asks] == [
        (Decimal(price), Decimal(volume)) for price, volume, _ in raw["asks"]
    ]
    assert list(book.bids) == sorted(book.bids, reverse=True)
    assert book.bids[0][0] < book.asks[0][0]


def test_an_answer_for_another_pair_is_refused() -> None:
    with pytest.raises(MalformedPayload, match="instead of ETHUSD"):
        DIALECT.read_book(payload("book"), ETH)


def test_candles_come_oldest_first_without_the_running_one() -> None:
    rows = payload("candles")["result"]["XXBTZUSD"]
    candles = DIALECT.read_candles(payload("candles"), BTC, MINUTE_NS)
    assert [candle.opened_at // 10**9 for candle in candles] == [row[0] for row in rows[:-1]]
    assert candles[-1].opened_at // 10**9 == payload("candles")["result"]["last"], "what Kraken calls the last committed one"
    last = rows[-2]
    assert [Decimal(BTC.price_text(v)) for v in (candles[-1].open, candles[-1].high, candles[-1].low, candles[-1].close)] == [
        Decimal(text) for text in last[1:5]
    ]
    assert Decimal(BTC.quantity_text(candles[-1].volume)) == Decimal(last[6])


# account


def test_balances_are_exact_and_carry_what_orders_lock() -> None:
    balances = DIALECT.read_balances(payload("balances"))
    raw = payload("balances")["result"]["ZUSD"]
    usd = balances["USD"]
    assert Decimal(usd.total_text) == Decimal(raw["balance"])
    assert Decimal(usd.free_text) == Decimal(raw["balance"]) - Decimal(raw["hold_trade"])
    assert set(balances) == {"BTC", "USD", "ETH"}


def test_one_asset_under_two_names_is_refused() -> None:
    row = {"balance": "1", "hold_trade": "0"}
    with pytest.raises(MalformedPayload, match="two names"):
        DIALECT.read_balances(result(XXBT=row, XBT=row))


def test_the_key_facts_are_in_our_words() -> None:
    value = payload("key")
    facts = DIALECT.read_key(value)
    assert (facts.permissions, facts.addresses, facts.expires_at) == (("read", "trade"), (), None)
    value["result"] |= {"ipAllowlist": ["10.1.0.0/16"], "validUntil": "1800000000"}
    value["result"]["permissions"] += ["withdraw-funds", "export-data"]
    facts = DIALECT.read_key(value)
    assert facts.permissions == ("export-data", "read", "trade", "withdraw")
    assert (facts.addresses, facts.expires_at) == (("10.1.0.0/16",), 1_800_000_000 * 10**9)


def test_a_key_that_cannot_read_all_we_need_does_not_read() -> None:
    value = payload("key")
    value["result"]["permissions"] = ["query-funds", "query-open-trades", "modify-trades"]
    assert DIALECT.read_key(value).permissions == ("query-funds", "query-open-trades", "trade")


# orders


def test_orders_carry_status_and_exact_quantities_and_other_pairs_are_left_out() -> None:
    closed = {order.client_order_id: order for order in DIALECT.read_orders(payload("closed_orders"), BTC)}
    bought = closed[ClientOrderId(f"{2:032x}")]
    assert (bought.status, bought.filled, bought.quantity) == (OrderStatus.FILLED, 50_000_000, 50_000_000)
    assert bought.average_price == "42650.6"
    canceled = closed[ClientOrderId(f"{6:032x}")]
    assert (canceled.status, canceled.filled, canceled.average_price) == (OrderStatus.CANCELED, 0, "")
    assert {order.client_order_id for order in DIALECT.read_orders(payload("open_orders"), BTC)} == {f"{1:032x}", f"{6:032x}"}
    (ether,) = DIALECT.read_orders(payload("open_orders"), ETH)
    assert (ether.client_order_id, ether.status) == (f"{4:032x}", OrderStatus.OPEN)


ORDER_ROW: dict[str, Any] = {
    "refid": None,
    "userref": None,
    "cl_ord_id": "ab" * 16,
    "status": "open",
    "opentm": "1688148493.7708",
    "descr": {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "price": "30000.1"},
    "vol": "0.01",
    "vol_exec": "0",
    "cost": "0",
    "fee": "0",
    "price": "0",
    "misc": "",
    "oflags": "fciq",
}
"""VENUES §3.2"""


def sighted(**changes: Any) -> OrderSighting:
    (order,) = DIALECT.read_orders(result(open={"OA": {**ORDER_ROW, **changes}}), BTC)
    return order


@pytest.mark.parametrize(
    ("state", "executed", "status"),
    [
        ("pending", "0", OrderStatus.OPEN),
        ("open", "0.00000000", OrderStatus.OPEN),
        ("open", "0.004", OrderStatus.PARTIAL),
        ("closed", "0.01", OrderStatus.FILLED),
        ("closed", "0.004", OrderStatus.UNKNOWN),
        ("canceled", "0.004", OrderStatus.CANCELED),
        ("expired", "0", OrderStatus.EXPIRED),
        ("brand_new_state", "0", OrderStatus.UNKNOWN),
    ],
)
def test_states_become_statuses_and_what_nobody_knows_is_never_open(state: str, executed: str, status: OrderStatus) -> None:
    assert sighted(status=state, vol_exec=executed).status is status


def test_our_id_is_found_in_its_long_form_too() -> None:
    assert client_id_of("6d1b345e-2821-40e2-ad83-4ecb18a06876") == "6d1b345e282140e2ad834ecb18a06876"
    assert (client_id_of("free-text-id"), client_id_of(None)) == ("free-text-id", "")


def test_an_order_by_cost_has_no_quantity_in_base() -> None:
    order = sighted(oflags="fciq,viqc", vol="100.00")
    assert order.quantity is None


def test_fills_carry_the_fee_as_a_charge_in_quote() -> None:
    raw = payload("fills")["result"]["trades"]
    fills = {seen.fill.fill_id.trade_id: seen for seen in DIALECT.read_fills(payload("fills"), BTC)}
    assert set(fills) == set(raw)
    for trade_id, row in raw.items():
        fill = fills[trade_id].fill
        assert fills[trade_id].venue_order_id == row["ordertxid"]
        assert (fill.fee_asset, Decimal(BTC.quote_text(fill.fee))) == ("USD", Decimal(row["fee"]))
        assert fill.fee > 0
        assert (fill.side, fill.liquidity) == (Side(row["type"]), Liquidity.TAKER)
        assert Decimal(BTC.price_text(fill.price)) == Decimal(row["price"])
        assert fill.ts == int(Decimal(row["time"]) * 10**9)
    assert DIALECT.read_fills(payload("fills"), ETH) == ()


@pytest.mark.parametrize(
    ("after", "rows", "count", "following"), [("", 50, 120, "50"), ("50", 50, 120, "100"), ("100", 20, 120, ""), ("", 0, 5, "")]
)
def test_history_comes_in_pages_by_offset(after: str, rows: int, count: int, following: str) -> None:
    page = result(trades={f"T{n}": {} for n in range(rows)}, count=count)
    assert DIALECT.next_page(page, after) == following
    assert DIALECT.closed_orders(BTC, following).params == {"trades": "true"} | ({"ofs": following} if following else {})
    assert DIALECT.fills(BTC, following).params == ({"ofs": following} if following else {})


def test_open_orders_come_all_at_once() -> None:
    assert DIALECT.next_page(payload("open_orders"), "") == ""


# one thing wrong

Change = Callable[[dict[str, Any]], object]
WRONG: list[tuple[str, str, Callable[[Any], object], Change]] = [
    ("unixtime", "time", DIALECT.read_time, lambda r: r.update(unixtime=0)),
    ("unixtime", "time", DIALECT.read_time, lambda r: r.update(unixtime="soon")),
    ("'result'", "time", DIALECT.read_time, lambda r: None),
    ("tick_size", "instruments", DIALECT.read_instruments, lambda r: r["XXBTZUSD"].pop("tick_size")),
    ("tick_size", "instruments", DIALECT.read_instruments, lambda r: r["XXBTZUSD"].update(tick_size="0")),
    ("tick_size", "instruments", DIALECT.read_instruments, lambda r: r["XXBTZUSD"].update(tick_size="NaN")),
    ("pair_decimals", "instruments", DIALECT.read_instruments, lambda r: r["XXBTZUSD"].update(pair_decimals="1")),
    ("lot_decimals", "instruments", DIALECT.read_instruments, lambda r: r["XXBTZUSD"].update(lot_decimals=True)),
    ("lot_decimals", "instruments", DIALECT.read_instruments, lambda r: r["XXBTZUSD"].update(lot_decimals=99)),
    ("ordermin", "instruments", DIALECT.read_instruments, lambda r: r["XXBTZUSD"].update(ordermin=None)),
    ("minimum", "instruments", DIALECT.read_instruments, lambda r: r["XXBTZUSD"].update(ordermin="0.000000001")),
    ("'base'", "instruments", DIALECT.read_instruments, lambda r: r["XXBTZUSD"].update(base="")),
    ("XXBTZUSD", "instruments", DIALECT.read_instruments, lambda r: r.update(XXBTZUSD=[])),
    ("twice", "instruments", DIALECT.read_instruments, lambda r: r.update(again=dict(r["XXBTZUSD"]))),
    ("'bids'", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r["XXBTZUSD"].pop("bids")),
    ("'asks'", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r["XXBTZUSD"].update(asks=[["1", "1"]])),
    ("price", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r["XXBTZUSD"].update(asks=[["-1", "1", 5]])),
    ("price", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r["XXBTZUSD"].update(asks=[["1e400", "1", 5]])),
    ("price", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r["XXBTZUSD"].update(asks=[["0.05", "1", 5]])),
    ("time", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r["XXBTZUSD"].update(asks=[["1", "1", None]])),
    ("instead of", "book", lambda p: DIALECT.read_book(p, BTC), lambda r: r.update(XETHZUSD={})),
    ("candle", "candles", lambda p: DIALECT.read_candles(p, BTC, 1), lambda r: r["XXBTZUSD"].append([1])),
    ("contradict", "candles", lambda p: DIALECT.read_candles(p, BTC, 1), lambda r: r["XXBTZUSD"][0].__setitem__(2, "1.0")),
    ("not a list", "candles", lambda p: DIALECT.read_candles(p, BTC, 1), lambda r: r.update(XXBTZUSD={})),
    ("balance", "balances", DIALECT.read_balances, lambda r: r["ZUSD"].update(balance="-1")),
    ("hold_trade", "balances", DIALECT.read_balances, lambda r: r["ZUSD"].pop("hold_trade")),
    ("held of", "balances", DIALECT.read_balances, lambda r: r["ZUSD"].update(hold_trade="99999999")),
    ("permissions", "key", DIALECT.read_key, lambda r: r.update(permissions="all")),
    ("ipAllowlist", "key", DIALECT.read_key, lambda r: r.pop("ipAllowlist")),
    ("validUntil", "key", DIALECT.read_key, lambda r: r.update(validUntil="soon")),
    ("descr", "open_orders", lambda p: DIALECT.read_orders(p, BTC), lambda r: _each(r["open"], "descr", None)),
    ("'pair'", "open_orders", lambda p: DIALECT.read_orders(p, BTC), lambda r: _each(r["open"], "descr", {"pair": ""})),
    ("filled", "open_orders", lambda p: DIALECT.read_orders(p, BTC), lambda r: _each(r["open"], "vol_exec", "3")),
    ("quantity", "open_orders", lambda p: DIALECT.read_orders(p, BTC), lambda r: _each(r["open"], "vol", "0.000000001")),
    ("opentm", "open_orders", lambda p: DIALECT.read_orders(p, BTC), lambda r: _each(r["open"], "opentm", None)),
    ("'open'", "open_orders", lambda p: DIALECT.read_orders(p, BTC), lambda r: r.update(open=[])),
    ("'maker'", "fills", lambda p: DIALECT.read_fills(p, BTC), lambda r: _each(r["trades"], "maker", "yes")),
    ("side", "fills", lambda p: DIALECT.read_fills(p, BTC), lambda r: _each(r["trades"], "type", "long")),
    ("fee", "fills", lambda p: DIALECT.read_fills(p, BTC), lambda r: _each(r["trades"], "fee", 1)),
    ("price", "fills", lambda p: DIALECT.read_fills(p, BTC), lambda r: _each(r["trades"], "price", "0")),
    ("ordertxid", "fills", lambda p: DIALECT.read_fills(p, BTC), lambda r: _each(r["trades"], "ordertxid", "")),
    ("'count'", "fills", lambda p: DIALECT.next_page(p, ""), lambda r: r.update(count="2")),
    ("'token'", "token", DIALECT.account_feed([BTC], sink=print).read_token, lambda r: r.update(token="")),
    ("amend_id", "amended", lambda p: DIALECT.read_amended(p, ClientOrderId("x")), lambda r: r.pop("amend_id")),
]


def _each(rows: dict[str, dict[str, Any]], name: str, value: object) -> None:
    for row in rows.values():
        row[name] = value


@pytest.mark.parametrize(("named", "name", "read", "change"), WRONG, ids=[f"{row[1]}-{i}" for i, row in enumerate(WRONG)])
def test_one_wrong_field_is_refused_and_named(named: str, name: str, read: Callable[[Any], object], change: Change) -> None:
    value = payload(name)
    read(copy.deepcopy(value))
    change(value["result"])
    if named == "'result'":
        del value["result"]
    with pytest.raises((MalformedPayload, MagnitudeError), match=named.replace("'", ".")):
        read(value)


# requests

ORDER = NewOrder(ClientOrderId("ab" * 16), BTC.id, Side.BUY, OrderType.LIMIT, 1_000_000, 461_361, TimeInForce.POST_ONLY)


def test_an_order_is_written_in_the_venues_own_texts() -> None:
    request = DIALECT.place(ORDER, BTC)
    assert (request.method, request.path, request.private, request.weight) == ("POST", "AddOrder", True, 2)
    assert request.params == {
        "ordertype": "limit",
        "pair": "XBTUSD",
        "type": "buy",
        "volume": "0.01",
        "cl_ord_id": "ab" * 16,
        "oflags": "post,fciq",
        "price": "46136.1",
    }
    market = DIALECT.place(NewOrder(ORDER.client_order_id, BTC.id, Side.SELL, OrderType.MARKET, 1_000_000), BTC).params
    assert (market["ordertype"], market["type"], market["oflags"]) == ("market", "sell", "fciq")
    assert not {"price", "timeinforce"} & market.keys()


@pytest.mark.parametrize(("tif", "sent"), [(TimeInForce.GTC, None), (TimeInForce.IOC, "IOC"), (TimeInForce.FOK, "FOK")])
def test_a_limit_order_says_how_long_it_lasts(tif: TimeInForce, sent: str | None) -> None:
    order = NewOrder(ORDER.client_order_id, BTC.id, Side.SELL, OrderType.LIMIT, 5, 5, tif)
    params = DIALECT.place(order, BTC).params
    assert (params.get("timeinforce"), params["oflags"]) == (sent, "fciq")


def test_the_deadline_goes_into_the_form_and_changes_nothing_else() -> None:
    request = DIALECT.place(ORDER, BTC)
    dated = DIALECT.with_deadline(request, 1_795_225_833_654)
    assert dated.params == {**request.params, "deadline": "2026-11-21T01:50:33.654Z"}
    assert dated.scopes == request.scopes
    amended = DIALECT.with_deadline(DIALECT.amend(ORDER.client_order_id, BTC, quantity=7, price=None), 1_795_225_833_000)
    assert amended.params == {"cl_ord_id": "ab" * 16, "order_qty": "0.00000007", "deadline": "2026-11-21T01:50:33Z"}


def test_orders_are_changed_and_canceled_by_our_id_and_a_batch_by_theirs() -> None:
    amend = DIALECT.amend(ORDER.client_order_id, BTC, quantity=2_000_000, price=10_005)
    assert (amend.path, amend.params) == (
        "AmendOrder",
        {"cl_ord_id": "ab" * 16, "order_qty": "0.02", "limit_price": "1000.5"},
    )
    assert DIALECT.cancel(ORDER.client_order_id, BTC).params == {"cl_ord_id": "ab" * 16}
    orders = [OrderSighting(ClientOrderId(""), VenueOrderId(f"O{n}"), OrderStatus.OPEN, 5, 0, "", 1) for n in range(3)]
    batch = DIALECT.cancel_many(orders, BTC)
    assert (batch.path, batch.params) == ("CancelOrderBatch", {"orders": ["O0", "O1", "O2"]})
    one = DIALECT.cancel_many(orders[:1], BTC)
    assert (one.path, one.params) == ("CancelOrder", {"txid": "O0"}), "Kraken takes no batch of one"
    assert DIALECT.dead_man_switch(60).params == {"timeout": "60"}


def test_an_order_is_looked_up_by_our_id_among_open_and_closed_ones() -> None:
    requests = DIALECT.order_requests(ORDER.client_order_id, BTC)
    assert [(r.path, r.params) for r in requests] == [
        ("OpenOrders", {"cl_ord_id": "ab" * 16, "trades": "true"}),
        ("ClosedOrders", {"cl_ord_id": "ab" * 16, "trades": "true"}),
    ]


PLACED = {"descr": {"order": "buy 0.01000000 XBTUSD @ limit 46136.1"}, "txid": ["OAAAAA-BBBBB-CCCCCC"]}


def test_an_acceptance_carries_the_venues_id() -> None:
    assert DIALECT.read_placed(result(**PLACED), ORDER, BTC) == "OAAAAA-BBBBB-CCCCCC"
    recorded = NewOrder(ORDER.client_order_id, BTC.id, Side.BUY, OrderType.LIMIT, 1_000_000, 10_000)
    assert DIALECT.read_placed(payload("placed"), recorded, BTC) == payload("placed")["result"]["txid"][0]


@pytest.mark.parametrize(
    ("named", "change"),
    [
        ("txid", {"txid": []}),
        ("txid", {"txid": ["OA", "OB"]}),
        ("txid", {"txid": [""]}),
        ("txid", {"txid": None}),
        ("descr", {"descr": None}),
        ("order", {"descr": {}}),
        ("describes", {"descr": {"order": "sell 0.01000000 XBTUSD @ limit 46136.1"}}),
        ("describes", {"descr": {"order": "buy 0.01000000 XBTUSD @ market"}}),
        ("cl_ord_id", {"cl_ord_id": "cd" * 16}),
    ],
)
def test_an_acknowledgement_of_anything_else_is_no_acceptance(named: str, change: dict[str, Any]) -> None:
    with pytest.raises(MalformedPayload, match=named):
        DIALECT.read_placed(result(**{**PLACED, **change}), ORDER, BTC)


# the envelope


def test_the_envelope_yields_each_error_and_its_known_beginning() -> None:
    def codes(*errors: str) -> tuple[str, ...]:
        return DIALECT.codes({"error": list(errors)})

    assert codes("EOrder:Insufficient funds") == ("EOrder:Insufficient funds",)
    assert codes("EGeneral:Invalid arguments:volume minimum not met")[1] == "EGeneral:Invalid arguments:volume"
    assert codes("EGeneral:Invalid arguments:cl_ord_id is in use")[1] == "EGeneral:Invalid arguments:cl_ord_id"
    assert codes("EGeneral:Invalid arguments:pricey")[1] == "EGeneral:Invalid arguments", "a word is not cut in two"
    assert codes("EService: Throttled: 1795225833")[1] == "EService: Throttled"
    assert codes("EOrder:Something new") == ("EOrder:Something new",)
    assert codes("EOrder:Unknown order", "EService:Busy") == ("EOrder:Unknown order", "EService:Busy")


def test_a_warning_beside_a_result_is_no_error_and_alone_it_is_no_answer() -> None:
    assert DIALECT.codes({"error": ["WQuery:Deprecated"], "result": {}}) == ()
    with pytest.raises(MalformedPayload, match="neither an error nor"):
        DIALECT.codes({"error": ["WQuery:Deprecated"]})


@pytest.mark.parametrize("value", [[], {}, {"result": {}}, {"error": "EAPI:Invalid key"}, {"error": [1]}, {"error": []}])
def test_an_answer_without_the_envelope_is_malformed(value: Any) -> None:
    with pytest.raises(MalformedPayload):
        DIALECT.codes(value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = st.sampled_from(
    ["XXBTZUSD", "open", "closed", "trades", "count", "txid", "descr", "token", "permissions", "last", "ZUSD"]
)
READERS: list[Callable[[Any], object]] = [
    DIALECT.read_time,
    DIALECT.read_instruments,
    lambda p: DIALECT.read_book(p, BTC),
    lambda p: DIALECT.read_candles(p, BTC, MINUTE_NS),
    DIALECT.read_key,
    DIALECT.read_balances,
    lambda p: DIALECT.read_orders(p, BTC),
    lambda p: DIALECT.read_fills(p, BTC),
    lambda p: DIALECT.next_page(p, ""),
    lambda p: DIALECT.read_placed(p, ORDER, BTC),
    lambda p: DIALECT.read_amended(p, ORDER.client_order_id),
]


@given(
    st.dictionaries(NAMES, JSON | st.dictionaries(st.text(max_size=8), JSON, max_size=3), max_size=4), st.sampled_from(READERS)
)
def test_no_json_makes_a_reader_fail_in_another_way_than_by_naming_it(
    fields: dict[str, Any], read: Callable[[Any], object]
) -> None:
    value = strict_json.parse(json.dumps({"error": [], "result": fields}).encode())
    with contextlib.suppress(MalformedPayload, MagnitudeError):
        read(value)


def test_the_profile_fits_the_venue() -> None:
    assert PROFILE.client_order_id.accepts("ab" * 16)
    assert not PROFILE.client_order_id.accepts("AB" * 16)
    assert PROFILE.sandbox is None
    assert PROFILE.serial_private
    assert {bar.period_s // 60 for bar in PROFILE.timeframes.values()} == {1, 5, 15, 30, 60, 240, 1440}
    assert all(bar.name == str(bar.period_s // 60) for bar in PROFILE.timeframes.values())
    assert InstrumentId("kraken", "BTC", "USD") == BTC.id
