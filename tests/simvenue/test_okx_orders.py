"""Orders as OKX takes them: types, grids, ids, deadlines, batches; every code by its own row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from simvenue.exchange.refusal import Reason
from simvenue.okx.code import AMEND, CANCEL, MESSAGES, PLACE
from support.okx_client import OkxClient
from support.simvenue_process import DEMO_KEY, KEY


@pytest.fixture
def client() -> OkxClient:
    return OkxClient()


def step(client: OkxClient, count: int = 1) -> None:
    for _ in range(count):
        client.driver.step()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"px": "30000.05"}, "51006"),
        ({"px": "1099511627776"}, "51006"),
        ({"px": "-1"}, "51000"),
        ({"px": "abc"}, "51000"),
        ({"px": "NaN"}, "51000"),
        ({"sz": "0.000001"}, "51020"),
        ({"sz": "0.010000001"}, "51121"),
        ({"sz": "10001"}, "51203"),
        ({"sz": "0"}, "51000"),
        ({"sz": "1e3"}, "51008"),
        ({"instId": "NO-SUCH"}, "51001"),
        ({"instId": "BTC/USDT"}, "51001"),
        ({"side": "hold"}, "51000"),
        ({"ordType": "iceberg"}, "51000"),
        ({"tdMode": "cross"}, "51000"),
        ({"clOrdId": "with-dash"}, "51000"),
        ({"clOrdId": "x" * 33}, "51000"),
        ({"clOrdId": "śledź"}, "51000"),
        ({"tag": "much too long a tag"}, "51000"),
        ({"ordType": "market", "tgtCcy": "coins"}, "51000"),
        ({"side": "sell", "sz": "2.1"}, "51008"),
        ({"sz": "4", "px": "30000"}, "51008"),
    ],
)
def test_a_bad_order_is_refused_with_its_code_and_changes_nothing(client: OkxClient, fields: dict[str, Any], code: str) -> None:
    before = client.get("account/balance", KEY)[1]["data"][0]["details"]
    row = client.order(**fields)
    assert (row["sCode"], row["ordId"]) == (code, "")
    assert client.get("account/balance", KEY)[1]["data"][0]["details"] == before
    assert client.venue.exchange.orders == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("attachAlgoOrds", [{"slTriggerPx": "29000", "slOrdPx": "-1"}]),
        ("slTriggerPx", "29000"),
        ("slOrdPx", "-1"),
        ("tpTriggerPx", "35000"),
        ("tpOrdPx", "-1"),
        ("reduceOnly", True),
        ("reduceOnly", "true"),
        ("banAmend", True),
        ("ccy", "USDT"),
        ("posSide", "long"),
        ("pxUsd", "30000"),
        ("pxVol", "1"),
        ("quickMgnType", "auto_borrow"),
        ("pxAmendType", "1"),
        ("tradeQuoteCcy", "USDC"),
        ("stpMode", "none"),
    ],
)
def test_what_would_change_an_orders_meaning_is_refused_by_name(client: OkxClient, field: str, value: object) -> None:
    row = client.order(**{field: value})
    assert (row["sCode"], row["sMsg"]) == ("51000", f"Parameter {field} error")
    assert client.venue.exchange.orders == {}


def test_what_says_nothing_new_is_accepted(client: OkxClient) -> None:
    neutral = {"attachAlgoOrds": [], "reduceOnly": False, "banAmend": "false", "posSide": "net", "pxAmendType": "0"}
    row = client.order(**neutral, tradeQuoteCcy="USDT", slTriggerPx="", ccy="")
    assert row["sCode"] == "0"
    body = {"instId": "BTC-USDT", "ordId": row["ordId"], "newSz": "0.02", "cxlOnFail": False, "newSlTriggerPx": ""}
    assert client.post("trade/amend-order", body)[1]["data"][0]["sCode"] == "0"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("cxlOnFail", True),
        ("newPxUsd", "1"),
        ("newPxVol", "1"),
        ("newTpTriggerPx", "35000"),
        ("newSlTriggerPx", "29000"),
        ("newSlOrdPx", "-1"),
        ("attachAlgoOrds", [{"newSlTriggerPx": "1"}]),
        ("pxAmendType", "1"),
    ],
)
def test_what_would_change_an_amendments_meaning_is_refused_by_name(client: OkxClient, field: str, value: object) -> None:
    order = client.order()["ordId"]
    body = {"instId": "BTC-USDT", "ordId": order, "newSz": "0.02", field: value}
    row = client.post("trade/amend-order", body)[1]["data"][0]
    assert (row["sCode"], row["sMsg"]) == ("51000", f"Parameter {field} error")
    assert client.find(order)["sz"] == "0.01"


@pytest.mark.parametrize("field", ["instId", "tdMode", "side", "ordType", "sz", "px"])
def test_a_missing_field_is_named(client: OkxClient, field: str) -> None:
    body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "30000"}
    del body[field]
    status, answer = client.post("trade/order", body)
    assert (status, answer["code"], answer["msg"]) == (400, "50014", f"Parameter {field} can not be empty.")


def test_every_reason_has_a_code_with_a_text_in_every_table() -> None:
    for table in (PLACE, CANCEL, AMEND):
        assert set(table) == set(Reason)
        assert set(table.values()) <= set(MESSAGES)


def test_a_resting_order_locks_what_it_may_cost_and_gives_it_back(client: OkxClient) -> None:
    row = client.order(sz="0.5", px="30000")
    balance = client.get("account/balance?ccy=USDT", KEY)[1]["data"][0]["details"][0]
    assert (balance["availBal"], balance["frozenBal"], balance["eq"]) == ("85000", "15000", "100000")
    client.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": row["ordId"]})
    balance = client.get("account/balance?ccy=USDT", KEY)[1]["data"][0]["details"][0]
    assert (balance["availBal"], balance["frozenBal"]) == ("100000", "0")


def test_a_crossing_buy_is_a_taker_and_pays_its_fee_in_base(client: OkxClient) -> None:
    _, ask = client.top()
    found = client.find(client.order(sz="0.02", px=str(ask))["ordId"])
    assert (found["state"], found["avgPx"], found["feeCcy"]) == ("filled", str(ask), "BTC")
    assert Decimal(found["fee"]) == -Decimal("0.02") * Decimal("0.001")
    fill = client.get("trade/fills?instType=SPOT", KEY)[1]["data"][0]
    assert (fill["execType"], fill["fillSz"], fill["ordId"]) == ("T", "0.02", found["ordId"])


def test_a_resting_order_that_the_market_goes_through_is_a_maker(client: OkxClient) -> None:
    _, ask = client.top()
    for offset in range(1, 40):
        assert client.order(sz="0.01", px=str(ask - offset), clOrdId=f"maker{offset}")["sCode"] == "0"
        client.clock.move(0.1)
    step(client, 40)
    fills = client.get("trade/fills?instType=SPOT", KEY)[1]["data"]
    makers = [fill for fill in fills if fill["execType"] == "M"]
    assert makers
    for fill in makers:
        assert Decimal(fill["fee"]) == -(Decimal(fill["fillSz"]) * Decimal("0.0008")).quantize(Decimal("1e-8"))
        assert fill["fillPx"] == client.find(fill["ordId"])["px"]


def test_post_only_that_would_cross_is_accepted_and_then_canceled(client: OkxClient) -> None:
    _, ask = client.top()
    row = client.order(ordType="post_only", px=str(ask))
    found = client.find(row["ordId"])
    assert (row["sCode"], found["state"], found["cancelSource"], found["accFillSz"]) == ("0", "canceled", "31", "0")


def test_fok_that_cannot_be_filled_whole_is_canceled_untouched(client: OkxClient) -> None:
    bid, _ = client.top()
    found = client.find(client.order(side="sell", ordType="fok", sz="1.9", px=str(bid))["ordId"])
    assert (found["state"], found["accFillSz"], found["cancelSource"]) == ("canceled", "0", "13")


def test_ioc_keeps_what_it_got_and_cancels_the_rest(client: OkxClient) -> None:
    bid, _ = client.top()
    found = client.find(client.order(side="sell", ordType="ioc", sz="2", px=str(bid))["ordId"])
    assert (found["state"], found["cancelSource"]) == ("canceled", "14")
    assert 0 < Decimal(found["accFillSz"]) < 2


def test_a_market_buy_in_quote_never_spends_more_than_its_size(client: OkxClient) -> None:
    row = client.order(ordType="market", sz="25000", px=None)
    found = client.find(row["ordId"])
    fills = client.get(f"trade/fills?ordId={row['ordId']}", KEY)[1]["data"]
    spent = sum(Decimal(fill["fillPx"]) * Decimal(fill["fillSz"]) for fill in fills)
    assert found["state"] == "filled"
    assert Decimal(25000) - Decimal("0.001") < spent <= 25000
    usdt = client.get("account/balance?ccy=USDT", KEY)[1]["data"][0]["details"][0]
    assert Decimal(usdt["eq"]) == Decimal(100_000) - spent


def test_a_market_sell_in_base_walks_the_book(client: OkxClient) -> None:
    row = client.order(side="sell", ordType="market", sz="1.5", px=None)
    fills = client.get(f"trade/fills?ordId={row['ordId']}", KEY)[1]["data"]
    assert len(fills) > 1
    assert len({fill["fillPx"] for fill in fills}) == len(fills)
    assert sum(Decimal(fill["fillSz"]) for fill in fills) == Decimal("1.5")
    assert {fill["feeCcy"] for fill in fills} == {"USDT"}


def test_a_client_id_is_unique_among_pending_orders_only(client: OkxClient) -> None:
    first = client.order(clOrdId="abc123")
    assert client.order(clOrdId="abc123")["sCode"] == "51016"
    assert client.order(clOrdId="ABC123")["sCode"] == "0"
    client.post("trade/cancel-order", {"instId": "BTC-USDT", "clOrdId": "abc123"})
    again = client.order(clOrdId="abc123")
    assert (again["sCode"], again["ordId"] != first["ordId"]) == ("0", True)
    found = client.get("trade/order?instId=BTC-USDT&clOrdId=abc123", KEY)[1]["data"][0]
    assert found["ordId"] == again["ordId"]


def test_an_order_after_its_deadline_is_refused_and_never_placed(client: OkxClient) -> None:
    body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "30000"}
    late = str(client.clock.wall // 1_000_000 - 1)
    status, answer = client.post("trade/order", body, extra={"expTime": late})
    assert (status, answer["code"], answer["data"][0]["sCode"]) == (200, "1", "50036")
    assert client.venue.exchange.orders == {}
    in_time = str(client.clock.wall // 1_000_000 + 1000)
    assert client.post("trade/order", body, extra={"expTime": in_time})[1]["code"] == "0"


def test_amending_a_size_down_keeps_the_id_and_frees_funds(client: OkxClient) -> None:
    row = client.order(sz="0.5", px="30000")
    _, answer = client.post("trade/amend-order", {"instId": "BTC-USDT", "ordId": row["ordId"], "newSz": "0.2"})
    assert (answer["code"], answer["data"][0]["ordId"]) == ("0", row["ordId"])
    assert client.get("account/balance?ccy=USDT", KEY)[1]["data"][0]["details"][0]["frozenBal"] == "6000"
    assert client.find(row["ordId"])["sz"] == "0.2"


def test_amending_the_price_across_the_book_fills_the_order(client: OkxClient) -> None:
    row = client.order(sz="0.01", px="30000")
    _, ask = client.top()
    client.post("trade/amend-order", {"instId": "BTC-USDT", "ordId": row["ordId"], "newPx": str(ask)})
    assert client.find(row["ordId"])["state"] == "filled"
    assert client.get("account/balance?ccy=USDT", KEY)[1]["data"][0]["details"][0]["frozenBal"] == "0"


def test_an_amendment_that_cannot_be_paid_changes_nothing(client: OkxClient) -> None:
    row = client.order(sz="0.5", px="30000")
    _, answer = client.post("trade/amend-order", {"instId": "BTC-USDT", "ordId": row["ordId"], "newSz": "5"})
    assert answer["data"][0]["sCode"] == "51008"
    assert (client.find(row["ordId"])["sz"], client.find(row["ordId"])["state"]) == ("0.5", "live")


@pytest.mark.parametrize(
    ("path", "extra", "unknown", "filled", "canceled"),
    [("trade/cancel-order", {}, "51400", "51402", "51401"), ("trade/amend-order", {"newSz": "1"}, "51503", "51510", "51509")],
)
def test_a_finished_order_is_neither_canceled_nor_amended(
    client: OkxClient, path: str, extra: dict[str, str], unknown: str, filled: str, canceled: str
) -> None:
    _, ask = client.top()
    done = client.order(px=str(ask))["ordId"]
    gone = client.order(ordType="post_only", px=str(ask))["ordId"]
    for order_id, code in (("77", unknown), (done, filled), (gone, canceled)):
        _, answer = client.post(path, {"instId": "BTC-USDT", "ordId": order_id, **extra})
        assert (answer["code"], answer["data"][0]["sCode"]) == ("1", code)


def test_another_account_neither_sees_nor_cancels_an_order(client: OkxClient) -> None:
    row = client.order()
    _, answer = client.get(f"trade/order?instId=BTC-USDT&ordId={row['ordId']}", DEMO_KEY)
    assert answer["code"] == "51603"
    _, answer = client.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": row["ordId"]}, DEMO_KEY)
    assert answer["data"][0]["sCode"] == "51400"


def test_a_batch_that_half_fails_says_so(client: OkxClient) -> None:
    good = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "30000"}
    _, answer = client.post("trade/batch-orders", [good, good | {"sz": "0.000001"}])
    assert (answer["code"], [row["sCode"] for row in answer["data"]]) == ("2", ["0", "51020"])
    _, answer = client.post("trade/batch-orders", [good] * 21)
    assert answer["code"] == "50025"
    placed = str(next(iter(client.venue.exchange.orders)))
    _, answer = client.post("trade/cancel-batch-orders", [{"instId": "BTC-USDT", "ordId": placed}])
    assert answer["code"] == "0"


@pytest.mark.parametrize(
    ("body", "content_type", "status", "code"),
    [
        ("", "application/json", 400, "50000"),
        ("{", "application/json", 400, "50002"),
        ("[]", "application/json", 400, "50002"),
        ("{}", "text/plain", 400, "50006"),
    ],
)
def test_a_bad_body_is_refused(client: OkxClient, body: str, content_type: str, status: int, code: str) -> None:
    target = "/api/v5/trade/order"
    headers = client.headers("POST", target, body) | {"Content-Type": content_type}
    got, answer = client.raw("POST", target, headers, body)
    assert (got, answer["code"]) == (status, code)


def test_an_unknown_path_and_a_wrong_method_are_told_apart(client: OkxClient) -> None:
    assert client.raw("GET", "/api/v5/no/such", {})[0] == 404
    status, answer = client.raw("DELETE", "/api/v5/market/books", {})
    assert (status, answer["code"]) == (405, "50115")


def test_an_unfilled_canceled_order_is_forgotten_after_two_hours(client: OkxClient) -> None:
    row = client.order()
    client.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": row["ordId"]})
    history = client.get("trade/orders-history?instType=SPOT&state=canceled", KEY)[1]["data"]
    assert [item["ordId"] for item in history] == [row["ordId"]]
    client.clock.move(7201)
    assert client.get("trade/orders-history?instType=SPOT&state=canceled", KEY)[1]["data"] == []
    assert client.get(f"trade/order?instId=BTC-USDT&ordId={row['ordId']}", KEY)[1]["code"] == "51603"


def test_histories_are_paged_newest_first(client: OkxClient) -> None:
    _, ask = client.top()
    ids = [client.order(sz="0.001", px=str(ask))["ordId"] for _ in range(5)]
    path = "trade/orders-history?instType=SPOT&limit=2"
    first = [item["ordId"] for item in client.get(path, KEY)[1]["data"]]
    second = [item["ordId"] for item in client.get(f"{path}&after={first[-1]}", KEY)[1]["data"]]
    assert first + second == ids[:0:-1]


def test_an_order_meets_its_own_resting_order_by_canceling_it(client: OkxClient) -> None:
    bid, _ = client.top()
    maker = client.order(side="sell", px=str(bid + Decimal("0.1")), sz="0.01")
    client.order(px=str(bid + Decimal("0.1")), sz="0.01")
    found = client.find(maker["ordId"])
    assert (found["state"], found["cancelSource"]) == ("canceled", "36")
