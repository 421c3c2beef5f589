"""Request limits: each endpoint has one, counted by whom it says, over a sliding window."""

from __future__ import annotations

import pytest

from simvenue.face.limit import Limit, Scope, Window
from simvenue.okx.limit import LIMITS
from simvenue.okx.rest import ENDPOINTS
from support.okx_client import OkxClient
from support.simvenue_process import DEMO_KEY, KEY


def test_every_endpoint_has_a_limit() -> None:
    assert set(LIMITS) == set(ENDPOINTS)


@pytest.mark.parametrize(
    ("path", "count", "window_s"),
    [("market/tickers?instType=SPOT", 20, 2), ("market/books?instId=BTC-USDT", 40, 2), ("public/time", 10, 2)],
)
def test_a_public_endpoint_answers_429_beyond_its_limit_and_recovers(path: str, count: int, window_s: int) -> None:
    client = OkxClient(steps=1)
    assert all(client.get(path)[0] == 200 for _ in range(count))
    status, answer = client.get(path)
    assert (status, answer["code"]) == (429, "50011")
    client.clock.move(window_s)
    assert client.get(path)[0] == 200


def test_balance_is_limited_by_user_and_currencies_by_the_second() -> None:
    client = OkxClient(steps=1)
    assert all(client.get("account/balance", KEY)[0] == 200 for _ in range(10))
    assert client.get("account/balance", KEY)[0] == 429
    assert client.get("account/balance", DEMO_KEY)[0] == 200
    assert [client.get("asset/currencies", KEY)[0] for _ in range(7)] == [200] * 6 + [429]


def test_orders_are_limited_by_user_and_instrument_and_a_batch_of_one_counts_as_one_order() -> None:
    client = OkxClient(steps=1)
    body = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.00001", "px": "30000"}
    for _ in range(30):
        assert client.post("trade/order", body)[0] == 200
        assert client.post("trade/batch-orders", [body])[0] == 200
    assert client.post("trade/order", body)[0] == 429
    assert client.post("trade/batch-orders", [body])[0] == 429
    assert client.post("trade/batch-orders", [body, body])[0] == 200
    assert client.post("trade/order", body | {"instId": "ETH-USDT", "sz": "0.001", "px": "2000"})[0] == 200
    assert client.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": "1"})[0] == 200


def test_a_refused_request_takes_nothing_from_the_window() -> None:
    window = Window(Limit(2, 1, Scope.USER))
    second = 1_000_000_000
    assert [window.admit(0), window.admit(second // 2), window.admit(second // 2)] == [True, True, False]
    assert [window.admit(second), window.admit(second)] == [True, False]
    assert not window.admit(5 * second, cost=3)
    assert window.admit(5 * second, cost=2)


def test_a_request_with_a_bad_signature_is_refused_before_it_is_counted() -> None:
    client = OkxClient(steps=1)
    wrong = {**KEY, "secret": "wrong"}
    assert {client.get("account/balance", wrong)[0] for _ in range(15)} == {401}
    assert client.get("account/balance", KEY)[0] == 200
