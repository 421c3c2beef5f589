"""Orders in Kraken's words: what is accepted, refused, shown and ended, and what it does to balances."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.clock import to_iso
from golive.model.instrument import Instrument
from simvenue.exchange.listing import Listing, asset_scales
from simvenue.exchange.refusal import Refusal
from simvenue.face.mode import Mode
from simvenue.face.request import RawRequest
from simvenue.keys import read_keys
from simvenue.kraken.code import KrakenError, translated
from simvenue.kraken.entry import read_price
from simvenue.kraken.number import Grid
from simvenue.kraken.txid import LEDGER, ORDER, TRADE, number_of, txid
from support.kraken_client import KEY, READ_KEY, KrakenClient, sign

UUID = "6d1b345e-2821-40e2-ad83-4ecb18a06876"
HEX = "0123456789abcdef0123456789abcdef"


@pytest.fixture
def client() -> KrakenClient:
    return KrakenClient()


def balances(client: KrakenClient) -> dict[str, Decimal]:
    return {asset: Decimal(amount) for asset, amount in client.ask("Balance").items()}


# ── ids ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(number=st.integers(0, (1 << 80) - 1), kind=st.sampled_from([ORDER, TRADE, LEDGER]))
def test_a_transaction_id_stands_for_exactly_one_number(number: int, kind: str) -> None:
    text = txid(kind, number)
    assert re.fullmatch(rf"{kind}[A-Z2-7]{{5}}-[A-Z2-7]{{5}}-[A-Z2-7]{{6}}", text)
    assert number_of(kind, text) == number
    assert all(number_of(other, text) is None for other in "OTL" if other != kind)


@pytest.mark.parametrize("name", [UUID, HEX, HEX.upper(), "a", "bot-1_x.y#18chars!"])
def test_the_published_forms_of_client_ids_are_accepted(client: KrakenClient, name: str) -> None:
    order = client.placed(cl_ord_id=name)
    assert client.find(order)["cl_ord_id"] == name
    assert list(client.ask("OpenOrders", cl_ord_id=name)["open"]) == [order]
    assert client.ask("CancelOrder", cl_ord_id=name) == {"count": 1}
    assert client.find(order)["status"] == "canceled"


@pytest.mark.parametrize("name", ["x" * 19, "é", "a b", HEX + "0", UUID.replace("-", "_"), "0" * 31])
def test_other_forms_of_client_ids_are_refused(client: KrakenClient, name: str) -> None:
    assert client.refused(cl_ord_id=name) == "EGeneral:Invalid arguments:cl_ord_id"


def test_a_client_id_is_unique_among_open_orders_only(client: KrakenClient) -> None:
    first = client.placed(cl_ord_id=HEX)
    assert client.refused(cl_ord_id=HEX).startswith("EGeneral:Invalid arguments:cl_ord_id")
    client.ask("CancelOrder", txid=first)
    second = client.placed(cl_ord_id=HEX)
    assert set(client.ask("ClosedOrders", cl_ord_id=HEX)["closed"]) == {first}
    assert set(client.ask("OpenOrders", cl_ord_id=HEX)["open"]) == {second}


def test_a_user_reference_names_orders_and_excludes_a_client_id(client: KrakenClient) -> None:
    orders = {client.placed(userref="7"), client.placed(userref="7", volume="0.02")}
    other = client.placed(userref="-8")
    assert client.refused(userref="7", cl_ord_id=HEX).startswith("EGeneral:Invalid arguments:cl_ord_id and userref")
    assert client.refused(userref=str(1 << 31)) == "EGeneral:Invalid arguments:userref"
    assert set(client.ask("OpenOrders", userref="7")["open"]) == orders
    assert client.find(other)["userref"] == -8
    assert client.ask("CancelOrder", txid="7") == {"count": 2}
    assert set(client.ask("OpenOrders")["open"]) == {other}


# ── placing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_resting_order_is_described_and_holds_price_volume_and_the_dearest_fee(client: KrakenClient) -> None:
    document = client.order(price="30000.1", oflags="post", timeinforce="GTC")
    assert document["result"]["descr"] == {"order": "buy 0.01000000 XBTUSD @ limit 30000.1"}
    order = client.find(document["result"]["txid"][0])
    assert (order["status"], order["vol"], order["vol_exec"], order["oflags"]) == (
        "open",
        "0.01000000",
        "0.00000000",
        "fciq,post",
    )
    assert order["descr"]["price"] == "30000.1"
    held = Decimal(client.ask("BalanceEx")["ZUSD"]["hold_trade"])
    assert held == Decimal("300.001") * Decimal("1.004")


def test_a_market_buy_pays_its_fee_in_quote_on_top(client: KrakenClient) -> None:
    before = balances(client)
    order = client.find(client.placed(ordertype="market", price=None, volume="0.1"))
    after = balances(client)
    cost, fee = Decimal(order["cost"]), Decimal(order["fee"])
    assert order["status"] == "closed"
    assert fee == (cost * Decimal("0.004")).quantize(Decimal("1e-9"))
    assert after["XXBT"] - before["XXBT"] == Decimal("0.1")
    assert before["ZUSD"] - after["ZUSD"] == cost + fee


def test_a_market_sell_pays_its_fee_out_of_what_it_receives(client: KrakenClient) -> None:
    before = balances(client)
    order = client.find(client.placed(type="sell", ordertype="market", price=None, volume="0.1"))
    after = balances(client)
    assert before["XXBT"] - after["XXBT"] == Decimal("0.1")
    assert after["ZUSD"] - before["ZUSD"] == Decimal(order["cost"]) - Decimal(order["fee"])


def test_a_market_buy_may_be_given_in_quote_and_nothing_else_may(client: KrakenClient) -> None:
    document = client.order(ordertype="market", price=None, volume="100", oflags="viqc")
    order = client.find(document["result"]["txid"][0])
    assert (order["vol"], order["oflags"], order["status"]) == ("100.000000000", "fciq,viqc", "closed")
    assert Decimal("99.99") < Decimal(order["cost"]) <= 100
    assert client.refused(type="sell", ordertype="market", price=None, oflags="viqc") == "EGeneral:Invalid arguments:oflags"
    assert client.refused(oflags="viqc") == "EGeneral:Invalid arguments:oflags"


def test_immediate_or_cancel_takes_what_is_there_and_ends(client: KrakenClient) -> None:
    bid, ask = client.top()
    order = client.find(client.placed(timeinforce="IOC", price=str(ask), volume="5"))
    assert order["status"] == "canceled"
    assert 0 < Decimal(order["vol_exec"]) < 5
    resting = client.find(client.placed(timeinforce="IOC", price=str(bid)))
    assert (resting["status"], resting["vol_exec"]) == ("canceled", "0.00000000")


def test_fill_or_kill_takes_all_or_nothing(client: KrakenClient) -> None:
    _, ask = client.top()
    assert client.find(client.placed(timeinforce="FOK", price=str(ask), volume="19"))["vol_exec"] == "0.00000000"
    assert client.find(client.placed(timeinforce="FOK", price=str(ask), volume="0.01"))["status"] == "closed"


def test_a_post_only_order_that_would_take_is_refused_and_leaves_nothing(client: KrakenClient) -> None:
    _, ask = client.top()
    assert client.refused(price=str(ask), oflags="post") == "EOrder:Post only order"
    assert client.ask("OpenOrders") == {"open": {}}
    assert client.ask("ClosedOrders")["count"] == 0
    assert client.find(client.placed(price=str(ask - Decimal("0.1")), oflags="post"))["status"] == "open"


def test_good_till_date_ends_by_itself(client: KrakenClient) -> None:
    order = client.placed(timeinforce="GTD", expiretm="+60")
    assert client.find(order)["expiretm"] == client.clock.wall // 10**9 + 60
    client.clock.move(59)
    client.face.heartbeat(client.clock.wall, client.clock.ticks)
    assert client.find(order)["status"] == "open"
    client.clock.move(2)
    client.face.heartbeat(client.clock.wall, client.clock.ticks)
    ended = client.find(order)
    assert (ended["status"], ended["reason"]) == ("expired", "Order expired")
    for fields in ({"timeinforce": "GTD"}, {"expiretm": "+5"}, {"timeinforce": "GTD", "expiretm": "1"}):
        assert client.refused(**fields) == "EGeneral:Invalid arguments:expiretm"


def test_validate_judges_and_places_nothing(client: KrakenClient) -> None:
    assert client.order(validate="true")["result"] == {"descr": {"order": "buy 0.01000000 XBTUSD @ limit 30000.0"}}
    assert client.refused(validate="true", price="30000.05").startswith("EOrder:Invalid price")
    assert client.ask("OpenOrders") == {"open": {}}


REFUSALS: list[Any] = [
    ({"pair": "XBTXXX"}, "EQuery:Unknown asset pair"),
    ({"pair": None}, "EGeneral:Invalid arguments:pair"),
    ({"type": "hold"}, "EGeneral:Invalid arguments:type"),
    ({"ordertype": "stop-loss"}, "EGeneral:Invalid arguments:ordertype"),
    ({"volume": None}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "abc"}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "-1"}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "0"}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "NaN"}, "EGeneral:Invalid arguments:volume"),
    ({"volume": "0.000000001"}, "EOrder:Order minimum not met"),
    ({"volume": "0.000009"}, "EOrder:Order minimum not met"),
    ({"volume": "0.0100000001"}, "EGeneral:Invalid arguments:volume"),
    ({"price": None}, "EGeneral:Invalid arguments:price"),
    ({"price": "abc"}, "EGeneral:Invalid arguments:price"),
    ({"price": "+10"}, "EGeneral:Invalid arguments:price"),
    ({"price": "5%"}, "EGeneral:Invalid arguments:price"),
    ({"price": "30000.05"}, "EOrder:Invalid price:XBTUSD price can only be specified up to 1 decimals."),
    ({"price": "100", "volume": "0.00001"}, "EOrder:Cost minimum not met"),
    ({"volume": "1000"}, "EOrder:Insufficient funds"),
    ({"type": "sell", "price": "90000", "volume": "21"}, "EOrder:Insufficient funds"),
    ({"timeinforce": "DAY"}, "EGeneral:Invalid arguments:timeinforce"),
    ({"oflags": "fcib"}, "EGeneral:Invalid arguments:oflags"),
    ({"oflags": "post", "timeinforce": "IOC"}, "EGeneral:Invalid arguments:oflags"),
    ({"ordertype": "market", "oflags": "post"}, "EGeneral:Invalid arguments:oflags"),
    ({"leverage": "2"}, "EGeneral:Invalid arguments:leverage"),
    ({"displayvol": "0.001"}, "EGeneral:Invalid arguments:displayvol"),
    ({"stptype": "cancel-all"}, "EGeneral:Invalid arguments:stptype"),
    ({"starttm": "+30"}, "EGeneral:Invalid arguments:starttm"),
]


@pytest.mark.parametrize(("fields", "error"), REFUSALS)
def test_a_refused_order_says_why_and_changes_nothing(client: KrakenClient, fields: dict[str, Any], error: str) -> None:
    before = client.ask("BalanceEx")
    assert client.refused(**fields) == error
    assert client.ask("BalanceEx") == before
    assert not client.exchange.orders


def test_the_decimals_of_a_price_are_those_of_its_pair(client: KrakenClient) -> None:
    assert client.order(pair="ETHUSD", price="2000.01", volume="1")["error"] == []
    assert client.refused(pair="ETHUSD", price="2000.001").startswith("EOrder:Invalid price:ETHUSD")


def test_a_tick_coarser_than_its_decimals_is_checked_as_well() -> None:
    halves = Instrument.from_text(
        "kraken:BTC/USD", tick_size="0.5", lot_size="0.001", min_quantity="0.001", max_quantity="10", min_notional="1"
    )
    grid = Grid(Listing(halves, FeeSchedule(Decimal(25), Decimal(40), FeeAsset.QUOTE), asset_scales([halves])))
    assert read_price(grid, "100.5") == 201
    with pytest.raises(Refusal) as refused:
        read_price(grid, "100.3")
    assert translated(refused.value).text == "EOrder:Tick size check failed"
    with pytest.raises(KrakenError, match="only be specified up to 1 decimals"):
        read_price(grid, "100.55")


def test_a_deadline_lies_between_two_and_sixty_seconds_ahead(client: KrakenClient) -> None:
    def with_deadline(seconds: float) -> str:
        text = to_iso(client.clock.wall + int(seconds * 1e9))
        document = client.order(deadline=text)
        return "" if document["error"] == [] else str(document["error"][0])

    assert with_deadline(2) == with_deadline(60) == ""
    assert with_deadline(1.9) == with_deadline(60.5) == "EGeneral:Invalid arguments:deadline"
    assert with_deadline(0) == with_deadline(-3) == "EService:Deadline elapsed"
    assert client.refused(deadline="tomorrow") == "EGeneral:Invalid arguments:deadline"
    assert client.order(deadline=to_iso(client.clock.wall + 5 * 10**9).replace("Z", "+00:00"))["error"] == []


def test_at_another_time_scale_the_deadline_has_the_same_bounds_that_many_times_closer() -> None:
    client = KrakenClient(time_scale=100)

    def with_deadline(seconds: float) -> list[str]:
        return list(client.order(deadline=to_iso(client.clock.wall + int(seconds * 1e9)))["error"])

    assert with_deadline(0.020) == with_deadline(0.6) == []
    assert with_deadline(0.019) == with_deadline(0.605) == ["EGeneral:Invalid arguments:deadline"]
    assert with_deadline(0) == ["EService:Deadline elapsed"]


def test_at_another_time_scale_the_second_in_which_the_venue_tells_its_time_is_shorter() -> None:
    client, plain = KrakenClient(time_scale=100), KrakenClient()
    client.clock.move(0.1789)
    plain.clock.move(0.1789)
    assert client.get("Time")["result"]["unixtime"] == pytest.approx(plain.clock.wall // 10**9 + 0.17, abs=1e-6)
    assert plain.get("Time")["result"]["unixtime"] == plain.clock.wall // 10**9


def test_a_queued_order_is_held_to_the_bounds_of_its_arrival_and_to_its_deadline_when_it_is_carried_out(
    client: KrakenClient,
) -> None:
    def queued(deadline_s: float, for_s: float) -> Any:
        nonce = client.next_nonce()
        fields = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.01", "price": "30000"}
        body = urlencode({"nonce": nonce, **fields, "deadline": to_iso(client.clock.wall + int(deadline_s * 1e9))})
        path = "/0/private/AddOrder"
        headers = {"api-key": KEY.api_key, "api-sign": sign(KEY.secret, path, nonce, body)}
        request = RawRequest("POST", path.encode(), headers, body.encode(), "127.0.0.1")
        carried = client.face.receive(request, client.clock.now(), client.clock.monotonic())
        client.ask("Balance")  # overtakes it with a higher nonce
        client.clock.move(for_s)
        return json.loads(carried(client.clock.now(), client.clock.monotonic()).body)["error"]

    assert queued(3, 2.5) == []
    assert queued(3, 3.1) == ["EService:Deadline elapsed"]
    assert queued(1.5, 0.1) == ["EGeneral:Invalid arguments:deadline"]


# ── batches ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def batch(client: KrakenClient, *orders: dict[str, Any], **fields: Any) -> Any:
    base = {"type": "buy", "ordertype": "limit", "volume": "0.01", "price": "30000"}
    return client.post_json("AddOrderBatch", {"pair": "XBTUSD", "orders": [base | order for order in orders], **fields})


def test_a_batch_places_every_order(client: KrakenClient) -> None:
    rows = batch(client, {}, {"price": "31000", "cl_ord_id": HEX}, {"price": 29000})["result"]["orders"]
    assert [row["descr"]["order"][-7:] for row in rows] == ["30000.0", "31000.0", "29000.0"]
    assert {row["txid"] for row in rows} == set(client.ask("OpenOrders")["open"])


def test_a_malformed_order_refuses_the_whole_batch(client: KrakenClient) -> None:
    assert batch(client, {}, {"price": "30000.05"})["error"][0].startswith("EOrder:Invalid price")
    assert not client.exchange.orders


def test_an_order_the_engine_refuses_leaves_the_rest_of_the_batch(client: KrakenClient) -> None:
    rows = batch(client, {"volume": "1000"}, {})["result"]["orders"]
    assert rows[0] == {"error": "EOrder:Insufficient funds"}
    assert list(client.ask("OpenOrders")["open"]) == [rows[1]["txid"]]


@pytest.mark.parametrize("orders", [None, [], [{}], [{}] * 16, ["x", "y"], "text"])
def test_a_batch_has_two_to_fifteen_orders(client: KrakenClient, orders: Any) -> None:
    document = client.post_json("AddOrderBatch", {"pair": "XBTUSD", "orders": orders})
    assert document["error"] == ["EGeneral:Invalid arguments:orders"]


def test_a_batch_may_only_be_validated(client: KrakenClient) -> None:
    assert all("txid" not in row for row in batch(client, {}, {}, validate=True)["result"]["orders"])
    assert not client.exchange.orders


def test_a_batch_of_cancels_counts_what_was_open(client: KrakenClient) -> None:
    one, two, three = client.placed(), client.placed(cl_ord_id=HEX), client.placed(userref="5")
    document = client.post_json("CancelOrderBatch", {"orders": [one, 5, one], "cl_ord_ids": [HEX, "unknown"]})
    assert document == {"error": [], "result": {"count": 3}}
    assert {client.find(order)["status"] for order in (one, two, three)} == {"canceled"}
    assert client.post_json("CancelOrderBatch", {"orders": []})["error"] == ["EGeneral:Invalid arguments:orders"]
    assert client.post_json("CancelOrderBatch", {"orders": [one] * 51})["error"] == ["EGeneral:Invalid arguments:orders"]


# ── changing and canceling ──────────────────────────────────────────────────────────────────────────────────────────


def test_an_amended_order_keeps_its_ids(client: KrakenClient) -> None:
    order = client.placed(cl_ord_id=HEX)
    amended = client.ask("AmendOrder", cl_ord_id=HEX, order_qty="0.02", limit_price="31000")
    assert amended["amend_id"][0] == "T"
    assert amended["amend_id"] != client.ask("AmendOrder", txid=order, order_qty="0.03")["amend_id"]
    found = client.find(order)
    assert (found["vol"], found["descr"]["price"], found["cl_ord_id"]) == ("0.03000000", "31000.0", HEX)


def test_an_amend_that_cannot_be_leaves_the_order(client: KrakenClient) -> None:
    order = client.placed(oflags="post")
    _, ask = client.top()
    refusals: list[tuple[dict[str, Any], str]] = [
        ({}, "EGeneral:Invalid arguments"),
        ({"limit_price": str(ask)}, "EOrder:Post only order"),
        ({"limit_price": "1.23"}, "EOrder:Invalid price:XBTUSD price can only be specified up to 1 decimals."),
        ({"order_qty": "0.000001"}, "EOrder:Order minimum not met"),
        ({"order_qty": "1000"}, "EOrder:Insufficient funds"),
        ({"display_qty": "1"}, "EGeneral:Invalid arguments:display_qty"),
    ]
    for fields, error in refusals:
        assert client.fails("AmendOrder", txid=order, **fields) == error
    assert client.find(order)["vol"] == "0.01000000"
    plain = client.placed()
    assert client.fails("AmendOrder", txid=plain, limit_price=str(ask), post_only="true") == "EOrder:Post only order"
    assert client.ask("AmendOrder", txid=plain, limit_price=str(ask))["amend_id"]
    assert client.find(plain)["status"] == "closed"


def test_canceling_what_is_not_open_is_an_unknown_order(client: KrakenClient) -> None:
    order = client.placed()
    assert client.ask("CancelOrder", txid=order) == {"count": 1}
    others: list[dict[str, Any]] = [{"txid": order}, {"cl_ord_id": HEX}, {"txid": txid(ORDER, 5)}, {"txid": "12345"}]
    for fields in others:
        assert client.fails("CancelOrder", **fields) == "EOrder:Unknown order"
    assert client.fails("AmendOrder", txid=order, order_qty="1") == "EOrder:Unknown order"
    assert client.fails("CancelOrder", txid="nonsense") == "EOrder:Invalid order"
    assert client.fails("CancelOrder") == "EGeneral:Invalid arguments:txid"


def test_cancel_all_cancels_every_pair(client: KrakenClient) -> None:
    orders = [client.placed(), client.placed(pair="XETHZUSD", price="1000", volume="1")]
    assert client.ask("CancelAll") == {"count": 2}
    assert [client.find(order)["reason"] for order in orders] == ["User requested"] * 2
    assert client.ask("BalanceEx")["ZUSD"]["hold_trade"] == "0.000000000"


def test_the_dead_mans_switch_cancels_unless_it_is_set_again(client: KrakenClient) -> None:
    order = client.placed()
    answer = client.ask("CancelAllOrdersAfter", timeout="60")
    assert answer == {"currentTime": "2027-01-15T08:00:00Z", "triggerTime": "2027-01-15T08:01:00Z"}
    client.clock.move(50)
    client.ask("CancelAllOrdersAfter", timeout="60")
    client.clock.move(50)
    client.face.heartbeat(client.clock.wall, client.clock.ticks)
    assert client.find(order)["status"] == "open"
    client.clock.move(11)
    client.face.heartbeat(client.clock.wall, client.clock.ticks)
    assert (client.find(order)["status"], client.find(order)["reason"]) == ("canceled", "Cancel all orders after")


def test_the_switch_is_taken_back_with_zero(client: KrakenClient) -> None:
    order = client.placed()
    client.ask("CancelAllOrdersAfter", timeout="5")
    assert client.ask("CancelAllOrdersAfter", timeout="0")["triggerTime"] == "0"
    client.clock.move(100)
    client.face.heartbeat(client.clock.wall, client.clock.ticks)
    assert client.find(order)["status"] == "open"
    assert client.fails("CancelAllOrdersAfter") == client.fails("CancelAllOrdersAfter", timeout="100000")


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_query_orders_leaves_out_what_it_does_not_know(client: KrakenClient) -> None:
    order = client.placed()
    unknown = txid(ORDER, 5)
    assert set(client.ask("QueryOrders", txid=f"{order},{unknown}")) == {order}
    assert client.ask("QueryOrders", txid=unknown) == {}
    assert client.fails("QueryOrders", txid="nonsense") == "EOrder:Invalid order"
    assert client.fails("QueryOrders", txid=",".join([order] * 51)) == "EGeneral:Invalid arguments:txid"


def test_another_account_sees_and_changes_nothing() -> None:
    keys = {"keys": [KEY.document, READ_KEY.document | {"account": "other", "permissions": ["read", "trade"]}]}
    client = KrakenClient(ring=read_keys(json.dumps(keys), "test"))
    order = client.placed(cl_ord_id=HEX, userref=None)
    assert client.ask("QueryOrders", READ_KEY, txid=order) == client.ask("OpenOrders", READ_KEY)["open"] == {}
    for fields in ({"txid": order}, {"cl_ord_id": HEX}):
        assert client.fails("CancelOrder", READ_KEY, **fields) == "EOrder:Unknown order"
    assert client.ask("CancelAll", READ_KEY) == {"count": 0}
    assert client.find(order)["status"] == "open"


def test_closed_orders_come_fifty_at_a_time_newest_first() -> None:
    client = KrakenClient(has_limits=False)
    orders = []
    for _ in range(60):
        orders.append(client.placed())
        client.ask("CancelOrder", txid=orders[-1])
    client.placed()
    first, second = client.ask("ClosedOrders"), client.ask("ClosedOrders", ofs="50")
    assert [*first["closed"], *second["closed"]] == orders[::-1]
    assert (first["count"], len(first["closed"])) == (60, 50)
    assert "count" not in client.ask("ClosedOrders", without_count="true")
    assert client.fails("ClosedOrders", closetime="never") == "EGeneral:Invalid arguments:closetime"


def test_closed_orders_and_fills_are_bounded_by_time() -> None:
    client = KrakenClient()
    early = client.placed(ordertype="market", price=None)
    at = client.exchange.now
    client.driver.step()
    late = client.placed(ordertype="market", price=None)
    seconds = at // 10**9
    assert set(client.ask("ClosedOrders", end=str(seconds))["closed"]) == {early}
    assert set(client.ask("ClosedOrders", start=str(seconds))["closed"]) == {late}
    assert set(client.ask("ClosedOrders", start=early)["closed"]) == {late}
    (first,) = client.ask("TradesHistory", end=str(seconds))["trades"].values()
    (second,) = client.ask("TradesHistory", start=f"{seconds}.5")["trades"].values()
    assert (first["ordertxid"], second["ordertxid"]) == (early, late)
    assert client.fails("TradesHistory", start="yesterday") == "EGeneral:Invalid arguments:start"


def test_a_fill_says_what_was_paid_and_by_whom(client: KrakenClient) -> None:
    order = client.placed(ordertype="market", price=None, volume="0.5", cl_ord_id=HEX)
    found = client.find(order)
    fills = client.ask("QueryTrades", txid=",".join(found["trades"]))
    assert set(fills) == set(found["trades"]) == set(client.ask("TradesHistory")["trades"])
    assert sum(Decimal(fill["vol"]) for fill in fills.values()) == Decimal("0.5")
    assert sum(Decimal(fill["cost"]) for fill in fills.values()) == Decimal(found["cost"])
    assert sum(Decimal(fill["fee"]) for fill in fills.values()) == Decimal(found["fee"])
    for fill in fills.values():
        assert (fill["ordertxid"], fill["pair"], fill["maker"], fill["cl_ord_id"]) == (order, "XXBTZUSD", False, HEX)
        assert Decimal(fill["price"]) * Decimal(fill["vol"]) == Decimal(fill["cost"])


@settings(max_examples=25, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["buy", "sell"]),
            st.sampled_from(["market", "limit", "IOC", "FOK", "post"]),
            st.integers(1, 300),
            st.integers(-40, 40),
        ),
        max_size=12,
    )
)
def test_balances_are_the_sums_of_the_fills_whatever_is_ordered(steps: list[tuple[str, str, int, int]]) -> None:
    client = KrakenClient(has_limits=False)
    for side, kind, hundredths, offset in steps:
        bid, _ = client.top()
        fields: dict[str, Any] = {"type": side, "volume": str(Decimal(hundredths) / 100), "price": str(bid + offset)}
        if kind == "market":
            fields |= {"ordertype": "market", "price": None}
        elif kind in ("IOC", "FOK"):
            fields["timeinforce"] = kind
        elif kind == "post":
            fields["oflags"] = "post"
        client.order(**fields)
        client.driver.step()
    usd, btc = Decimal(1_000_000), Decimal(20)
    for order in client.exchange.history("main"):
        shown = client.find(txid(ORDER, order.order_id))
        sign = 1 if shown["descr"]["type"] == "buy" else -1
        btc += sign * Decimal(shown["vol_exec"])
        usd -= sign * Decimal(shown["cost"]) + Decimal(shown["fee"])
    found = balances(client)
    assert (found["ZUSD"], found["XXBT"]) == (usd, btc)
    client.ask("CancelAll")
    assert {row["hold_trade"].strip("0.") for row in client.ask("BalanceEx").values()} == {""}


# ── modes ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_mode_refuses_what_it_must_and_says_so(client: KrakenClient) -> None:
    open_order = client.placed()
    client.face.mode = Mode.CANCEL_ONLY
    assert client.get("SystemStatus")["result"]["status"] == "cancel_only"
    assert client.refused() == "EService:Market in cancel_only mode"
    assert client.refused(validate="true") == "EService:Market in cancel_only mode"
    assert client.fails("AmendOrder", txid=open_order, order_qty="0.02") == "EService:Market in cancel_only mode"
    client.face.mode = Mode.POST_ONLY
    assert client.refused() == "EService:Market in post_only mode"
    assert client.order(oflags="post")["error"] == []
    client.face.mode = Mode.LIMIT_ONLY
    assert client.refused(ordertype="market", price=None) == "EService:Market in limit_only mode"
    assert client.order()["error"] == []
    client.face.mode = Mode.MAINTENANCE
    assert client.fails("Balance") == "EService:Unavailable"
    assert client.get("Ticker", pair="XBTUSD")["error"] == ["EService:Unavailable"]
    assert client.get("SystemStatus")["result"]["status"] == "maintenance"
    assert client.get("Time")["error"] == []
    client.face.mode = Mode.ONLINE
    assert client.ask("CancelOrder", txid=open_order) == {"count": 1}


def test_an_amendment_is_held_to_the_least_cost_as_a_new_order_is(client: KrakenClient) -> None:
    """0.0001 BTC at 4000 cost less than the 0.5 USD of a new order; the order stays as it was."""
    order = client.placed(volume="0.0001", price="30000")
    assert client.refused(volume="0.0001", price="4000") == "EOrder:Cost minimum not met"
    assert client.fails("AmendOrder", txid=order, limit_price="4000") == "EOrder:Cost minimum not met"
    assert client.find(order)["descr"]["price"] == "30000.0"
    assert client.ask("AmendOrder", txid=order, limit_price="4000", order_qty="0.01")["amend_id"]
