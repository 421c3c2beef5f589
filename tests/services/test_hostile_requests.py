"""The metrics endpoint under requests that are wrong on purpose: refused by the right status, at once, with nothing told."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st

from golive.services.metrics_http import MOST_CONNECTIONS, MetricsEndpoint
from golive.services.request_head import MOST_BYTES, MOST_FIELDS, NotTaken, RequestHead, is_loopback, read_head
from support.hostile_http import Answered, answer_to, malformed, other_methods, outside
from support.reports import adapter_recorder

PATH = b"/metrics"
GOOD = b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
TOO_LARGE = {"a long path", "a long field", "many fields", "a method of many letters"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[MetricsEndpoint]:
    served = MetricsEndpoint(adapter_recorder(), request_s=2)
    yield served
    served.close()


def is_plain(answer: Answered) -> bool:
    """Say whether it is one whole answer of one short sentence that shows nothing of who answers."""
    names = [name for name, _ in answer.fields]
    return (
        answer.field("content-length") == str(len(answer.body))
        and answer.field("content-type") == "text/plain; charset=utf-8"
        and answer.field("connection") == "close"
        and "server" not in names
        and len(names) == len(set(names))
        and len(answer.body) < 80
        and answer.raw.count(b"HTTP/1.1 ") - answer.body.count(b"HTTP/1.1 ") == 1
    )


@pytest.mark.parametrize("name", malformed(PATH))
def test_what_is_malformed_is_refused_once_and_in_plain_words(
    endpoint: MetricsEndpoint, name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = answer_to(endpoint.port, malformed(PATH)[name])
    expected = 431 if name in TOO_LARGE else 400
    assert answer.status == (505 if name in ("HTTP/9.9", "HTTP/2 asked for") else expected), answer.raw[:300]
    assert is_plain(answer), answer.raw[:300]
    assert capfd.readouterr() == ("", "")
    assert answer_to(endpoint.port, GOOD).status == 200


def test_what_is_not_served_is_not_found_and_no_method_but_two_does_anything(endpoint: MetricsEndpoint) -> None:
    for name, request in outside(PATH).items():
        answer = answer_to(endpoint.port, request)
        assert answer.status in (404, 400), name  # 400: bytes that no path has
        assert is_plain(answer), name
    for name, request in other_methods(PATH).items():
        answer = answer_to(endpoint.port, request)
        assert (answer.status, answer.field("allow")) == (405, "GET, HEAD"), name
        assert is_plain(answer), name


def test_behind_a_good_request_nothing_else_is_heard(endpoint: MetricsEndpoint) -> None:
    for behind in (GOOD, b"GET /secret HTTP/1.1\r\n\r\n", b"\0" * 100_000):
        answer = answer_to(endpoint.port, GOOD + behind)
        assert answer.status == 200
        assert int(answer.field("content-length")) == len(answer.body)
        assert answer.field("content-type").endswith("charset=utf-8")


def test_a_page_that_took_a_name_of_its_own_to_this_machine_reads_nothing(endpoint: MetricsEndpoint) -> None:
    def asked(host: bytes, port: int = endpoint.port) -> int:
        return answer_to(port, b"GET /metrics HTTP/1.1\r\nHost: " + host + b"\r\n\r\n").status

    for host in (
        b"attacker.example",
        b"attacker.example:9108",
        b"127.0.0.1.attacker.example",
        b"",
        b"10.0.0.1",
        b"localhost.example",
        b"[::2]",
    ):
        assert asked(host) == 421, host
    for host in (b"localhost", b"LOCALHOST:9108", b"127.0.0.1:1", b"[::1]:9108", b"[::1]", b"127.8.0.9"):
        assert asked(host) == 200, host
    with contextlib.closing(MetricsEndpoint(adapter_recorder(), host="0.0.0.0")) as everywhere:  # noqa: S104
        assert asked(b"metrics.example", everywhere.port) == 200
    assert is_loopback("::1")


def test_who_sends_a_byte_now_and_then_is_cut_off_in_time() -> None:
    with contextlib.closing(MetricsEndpoint(adapter_recorder(), request_s=0.6)) as served:
        with socket.create_connection(("127.0.0.1", served.port), timeout=5) as slow:
            began = time.monotonic()
            told = b""
            with contextlib.suppress(ConnectionError):
                for byte in GOOD[:-1]:
                    slow.sendall(bytes([byte]))
                    time.sleep(0.05)
                    slow.settimeout(0.001)
                    with contextlib.suppress(TimeoutError):
                        if not (block := slow.recv(4096)):
                            break
                        told += block
                    slow.settimeout(5)
            assert told.startswith(b"HTTP/1.1 408 ")
            assert 0.6 <= time.monotonic() - began < 2
        answer = answer_to(served.port, b"", waits_s=5)
        assert answer.status == 408


def test_more_connections_than_places_are_cut_off_and_the_places_come_back() -> None:
    with contextlib.closing(MetricsEndpoint(adapter_recorder(), request_s=1.5)) as served, contextlib.ExitStack() as stack:
        threads = threading.active_count()
        silent = [
            stack.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=5))
            for _ in range(MOST_CONNECTIONS + 20)
        ]
        heard = [each.recv(64) for each in silent]
        assert heard.count(b"") == 20  # cut off at once
        assert sum(each.startswith(b"HTTP/1.1 408 ") for each in heard) == MOST_CONNECTIONS
        assert threading.active_count() <= threads + MOST_CONNECTIONS
        for each in silent:
            each.close()
        for _ in range(100):
            if answer_to(served.port, GOOD).status == 200:
                break
            time.sleep(0.05)
        else:
            pytest.fail("no place came back")


HEADS = st.one_of(
    st.binary(max_size=300),
    st.binary(max_size=200).map(lambda tail: GOOD[:-2] + tail + b"\r\n\r\n"),
    st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)).map(lambda at: GOOD[: at[0]] + bytes([at[1]]) + GOOD[at[0] + 1 :]),
    st.lists(st.sampled_from([b"GET ", b"/", b" HTTP/1.1", b"\r\n", b"\n", b"Host: a", b"Content-Length: 0", b":", b" ", b"\0", b"\xff"])).map(b"".join),
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@drawn(HEADS)
def test_whatever_the_bytes_they_are_a_head_or_refused(data: bytes) -> None:
    try:
        head = read_head(data)
    except NotTaken:
        return
    assert data.endswith(b"\r\n\r\n")
    assert head.path.startswith("/") or head.path == "*"
    assert not any(ord(letter) < 32 and letter != "\t" for _, value in head.fields for letter in value)
    written = f"{head.method} {head.path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in head.fields) + "\r\n"
    again = read_head(written.encode("latin-1")) if head.all("host") else head
    assert again == head  # what it means is what it would mean to the next reader


def test_the_bounds_are_where_they_are_said_to_be() -> None:
    def head(fields: int, extra: int = 0) -> RequestHead:
        return read_head(GOOD[:-2] + b"".join(b"X: \r\n" for _ in range(fields - 1)) + b"Y: " + b"a" * extra + b"\r\n\r\n")

    assert len(head(MOST_FIELDS - 1).fields) == MOST_FIELDS
    with pytest.raises(NotTaken, match="fields at most"):
        head(MOST_FIELDS)
    room = MOST_BYTES - len(GOOD) - len(b"Y: \r\n")
    assert head(1, room).all("y") == ["a" * room]
    with pytest.raises(NotTaken, match="bytes at most"):
        head(1, room + 1)
