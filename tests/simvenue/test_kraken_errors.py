"""Faults in Kraken's words: what is answered when the venue is told to fail, over real sockets, and that no refusal is wordless."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simvenue.exchange.refusal import Reason, Refusal
from simvenue.face.request import Answer
from simvenue.kraken.code import TEXTS, translated
from support.kraken_client import KrakenClient, kraken_process, private
from support.venue_process import VenueProcess

pytestmark = pytest.mark.integration
SYMBOL = "BTC/USD"


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    with kraken_process() as process:
        yield process


@pytest.fixture
async def session(venue: VenueProcess) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as opened:
        yield opened
    venue.clear_faults()


async def get(session: aiohttp.ClientSession, venue: VenueProcess, method: str = "Time") -> tuple[int, Any, str | None]:
    async with session.get(f"{venue.rest}/0/public/{method}") as response:
        return response.status, await response.json(content_type=None), response.headers.get("Retry-After")


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_has_a_text_of_kraken_s_form(reason: Reason) -> None:
    assert re.fullmatch(r"E(General|API|Order|Query|Service|Session):[A-Z].+", TEXTS[reason])
    assert translated(Refusal(reason, "px")).text.startswith(TEXTS[reason])


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("throttle", "EAPI:Rate limit exceeded"),
        ("ban", "EGeneral:Temporary lockout"),
        ("maintenance", "EService:Unavailable"),
    ],
)
async def test_a_fault_is_spoken_with_status_200(
    session: aiohttp.ClientSession, venue: VenueProcess, kind: str, error: str
) -> None:
    venue.add_fault(kind, match="/0/public/*", count=1)
    assert await get(session, venue) == (200, {"error": [error]}, None)
    assert (await get(session, venue))[1]["error"] == []


async def test_any_error_text_may_be_injected_with_any_status(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    venue.add_fault("error", code="EService:Busy", status=503, count=1)
    status, document, _ = await get(session, venue)
    assert (status, document) == (503, {"error": ["EService:Busy"]})


def test_a_wait_is_told_when_one_is_given() -> None:
    answer = KrakenClient().face.spoken_fault("throttle", "", 429, 2.5)
    assert (answer.status, answer.headers["Retry-After"]) == (429, "2.5")


async def test_a_subscription_is_refused_in_kraken_s_words_and_may_be_asked_again(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    socket = await session.ws_connect(venue.ws)
    await socket.receive()
    venue.add_fault("ws_reject", count=1)
    ask = json.dumps({"method": "subscribe", "params": {"channel": "book", "symbol": [SYMBOL]}, "req_id": 4})
    await socket.send_str(ask)
    refused = json.loads((await asyncio.wait_for(socket.receive(), 5)).data)
    assert (refused["success"], refused["error"]) == (False, f"Currency pair not supported {SYMBOL}")
    assert (refused["req_id"], refused["symbol"], refused["method"]) == (4, SYMBOL, "subscribe")
    await socket.send_str(ask)
    assert json.loads((await asyncio.wait_for(socket.receive(), 5)).data)["success"]


async def test_a_ping_stays_unanswered_when_pongs_are_withheld(session: aiohttp.ClientSession, venue: VenueProcess) -> None:
    socket = await session.ws_connect(venue.ws)
    await socket.receive()
    venue.add_fault("ws_no_pong", count=1)
    await socket.send_str('{"method":"ping","req_id":1}')
    await socket.send_str('{"method":"ping","req_id":2}')
    assert json.loads((await asyncio.wait_for(socket.receive(), 5)).data)["req_id"] == 2


async def test_a_lost_message_of_a_private_channel_shows_in_its_sequence(
    session: aiohttp.ClientSession, venue: VenueProcess
) -> None:
    socket = await session.ws_connect(venue.ws)
    params = {"channel": "executions", "token": (await private(session, venue, "GetWebSocketsToken"))["token"]}
    await socket.send_str(json.dumps({"method": "subscribe", "params": params}))
    sequences: list[int] = []
    while not sequences:
        message = json.loads((await asyncio.wait_for(socket.receive(), 5)).data)
        sequences += [message["sequence"]] if message.get("channel") == "executions" else []
    venue.add_fault("ws_gap", match="executions", count=1)
    await private(session, venue, "AddOrder", pair="XBTUSD", type="buy", ordertype="limit", volume="0.01", price="20000")
    while len(sequences) < 2:
        message = json.loads((await asyncio.wait_for(socket.receive(), 5)).data)
        if message.get("channel") == "executions":
            sequences.append(message["sequence"])
    assert sequences == [1, 3]


async def test_a_venue_that_was_killed_returns_with_its_ids_and_references(tmp_path: Path) -> None:
    state = f"--state={tmp_path / 'venue.state'}"
    order: dict[str, Any] = {"pair": "XBTUSD", "type": "buy", "ordertype": "limit", "volume": "0.5", "price": "20000"}
    async with aiohttp.ClientSession() as session:
        with kraken_process(state) as venue:
            open_order = (await private(session, venue, "AddOrder", **order, userref="7", oflags="post"))["txid"][0]
            bought = {**order, "ordertype": "market", "volume": "2", "cl_ord_id": "c" * 32}
            await private(session, venue, "AddOrder", **bought)
            await private(session, venue, "AmendOrder", txid=open_order, order_qty="0.25")
            before = [await private(session, venue, method) for method in ("OpenOrders", "ClosedOrders", "TradesHistory")]
            held = await private(session, venue, "BalanceEx")
            venue.kill()
        with kraken_process(state) as venue:
            after = [await private(session, venue, method) for method in ("OpenOrders", "ClosedOrders", "TradesHistory")]
            assert (after, await private(session, venue, "BalanceEx")) == (before, held)
            assert list(after[0]["open"]) == [open_order]
            assert await private(session, venue, "CancelOrder", txid="7") == {"count": 1}


def test_only_subscriptions_can_be_refused() -> None:
    socket = KrakenClient().face
    assert socket.subscription_refused('{"method":"ping"}') is None
    assert socket.subscription_refused("{") is None
    private = socket.subscription_refused('{"method":"subscribe","params":{"channel":"executions","token":"t"}}')
    assert private is not None
    assert json.loads(private)["error"] == "ESession:Invalid session"


def test_the_first_order_of_a_batch_can_be_shown_as_failed() -> None:
    face = KrakenClient().face
    rows = {"orders": [{"txid": "A", "descr": {}}, {"txid": "B", "descr": {}}]}
    partial = face.partial(Answer(200, json.dumps({"error": [], "result": rows}).encode()))
    assert json.loads(partial.body)["result"]["orders"] == [{"error": "EOrder:Insufficient funds"}, rows["orders"][1]]
    counted = face.partial(Answer(200, b'{"error":[],"result":{"count":3}}'))
    assert json.loads(counted.body)["result"] == {"count": 2}
    for body in (b'{"error":["EAPI:Invalid key"]}', b'{"error":[],"result":{"open":{}}}'):
        assert face.partial(Answer(200, body)).body == body


def test_connections_are_refused_when_there_are_too_many() -> None:
    face = KrakenClient().face
    assert all(face.refuse_connection("127.0.0.1", 0) is None for _ in range(150))
    refusal = face.refuse_connection("127.0.0.1", 0)
    assert refusal is not None
    assert (refusal.status, refusal.content_type) == (429, "text/plain")
    assert face.refuse_connection("127.0.0.2", 0) is None
    assert face.refuse_connection("127.0.0.1", 601 * 10**9) is None


@pytest.mark.parametrize("body", [b"{", b"[]", b'"x"', b"null"])
def test_a_json_body_that_is_no_object_is_an_invalid_argument(body: bytes) -> None:
    client = KrakenClient()
    answer = client.raw("POST", "/0/private/Balance", {"Content-Type": "application/json"}, body)
    assert answer == {"error": ["EGeneral:Invalid arguments"]}
