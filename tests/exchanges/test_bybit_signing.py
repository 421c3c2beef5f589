"""Named test of CONTRACT: credentials reach the client, vectors B1–B3 (VENUES §2.1), receive window, bytes on the wire."""

from __future__ import annotations

import hashlib
import hmac
import random
from typing import Any
from urllib.parse import urlsplit

import pytest

from golive.metrics.recorder import MemoryRecorder
from golive.model.decision import Approved
from golive.model.errors import AuthenticationFailed, ConfigError
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side
from golive.model.secret import Credentials, Secret
from golive.model.verdict import Stage
from golive.venues import AdapterSettings, VenueAdapter, profile_named
from golive.venues.bybit_account_feed import login_signature
from golive.venues.trading import TradingClient
from support.adapters import KeptEvents, rig
from support.attempts import KeptAttempts
from support.scripted_http import Received, answer, scripted_http
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process
from support.wall_clock import WallClock

NOWHERE = "http://127.0.0.1:9"
VECTOR_TIME_MS = 1_700_000_000_000
VECTOR_KEY = Credentials({"apiKey": Secret("test_api_key"), "secret": Secret("test_secret")})
VECTOR_PARAMS = {"category": "linear", "symbol": "BTCUSDT"}
B1_SIGNATURE = "fd4f31228a46109dc6673062328693696df9a96c7ff04e6491a45e7f63a0fdd7"
B2_BODY = '{"category": "linear", "symbol": "BTCUSDT", "orderLinkId": "test-order-1"}'
B2_SIGNATURE = "2df4a0603d69c08d5dea29ba85b46eb7db64ce9e9ebd34a7802a3d69700cb2a1"
B2_COMPACT_SIGNATURE = "ac0533668112246c285a42b95f4a57c6f147e34a15723b88fa356f7687c7c87e"
CLIENT_ID = "ab" * 16
BTC = Instrument.from_text("bybit:BTC/USDT", tick_size="0.01", lot_size="0.000001", min_quantity="0.000048", max_quantity="71")
B3_SIGNATURE = "bacffe7500499eb829bb58c45d36d1b3e5ac67c14eaeba91df5e99ccee013925"


def recomputed(secret: str, timestamp: str, api_key: str, recv_window: str, payload: str) -> str:
    """The signature by hashlib and hmac alone."""
    return hmac.new(secret.encode(), f"{timestamp}{api_key}{recv_window}{payload}".encode(), hashlib.sha256).hexdigest()


async def check_vectors() -> None:
    assert recomputed("test_secret", str(VECTOR_TIME_MS), "test_api_key", "5000", B2_BODY) == B2_SIGNATURE
    async with rig("bybit", NOWHERE, VECTOR_KEY) as made:
        client: Any = made.adapter.connection.client
        client.milliseconds = lambda: VECTOR_TIME_MS
        b1 = client.sign("v5/position/list", ["private"], "GET", VECTOR_PARAMS)
        assert b1["url"] == f"{NOWHERE}/v5/position/list?category=linear&symbol=BTCUSDT"
        b2 = client.sign("v5/order/create", ["private"], "POST", {**VECTOR_PARAMS, "orderLinkId": "test-order-1"})
        assert b2["body"] == '{"category":"linear","symbol":"BTCUSDT","orderLinkId":"test-order-1"}'
        for signed, expected in ((b1, B1_SIGNATURE), (b2, B2_COMPACT_SIGNATURE)):
            headers = signed["headers"]
            assert headers["X-BAPI-API-KEY"] == "test_api_key"
            assert headers["X-BAPI-TIMESTAMP"] == str(VECTOR_TIME_MS)
            assert headers["X-BAPI-RECV-WINDOW"] == "5000"
            assert headers["X-BAPI-SIGN"] == expected


async def check_login_vector() -> None:
    """B3: the login of the private WebSocket, ours and CCXT's."""
    assert login_signature("test_secret", VECTOR_TIME_MS) == B3_SIGNATURE
    async with rig("bybit", NOWHERE, VECTOR_KEY) as made:
        client: Any = made.adapter.connection.client
        client.milliseconds = lambda: VECTOR_TIME_MS - 10_000
        login = made.adapter.profile.dialect.account_feed((), sink=lambda event: None).login(VECTOR_KEY, VECTOR_TIME_MS - 10_000)
        sent: list[dict[str, Any]] = []

        def watch(url: str, topic: str, request: dict[str, Any], _key: str) -> None:
            sent.append(request)
            client.client(url).resolve(True, topic)

        client.watch = watch
        await client.authenticate(f"{NOWHERE}/v5/private")
        assert sent[0]["op"] == "auth"
        assert sent[0]["args"] == ["test_api_key", str(VECTOR_TIME_MS), B3_SIGNATURE]
        assert login is not None
        assert login["args"] == ["test_api_key", VECTOR_TIME_MS, B3_SIGNATURE]


