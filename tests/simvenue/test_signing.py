"""Signatures: published vectors, the order of the checks, and that any changed byte is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simvenue.face.request import RawRequest
from simvenue.keys import read_keys
from simvenue.okx.auth import authenticate, login
from simvenue.okx.code import OkxError
from simvenue.okx.sign import login_signature, signature
from support.okx_client import OkxClient, okx_timestamp, sign
from support.simvenue_process import DEMO_KEY, KEY, READ_KEY

AT = 1_607_418_537_715_000_000
TIMESTAMP = "2020-12-08T09:08:57.715Z"
DOC_SECRET = "22582BD0CFF14C41EDBF1AB98506286D"
LEVERAGE = '{"instId":"BTC-USDT","lever":"5","mgnMode":"isolated"}'
VECTORS = [
    pytest.param(
        "chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO",
        "GET",
        "/api/v5/account/balance",
        "",
        "PJ61e1nb2F2Qd7D8SPiaIcx2gjdELc+o0ygzre9z33k=",
        id="O1",
    ),
    pytest.param(
        DOC_SECRET, "GET", "/api/v5/account/balance?ccy=BTC", "", "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY=", id="O2"
    ),
    pytest.param(
        DOC_SECRET, "POST", "/api/v5/account/set-leverage", LEVERAGE, "eCnnCgWLjlQ9XnpUkrcny3qNq3WW/81KNrDr/XR6Xv8=", id="O3"
    ),
]


@pytest.mark.parametrize(("secret", "method", "target", "body", "expected"), VECTORS)
def test_a_published_vector_is_accepted_by_the_verifier(secret: str, method: str, target: str, body: str, expected: str) -> None:
    assert signature(secret, TIMESTAMP, method, target.encode(), body.encode()) == expected
    ring = read_keys(json.dumps({"keys": [{"apiKey": "k", "secret": secret, "password": "1234567890"}]}), "vector")
    headers = {
        "ok-access-key": "k",
        "ok-access-passphrase": "1234567890",
        "ok-access-sign": expected,
        "ok-access-timestamp": TIMESTAMP,
    }
    assert authenticate(RawRequest(method, target.encode(), headers, body.encode(), ""), ring, AT).api_key == "k"


def test_the_published_login_vector_is_reproduced() -> None:
    assert login_signature(DOC_SECRET, "1538054050") == "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="


def signed(client: OkxClient, method: str, target: str, body: str, key: dict[str, Any] = KEY) -> dict[str, str]:
    return client.headers(method, target, body, key)


CLIENT = OkxClient(steps=1)
TARGET, BODY = "/api/v5/trade/cancel-order", '{"instId": "BTC-USDT", "ordId": "1"}'


def refused(headers: dict[str, str], method: str = "POST", target: str = TARGET, body: str = BODY) -> str:
    status, answer = CLIENT.raw(method, target, headers, body)
    assert status == 401
    assert answer["data"] == []
    return str(answer["code"])


def test_an_untouched_request_is_let_through() -> None:
    CLIENT.clock.move(3)
    status, answer = CLIENT.raw("POST", TARGET, signed(CLIENT, "POST", TARGET, BODY), BODY)
    assert (status, answer["data"][0]["sCode"]) == (200, "51400")


@settings(max_examples=150, deadline=None)
@given(part=st.sampled_from(["query", "body", "sign", "key", "passphrase"]), place=st.integers(0, 400), flip=st.integers(1, 127))
def test_one_flipped_character_anywhere_is_refused(part: str, place: int, flip: int) -> None:
    target, body = TARGET + "?a=1&b=two", BODY
    headers = signed(CLIENT, "POST", target, body)

    def flipped(text: str) -> str:
        at = place % len(text)
        return text[:at] + chr(ord(text[at]) ^ flip) + text[at + 1 :]

    if part == "query":
        head, tail = target.split("?")
        target = f"{head}?{flipped(tail)}"
    elif part == "body":
        body = flipped(body)
    else:
        name = f"OK-ACCESS-{part.upper()}"
        headers[name] = flipped(headers[name])
    expected = {"key": "50111", "passphrase": "50105"}.get(part, "50113")
    assert refused(headers, target=target, body=body) == expected


def test_a_signature_for_another_path_or_method_is_refused() -> None:
    assert refused(signed(CLIENT, "POST", "/api/v5/trade/order", BODY)) == "50113"
    assert refused(signed(CLIENT, "GET", TARGET, BODY)) == "50113"


def test_a_timestamp_that_was_not_signed_is_refused() -> None:
    headers = signed(CLIENT, "POST", TARGET, BODY)
    headers["OK-ACCESS-TIMESTAMP"] = okx_timestamp(CLIENT.clock.wall + 1_000_000_000)
    assert refused(headers) == "50113"


@pytest.mark.parametrize(
    ("header", "code"),
    [
        ("OK-ACCESS-KEY", "50103"),
        ("OK-ACCESS-PASSPHRASE", "50104"),
        ("OK-ACCESS-SIGN", "50106"),
        ("OK-ACCESS-TIMESTAMP", "50107"),
    ],
)
def test_a_missing_header_is_named(header: str, code: str) -> None:
    headers = signed(CLIENT, "POST", TARGET, BODY)
    del headers[header]
    assert refused(headers) == code


@pytest.mark.parametrize(("offset_s", "is_refused"), [(29.0, False), (-29.0, False), (31.0, True), (-31.0, True)])
def test_a_timestamp_is_good_for_thirty_seconds_either_way(offset_s: float, is_refused: bool) -> None:
    CLIENT.clock.move(3)
    headers = signed(CLIENT, "POST", TARGET, BODY)
    timestamp = okx_timestamp(CLIENT.clock.wall + int(offset_s * 1e9))
    headers |= {"OK-ACCESS-TIMESTAMP": timestamp, "OK-ACCESS-SIGN": sign(KEY["secret"], timestamp + "POST" + TARGET + BODY)}
    status, answer = CLIENT.raw("POST", TARGET, headers, BODY)
    assert (answer["code"] == "50102", status == 401) == (is_refused, is_refused)


@pytest.mark.parametrize(
    "timestamp", ["1607418537", "2020-12-08 09:08:57.715Z", "2020-13-45T09:08:57.715Z", "now", "2020-12-08T09:08:57"]
)
def test_a_malformed_timestamp_is_refused(timestamp: str) -> None:
    headers = signed(CLIENT, "POST", TARGET, BODY)
    headers |= {"OK-ACCESS-TIMESTAMP": timestamp, "OK-ACCESS-SIGN": sign(KEY["secret"], timestamp + "POST" + TARGET + BODY)}
    assert refused(headers) == "50112"


def test_a_demo_key_and_the_demo_header_belong_together() -> None:
    live = signed(CLIENT, "POST", TARGET, BODY) | {"x-simulated-trading": "1"}
    assert refused(live) == "50101"
    demo = signed(CLIENT, "POST", TARGET, BODY, DEMO_KEY)
    assert CLIENT.raw("POST", TARGET, demo, BODY)[0] == 200
    del demo["x-simulated-trading"]
    assert refused(demo) == "50101"


def test_a_key_without_trade_permission_reads_but_does_not_trade() -> None:
    CLIENT.clock.move(3)
    assert CLIENT.get("account/balance", READ_KEY)[1]["code"] == "0"
    status, answer = CLIENT.post("trade/order", {"instId": "BTC-USDT"}, READ_KEY)
    assert (status, answer["code"]) == (200, "50120")
    assert CLIENT.get("account/config", READ_KEY)[1]["data"][0]["perm"] == "read_only"


def login_argument(**changes: Any) -> dict[str, Any]:
    timestamp = changes.pop("timestamp", "1800000000")
    text = f"{timestamp}GET/users/self/verify"
    return {
        "apiKey": KEY["apiKey"],
        "passphrase": KEY["password"],
        "timestamp": timestamp,
        "sign": sign(KEY["secret"], text),
    } | changes


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"apiKey": "nobody"}, "60005"),
        ({"passphrase": "wrong"}, "60024"),
        ({"sign": "AAAA"}, "60007"),
        ({"sign": ""}, "60009"),
        ({"timestamp": "1799999960"}, "60006"),
        ({"timestamp": "soon"}, "60004"),
        ({"apiKey": DEMO_KEY["apiKey"]}, "50101"),
    ],
)
def test_a_bad_login_is_refused_with_its_code(changes: dict[str, Any], code: str) -> None:
    ring = read_keys(json.dumps({"keys": [KEY, DEMO_KEY]}), "test")
    with pytest.raises(OkxError) as caught:
        login(login_argument(**changes), ring, 1_800_000_000_000_000_000, demo=False, address="127.0.0.1")
    assert caught.value.code == code


@pytest.mark.parametrize("timestamp", ["1800000001", 1800000001])
def test_a_login_timestamp_may_be_text_or_a_number(timestamp: object) -> None:
    ring = read_keys(json.dumps({"keys": [KEY]}), "test")
    assert (
        login(login_argument(timestamp=timestamp), ring, 1_800_000_000_000_000_000, demo=False, address="127.0.0.1").api_key
        == KEY["apiKey"]
    )
