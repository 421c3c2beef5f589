"""Request limits as a client meets them, over real sockets and by the real clock. Every rule: `test_<dialect>_limits`."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from simvenue.bybit.limit import BAN_S, LIMITS, REQUESTS
from simvenue.kraken.limit import ENGINE, OPEN_ORDERS, REST
from support import bybit_client, kraken_client
from support.bybit_client import headers_of
from support.kraken_client import KEY, READ_KEY, kraken_process
from support.venue_process import VenueKey, VenueProcess, venue_process

pytestmark = pytest.mark.integration
RESTING = {"type": "buy", "ordertype": "limit", "price": "30000", "volume": "0.001"}


async def kraken(session: aiohttp.ClientSession, venue: VenueProcess, method: str, key: VenueKey, **fields: str) -> Any:
    """Call a private method and return (errors joined, result)."""
    nonce, path = str(time.time_ns()), f"/0/private/{method}"
    body = urlencode({"nonce": nonce, **fields})
    headers = {"API-Key": key.api_key, "API-Sign": kraken_client.sign(key.secret, path, nonce, body)}
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    async with session.post(venue.rest + path, data=body, headers=headers) as response:
        document = await response.json()
    return "".join(document["error"]), document.get("result")


def test_the_published_ceilings() -> None:
    assert (REST.ceiling, REST.per_second) == (20, 0.5)
    assert (ENGINE.ceiling, ENGINE.per_second) == (125, 2.34)
    assert OPEN_ORDERS == 80
    assert (REQUESTS.count, REQUESTS.window_s, BAN_S) == (600, 5, 600)
    assert LIMITS["GET account/fee-rate"].count == 5
    assert LIMITS["POST order/create"].count == 20


async def test_kraken_counts_the_calls_of_a_key_and_forgets_them_by_the_clock() -> None:
    with kraken_process() as venue:
        async with aiohttp.ClientSession() as session:
            began = time.monotonic()
            said = [(await kraken(session, venue, "Balance", KEY))[0] for _ in range(24)]
            forgotten = (time.monotonic() - began) * REST.per_second
            assert 20 <= said.count("") <= 20 + forgotten
            assert said[-1] == "EAPI:Rate limit exceeded" or forgotten >= 1
            assert (await kraken(session, venue, "Balance", READ_KEY))[0] == ""


async def test_kraken_counts_what_its_engine_does_for_each_pair() -> None:
    """A new order costs 1 and canceling it at once 8: the fifteenth pair of both is beyond 125."""
    with kraken_process() as venue:
        async with aiohttp.ClientSession() as session:
            began = time.monotonic()
            done, error = 0, ""
            while not error and done < 40:
                error, result = await kraken(session, venue, "AddOrder", KEY, pair="XBTUSD", **RESTING)
                if not error:
                    error, _ = await kraken(session, venue, "CancelOrder", KEY, txid=result["txid"][0])
                done += not error
            assert error == "EOrder:Rate limit exceeded"
            assert 13 <= done <= 14 + (time.monotonic() - began) * ENGINE.per_second / 9
            other = RESTING | {"price": "1000", "volume": "0.1"}
            assert (await kraken(session, venue, "AddOrder", KEY, pair="ETHUSD", **other))[0] == ""


async def test_bybit_counts_the_calls_of_an_account_within_a_second() -> None:
    """The sixth question for fees within a second is refused with its headers; after that second all is well again."""
    query = "category=spot&symbol=BTCUSDT"
    with venue_process(dialect="bybit", keys=bybit_client.KEYS) as venue:
        async with aiohttp.ClientSession() as session:

            async def fees() -> tuple[int, str, float]:
                headers = headers_of(bybit_client.KEY, time.time_ns() // 1_000_000, query)
                async with session.get(f"{venue.rest}/v5/account/fee-rate?{query}", headers=headers) as answer:
                    row = answer.headers
                    free_at = int(row["X-Bapi-Limit-Reset-Timestamp"]) / 1000
                    return (await answer.json())["retCode"], row["X-Bapi-Limit-Status"], free_at

            began = time.monotonic()
            asked = [await fees() for _ in range(6)]
            assert time.monotonic() - began < 1, "too slow a machine to meet the limit"
            assert [(code, left) for code, left, _ in asked] == [(0, str(left)) for left in (4, 3, 2, 1, 0)] + [(10006, "0")]
            await asyncio.sleep(max(0, asked[-1][2] - time.time()) + 0.05)
            assert (await fees())[0] == 0


async def test_bybit_shuts_out_an_address_that_asks_too_often() -> None:
    with venue_process(dialect="bybit") as venue:
        async with aiohttp.ClientSession() as session:
            statuses = []
            for _ in range(REQUESTS.count + 5):
                async with session.get(f"{venue.rest}/v5/market/time") as answer:
                    statuses.append(answer.status)
                    text = await answer.text()
    assert statuses == [200] * REQUESTS.count + [403] * 5
    assert text == "access too frequent"