def answer_for(received: Received) -> bytes:
    """What Bybit would say to the requests of `check_bytes`."""
    result = '{"list":[{"accountType":"UNIFIED","coin":[]}]}'
    if received.target.startswith("/v5/order/create"):
        result = f'{{"orderId":"1","orderLinkId":"{CLIENT_ID}"}}'
    return answer(200, f'{{"retCode":0,"retMsg":"OK","result":{result},"retExtInfo":{{}},"time":1}}')


async def check_bytes() -> None:
    """The signature is over the very query and body that left, timestamp, key and window as in the headers."""
    async with scripted_http(answer_for) as server, rig("bybit", server.base_url, VECTOR_KEY) as made:
        await made.adapter.balances()
        trading = TradingClient(made.adapter, Stage.REHEARSAL)
        order = NewOrder(ClientOrderId(CLIENT_ID), BTC.id, Side.BUY, OrderType.LIMIT, BTC.lots("0.01"), BTC.ticks("1000"))
        attempts = KeptAttempts()
        assert await trading.submit(Approved(order, 1), BTC, attempts) == "1"
    get, clock, post = server.received
    assert clock.target == "/v5/market/time", "before the first deadline is written"
    assert get.target == "/v5/account/wallet-balance?accountType=UNIFIED"
    assert (post.target, post.headers["content-type"]) == ("/v5/order/create", "application/json")
    for request, payload in ((get, get.target.partition("?")[2]), (post, post.body.decode())):
        headers = request.headers
        assert (headers["x-bapi-api-key"], headers["x-bapi-recv-window"]) == ("test_api_key", "5000")
        signature = recomputed("test_secret", headers["x-bapi-timestamp"], "test_api_key", "5000", payload)
        assert headers["x-bapi-sign"] == signature
    (deadline,) = attempts.deadlines()
    assert int(post.headers["x-bapi-timestamp"]) + 5000 <= deadline, "the gateway takes it no more after what was written down"


def lowered(request: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in dict(request["headers"]).items()}


async def check_venue(venue: VenueProcess, key: VenueKey) -> None:
    """A venue that verifies raw bytes accepts our key, and a wrong secret is refused as a bad signature."""
    async with rig("bybit", venue.rest, key.credentials) as made:
        balances = await made.adapter.balances()
        assert balances["USDT"].total_text == "100000"
        await made.adapter.load()
        assert await made.adapter.permissions() == ("read", "trade")
    received = venue.requests()
    private = [r for r in received if "x-bapi-api-key" in lowered(r)]
    assert {r["target"].partition("?")[0]: r["status"] for r in private} == {
        "/v5/account/wallet-balance": 200,
        "/v5/user/query-api": 200,
    }
    assert {lowered(r)["x-bapi-recv-window"] for r in private} == {"5000"}
    assert [r["target"] for r in received if r not in private] == ["/v5/market/instruments-info?category=spot"]
    wrong = Credentials({"apiKey": Secret(key.api_key), "secret": Secret("x" * 32)})
    async with rig("bybit", venue.rest, wrong) as made:
        with pytest.raises(AuthenticationFailed, match="10004"):
            await made.adapter.balances()


@pytest.mark.integration
async def test_bybit_adapter_populates_credentials_and_signs_request() -> None:
    await check_vectors()
    await check_login_vector()
    await check_bytes()
    key = new_key()
    with venue_process("--balance", "USDT=100000", keys=[key], dialect="bybit") as venue:
        await check_venue(venue, key)


async def test_missing_credential_fields_are_named_and_never_shown() -> None:
    partial = Credentials({"apiKey": Secret("hidden-value")})
    with pytest.raises(ConfigError, match="lack secret") as caught:
        async with rig("bybit", NOWHERE, partial) as made:
            _ = made.adapter.connection
    assert "hidden-value" not in str(caught.value)


async def test_the_sandbox_is_the_testnet_and_its_streams() -> None:
    """Hosts are the marker: Bybit has no header for it."""
    profile = profile_named("bybit_spot")
    assert profile.sandbox is not None
    settings = AdapterSettings(
        exchange="bybit",
        environment="bybit_testnet",
        queue="bybit_spot",
        endpoint="sandbox",
        sandbox=True,
        credentials=VECTOR_KEY,
    )
    adapter = VenueAdapter(
        profile, settings, recorder=MemoryRecorder(), clock=WallClock(), guardrails=KeptEvents(), rng=random.Random(7)
    )
    client: Any = adapter.connection.client
    signed = client.sign("v5/account/wallet-balance", ["private"], "GET", {"accountType": "UNIFIED"})
    host = urlsplit(signed["url"]).hostname or ""
    assert host == "api-testnet.bybit.com"
    assert profile.sandbox.marks(signed["headers"], host)
    assert not profile.sandbox.marks(signed["headers"], "api.bybit.com")
    urls = client.urls["api"]
    assert profile.dialect.stream_url(urls, "public", sandbox=True) == "wss://stream-testnet.bybit.com/v5/public/spot"
    assert profile.dialect.stream_url(urls, "private", sandbox=True) == "wss://stream-testnet.bybit.com/v5/private"
    await adapter.close()
