"""Faults of the venue as a whole and of its spoken answers: refusal, outage, wrong clock, maintenance, throttling, order."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import pytest

from simvenue.errors import UsageError
from simvenue.server.fault import Fault, FaultBook, fault_from, parse_fault
from support.okx_requests import signed_headers, signed_post
from support.simvenue_process import VenueProcess, venue_process
from support.venue_process import venue_process as any_venue_process

integration = pytest.mark.integration
TIME = "/api/v5/public/time"
ORDER = {"instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "sz": "0.01", "px": "20000"}


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    with venue_process("--speed=max", "--no-limits") as process:
        yield process


@pytest.fixture(autouse=True)
def no_faults(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "venue" in request.fixturenames:
        running: VenueProcess = request.getfixturevalue("venue")
        running.clear_faults()
        running.control("mode", method="POST", body={"mode": "online"})


async def got(session: aiohttp.ClientSession, venue: VenueProcess, path: str = TIME) -> tuple[int, str]:
    async with session.get(venue.rest + path) as answer:
        return answer.status, await answer.text()


def listens(venue: VenueProcess) -> bool:
    parts = urlsplit(venue.rest)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) == 0


async def until_it_listens(venue: VenueProcess) -> float:
    began = time.monotonic()
    while not listens(venue):
        await asyncio.sleep(0.02)
        assert time.monotonic() - began < 5
    return time.monotonic() - began


@integration
async def test_refusing_turns_new_clients_away_and_keeps_those_who_are_in(venue: VenueProcess) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=1)) as inside:
        assert (await got(inside, venue))[0] == 200
        venue.add_fault("refuse", seconds=0.5)
        await asyncio.sleep(0.1)
        assert not listens(venue)
        assert (await got(inside, venue))[0] == 200
        assert await until_it_listens(venue) > 0.2


@integration
async def test_an_outage_cuts_everybody_off_and_ends_with_everything_still_there(venue: VenueProcess) -> None:
    async with aiohttp.ClientSession() as session:
        assert (await signed_post(session, venue.rest, "trade/order", ORDER | {"clOrdId": "outlives"}))["code"] == "0"
        stream = await session.ws_connect(f"{venue.ws}/public")
        steering = await session.ws_connect(f"{venue.rest}/sim/v1/lockstep")
        await steering.receive()
        venue.add_fault("outage", seconds=0.5)
        assert (await stream.receive(timeout=2)).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        assert stream.close_code == 1006
        with pytest.raises(aiohttp.ClientConnectionError):
            await got(session, venue)
        assert await until_it_listens(venue) > 0.2
        assert (await got(session, venue))[0] == 200
        assert not steering.closed, "who steers the market is no client of the venue"
        await steering.close()
    assert [o["state"] for o in venue.orders() if o["client_order_id"] == "outlives"] == ["live"]


@integration
async def test_an_outage_is_there_when_the_control_route_says_so(venue: VenueProcess) -> None:
    """Also for a connection that was accepted and has said nothing yet, and for one that comes right after the answer."""
    parts = urlsplit(venue.rest)
    for kind in ("outage", "refuse") * 8:
        with socket.create_connection((parts.hostname, parts.port), timeout=2) as silent:
            await asyncio.sleep(0.05)
            venue.add_fault(kind, seconds=0.1)
            assert not listens(venue), f"{kind} was not there yet"
            if kind == "outage":
                assert await asyncio.to_thread(_is_cut, silent)
        await until_it_listens(venue)


def _is_cut(connection: socket.socket) -> bool:
    """Say whether the other side ended the connection within 50 ms."""
    connection.settimeout(0.05)
    try:
        return connection.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@integration
async def test_a_connection_that_was_in_before_is_served_while_nobody_new_is(venue: VenueProcess) -> None:
    parts = urlsplit(venue.rest)
    with socket.create_connection((parts.hostname, parts.port), timeout=2) as silent:
        await asyncio.sleep(0.05)
        venue.add_fault("refuse", seconds=0.3)
        silent.sendall(f"GET {TIME} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert (await asyncio.to_thread(silent.recv, 100)).startswith(b"HTTP/1.1 200")
    await until_it_listens(venue)


@integration
async def test_an_outage_may_wait_for_the_request_that_brings_it_on(venue: VenueProcess) -> None:
    venue.add_fault("outage", match="/api/v5/trade/order", after=1, count=1, seconds=0.3)
    async with aiohttp.ClientSession() as session:
        assert (await signed_post(session, venue.rest, "trade/order", ORDER | {"clOrdId": "last"}))["code"] == "0"
        with pytest.raises(aiohttp.ClientConnectionError):
            await signed_post(session, venue.rest, "trade/order", ORDER | {"clOrdId": "lost"})
        await until_it_listens(venue)
    assert [o["client_order_id"] for o in venue.orders()][-1:] == ["last"]


@integration
@pytest.mark.parametrize("seconds", [40, -40])
async def test_a_wrong_clock_is_told_and_judges_signatures_until_the_fault_is_taken_back(
    venue: VenueProcess, seconds: int
) -> None:
    venue.add_fault("clock_skew", seconds=seconds)
    target = "/api/v5/account/balance"
    async with aiohttp.ClientSession() as session:

        async def asked(at: int) -> int:
            async with session.get(venue.rest + target, headers=signed_headers("GET", target, at=at)) as answer:
                return answer.status

        told = int(json.loads((await got(session, venue))[1])["data"][0]["ts"]) / 1000
        assert told - time.time() == pytest.approx(seconds, abs=2)
        assert venue.info()["clock_skew_s"] == seconds
        assert await asked(time.time_ns()) == 401
        assert await asked(time.time_ns() + seconds * 10**9) == 200
        venue.clear_faults()
        assert await asked(time.time_ns()) == 200


@integration
@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"kind": "http_403"}, 403, "Forbidden"),
        ({"kind": "http_404", "body": "json"}, 404, '{"error":"Not Found","status":404}'),
        ({"kind": "http", "status": 521}, 521, "Error"),
        ({"kind": "http_503", "retry_after": 7}, 503, "Service Unavailable"),
        ({"kind": "throttle", "retry_after": 7}, 429, '{"code":"50011","data":[],"msg":"Too Many Requests"}'),
        ({"kind": "ban"}, 200, '{"code":"50007","data":[],"msg":"Account blocked."}'),
        ({"kind": "maintenance"}, 503, '{"code":"50001","data":[],"msg":"Service temporarily unavailable. Try again later."}'),
        (
            {"kind": "error", "code": "50026", "status": 500},
            500,
            '{"code":"50026","data":[],"msg":"System error. Try again later."}',
        ),
    ],
)
async def test_an_answer_in_the_words_of_the_fault(venue: VenueProcess, fault: dict[str, Any], status: int, body: str) -> None:
    venue.add_fault(**{**fault, "count": 1, "match": TIME})
    async with aiohttp.ClientSession() as session:
        async with session.get(venue.rest + TIME) as answer:
            assert (answer.status, await answer.text()) == (status, body)
            assert answer.headers.get("Retry-After") == ("7" if "retry_after" in fault else None)
        assert (await got(session, venue))[0] == 200


@integration
@pytest.mark.parametrize(
    ("dialect", "path", "kind", "status", "says"),
    [
        ("kraken", "/0/public/Time", "throttle", 200, "EAPI:Rate limit exceeded"),
        ("kraken", "/0/public/Time", "maintenance", 200, "EService:Unavailable"),
        ("kraken", "/0/public/Time", "ban", 200, "EGeneral:Temporary lockout"),
        ("bybit", "/v5/market/time", "throttle", 200, '"retCode":10006'),
        ("bybit", "/v5/market/time", "maintenance", 200, '"retCode":10016'),
        ("bybit", "/v5/market/time", "ban", 403, "access too frequent"),
    ],
)
async def test_every_dialect_has_its_own_words(dialect: str, path: str, kind: str, status: int, says: str) -> None:
    with any_venue_process("--fault", f"{kind},count=1", dialect=dialect) as other:
        async with aiohttp.ClientSession() as session:
            first, second = await got(session, other, path), await got(session, other, path)
    assert first[0] == status
    assert says in first[1]
    assert second[0] == 200
    assert says not in second[1]


@integration
async def test_a_partial_batch_shows_its_first_order_as_failed(venue: VenueProcess) -> None:
    venue.add_fault("partial_batch", match="/api/v5/trade/batch-orders", count=1)
    async with aiohttp.ClientSession() as session:
        rows = [ORDER | {"clOrdId": name} for name in ("part1", "part2")]
        answer = await signed_post(session, venue.rest, "trade/batch-orders", rows)
    assert (answer["code"], [row["sCode"] for row in answer["data"]]) == ("2", ["50026", "0"])
    assert [row["ordId"] != "" for row in answer["data"]] == [False, True]


@integration
@pytest.mark.parametrize("kind", ["reorder", "nonce_reorder"])
async def test_a_reordered_request_is_carried_out_after_the_next_one(venue: VenueProcess, kind: str) -> None:
    venue.add_fault(kind, match="/api/v5/trade/*", count=1)
    async with aiohttp.ClientSession() as session:
        first = asyncio.create_task(signed_post(session, venue.rest, "trade/order", ORDER | {"clOrdId": f"{kind[:3]}first"}))
        await asyncio.sleep(0.1)
        assert not first.done()
        await got(session, venue)
        await asyncio.sleep(0.05)
        assert not first.done(), "a request of another path overtakes nobody"
        await signed_post(session, venue.rest, "trade/order", ORDER | {"clOrdId": f"{kind[:3]}second"})
        assert (await first)["code"] == "0"
    assert [o["client_order_id"] for o in venue.orders()][-2:] == [f"{kind[:3]}second", f"{kind[:3]}first"]


@integration
async def test_maintenance_answers_time_and_status_only_and_ends(venue: VenueProcess) -> None:
    assert venue.control("mode", method="POST", body={"mode": "maintenance"}) == {"mode": "maintenance"}
    async with aiohttp.ClientSession() as session:
        assert (await got(session, venue))[0] == 200
        status = json.loads((await got(session, venue, "/api/v5/system/status"))[1])["data"]
        assert [row["state"] for row in status] == ["ongoing"]
        for path in ("/api/v5/market/tickers?instType=SPOT", "/api/v5/account/balance"):
            code, text = await got(session, venue, path)
            assert (code, json.loads(text)["code"]) == (503, "50001")
        venue.control("mode", method="POST", body={"mode": "online"})
        assert (await got(session, venue, "/api/v5/market/tickers?instType=SPOT"))[0] == 200
        assert json.loads((await got(session, venue, "/api/v5/system/status"))[1])["data"] == []


@integration
async def test_a_venue_may_begin_in_a_mode(venue: VenueProcess) -> None:
    with venue_process("--speed=max", "--mode=cancel_only") as other:
        assert other.info()["mode"] == "cancel_only"
        async with aiohttp.ClientSession() as session:
            row = (await signed_post(session, other.rest, "trade/order", ORDER))["data"][0]
    assert row["sCode"] == "50001"


@integration
async def test_a_storm_is_the_same_for_the_same_seed(venue: VenueProcess) -> None:
    async def storm(seed: int) -> list[int]:
        fault = f"throttle,probability=0.4,match={TIME}"
        with venue_process("--speed=max", "--no-limits", f"--seed={seed}", "--fault", fault) as other:
            async with aiohttp.ClientSession() as session:
                return [(await got(session, other))[0] for _ in range(40)]

    first, again, another = [await storm(seed) for seed in (3, 3, 4)]
    assert first == again != another
    assert 6 <= first.count(429) <= 28


@integration
async def test_the_venue_counts_what_it_answers(venue: VenueProcess) -> None:
    with venue_process("--speed=max", "--no-limits") as other:
        async with aiohttp.ClientSession() as session:
            for number in range(6):
                await got(session, other)
                await signed_post(session, other.rest, "trade/order", ORDER | {"clOrdId": f"n{number}"})
            target = "/api/v5/trade/order"
            headers = signed_headers("POST", target, "not this body")
            async with session.post(other.rest + target, data=json.dumps(ORDER), headers=headers) as refused:
                assert refused.status == 401
        info = other.info()
    assert (info["throughput"]["requests"], info["throughput"]["signed_order_requests"]) == (13, 6)
    assert (info["throughput"]["per_second"], info["throughput"]["signed_orders_per_second"]) == (13, 6)
    assert info["throughput"]["signed_orders_per_second_since_start"] > 0
    assert info["throughput"]["per_second_since_start"] > 0
    assert info["limits"] is False


def test_probability_and_limits_of_a_fault_are_read_and_checked() -> None:
    assert parse_fault("throttle,probability=0.5").probability == 0.5
    assert parse_fault("http_429").retry_after == 1.0
    assert parse_fault("http_503").retry_after is None
    assert parse_fault("clock_skew,seconds=-40").seconds == -40
    for bad in (
        "http",
        "http_200",
        "http_999",
        "error",
        "throttle,probability=2",
        "http_503,body=xml",
        "ws_close,code=7",
        "refuse,seconds=-1",
        "http,status=700",
    ):
        with pytest.raises(UsageError, match="--fault"):
            parse_fault(bad)


def test_a_fault_of_the_whole_venue_strikes_at_once_unless_it_says_when() -> None:
    struck: list[Fault] = []
    book = FaultBook()
    book.on_process = struck.append
    book.add([fault_from({"kind": "clock_skew", "seconds": 5}, "x"), fault_from({"kind": "clock_skew", "after": 1}, "x")])
    assert [fault.seconds for fault in struck] == [5]
    assert book.skew_s == 5
    assert [book.strike("GET", "/x") is not None for _ in range(3)] == [False, True, True]
    assert book.skew_s == 6


@integration
def test_an_error_the_dialect_cannot_speak_is_refused() -> None:
    with any_venue_process(dialect="bybit") as other, pytest.raises(Exception, match="400"):
        other.add_fault("error", code="EGeneral:Unknown")
