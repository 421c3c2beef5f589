"""Bybit's request limits: per second and user (10006 with headers), per address (403 and a ban), new connections."""

from __future__ import annotations

import json

import pytest

from simvenue.bybit.limit import CONNECTIONS, LIMITS
from simvenue.bybit.rest import ENDPOINTS
from support.bybit_client import KEY, READ_KEY, BybitClient, headers_of


@pytest.fixture
def client() -> BybitClient:
    return BybitClient()


def codes(client: BybitClient, path: str, count: int) -> list[int]:
    return [client.get(path)["retCode"] for _ in range(count)]


def test_every_private_endpoint_has_a_limit() -> None:
    assert {name for name, endpoint in ENDPOINTS.items() if endpoint.permission} == set(LIMITS)


def test_the_51st_read_within_a_second_is_refused_and_the_next_second_is_free(client: BybitClient) -> None:
    assert codes(client, "order/realtime?category=spot", 51) == [0] * 50 + [10006]
    client.clock.move(0.999)
    assert codes(client, "order/realtime?category=spot", 1) == [10006]
    client.clock.move(0.002)
    assert codes(client, "order/realtime?category=spot", 50) == [0] * 50


def test_headers_count_down_and_say_when_it_is_free_again(client: BybitClient) -> None:
    headers = []
    for _ in range(12):
        answer = client.send("order/amend", {"category": "spot"})
        names = ("X-Bapi-Limit", "X-Bapi-Limit-Status", "X-Bapi-Limit-Reset-Timestamp")
        headers.append([int(answer.headers[name]) for name in names])
        client.clock.move(0.01)
    assert [row[:2] for row in headers[:10]] == [[10, left] for left in range(9, -1, -1)]
    first = client.millis - 120
    assert [row[2] for row in headers[:10]] == [first + 10 * n for n in range(10)]
    assert headers[10:] == [[10, 0, first + 1000]] * 2
    refused = json.loads(answer.body)
    assert (refused["retCode"], refused["retMsg"]) == (10006, "Too many visits. Exceeded the API Rate Limit.")


def test_orders_of_a_batch_count_one_by_one(client: BybitClient) -> None:
    batch = {"category": "spot", "request": [client.fields()] * 7}
    assert [client.post("order/create-batch", batch)["retCode"] for _ in range(3)] == [0, 0, 10006]
    assert client.send("order/create-batch", {**batch, "request": batch["request"][:6]}).headers["X-Bapi-Limit-Status"] == "0"


def test_limits_are_counted_for_each_account_and_endpoint(client: BybitClient) -> None:
    body = {"category": "spot", "symbol": "BTCUSDT", "orderId": "1"}
    assert [client.post("order/cancel", body)["retCode"] for _ in range(21)] == [170213] * 20 + [10006]
    assert client.create()["retCode"] == 0
    assert client.get("order/realtime?category=spot", READ_KEY)["retCode"] == 0


def test_a_refused_key_does_not_use_up_the_limit(client: BybitClient) -> None:
    for _ in range(30):
        client.raw("GET", "/v5/user/query-api", headers_of(KEY, client.millis, "") | {"X-BAPI-SIGN": "0"})
    assert codes(client, "user/query-api", 11) == [0] * 10 + [10006]


def status(client: BybitClient, address: str = "127.0.0.1") -> int:
    return client.raw("GET", "/v5/market/time", {}, "", address).status


def test_an_address_that_sends_601_requests_in_five_seconds_is_banned_for_ten_minutes(client: BybitClient) -> None:
    assert [status(client) for _ in range(601)] == [200] * 600 + [403]
    assert status(client, "10.0.0.1") == 200
    client.clock.move(30)
    banned = client.raw("GET", "/v5/market/time", {})
    assert (banned.status, banned.body, banned.content_type) == (403, b"access too frequent", "text/plain")
    client.clock.move(569)
    assert status(client) == 403
    client.clock.move(2)
    assert [status(client) for _ in range(600)] == [200] * 600


def test_the_length_of_a_ban_can_be_set(client: BybitClient) -> None:
    client.face.guard.ban_s = 1.5
    for _ in range(601):
        status(client)
    client.clock.move(1.4)
    assert status(client) == 403
    client.clock.move(5)
    assert status(client) == 200


def test_six_hundred_requests_may_come_again_every_five_seconds(client: BybitClient) -> None:
    for _ in range(3):
        assert {status(client) for _ in range(600)} == {200}
        client.clock.move(5.001)


def test_the_501st_connection_within_five_minutes_is_refused(client: BybitClient) -> None:
    refused = [client.face.refuse_connection("127.0.0.1", client.clock.monotonic()) for _ in range(CONNECTIONS.count + 1)]
    assert refused[:-1] == [None] * 500
    assert refused[-1] is not None
    assert (refused[-1].status, refused[-1].body) == (403, b"access too frequent")
    client.clock.move(301)
    assert client.face.refuse_connection("127.0.0.1", client.clock.monotonic()) is None


def test_without_limits_nothing_is_refused(client: BybitClient) -> None:
    client.face.is_limited = False
    assert set(codes(client, "account/fee-rate?category=spot", 700)) == {0}
    assert client.face.refuse_connection("127.0.0.1", 0) is None
