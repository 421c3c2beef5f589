"""Raw payloads become exact values; a payload with one thing wrong becomes an error that names it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.errors import MagnitudeError, MalformedPayload
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import Liquidity, NewOrder, OrderStatus, OrderType, Side, TimeInForce
from golive.venues import strict_json
from golive.venues.converters import fee_units, grid_reader, time_ns
from golive.venues.okx import PROFILE
from golive.venues.okx_dialect import OkxDialect
from golive.venues.okx_payload import fill_from, order_from

DATA = Path(__file__).parent / "data" / "okx"
DIALECT = OkxDialect()
MINUTE_NS = 60 * 10**9
BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="10000")


def payload(name: str) -> Any:
    """A recorded answer, through the strict reader and the envelope check."""
    value = strict_json.parse((DATA / f"{name}.json").read_bytes())
    assert DIALECT.codes(value) == ()
    return value


def test_the_instrument_carries_the_published_grid_and_limits() -> None:
    instruments = DIALECT.read_instruments(payload("instruments"))
    assert instruments == {InstrumentId("okx", "BTC", "USDT"): BTC}
    assert (BTC.min_quantity, BTC.max_quantity) == (1_000, 10_000 * 10**8)


def test_instruments_that_do_not_trade_are_left_out_and_none_at_all_is_an_error() -> None:
    value = payload("instruments")
    value["data"][0]["state"] = "suspend"
    with pytest.raises(MalformedPayload, match="none of them is live"):
        DIALECT.read_instruments(value)


def test_the_book_is_in_ticks_and_lots_best_first() -> None:
    raw = payload("book")["data"][0]
    book = DIALECT.read_book(payload("book"), BTC)
    assert book.ts == int(raw["ts"]) * 10**6
    assert BTC.price_text(book.bids[0][0]) == raw["bids"][0][0]
    assert [BTC.quantity_text(lots) for _, lots in book.asks] == [level[1] for level in raw["asks"]]
    assert list(book.bids) == sorted(book.bids, reverse=True)
    assert book.bids[0][0] < book.asks[0][0]


def test_candles_come_oldest_first_and_the_running_one_is_left_out() -> None:
    raw = payload("candles")["data"]
    candles = DIALECT.read_candles(payload("candles"), BTC, MINUTE_NS)
    assert raw[0][8] == "0"
    assert [c.opened_at for c in candles] == [int(row[0]) * 10**6 for row in reversed(raw[1:])]
    last = candles[-1]
    assert [BTC.price_text(p) for p in (last.open, last.high, last.low, last.close)] == raw[1][1:5]
    assert BTC.quantity_text(last.volume) == raw[1][5]
    assert last.closed_at - last.opened_at == MINUTE_NS


def test_balances_are_exact_and_carry_what_orders_lock() -> None:
    usdt = DIALECT.read_balances(payload("balance"))["USDT"]
    assert (usdt.free_text, usdt.total_text, usdt.locked) == ("100459.428288", "100460.428288", 10**usdt.scale)


def test_permissions_are_in_our_words() -> None:
    value = payload("account_config")
    assert DIALECT.read_key(value).permissions == ("read", "trade")
    value["data"][0]["perm"] = "withdraw, read_only"
    assert DIALECT.read_key(value).permissions == ("read", "withdraw")


def test_orders_carry_status_and_exact_quantities() -> None:
    seen = {row.client_order_id: row for row in DIALECT.read_orders(payload("orders_history"), BTC)}
    assert seen[ClientOrderId("a" * 32)].status is OrderStatus.FILLED
    assert seen[ClientOrderId("a" * 32)].filled == 1_000_000
    assert seen[ClientOrderId("d" * 32)].status is OrderStatus.CANCELED
    assert seen[ClientOrderId("d" * 32)].filled == 0
    (working,) = DIALECT.read_orders(payload("orders_pending"), BTC)
    assert (working.status, working.client_order_id) == (OrderStatus.OPEN, "c" * 32)


def test_a_state_nobody_knows_is_unknown_and_never_open() -> None:
    row = payload("order")["data"][0]
    assert order_from({**row, "state": "brand_new_state"}, BTC).status is OrderStatus.UNKNOWN


def test_trades_of_two_instruments_with_one_number_are_two_fills() -> None:
    ether = Instrument.from_text(
        "okx:ETH/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="10000"
    )
    row = payload("fills_history")["data"][0]
    here, there = fill_from(row, BTC).fill.fill_id, fill_from({**row, "instId": "ETH-USDT"}, ether).fill.fill_id
    assert (here.trade_id, there.trade_id) == (f"BTC-USDT/{row['tradeId']}", f"ETH-USDT/{row['tradeId']}")


def test_fills_carry_the_fee_as_a_charge_in_its_asset() -> None:
    sell, buy = (seen.fill for seen in DIALECT.read_fills(payload("fills_history"), BTC))
    assert (sell.side, sell.fee_asset, BTC.quote_text(sell.fee)) == (Side.SELL, "USDT", "0.922712")
    assert (buy.side, buy.fee_asset, BTC.base_text(buy.fee)) == (Side.BUY, "BTC", "0.00001")
    assert buy.liquidity is Liquidity.TAKER
    assert BTC.price_text(buy.price) == "46136.1"


def test_a_rebate_is_a_negative_fee_and_a_finer_fee_is_rounded_half_even_once() -> None:
    assert fee_units("0.01", "USDT", BTC, "fill") == -(10 ** (BTC.quote_scale - 2))
    assert fee_units("-0.000000015", "BTC", BTC, "fill") == 2
    assert fee_units("-0.000000025", "BTC", BTC, "fill") == 2


Change = Callable[[dict[str, Any]], object]
WRONG: list[tuple[str, str, Callable[[Any], object], Change]] = [
    ("tickSz", "instruments", DIALECT.read_instruments, lambda row: row.pop("tickSz")),
    ("tick size", "instruments", DIALECT.read_instruments, lambda row: row.update(tickSz="0")),
    ("tick size", "instruments", DIALECT.read_instruments, lambda row: row.update(tickSz="NaN")),
    ("lotSz", "instruments", DIALECT.read_instruments, lambda row: row.update(lotSz=1e-8)),
    ("instId", "instruments", DIALECT.read_instruments, lambda row: row.update(instId="ETH-USDT")),
    ("BTC_", "instruments", DIALECT.read_instruments, lambda row: row.update(baseCcy="BTC_", instId="BTC_-USDT")),
    ("'ts'", "time", DIALECT.read_time, lambda row: row.update(ts="soon")),
    ("'ts'", "time", DIALECT.read_time, lambda row: row.update(ts=1795225833654)),
    ("'ts'", "time", DIALECT.read_time, lambda row: row.update(ts="9" * 30)),
    ("'bids'", "book", lambda p: DIALECT.read_book(p, BTC), lambda row: row.pop("bids")),
    ("'asks'", "book", lambda p: DIALECT.read_book(p, BTC), lambda row: row.update(asks=[["1"]])),
    ("price", "book", lambda p: DIALECT.read_book(p, BTC), lambda row: row.update(asks=[["-1", "1"]])),
    ("price", "book", lambda p: DIALECT.read_book(p, BTC), lambda row: row.update(asks=[["1e400", "1"]])),
    ("price", "book", lambda p: DIALECT.read_book(p, BTC), lambda row: row.update(asks=[["1_000", "1"]])),
    ("price", "book", lambda p: DIALECT.read_book(p, BTC), lambda row: row.update(asks=[["100.05", "1"]])),
    ("availBal", "balance", DIALECT.read_balances, lambda row: row["details"][0].update(availBal="-1")),
    ("frozenBal", "balance", DIALECT.read_balances, lambda row: row["details"][0].pop("frozenBal")),
    ("details", "balance", DIALECT.read_balances, lambda row: row.update(details="none")),
    ("perm", "account_config", DIALECT.read_key, lambda row: row.update(perm="")),
    ("filled", "order", lambda p: DIALECT.read_orders(p, BTC), lambda row: row.update(accFillSz="0.03")),
    ("instId", "order", lambda p: DIALECT.read_orders(p, BTC), lambda row: row.update(instId="ETH-USDT")),
    ("ordId", "order", lambda p: DIALECT.read_orders(p, BTC), lambda row: row.update(ordId="")),
    ("quantity", "order", lambda p: DIALECT.read_orders(p, BTC), lambda row: row.update(sz="0.000000001")),
    ("feeCcy", "fills_history", lambda p: DIALECT.read_fills(p, BTC), lambda row: row.update(feeCcy="")),
    ("fee asset", "fills_history", lambda p: DIALECT.read_fills(p, BTC), lambda row: row.update(feeCcy="OKB")),
    ("side", "fills_history", lambda p: DIALECT.read_fills(p, BTC), lambda row: row.update(side="long")),
    ("execType", "fills_history", lambda p: DIALECT.read_fills(p, BTC), lambda row: row.update(execType="X")),
    ("price", "fills_history", lambda p: DIALECT.read_fills(p, BTC), lambda row: row.update(fillPx="0")),
    ("tradeId", "fills_history", lambda p: DIALECT.read_fills(p, BTC), lambda row: row.pop("tradeId")),
]


@pytest.mark.parametrize(("named", "name", "read", "change"), WRONG, ids=[f"{row[1]}-{i}" for i, row in enumerate(WRONG)])
def test_one_wrong_field_is_refused_and_named(named: str, name: str, read: Callable[[Any], object], change: Change) -> None:
    value = payload(name)
    read(copy.deepcopy(value))
    change(value["data"][0])
    with pytest.raises((MalformedPayload, MagnitudeError), match=named.replace("'", ".")):
        read(value)


@pytest.mark.parametrize(
    "row", [["1"], [1.0] * 9, ["1000", "1", "2", "1", "1", "1", "1", "1", "?"], ["1000", "5", "2", "1", "1", "1", "1", "1", "1"]]
)
def test_a_candle_row_that_contradicts_itself_is_refused(row: list[object]) -> None:
    with pytest.raises(MalformedPayload):
        DIALECT.read_candles({"code": "0", "data": [row]}, BTC, MINUTE_NS)  # type: ignore[list-item]  # bad on purpose


ORDER = NewOrder(ClientOrderId("ab" * 16), BTC.id, Side.BUY, OrderType.LIMIT, 1_000_000, 461_361, TimeInForce.POST_ONLY)


def test_an_order_is_written_in_the_venues_own_texts() -> None:
    request = DIALECT.place(ORDER, BTC)
    assert (request.method, request.path, request.private) == ("POST", "trade/order", True)
    assert request.params == {
        "instId": "BTC-USDT",
        "tdMode": "cash",
        "clOrdId": "ab" * 16,
        "side": "buy",
        "ordType": "post_only",
        "sz": "0.01",
        "px": "46136.1",
    }
    market = DIALECT.place(NewOrder(ORDER.client_order_id, BTC.id, Side.SELL, OrderType.MARKET, 1_000_000), BTC)
    assert market.params["ordType"] == "market"
    assert market.params["tgtCcy"] == "base_ccy"
    assert "px" not in market.params


@pytest.mark.parametrize(
    ("named", "row"),
    [
        ("ordId", {"ordId": "", "clOrdId": "ab" * 16, "sCode": "0"}),
        ("ordId", {"clOrdId": "ab" * 16, "sCode": "0"}),
        ("clOrdId", {"ordId": "1", "clOrdId": "cd" * 16, "sCode": "0"}),
        ("sCode", {"ordId": "1", "clOrdId": "ab" * 16}),
    ],
)
def test_an_acknowledgement_without_both_ids_is_no_acceptance(named: str, row: dict[str, str]) -> None:
    with pytest.raises(MalformedPayload, match=named):
        DIALECT.read_placed({"code": "0", "data": [row]}, ORDER, BTC)


def test_the_envelope_yields_the_most_specific_code_first_even_of_a_partial_success() -> None:
    assert DIALECT.codes({"code": "1", "data": [{"sCode": "51008"}], "msg": ""}) == ("51008", "1")
    assert DIALECT.codes({"code": "2", "data": [{"sCode": "0"}, {"sCode": "51020"}], "msg": ""}) == ("51020", "2")
    assert DIALECT.codes({"code": "0", "data": [{"sCode": "51020"}], "msg": ""}) == ("51020",)
    assert DIALECT.codes({"code": "50011", "msg": "Too Many Requests"}) == ("50011",)
    odd: tuple[Any, ...] = ([], {}, {"code": 0, "data": []}, {"code": "0"}, {"code": "0", "data": None}, {"code": "", "data": []})
    for bad in odd:
        with pytest.raises(MalformedPayload):
            DIALECT.codes(bad)


@given(st.integers(1, 10**15))
def test_the_fast_reader_agrees_with_the_exact_one_on_the_grid(steps: int) -> None:
    read = grid_reader(BTC.lot_size, BTC.lots)
    text = BTC.quantity_text(steps)
    assert read(text) == BTC.lots(text) == steps == read(text)


@given(st.one_of(st.text(max_size=20), st.from_regex(r"[0-9.eE+-]{0,24}", fullmatch=True)))
def test_the_fast_reader_accepts_nothing_the_exact_one_refuses(text: str) -> None:
    read = grid_reader(BTC.tick_size, BTC.ticks)
    try:
        expected = BTC.ticks(text)
    except MagnitudeError:
        with pytest.raises(MagnitudeError):
            read(text)
    else:
        assert read(text) == expected


@given(st.binary(max_size=200))
def test_the_strict_reader_refuses_or_returns_what_python_reads(body: bytes) -> None:
    try:
        value = strict_json.parse(body)
    except MalformedPayload:
        return
    assert value == json.loads(body, parse_float=str)


@pytest.mark.parametrize("value", [None, 5, "", "-1", "1.5", "１", "0", "9" * 17, "1" * 5000, "0" * 15 + "1" * 20])
def test_a_time_is_a_plain_number_of_milliseconds(value: object) -> None:
    with pytest.raises(MalformedPayload):
        time_ns(value, "ts")


def test_fill_and_order_readers_take_only_their_own_instrument() -> None:
    row = payload("fills_history")["data"][0]
    other = Instrument.from_text("okx:ETH/USDT", tick_size="0.01", lot_size="0.001", min_quantity="0.001", max_quantity="100")
    with pytest.raises(MalformedPayload, match="not ETH-USDT"):
        fill_from(row, other)


def test_our_client_order_ids_are_ones_the_venue_takes() -> None:
    assert PROFILE.client_order_id.accepts("0123456789abcdef" * 2)
    for bad in ("", "a" * 33, "with-hyphen", "ä"):
        assert not PROFILE.client_order_id.accepts(bad)
