"""Orders as Bybit's spot market treats them: units, lives, refusals, batches, and how they are read back."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from support.bybit_client import MILLION, BybitClient

SPOT = "category=spot"


@pytest.fixture
def client() -> BybitClient:
    return BybitClient(has_limits=False, balances={"USDT": Decimal(500_000), "BTC": Decimal(5)})


def test_a_resting_order_is_new_and_locks_its_value(client: BybitClient) -> None:
    price = client.top()[0] - 100
    order = client.find(client.placed(qty="0.5", price=str(price), orderLinkId="my_order-1"))
    assert (order["orderStatus"], order["orderLinkId"], order["timeInForce"]) == ("New", "my_order-1", "GTC")
    assert (Decimal(order["qty"]), Decimal(order["leavesQty"]), order["cumExecQty"], order["avgPrice"]) == (
        Decimal("0.5"),
        Decimal("0.5"),
        "0",
        "",
    )
    assert Decimal(order["leavesValue"]) == price / 2
    assert (order["cancelType"], order["rejectReason"]) == ("UNKNOWN", "EC_NoError")
    balance = client.balance("USDT")
    assert (Decimal(balance["locked"]), balance["walletBalance"]) == (price / 2, "500000")


def test_a_market_buy_is_by_value_unless_it_says_base(client: BybitClient) -> None:
    by_value = client.find(client.placed(orderType="Market", qty="100", price=None))
    assert (by_value["orderStatus"], by_value["marketUnit"], by_value["qty"]) == ("Filled", "quoteCoin", "100")
    assert Decimal("99") < Decimal(by_value["cumExecValue"]) <= 100
    by_quantity = client.find(client.placed(orderType="Market", qty="0.1", price=None, marketUnit="baseCoin"))
    assert (by_quantity["orderStatus"], by_quantity["marketUnit"], by_quantity["cumExecQty"]) == ("Filled", "baseCoin", "0.1")
    assert (by_quantity["timeInForce"], by_quantity["price"]) == ("IOC", "0")


def test_a_market_sell_is_by_quantity_unless_it_says_quote(client: BybitClient) -> None:
    by_quantity = client.find(client.placed(side="Sell", orderType="Market", qty="0.1", price=None))
    assert (by_quantity["marketUnit"], by_quantity["cumExecQty"]) == ("baseCoin", "0.1")
    by_value = client.find(client.placed(side="Sell", orderType="Market", qty="100", price=None, marketUnit="quoteCoin"))
    assert by_value["marketUnit"] == "quoteCoin"
    assert Decimal("99") < Decimal(by_value["cumExecValue"]) <= 100


def test_fees_are_taken_from_what_is_received(client: BybitClient) -> None:
    bought = client.find(client.placed(orderType="Market", qty="0.1", price=None, marketUnit="baseCoin"))
    assert bought["cumFeeDetail"] == {"BTC": "0.0001"}
    sold = client.find(client.placed(side="Sell", orderType="Market", qty="0.1", price=None))
    assert sold["cumFeeDetail"] == {"USDT": sold["cumExecFee"]}
    assert Decimal(sold["cumExecFee"]) == (Decimal(sold["cumExecValue"]) / 1000).quantize(Decimal("1e-8"))
    rows = client.get(f"execution/list?{SPOT}")["result"]["list"]
    fees = {row["orderId"]: (row["feeCurrency"], row["feeRate"], row["isMaker"]) for row in rows}
    assert fees[bought["orderId"]] == ("BTC", "0.001", False)
    assert fees[sold["orderId"]] == ("USDT", "0.001", False)


def test_a_post_only_order_that_would_take_is_accepted_and_rejected(client: BybitClient) -> None:
    ask = client.top()[1]
    crossing = client.find(client.placed(timeInForce="PostOnly", price=str(ask)))
    assert (crossing["orderStatus"], crossing["rejectReason"]) == ("Rejected", "EC_PostOnlyWillTakeLiquidity")
    assert crossing["cumExecQty"] == "0"
    resting = client.find(client.placed(timeInForce="PostOnly"))
    assert (resting["orderStatus"], resting["timeInForce"]) == ("New", "PostOnly")


def test_ioc_and_fok_end_at_once(client: BybitClient) -> None:
    rows = client.get("market/orderbook?category=spot&symbol=BTCUSDT&limit=1", None)["result"]["a"]
    price, size = rows[0][0], Decimal(rows[0][1])
    partly = client.find(client.placed(timeInForce="IOC", price=price, qty=str(size + 1)))
    assert (partly["orderStatus"], Decimal(partly["cumExecQty"])) == ("PartiallyFilledCanceled", size)
    assert (partly["rejectReason"], partly["leavesQty"]) == ("EC_NoImmediateQtyToFill", "0")
    nothing = client.find(client.placed(timeInForce="IOC"))
    assert (nothing["orderStatus"], nothing["rejectReason"]) == ("Cancelled", "EC_NoImmediateQtyToFill")
    not_whole = client.find(client.placed(timeInForce="FOK", price=str(client.top()[1]), qty="9"))
    assert (not_whole["orderStatus"], not_whole["rejectReason"], not_whole["cumExecQty"]) == (
        "Cancelled",
        "EC_NoEnoughQtyToFill",
        "0",
    )
    whole = client.find(client.placed(timeInForce="FOK", price=str(client.top()[1]), qty="0.00005"))
    assert whole["orderStatus"] == "Filled"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOPEUSDT"}, 170121),
        ({"symbol": None}, 170105),
        ({"side": "buy"}, 170117),
        ({"orderType": "limit"}, 170116),
        ({"timeInForce": "GTD"}, 170115),
        ({"orderType": "Market", "price": None, "timeInForce": "PostOnly"}, 170115),
        ({"qty": None}, 170105),
        ({"price": None}, 170105),
        ({"qty": 1}, 10001),
        ({"qty": "much"}, 170130),
        ({"qty": "0"}, 170136),
        ({"qty": "0.000009", "price": "42000"}, 170136),
        ({"qty": "0.010000001"}, 170137),
        ({"qty": "0.00002", "price": "41000"}, 170140),
        ({"qty": "10001"}, 170135),
        ({"qty": "60"}, 170124),
        ({"price": "41000.05"}, 170134),
        ({"price": "0"}, 170133),
        ({"price": "-5"}, 170133),
        ({"price": "900000000000"}, 170132),
        ({"price": "50000"}, 170193),
        ({"side": "Sell", "price": "30000"}, 170194),
        ({"qty": "20"}, 170131),
        ({"side": "Sell", "qty": "6", "price": "48000"}, 170131),
        ({"orderLinkId": "not ok"}, 170130),
        ({"orderLinkId": "x" * 37}, 170130),
        ({"orderType": "Market", "price": None, "qty": "0.5"}, 170140),
        ({"orderType": "Market", "price": None, "qty": "3000000"}, 170124),
        ({"orderType": "Market", "price": None, "qty": "10.000000000001"}, 170148),
        ({"orderType": "Market", "price": None, "marketUnit": "shares"}, 170130),
        ({"orderType": "Market", "price": None, "marketUnit": "baseCoin", "qty": "0.00001"}, 170140),
        ({"orderFilter": "StopOrder"}, 170202),
        ({"triggerPrice": "41000"}, 170227),
        ({"isLeverage": 1}, 170227),
        ({"isLeverage": "1"}, 10001),
    ],
)
def test_an_order_that_may_not_be_is_refused_with_its_code(client: BybitClient, changes: dict[str, Any], code: int) -> None:
    answer = client.create(**changes)
    assert (answer["retCode"], answer["result"]) == (code, {})
    assert client.get(f"order/realtime?{SPOT}")["result"]["list"] == []


def test_the_minimum_quantity_counts_apart_from_the_minimum_amount() -> None:
    cheap = BybitClient(symbols=("XRP/USDT",), has_limits=False)
    fields = {"category": "spot", "symbol": "XRPUSDT", "side": "Buy", "orderType": "Limit", "price": "0.6"}
    answers = [cheap.post("order/create", {**fields, "qty": qty})["retCode"] for qty in ("0.5", "1.1", "1.7")]
    assert answers == [170136, 170140, 0]


def test_other_categories_take_no_orders(client: BybitClient) -> None:
    for category, said in (
        ("linear", "params error: symbol invalid"),
        ("moon", "Category is invalid"),
        (None, "Category is invalid"),
    ):
        answer = client.post("order/create", {"category": category, **client.fields()})
        assert (answer["retCode"], answer["retMsg"]) == (10001, said)


def test_an_order_link_id_is_never_taken_twice(client: BybitClient) -> None:
    first = client.placed(orderLinkId="once")
    assert client.create(orderLinkId="once")["retCode"] == 170141
    client.post("order/cancel", {"category": "spot", "symbol": "BTCUSDT", "orderId": first})
    assert client.create(orderLinkId="once")["retCode"] == 170141
    assert client.create(orderLinkId="o" * 36)["retCode"] == 0


def cancel(client: BybitClient, **named: str) -> int:
    return int(client.post("order/cancel", {"category": "spot", "symbol": "BTCUSDT", **named})["retCode"])


def test_a_cancellation_by_either_id_ends_the_order_once(client: BybitClient) -> None:
    first, _ = client.placed(), client.placed(orderLinkId="second")
    assert (cancel(client, orderId=first), cancel(client, orderLinkId="second")) == (0, 0)
    assert (cancel(client, orderId=first), cancel(client, orderLinkId="second")) == (170213, 170213)
    assert (cancel(client, orderId="1"), cancel(client, orderLinkId="never"), cancel(client)) == (170213, 170213, 10001)
    ended = client.find(first)
    assert (ended["orderStatus"], ended["cancelType"], ended["rejectReason"]) == (
        "Cancelled",
        "CancelByUser",
        "EC_PerCancelRequest",
    )
    assert Decimal(client.balance("USDT")["locked"]) == 0


def amend(client: BybitClient, order_id: str, **changes: str) -> int:
    body = {"category": "spot", "symbol": "BTCUSDT", "orderId": order_id, **changes}
    return int(client.post("order/amend", body)["retCode"])


def test_an_amendment_keeps_the_id_and_obeys_the_rules_of_new_orders(client: BybitClient) -> None:
    bid = client.top()[0]
    order_id = client.placed(qty="0.2", price=str(bid - 50))
    assert amend(client, order_id, qty="0.1", price=str(bid - 60)) == 0
    order = client.find(order_id)
    assert (order["qty"], Decimal(order["price"]), order["orderStatus"]) == ("0.1", bid - 60, "New")
    refusals = {
        "no change": amend(client, order_id, qty="0.1"),
        "nothing": amend(client, order_id),
        "precision": amend(client, order_id, price=f"{bid - 60}5"),
        "quantity precision": amend(client, order_id, qty="0.1000000001"),
        "zero": amend(client, order_id, qty="0"),
        "amount": amend(client, order_id, qty="0.00001"),
        "funds": amend(client, order_id, qty="40"),
        "band": amend(client, order_id, price="60000"),
    }
    assert refusals == {
        "no change": 10001,
        "nothing": 10001,
        "precision": 170134,
        "quantity precision": 170137,
        "zero": 170136,
        "amount": 170140,
        "funds": 170131,
        "band": 170193,
    }
    assert client.find(order_id)["qty"] == "0.1"


def test_an_order_that_has_ended_cannot_be_amended(client: BybitClient) -> None:
    filled = client.placed(orderType="Market", qty="100", price=None)
    canceled = client.placed()
    cancel(client, orderId=canceled)
    assert [amend(client, order_id, qty="0.3") for order_id in (filled, canceled, "77")] == [170139, 170142, 170213]


def test_an_amendment_to_what_is_already_filled_is_refused(client: BybitClient) -> None:
    price, size = client.get("market/orderbook?category=spot&symbol=BTCUSDT&limit=1", None)["result"]["a"][0]
    order_id = client.placed(price=price, qty=str(Decimal(size) + 1))
    assert client.find(order_id)["orderStatus"] == "PartiallyFilled"
    assert amend(client, order_id, qty=size) == 110064
    assert amend(client, order_id, qty=str(Decimal(size) + Decimal("0.5"))) == 0
    assert client.find(order_id)["leavesQty"] == "0.5"


def test_each_order_of_a_batch_succeeds_or_fails_by_itself(client: BybitClient) -> None:
    orders = [client.fields(orderLinkId=f"b{n}") for n in range(3)]
    orders[1]["price"] = "1.23456"
    answer = client.post("order/create-batch", {"category": "spot", "request": orders})
    assert [row["code"] for row in answer["retExtInfo"]["list"]] == [0, 170134, 0]
    rows = answer["result"]["list"]
    assert [(row["orderLinkId"], bool(row["orderId"]), bool(row["createAt"])) for row in rows] == [
        ("b0", True, True),
        ("b1", False, False),
        ("b2", True, True),
    ]
    named = [{"symbol": "BTCUSDT", "orderId": row["orderId"]} for row in rows if row["orderId"]]
    canceled = client.post("order/cancel-batch", {"category": "spot", "request": [*named, {"symbol": "BTCUSDT", "orderId": "9"}]})
    assert [row["code"] for row in canceled["retExtInfo"]["list"]] == [0, 0, 170213]
    assert canceled["result"]["list"][2]["orderId"] == "9"
    assert client.get(f"order/realtime?{SPOT}")["result"]["list"] == []


@pytest.mark.parametrize("request_rows", [[], None, "x", [1], [{}] * 11])
def test_a_batch_holds_one_to_ten_orders(client: BybitClient, request_rows: object) -> None:
    answer = client.post("order/create-batch", {"category": "spot", "request": request_rows})
    assert answer["retCode"] == 10001


def test_cancel_all_ends_one_symbol_or_everything(client: BybitClient) -> None:
    bitcoin = client.placed()
    ether = client.placed(symbol="ETHUSDT", price="2200", qty="0.1")
    answer = client.post("order/cancel-all", {"category": "spot", "symbol": "ETHUSDT"})
    assert answer["result"] == {"list": [{"orderId": ether, "orderLinkId": ""}], "success": "1"}
    assert client.find(bitcoin)["orderStatus"] == "New"
    client.post("order/cancel-all", {"category": "spot"})
    assert client.find(bitcoin)["orderStatus"] == "Cancelled"


def ids(answer: dict[str, Any]) -> list[str]:
    return [row["orderId"] for row in answer["result"]["list"]]


def test_realtime_lists_open_orders_and_finds_closed_ones_by_id(client: BybitClient) -> None:
    first, second = client.placed(orderLinkId="first"), client.placed(symbol="ETHUSDT", price="2200", qty="0.1")
    assert ids(client.get(f"order/realtime?{SPOT}")) == [second, first]
    assert ids(client.get(f"order/realtime?{SPOT}&symbol=BTCUSDT")) == [first]
    assert ids(client.get(f"order/realtime?{SPOT}&orderId=None&orderLinkId=first")) == [first]
    assert ids(client.get(f"order/realtime?{SPOT}&symbol=ETHUSDT&orderId={first}")) == []
    cancel(client, orderId=first)
    assert ids(client.get(f"order/realtime?{SPOT}")) == [second]
    assert ids(client.get(f"order/realtime?{SPOT}&openOnly=1")) == [first]
    assert ids(client.get(f"order/realtime?{SPOT}&orderLinkId=first")) == [first]
    assert ids(client.get("order/realtime?category=linear")) == []
    assert client.get("order/realtime?category=moon")["retCode"] == 10001
    assert client.get(f"order/realtime?{SPOT}&symbol=NOPE")["retCode"] == 170121


def test_realtime_forgets_all_but_the_last_500_closed_orders(client: BybitClient) -> None:
    closed = []
    for _ in range(501):
        closed.append(client.placed(qty="0.001"))
        cancel(client, orderId=closed[-1])
    assert ids(client.get(f"order/realtime?{SPOT}&orderId={closed[0]}")) == []
    assert ids(client.get(f"order/realtime?{SPOT}&orderId={closed[1]}")) == [closed[1]]
    assert ids(client.get(f"order/history?{SPOT}&orderId={closed[0]}")) == [closed[0]]


def pages(client: BybitClient, path: str) -> Iterator[list[dict[str, Any]]]:
    """Walk a list to its end."""
    cursor = ""
    while True:
        result = client.get(f"{path}&cursor={cursor}" if cursor else path)["result"]
        yield result["list"]
        cursor = result["nextPageCursor"]
        if not cursor:
            return


def test_lists_are_walked_page_by_page_without_gap_or_repetition(client: BybitClient) -> None:
    placed = [client.placed(orderType="Market", qty="10", price=None) for _ in range(7)]
    resting = [client.placed(qty="0.001") for _ in range(5)]
    opened = list(pages(client, f"order/realtime?{SPOT}&limit=2"))
    assert [len(page) for page in opened] == [2, 2, 1]
    assert [row["orderId"] for page in opened for row in page] == resting[::-1]
    closed = list(pages(client, f"order/history?{SPOT}&limit=3"))
    assert [row["orderId"] for page in closed for row in page] == placed[::-1]
    fills = [row for page in pages(client, f"execution/list?{SPOT}&limit=2") for row in page]
    assert [row["orderId"] for row in fills] == placed[::-1]
    assert len({row["execId"] for row in fills}) == 7
    assert client.get(f"order/history?{SPOT}&cursor=abc")["retCode"] == 10001
    assert client.get(f"order/history?{SPOT}&limit=0")["retCode"] == 10001


def test_a_page_holds_at_most_fifty_orders(client: BybitClient) -> None:
    for _ in range(51):
        client.placed(qty="0.001")
    assert len(client.get(f"order/realtime?{SPOT}")["result"]["list"]) == 20
    result = client.get(f"order/realtime?{SPOT}&limit=500")["result"]
    assert (len(result["list"]), bool(result["nextPageCursor"])) == (50, True)


def test_history_filters_by_status_and_keeps_open_orders_out(client: BybitClient) -> None:
    filled, canceled = client.placed(orderType="Market", qty="10", price=None), client.placed()
    cancel(client, orderId=canceled)
    client.placed()
    assert ids(client.get(f"order/history?{SPOT}")) == [canceled, filled]
    assert ids(client.get(f"order/history?{SPOT}&orderStatus=Filled")) == [filled]
    assert ids(client.get(f"order/history?{SPOT}&orderStatus=Cancelled")) == [canceled]
    assert client.get(f"order/history?{SPOT}&orderStatus=Done")["retCode"] == 10001


def test_history_looks_at_seven_days_at_most(client: BybitClient) -> None:
    order_id = client.placed(orderType="Market", qty="10", price=None)
    now, week = client.venue.exchange.now // MILLION, 7 * 24 * 3_600_000
    for path in ("order/history", "execution/list"):
        assert ids(client.get(f"{path}?{SPOT}")) == [order_id]
        assert ids(client.get(f"{path}?{SPOT}&endTime={now - 1}")) == []
        assert ids(client.get(f"{path}?{SPOT}&startTime={now + 1}")) == []
        assert ids(client.get(f"{path}?{SPOT}&startTime={now - week}&endTime={now}")) == [order_id]
        assert client.get(f"{path}?{SPOT}&startTime={now - week - 1}&endTime={now}")["retCode"] == 10001
        assert client.get(f"{path}?{SPOT}&startTime={now}&endTime={now - 1}")["retCode"] == 10001
        assert ids(client.get(f"{path}?{SPOT}&startTime={now - week - 1}")) == []
    client.venue.exchange.advance(client.venue.exchange.now + (week + 1) * MILLION, {})
    assert ids(client.get(f"order/history?{SPOT}")) == []


def test_executions_can_be_asked_by_order(client: BybitClient) -> None:
    first = client.placed(orderType="Market", qty="10", price=None, orderLinkId="first")
    client.placed(orderType="Market", qty="10", price=None)
    assert ids(client.get(f"execution/list?{SPOT}&orderLinkId=first")) == [first]
    assert ids(client.get(f"execution/list?{SPOT}&orderId={first}&execType=Trade")) == [first]
    assert ids(client.get(f"execution/list?{SPOT}&execType=Funding")) == []
    assert ids(client.get(f"execution/list?{SPOT}&orderId=5")) == []
