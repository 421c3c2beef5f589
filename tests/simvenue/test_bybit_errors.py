"""What Bybit says when something is wrong: paths, bodies, refusals, and the faults a test can order."""

from __future__ import annotations

import json
from typing import Any

import pytest

from simvenue.bybit import code
from simvenue.errors import UsageError
from simvenue.exchange.refusal import Reason
from support.bybit_client import KEY, BybitClient, headers_of
from support.venue_process import VenueProcess, new_key, venue_process


@pytest.fixture(scope="module")
def client() -> BybitClient:
    return BybitClient(has_limits=False)


@pytest.mark.parametrize("table", [code.PLACE, code.AMEND])
def test_every_refusal_has_a_code_and_every_code_a_text(table: dict[Reason, int]) -> None:
    assert set(table) == set(Reason)
    assert all(code.MESSAGES[number] for number in table.values())


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/v5/market/nothing"),
        ("POST", "/v5/market/time"),
        ("GET", "/v5/order/create"),
        ("GET", "/v3/market/time"),
        ("GET", "/market/time"),
        ("GET", "/"),
    ],
)
def test_an_unknown_path_is_404(client: BybitClient, method: str, target: str) -> None:
    assert client.raw(method, target, headers_of(KEY, client.millis, "")).status == 404


def test_a_get_with_a_body_is_forbidden(client: BybitClient) -> None:
    assert client.raw("GET", "/v5/market/time", {}, "{}").status == 403


@pytest.mark.parametrize("body", ["", "[]", "{", "null", '"x"'])
def test_a_body_that_is_no_object_is_a_parameter_error(client: BybitClient, body: str) -> None:
    answer = client.raw("POST", "/v5/order/create", headers_of(KEY, client.millis, body), body)
    assert (answer.status, json.loads(answer.body)["retCode"]) == (200, 10001)


def test_errors_come_in_the_same_envelope_as_results(client: BybitClient) -> None:
    for document in (client.get("market/time", None), client.get("market/tickers", None), client.create(side="x")):
        assert set(document) == {"retCode", "retMsg", "result", "retExtInfo", "time"}
        assert (document["retExtInfo"], document["time"]) == ({}, client.millis)


@pytest.mark.parametrize(
    ("kind", "text", "status", "expected"),
    [
        ("throttle", "", None, (200, 10006)),
        ("throttle", "", 429, (429, 10006)),
        ("maintenance", "", None, (200, 10016)),
        ("error", "170007", None, (200, 170007)),
        ("error", "10000", 500, (500, 10000)),
        ("error", "987654", None, (200, 987654)),
    ],
)
def test_faults_are_spoken_in_bybits_words(
    client: BybitClient, kind: str, text: str, status: int | None, expected: tuple[int, int]
) -> None:
    answer = client.face.spoken_fault(kind, text, status, 2.0)
    document = json.loads(answer.body)
    assert (answer.status, document["retCode"], document["result"]) == (*expected, {})
    assert document["retMsg"]
    assert answer.headers["Retry-After"] == "2"


def test_a_fault_whose_code_is_no_number_is_named(client: BybitClient) -> None:
    with pytest.raises(UsageError, match="code 'EAPI' is not a retCode"):
        client.face.spoken_fault("error", "EAPI", None, None)


def test_a_throttle_fault_carries_the_headers_of_a_real_one(client: BybitClient) -> None:
    client.get("market/time", None)
    headers = client.face.spoken_fault("throttle", "", None, 3.0).headers
    assert (headers["X-Bapi-Limit-Status"], int(headers["X-Bapi-Limit-Reset-Timestamp"])) == ("0", client.millis + 3000)


def test_a_ban_is_forbidden_in_plain_text(client: BybitClient) -> None:
    answer = client.face.spoken_fault("ban", "", None, None)
    assert (answer.status, answer.body, answer.content_type, answer.headers) == (403, b"access too frequent", "text/plain", {})


@pytest.mark.parametrize(("path", "expected"), [("create-batch", 170149), ("cancel-batch", 170150)])
def test_a_partial_batch_shows_its_first_operation_as_failed(client: BybitClient, path: str, expected: int) -> None:
    rows: list[dict[str, Any]] = [client.fields(orderLinkId=f"{path}{n}") for n in range(2)]
    if path == "cancel-batch":
        rows = [{"symbol": "BTCUSDT", "orderId": client.placed()} for _ in range(2)]
    whole = client.send(f"order/{path}", {"category": "spot", "request": rows})
    document = json.loads(client.face.partial(whole).body)
    assert [row["code"] for row in document["retExtInfo"]["list"]] == [expected, 0]
    assert [bool(row["orderId"]) for row in document["result"]["list"]] == [False, True]
    single = client.send("order/cancel-all", {"category": "spot"})
    assert client.face.partial(single) is single


@pytest.fixture(scope="module")
def venue() -> Any:
    with venue_process("--symbol=BTC/USDT", keys=[new_key(dialect="bybit")], dialect="bybit", speed="1") as process:
        yield process


CASES = [
    ("10003", "AuthenticationError"),
    ("33004", "AuthenticationError"),
    ("10004", "AuthenticationError"),
    ("10005", "PermissionDenied"),
    ("10010", "PermissionDenied"),
    ("10002", "InvalidNonce"),
    ("10006", "RateLimitExceeded"),
    ("10018", "RateLimitExceeded"),
    ("170222", "RateLimitExceeded"),
    ("10429", "ExchangeError"),
    ("170005", "InvalidOrder"),
    ("170131", "InsufficientFunds"),
    ("110007", "InsufficientFunds"),
    ("170213", "OrderNotFound"),
    ("110001", "OrderNotFound"),
    ("170142", "InvalidOrder"),
    ("170134", "InvalidOrder"),
    ("170193", "InvalidOrder"),
    ("170140", "InvalidOrder"),
    ("170124", "InvalidOrder"),
    ("170141", "InvalidOrder"),
    ("110072", "InvalidOrder"),
    ("170218", "InvalidOrder"),
    ("10016", "ExchangeError"),
    ("10000", "ExchangeError"),
    ("170007", "RequestTimeout"),
    ("170121", "InvalidOrder"),
]


@pytest.mark.integration
async def test_ccxt_understands_each_code_as_it_understands_the_exchange(venue: VenueProcess) -> None:
    import ccxt

    from support.bybit_judges import ccxt_client

    async with ccxt_client(venue) as exchange:
        for number, expected in CASES:
            venue.add_fault("error", code=number, match="/v5/account/wallet-balance", count=1)
            with pytest.raises(ccxt.BaseError) as raised:
                await exchange.fetch_balance()
            assert (number, type(raised.value).__name__) == (number, expected)
        for kind, expected in (("throttle", "RateLimitExceeded"), ("ban", "RateLimitExceeded"), ("maintenance", "ExchangeError")):
            venue.add_fault(kind, match="/v5/account/wallet-balance", count=1)
            with pytest.raises(ccxt.BaseError) as raised:
                await exchange.fetch_balance()
            assert (kind, type(raised.value).__name__) == (kind, expected)
        assert (await exchange.fetch_balance())["total"]["USDT"]
