"""Faults on demand: each does what it says, as often as it says, where it says."""

from __future__ import annotations

import http.client
import json
import socket
import struct
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from simvenue.errors import UsageError
from simvenue.server.fault import FaultBook, FaultKind, fault_from, parse_fault
from support.okx_client import okx_timestamp, sign
from support.simvenue_process import KEY, VenueProcess, venue_process


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    with venue_process("--speed=max") as process:
        yield process


def call(
    venue: VenueProcess, method: str, path: str, body: str = "", headers: dict[str, str] | None = None
) -> tuple[int, http.client.HTTPMessage, bytes]:
    connection = http.client.HTTPConnection(urlsplit(venue.rest).netloc, timeout=5)
    try:
        connection.request(method, path, body=body or None, headers=headers or {})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


def control(venue: VenueProcess, method: str, path: str, document: object = None) -> dict[str, Any]:
    return dict(json.loads(call(venue, method, f"/sim/v1/{path}", "" if document is None else json.dumps(document))[2]))


def signed(method: str, path: str, body: str) -> dict[str, str]:
    stamp = okx_timestamp(time.time_ns())
    return {
        "OK-ACCESS-KEY": str(KEY["apiKey"]),
        "OK-ACCESS-PASSPHRASE": str(KEY["password"]),
        "OK-ACCESS-TIMESTAMP": stamp,
        "OK-ACCESS-SIGN": sign(str(KEY["secret"]), stamp + method + path + body),
        "Content-Type": "application/json",
    }


