"""Bybit signatures: published vectors, the time window, what keys may do, and that any changed byte is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simvenue.bybit.auth import authenticate, login
from simvenue.bybit.code import BybitError
from simvenue.bybit.sign import login_signature, signature
from simvenue.face.request import RawRequest
from simvenue.keys import read_keys
from support.bybit_client import BOUND_KEY, EXPIRED_KEY, KEY, READ_KEY, BybitClient, headers_of, sign

AT = 1_700_000_000_000
RING = read_keys(json.dumps({"keys": [{"apiKey": "test_api_key", "secret": "test_secret"}]}), "vectors")
QUERY = "category=linear&symbol=BTCUSDT"
SPACED = '{"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "test-order-1"}'
COMPACT = '{"category":"linear","symbol":"BTCUSDT","orderLinkId":"test-order-1"}'
VECTORS = [
    pytest.param("GET", QUERY, "", "fd4f31228a46109dc6673062328693696df9a96c7ff04e6491a45e7f63a0fdd7", id="B1"),
    pytest.param("POST", "", SPACED, "2df4a0603d69c08d5dea29ba85b46eb7db64ce9e9ebd34a7802a3d69700cb2a1", id="B2"),
    pytest.param("POST", "", COMPACT, "ac0533668112246c285a42b95f4a57c6f147e34a15723b88fa356f7687c7c87e", id="B2-compact"),
]
B3 = "bacffe7500499eb829bb58c45d36d1b3e5ac67c14eaeba91df5e99ccee013925"


@pytest.mark.parametrize(("method", "query", "body", "expected"), VECTORS)
def test_a_published_vector_is_accepted_by_the_verifier(method: str, query: str, body: str, expected: str) -> None:
    assert signature("test_secret", str(AT), "test_api_key", "5000", (query or body).encode()) == expected
    headers = {
        "x-bapi-api-key": "test_api_key",
        "x-bapi-timestamp": str(AT),
        "x-bapi-recv-window": "5000",
        "x-bapi-sign": expected,
    }
    target = b"/v5/order/realtime" + (f"?{query}".encode() if query else b"")
    request = RawRequest(method, target, headers, body.encode(), "127.0.0.1")
    assert authenticate(request, RING, AT * 1_000_000).api_key == "test_api_key"


def test_the_published_login_vector_is_accepted() -> None:
    assert login_signature("test_secret", str(AT)) == B3
    for expires in (AT, str(AT)):  # pybit sends a number, CCXT a text
        assert login(["test_api_key", expires, B3], RING, (AT - 1) * 1_000_000, "127.0.0.1").api_key == "test_api_key"


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["test_api_key", str(AT), B3[:-1] + "6"], id="signature"),
        pytest.param(["test_api_key", str(AT + 1), B3], id="expires"),
        pytest.param(["test_api_keY", str(AT), B3], id="key"),
        pytest.param(["test_api_key", str(AT)], id="too few"),
        pytest.param(["test_api_key", True, B3], id="not a time"),
        pytest.param("test_api_key", id="not a list"),
    ],
)
def test_a_login_with_anything_else_is_refused(arguments: object) -> None:
    with pytest.raises(BybitError):
        login(arguments, RING, (AT - 1) * 1_000_000, "127.0.0.1")


def test_a_login_that_has_expired_is_refused() -> None:
    with pytest.raises(BybitError, match="Params Error"):
        login(["test_api_key", str(AT), B3], RING, AT * 1_000_000, "127.0.0.1")


@pytest.fixture(scope="module")
def client() -> BybitClient:
    return BybitClient(has_limits=False)


def code_of(client: BybitClient, method: str, target: str, headers: dict[str, str], body: str = "") -> int:
    """Return the retCode, or the HTTP status of an answer without one."""
    answer = client.raw(method, target, headers, body)
    return int(json.loads(answer.body)["retCode"]) if answer.status == 200 else answer.status


FIELDS = ("target", "body", "X-BAPI-API-KEY", "X-BAPI-TIMESTAMP", "X-BAPI-RECV-WINDOW", "X-BAPI-SIGN")


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_one_changed_byte_anywhere_is_refused(client: BybitClient, data: st.DataObject) -> None:
    method = data.draw(st.sampled_from(["GET", "POST"]))
    query, body = ("category=spot&limit=5", "") if method == "GET" else ("", '{"category": "spot", "symbol": "BTCUSDT"}')
    path = "/v5/order/realtime" if method == "GET" else "/v5/order/cancel-all"
    headers = headers_of(KEY, client.millis, query or body)
    assert code_of(client, method, f"{path}?{query}" if query else path, headers, body) == 0
    field = data.draw(st.sampled_from([name for name in FIELDS if (name, method) not in (("body", "GET"), ("target", "POST"))]))
    original = {"target": query, "body": body}.get(field) or headers[field]
    index = data.draw(st.integers(0, len(original) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126).filter(lambda c: c != original[index]))
    changed = original[:index] + other + original[index + 1 :]
    if field in headers:
        headers[field] = changed
    elif field == "target":
        query = changed
    else:
        body = changed
    target = f"{path}?{query}" if query else path
    assert code_of(client, method, target, headers, body) in (10001, 10002, 10003, 10004)


@pytest.mark.parametrize(
    ("offset", "window", "code"),
    [(-5000, "5000", 0), (-5001, "5000", 10002), (999, "5000", 0), (1000, "5000", 10002), (-9000, "10000", 0), (-1, "0", 10002)],
)
def test_the_timestamp_must_lie_in_the_window(client: BybitClient, offset: int, window: str, code: int) -> None:
    headers = headers_of(KEY, client.millis + offset, "", window)
    assert code_of(client, "GET", "/v5/user/query-api", headers) == code


@pytest.mark.parametrize(("offset", "window", "code"), [(9, "50", 0), (10, "50", 10002), (-50, "50", 0), (-51, "50", 10002)])
def test_at_another_time_scale_a_timestamp_may_be_ahead_that_much_less(offset: int, window: str, code: int) -> None:
    client = BybitClient(has_limits=False, time_scale=100)
    headers = headers_of(KEY, client.millis + offset, "", window)
    assert json.loads(client.raw("GET", "/v5/account/info", headers).body)["retCode"] == code


def test_the_window_complaint_names_all_three_numbers(client: BybitClient) -> None:
    stale = client.millis - 60_000
    answer = json.loads(client.raw("GET", "/v5/user/query-api", headers_of(KEY, stale, "")).body)
    expected = f"req_timestamp[{stale}],server_timestamp[{client.millis}],recv_window[5000]"
    assert answer["retMsg"] == f"invalid request, please check your server timestamp or recv_window param. {expected}"


def test_without_a_window_header_five_seconds_are_meant_and_nothing_is_signed_for_it(client: BybitClient) -> None:
    for offset, code in ((-5000, 0), (-5001, 10002)):
        timestamp = client.millis + offset
        headers = {"X-BAPI-API-KEY": KEY.api_key, "X-BAPI-TIMESTAMP": str(timestamp)}
        headers["X-BAPI-SIGN"] = sign(KEY.secret, f"{timestamp}{KEY.api_key}")
        assert code_of(client, "GET", "/v5/user/query-api", headers) == code


@pytest.mark.parametrize("missing", ["X-BAPI-API-KEY", "X-BAPI-TIMESTAMP", "X-BAPI-SIGN"])
def test_a_private_request_without_its_headers_is_401(client: BybitClient, missing: str) -> None:
    headers = headers_of(KEY, client.millis, "")
    del headers[missing]
    answer = client.raw("GET", "/v5/user/query-api", headers)
    assert (answer.status, answer.body) == (401, b"")


def test_a_bad_secret_is_told_what_should_have_been_signed_and_nothing_secret(client: BybitClient) -> None:
    headers = headers_of(KEY, client.millis, "category=spot") | {"X-BAPI-SIGN": "0" * 64}
    answer = client.raw("GET", "/v5/order/realtime?category=spot", headers)
    document = json.loads(answer.body)
    assert (document["retCode"], document["retMsg"]) == (
        10004,
        f"error sign! origin_string[{client.millis}{KEY.api_key}5000category=spot]",
    )
    assert KEY.secret.encode() not in answer.body


def test_keys_that_are_unknown_expired_or_used_from_elsewhere_are_refused(client: BybitClient) -> None:
    assert code_of(client, "GET", "/v5/user/query-api", headers_of(KEY, client.millis, "") | {"X-BAPI-API-KEY": "no"}) == 10003
    assert client.get("user/query-api", EXPIRED_KEY)["retCode"] == 33004
    refused = client.get("user/query-api", BOUND_KEY)
    assert (refused["retCode"], refused["retMsg"]) == (10010, "Unmatched IP, please check your API key's bound IP addresses.")
    for address in ("10.9.8.7", "192.0.2.7"):
        assert client.get("user/query-api", BOUND_KEY, address)["retCode"] == 0


def test_a_read_only_key_reads_and_never_trades(client: BybitClient) -> None:
    assert client.get("account/wallet-balance?accountType=UNIFIED", READ_KEY)["retCode"] == 0
    for path in ("create", "create-batch", "amend", "cancel", "cancel-batch", "cancel-all", "disconnected-cancel-all"):
        answer = client.post(f"order/{path}", {"category": "spot", "symbol": "BTCUSDT"}, READ_KEY)
        assert (answer["retCode"], answer["retMsg"]) == (10005, "Permission denied, please check your API key permissions.")


@pytest.mark.parametrize(
    ("key", "address", "expected"),
    [
        (KEY, "127.0.0.1", {"readOnly": 0, "ips": ["*"], "uta": 1}),
        (READ_KEY, "127.0.0.1", {"readOnly": 1, "ips": ["*"], "uta": 1}),
        (BOUND_KEY, "192.0.2.7", {"readOnly": 0, "ips": ["10.0.0.0/8", "192.0.2.7"], "uta": 1}),
    ],
)
def test_a_key_learns_what_it_may_do(client: BybitClient, key: Any, address: str, expected: dict[str, Any]) -> None:
    result = client.get("user/query-api", key, address)["result"]
    assert {name: result[name] for name in expected} == expected
    assert (result["apiKey"], result["secret"]) == (key.api_key, "")
    assert (result["permissions"]["Spot"], result["permissions"]["Wallet"]) == (["SpotTrade"], [])
