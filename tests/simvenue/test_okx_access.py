"""Keys, modes and the dead-man's switch as OKX shows them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import aiohttp
import ccxt.async_support
import pytest

from golive.model.clock import to_iso
from simvenue.errors import UsageError
from simvenue.face.mode import Mode
from simvenue.keys import ApiKey, fresh_key, read_keys
from support.okx_client import WALL, OkxClient, sign
from support.okx_requests import signed_headers
from support.simvenue_process import KEY, READ_KEY, VenueProcess, venue_process
from support.venue_process import new_key
from support.venue_process import venue_process as any_venue_process

HERE = new_key(ip_allowlist=("10.0.0.0/8", "127.0.0.1"))
ELSEWHERE = new_key(ip_allowlist=("203.0.113.7",))
EXPIRED = replace(new_key(), expires_at="2020-01-01T00:00:00Z")


# ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def guarded() -> Iterator[VenueProcess]:
    with any_venue_process(keys=[HERE, ELSEWHERE, EXPIRED, new_key(permissions=("read", "withdraw"))]) as venue:
        yield venue


async def balance_code(venue: VenueProcess, index: int) -> tuple[int, str, str]:
    key = venue.keys[index]
    headers = signed_headers("GET", "/api/v5/account/balance", key=key.document)
    async with aiohttp.ClientSession() as session, session.get(f"{venue.rest}/api/v5/account/balance", headers=headers) as answer:
        document = await answer.json()
        return answer.status, document["code"], document["msg"]


@pytest.mark.integration
async def test_a_key_is_refused_from_an_address_that_is_not_on_its_list_and_the_address_is_named(guarded: VenueProcess) -> None:
    assert (await balance_code(guarded, 0))[:2] == (200, "0")
    assert await balance_code(guarded, 1) == (
        401,
        "50110",
        "Your IP 127.0.0.1 is not included in your API key's IP whitelist.",
    )
    assert (await balance_code(guarded, 2))[:2] == (200, "50119")


@pytest.mark.integration
@pytest.mark.parametrize(("index", "code"), [(0, "0"), (1, "50110"), (2, "50119")])
async def test_a_login_is_judged_by_the_same_list(guarded: VenueProcess, index: int, code: str) -> None:
    key, stamp = guarded.keys[index], str(int(time.time()))
    argument = {"apiKey": key.api_key, "passphrase": key.password, "timestamp": stamp}
    argument["sign"] = sign(key.secret, f"{stamp}GET/users/self/verify")
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{guarded.ws}/private") as socket:
        await socket.send_str(json.dumps({"op": "login", "args": [argument]}))
        assert json.loads((await socket.receive(timeout=5)).data)["code"] == code
    await asyncio.sleep(0.35)  # the venue admits three connections a second


@pytest.mark.integration
async def test_the_configuration_shows_addresses_and_permissions_of_the_key(guarded: VenueProcess) -> None:
    async with aiohttp.ClientSession() as session:
        shown = []
        for key in (guarded.keys[0], guarded.keys[3]):
            headers = signed_headers("GET", "/api/v5/account/config", key=key.document)
            async with session.get(f"{guarded.rest}/api/v5/account/config", headers=headers) as answer:
                row = (await answer.json())["data"][0]
                shown.append((row["ip"], row["perm"]))
    assert shown == [("10.0.0.0/8,127.0.0.1", "read_only,trade"), ("", "read_only,withdraw")]


@pytest.mark.parametrize(
    ("entries", "address", "is_allowed"),
    [
        ((), "203.0.113.9", True),
        (("127.0.0.1",), "127.0.0.1", True),
        (("127.0.0.1",), "127.0.0.2", False),
        (("10.0.0.0/8",), "10.9.8.7", True),
        (("10.0.0.0/8",), "11.0.0.1", False),
        (("::1",), "::1", True),
        (("127.0.0.0/8",), "::1", False),
        (("127.0.0.1",), "not an address", False),
    ],
)
def test_addresses_and_networks_are_matched(entries: tuple[str, ...], address: str, is_allowed: bool) -> None:
    assert ApiKey("k", ("read",), False, "main", "s", ip_allowlist=entries).allows(address) == is_allowed


def test_a_key_ends_at_its_moment() -> None:
    key = ApiKey("k", ("read",), False, "main", "s", expires_at=to_iso(WALL))
    assert [key.is_expired(WALL - 1), key.is_expired(WALL)] == [False, True]
    assert not ApiKey("k", ("read",), False, "main", "s").is_expired(WALL)


@pytest.mark.parametrize(
    ("field", "value"),
    [("ipAllowlist", "127.0.0.1"), ("ipAllowlist", ["127.0.0.1/99"]), ("ipAllowlist", ["home"]), ("expiresAt", "tomorrow")],
)
def test_a_bad_list_or_moment_is_named(field: str, value: object) -> None:
    with pytest.raises(UsageError, match=rf"keys\[0\]: field '{field}'"):
        read_keys(json.dumps({"keys": [{"apiKey": "a", "secret": "b", field: value}]}), "test")


def test_a_key_without_passphrase_is_no_key_of_okx() -> None:
    ring = read_keys(json.dumps({"keys": [{"apiKey": "a", "secret": "b"}]}), "test")
    with pytest.raises(UsageError, match="'password'"):
        OkxClient(ring=ring)


def test_a_fresh_key_is_unlike_the_one_before_and_shows_no_secret() -> None:
    one, other = fresh_key(), fresh_key()
    assert one != other
    assert one.secret not in repr(one)
    assert one.password not in repr(one)


# ── modes ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mode", "accepted"),
    [
        ("online", {"limit", "post_only", "ioc", "fok", "market"}),
        ("cancel_only", set()),
        ("post_only", {"post_only"}),
        ("limit_only", {"limit", "post_only", "ioc", "fok"}),
    ],
)
def test_a_mode_takes_only_the_orders_it_names_and_every_cancel(mode: str, accepted: set[str]) -> None:
    client = OkxClient(steps=3)
    resting = client.order()["ordId"]
    client.face.mode = Mode(mode)
    for kind in ("limit", "post_only", "ioc", "fok", "market"):
        fields: dict[str, Any] = {"px": None, "sz": "100"} if kind == "market" else {"px": "30000"}
        row = client.order(ordType=kind, **fields)
        assert row["sCode"] == ("0" if kind in accepted else "50001"), kind
    _, amended = client.post("trade/amend-order", {"instId": "BTC-USDT", "ordId": resting, "newSz": "0.02"})
    assert amended["data"][0]["sCode"] == ("0" if "limit" in accepted else "50001")
    _, canceled = client.post("trade/cancel-order", {"instId": "BTC-USDT", "ordId": resting})
    assert canceled["data"][0]["sCode"] == "0"


# ── the dead-man's switch ───────────────────────────────────────────────────────────────────────────────────────


def armed(client: OkxClient, seconds: object) -> dict[str, Any]:
    client.clock.move(1.1)
    return client.post("trade/cancel-all-after", {"timeOut": seconds})[1]


def beat(client: OkxClient, seconds: float = 0) -> None:
    client.clock.move(seconds)
    client.face.heartbeat(client.clock.now(), client.clock.monotonic())


def test_the_switch_cancels_every_order_of_its_account_when_nobody_called_in_time() -> None:
    client = OkxClient(steps=3)
    orders = [client.order(px=px)["ordId"] for px in ("30000", "30001")]
    orders.append(client.order(instId="ETH-USDT", px="2000")["ordId"])
    answer = armed(client, "10")
    assert (answer["code"], answer["data"][0]["triggerTime"]) == ("0", str((client.clock.wall + 10 * 10**9) // 10**6))
    beat(client, 9.9)
    assert client.find(orders[0])["state"] == "live"
    beat(client, 0.2)
    rows = [client.find(order) for order in orders[:2]]
    assert [(row["state"], row["cancelSource"]) for row in rows] == [("canceled", "20")] * 2
    assert client.venue.exchange.working("main") == []
    later = client.order(px="30002")["ordId"]
    beat(client, 100)
    assert client.find(later)["state"] == "live", "it acts once and must be armed again"


def test_a_call_in_time_pushes_the_switch_back_and_zero_takes_it_away() -> None:
    client = OkxClient(steps=3)
    order = client.order()["ordId"]
    armed(client, "10")
    beat(client, 8)
    armed(client, 10)
    beat(client, 8)
    assert client.find(order)["state"] == "live"
    assert armed(client, "0")["data"][0]["triggerTime"] == "0"
    beat(client, 1000)
    assert client.find(order)["state"] == "live"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"timeOut": "9"}, "51000"),
        ({"timeOut": "121"}, "51000"),
        ({"timeOut": "-1"}, "51000"),
        ({"timeOut": "ten"}, "51000"),
        ({"timeOut": True}, "51000"),
        ({}, "50014"),
        ({"timeOut": "10", "tag": "mine"}, "51000"),
    ],
)
def test_a_bad_switch_is_refused_and_arms_nothing(body: dict[str, Any], code: str) -> None:
    client = OkxClient(steps=3)
    client.clock.move(3)
    order = client.order()["ordId"]
    assert client.post("trade/cancel-all-after", body)[1]["code"] == code
    beat(client, 1000)
    assert client.find(order)["state"] == "live"


def test_the_switch_wants_trade_permission_and_one_call_a_second() -> None:
    client = OkxClient(steps=3)
    client.clock.move(3)
    assert client.post("trade/cancel-all-after", {"timeOut": "10"}, READ_KEY)[1]["code"] == "50120"
    assert [client.post("trade/cancel-all-after", {"timeOut": "10"})[0] for _ in range(2)] == [200, 429]


@pytest.mark.integration
async def test_ccxt_arms_the_switch_and_the_venue_acts_by_itself() -> None:
    with venue_process("--speed=max") as venue:
        exchange = ccxt.async_support.okx({**KEY, "options": {"fetchMarkets": {"types": ["spot"]}}})
        exchange.urls["api"] = {"rest": venue.rest, "ws": venue.ws}
        try:
            placed = await exchange.create_order("BTC/USDT", "limit", "buy", 0.01, 20000)
            await exchange.cancel_all_orders_after(10_000)
            venue.add_fault("clock_skew", seconds=11)
            await asyncio.sleep(0.5)
        finally:
            await exchange.close()
        order = venue.orders()[-1]
    assert (order["venue_order_id"], order["state"], order["ended"]) == (placed["id"], "canceled", "switch")