def place(venue: VenueProcess, client_id: str, deadline_ms: int | None = None) -> tuple[int, http.client.HTTPMessage, bytes]:
    order = {
        "instId": "BTC-USDT",
        "tdMode": "cash",
        "side": "buy",
        "ordType": "limit",
        "sz": "0.01",
        "px": "20000",
        "clOrdId": client_id,
    }
    body = json.dumps(order)
    deadline = {} if deadline_ms is None else {"expTime": str(time.time_ns() // 1_000_000 + deadline_ms)}
    return call(venue, "POST", "/api/v5/trade/order", body, signed("POST", "/api/v5/trade/order", body) | deadline)


def accepted(venue: VenueProcess) -> list[str]:
    return [order["client_order_id"] for order in control(venue, "GET", "orders")["orders"]]


TIME = "/api/v5/public/time"


@pytest.fixture(autouse=True)
def no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "venue" in request.fixturenames:
        control(request.getfixturevalue("venue"), "DELETE", "faults")


@pytest.mark.integration
@pytest.mark.parametrize(
    ("fault", "status", "kind", "says"),
    [
        ({"kind": "http_429", "retry_after": 3}, 429, "text/plain", b"Too Many"),
        ({"kind": "throttle"}, 429, "application/json", b'"50011"'),
        ({"kind": "throttle", "status": 200}, 200, "application/json", b'"50011"'),
        ({"kind": "html"}, 200, "text/html", b"<html>"),
        ({"kind": "http_500"}, 500, "text/plain", b"Internal"),
        ({"kind": "http_503"}, 503, "text/plain", b"Unavailable"),
        ({"kind": "empty"}, 200, "application/json", b""),
    ],
)
def test_a_fault_answers_as_it_says_once_and_the_order_is_never_placed(
    venue: VenueProcess, fault: dict[str, Any], status: int, kind: str, says: bytes
) -> None:
    time.sleep(0.05)
    name = f"never{fault['kind'].replace('_', '')}{status}"
    control(venue, "POST", "faults", {**fault, "count": 1, "match": "/api/v5/trade/*"})
    got, headers, body = place(venue, name)
    assert (got, headers.get_content_type()) == (status, kind)
    assert says in body
    assert (body == b"") == (fault["kind"] == "empty")
    assert headers.get("Retry-After") == ("3" if fault["kind"] == "http_429" else None)
    assert name not in accepted(venue)
    assert json.loads(place(venue, name)[2])["code"] == "0"


@pytest.mark.integration
@pytest.mark.parametrize(
    ("fault", "status", "says"),
    [
        ({"kind": "http_502"}, 502, b"Bad Gateway"),
        ({"kind": "html"}, 200, b"<html>"),
        ({"kind": "empty"}, 200, b""),
        ({"kind": "garbage"}, 200, b""),
        ({"kind": "maintenance"}, 503, b'"50001"'),
        ({"kind": "error", "code": "50004", "status": 400}, 400, b'"50004"'),
    ],
)
def test_a_fault_that_strikes_after_replaces_the_answer_of_an_order_that_exists(
    venue: VenueProcess, fault: dict[str, Any], status: int, says: bytes
) -> None:
    name = f"after{fault['kind'].replace('_', '')}"
    control(venue, "POST", "faults", {**fault, "count": 1, "match": "/api/v5/trade/*", "when": "after"})
    got, _, body = place(venue, name)
    assert (got, says in body, name.encode() in body) == (status, True, False)
    assert (body == b"") == (fault["kind"] == "empty")
    assert accepted(venue).count(name) == 1


def test_the_moment_of_a_fault_is_read_and_belongs_to_answers_alone() -> None:
    assert parse_fault("html,when=after").when == "after"
    assert parse_fault("html").describe()["when"] == "before"
    for bad, says in (
        ("html,when=later", "before or after"),
        ("drop_before,when=after", "belongs to"),
        ("delay,when=after", "to"),
    ):
        with pytest.raises(UsageError, match=says):
            parse_fault(bad)


@pytest.mark.integration
def test_garbage_is_the_same_for_the_same_seed() -> None:
    def garbage(seed: int) -> list[bytes]:
        with venue_process("--speed=max", f"--seed={seed}", "--fault=garbage") as other:
            return [call(other, "GET", TIME)[2] for _ in range(3)]

    first, again, another = garbage(3), garbage(3), garbage(4)
    assert first == again != another
    assert len(set(first)) == 3


@pytest.mark.integration
def test_a_truncated_answer_is_half_of_a_real_one_and_the_order_exists(venue: VenueProcess) -> None:
    control(venue, "POST", "faults", {"kind": "truncated", "count": 1})
    status, _, body = place(venue, "truncated")
    assert (status, body[:9]) == (200, b'{"code":"')
    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert "truncated" in accepted(venue)


@pytest.mark.integration
def test_garbage_is_no_json(venue: VenueProcess) -> None:
    control(venue, "POST", "faults", {"kind": "garbage", "count": 1})
    with pytest.raises(ValueError, match=r"."):
        json.loads(call(venue, "GET", TIME)[2])


@pytest.mark.integration
def test_an_order_dropped_before_does_not_exist_and_one_dropped_after_does(venue: VenueProcess) -> None:
    control(venue, "POST", "faults", [{"kind": "drop_before", "count": 1}, {"kind": "drop_after", "count": 1}])
    for name in ("before", "after"):
        with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
            place(venue, name)
    assert "before" not in accepted(venue)
    assert "after" in accepted(venue)
    cut = [r for r in control(venue, "GET", "requests?limit=10")["requests"] if r["fault"].startswith("drop")]
    assert [(r["fault"], r["status"]) for r in cut] == [("drop_before", 0), ("drop_after", 0)]


@pytest.mark.integration
def test_a_delayed_answer_comes_late_but_the_order_is_there_at_once(venue: VenueProcess) -> None:
    control(venue, "POST", "faults", {"kind": "delay", "seconds": 0.4, "count": 1})
    begun = time.monotonic()
    assert json.loads(place(venue, "delayed")[2])["code"] == "0"
    assert time.monotonic() - begun >= 0.4


@pytest.mark.integration
def test_a_queued_order_is_carried_out_later_though_its_client_has_gone(venue: VenueProcess) -> None:
    control(venue, "POST", "faults", [{"kind": "queue", "seconds": 1.5, "count": 1}, {"kind": "drop_after", "count": 1}])
    begun = time.monotonic()
    with pytest.raises((http.client.RemoteDisconnected, ConnectionResetError)):
        place(venue, "queued")
    assert time.monotonic() - begun < 1.5  # cut before it was matched
    assert "queued" not in accepted(venue)
    while "queued" not in accepted(venue):
        assert time.monotonic() - begun < 10
    assert time.monotonic() - begun >= 1.5


@pytest.mark.integration
def test_the_deadline_of_a_queued_order_is_judged_when_it_is_carried_out(venue: VenueProcess) -> None:
    control(venue, "POST", "faults", {"kind": "queue", "seconds": 0.4, "count": 2})
    assert [json.loads(place(venue, f"until{ms}", deadline_ms=ms)[2])["data"][0]["sCode"] for ms in (300, 5000)] == ["50036", "0"]
    assert "until300" not in accepted(venue)
    assert "until5000" in accepted(venue)


@pytest.mark.integration
def test_a_hidden_order_is_answered_and_shows_in_no_list_for_a_while(venue: VenueProcess) -> None:
    def pending() -> list[str]:
        path = "/api/v5/trade/orders-pending?limit=100"
        return [row["clOrdId"] for row in json.loads(call(venue, "GET", path, "", signed("GET", path, ""))[2])["data"]]

    control(venue, "POST", "faults", {"kind": "hidden", "seconds": "1.5-1.6", "count": 1, "match": "*/trade/order"})
    begun = time.monotonic()
    assert json.loads(place(venue, "hidden")[2])["code"] == "0"
    assert "hidden" not in pending()
    assert time.monotonic() - begun < 1.5
    while "hidden" not in pending():
        assert time.monotonic() - begun < 10
    assert time.monotonic() - begun >= 1.5


def canceled(venue: VenueProcess, name: str) -> str:
    """Cancel an order by its client id and return the venue's code for it."""
    path, body = "/api/v5/trade/cancel-order", json.dumps({"instId": "BTC-USDT", "clOrdId": name})
    return str(json.loads(call(venue, "POST", path, body, signed("POST", path, body))[2])["data"][0]["sCode"])


@pytest.mark.integration
def test_a_lost_cancel_is_answered_as_done_and_the_order_goes_on_working(venue: VenueProcess) -> None:
    def state() -> str:
        return str(next(row["state"] for row in venue.orders() if row["client_order_id"] == "lost"))

    control(venue, "POST", "faults", {"kind": "lost_cancel", "count": 2})
    assert json.loads(place(venue, "lost")[2])["code"] == "0"
    assert [(canceled(venue, "lost"), state()) for _ in range(2)] == [("0", "live")] * 2
    assert (canceled(venue, "lost"), state()) == ("0", "canceled")
    assert canceled(venue, "lost") != "0", "there is nothing left to cancel"


def test_seconds_drawn_from_a_range_follow_the_seed() -> None:
    def drawn(seed: int) -> list[float | None]:
        book = FaultBook([parse_fault("queue,probability=0.5,seconds=0.01-0.03")], seed=seed)
        return [book.strike_moment(FaultKind.QUEUE, "POST", "/") for _ in range(200)]

    struck = [seconds for seconds in drawn(3) if seconds is not None]
    assert drawn(3) == drawn(3) != drawn(4)
    assert 60 < len(struck) < 140
    assert min(struck) >= 0.01
    assert max(struck) <= 0.03
    assert len(set(struck)) == len(struck)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("refuse,seconds=1-2", "a range of seconds belongs to delay, late, queue, hidden"),
        ("queue,seconds=2-1", "seconds must be a number from 2"),
        ("queue,seconds=1.2.3-4", "seconds must be a number"),
    ],
)
def test_a_range_that_is_none_is_refused(spec: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        parse_fault(spec)


@pytest.mark.integration
def test_a_client_that_goes_away_in_the_middle_of_its_request_leaves_no_trace(venue: VenueProcess) -> None:
    address = urlsplit(venue.rest)
    with socket.create_connection((address.hostname, address.port), timeout=5) as connection:
        connection.sendall(b"POST /api/v5/trade/order HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # closing resets
    assert call(venue, "GET", TIME)[0] == 200


@pytest.mark.integration
def test_faults_are_listed_with_what_they_did_and_control_routes_are_spared(venue: VenueProcess) -> None:
    control(venue, "POST", "faults", {"kind": "http_503", "match": "*"})
    assert call(venue, "GET", TIME)[0] == 503
    listed = control(venue, "GET", "faults")["faults"]
    assert [(f["kind"], f["seen"], f["struck"]) for f in listed] == [("http_503", 1, 1)]
    assert control(venue, "DELETE", "faults") == {"faults": []}
    assert call(venue, "GET", TIME)[0] == 200


@pytest.mark.integration
def test_requests_are_kept_as_received_but_for_the_passphrase(venue: VenueProcess) -> None:
    place(venue, "recorded")
    last = control(venue, "GET", "requests?limit=1")["requests"][0]
    headers = dict(last["headers"])
    assert (last["method"], last["target"], last["status"]) == ("POST", "/api/v5/trade/order", 200)
    assert json.loads(last["body"])["clOrdId"] == "recorded"
    stamp = headers["OK-ACCESS-TIMESTAMP"]
    assert headers["OK-ACCESS-SIGN"] == sign(str(KEY["secret"]), f"{stamp}POST/api/v5/trade/order{last['body']}")
    assert headers["OK-ACCESS-PASSPHRASE"] == "***"


@pytest.mark.integration
def test_a_bad_fault_is_refused_and_named(venue: VenueProcess) -> None:
    status, _, body = call(venue, "POST", "/sim/v1/faults", '{"kind": "meteor"}')
    assert status == 400
    assert b"meteor" in body


def test_after_and_count_choose_the_requests_that_are_struck() -> None:
    book = FaultBook([parse_fault("html,match=/api/v5/market/*,after=2,count=3,method=get")])
    struck = [book.strike("GET", "/api/v5/market/books") is not None for _ in range(7)]
    assert struck == [False, False, True, True, True, False, False]
    assert book.strike("POST", "/api/v5/market/books") is None
    assert book.strike("GET", "/api/v5/trade/order") is None


def test_a_second_fault_strikes_when_the_first_is_spent() -> None:
    book = FaultBook([parse_fault("html,count=1"), parse_fault("empty")])
    assert [fault.kind for fault in (book.strike("GET", "/x"), book.strike("GET", "/x")) if fault] == [
        FaultKind.HTML,
        FaultKind.EMPTY,
    ]


@pytest.mark.parametrize(
    "spec",
    [
        "",
        "meteor",
        "html,count",
        "html,count=x",
        "html,count=-1",
        "html,count=1.5",
        "html,after=0.5",
        "html,often=1",
        "delay,seconds=nan",
    ],
)
def test_a_bad_spec_is_refused(spec: str) -> None:
    with pytest.raises(UsageError):
        parse_fault(spec)


def test_every_kind_can_be_written() -> None:
    assert {fault_from({"kind": kind.value, "status": 503, "code": "1001"}, "x").kind for kind in FaultKind} == set(FaultKind)
