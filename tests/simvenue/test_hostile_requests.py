"""Control routes and dialects of simulated venues under requests that are wrong on purpose: no 500, no trace, no end."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st

from support.hostile_http import Answered, answer_to, malformed, other_methods, outside
from support.venue_process import VenueProcess, venue_process

PATHS = {"okx": b"/api/v5/trade/order", "kraken": b"/0/private/AddOrder", "bybit": b"/v5/order/create"}
CONTROL = (b"/sim/v1/info", b"/sim/v1/faults", b"/sim/v1/mode", b"/sim/v1/lockstep")


@pytest.fixture(scope="module", params=PATHS)
def venue(request: pytest.FixtureRequest) -> Iterator[VenueProcess]:
    with venue_process(dialect=request.param, speed="1") as served:
        yield served


def port_of(venue: VenueProcess) -> int:
    return int(venue.ready["port"])


def tells_nothing(answer: Answered) -> bool:
    """Say whether it is no error of the server's own and shows nothing of its inside."""
    inside = (b"Traceback", b'File "', b"site-packages", b".py", b"Error:")
    return answer.status != 500 and not any(word in answer.raw for word in inside)


def test_no_malformed_request_brings_a_venue_down_or_to_talk(venue: VenueProcess, capfd: pytest.CaptureFixture[str]) -> None:
    dialect, heard = PATHS[str(venue.ready["dialect"])], 0
    for path in (dialect, *CONTROL):
        for name, request in (malformed(path) | outside(path) | other_methods(path)).items():
            answer = answer_to(port_of(venue), request, waits_s=0.1)
            assert tells_nothing(answer), (path, name, answer.raw[:300])
            heard += answer.status != 0
    assert heard > 200  # the others end before they have asked
    assert venue.info()["dialect"] == venue.ready["dialect"]
    assert capfd.readouterr().err == ""


def test_no_second_request_is_smuggled_behind_a_length_that_has_two_meanings(venue: VenueProcess) -> None:
    inner = b"POST /sim/v1/mode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 22\r\n\r\n" + b'{"mode":"maintenance"}'
    path = PATHS[str(venue.ready["dialect"])]
    post = b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\n"
    before = venue.info()["mode"]
    for fields in (
        b"Content-Length: 0\r\nContent-Length: %d\r\n" % len(inner),
        b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n" % (len(inner) + 5),
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Transfer-Encoding: identity, chunked, x\r\nContent-Length: 0\r\n",
    ):
        answer = answer_to(port_of(venue), post + fields + b"\r\n0\r\n\r\n" + inner, waits_s=2)
        assert answer.status == 400, (fields, answer.raw[:200])
        assert answer.raw.count(b"HTTP/1.") == 1, fields
        assert venue.info()["mode"] == before, fields


def test_a_body_beyond_the_bound_is_refused_and_a_silent_client_holds_nobody_up(venue: VenueProcess) -> None:
    with contextlib.ExitStack() as stack:
        for start in (b"", b"GET /sim/v1/in", b"POST /sim/v1/mode HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{"):
            for _ in range(20):
                held = stack.enter_context(socket.create_connection(("127.0.0.1", port_of(venue)), timeout=5))
                held.sendall(start)
        large = b"a" * (2 << 20)
        for path in (b"/sim/v1/mode", b"/sim/v1/faults", PATHS[str(venue.ready["dialect"])]):
            head = (
                b"POST " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(large)
            )
            answer = answer_to(port_of(venue), head + large, waits_s=2)
            assert answer.status in (0, 400, 413), (path, answer.status)  # 0: cut off while it was still sending
        assert venue.info()["pid"] == venue.ready["pid"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "kind",
        "path",
        "method",
        "count",
        "at",
        "seconds",
        "status",
        "code",
        "retry_after",
        "body",
        "after",
        "probability",
        "every",
        "mode",
    ]
)
KINDS = st.sampled_from(
    [
        "http_503",
        "http",
        "outage",
        "drop_after",
        "late",
        "clock_skew",
        "refuse",
        "garbage",
        "html",
        "empty",
        "hidden",
        "queue",
        "maintenance",
    ]
)
FAULTS = st.dictionaries(NAMES, VALUES | KINDS, max_size=5) | st.fixed_dictionaries(
    {"kind": KINDS}, optional={"status": VALUES, "count": VALUES, "code": VALUES}
)
BODIES = st.one_of(
    st.binary(max_size=40),
    (VALUES | FAULTS | st.lists(FAULTS, max_size=3)).map(lambda value: json.dumps(value).encode()),
    st.integers(1, 3000).map(lambda depth: b"[" * depth + b"]" * depth),
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@drawn(st.sampled_from([(b"POST", b"faults"), (b"POST", b"faults"), (b"POST", b"mode"), (b"DELETE", b"faults")]), BODIES)
def test_whatever_is_said_to_the_control_routes_is_taken_or_refused(
    controlled: VenueProcess, asked: tuple[bytes, bytes], body: bytes
) -> None:
    method, route = asked
    head = (
        method
        + b" /sim/v1/"
        + route
        + b" HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)
    )
    with contextlib.suppress(ConnectionRefusedError):  # a fault that was taken may close the door for a while
        answer = answer_to(port_of(controlled), head + body, waits_s=5)
        assert answer.status in (0, 200, 400), (route, body, answer.raw[:300])
        assert tells_nothing(answer), (route, body)


@pytest.fixture(scope="module")
def controlled() -> Iterator[VenueProcess]:
    with venue_process(speed="1") as served:
        yield served
