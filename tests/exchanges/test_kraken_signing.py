"""Named test of CONTRACT: vector K1 (VENUES §2.1) with its full body, strictly rising nonces, and the bytes on the wire."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import threading
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from golive.model.errors import AuthenticationFailed, ConfigError
from golive.model.secret import Credentials, Secret
from golive.venues.dialect import Request
from golive.venues.signed import Signed
from support.adapters import Rig, rig
from support.venue_process import VenueProcess, new_key, venue_process

K1_SECRET = "kQH5HW/8p1uGOVjbgWA7FunAmGO8lsSUXNsu3eow76sz84Q18fWxnyRzBHCd3pd5nE9qa99HAZtuZuj6F1huXg=="
K1_NONCE = 1616492376594
K1_BODY = "nonce=1616492376594&ordertype=limit&pair=XBTUSD&price=37500&type=buy&volume=1.25"
K1_SIGNATURE = "4/dpxb3iT4tp/ZCVEwSnEsLxx0bqyhLpdfOpc6fn7OR8+UClSV5n9E6aSS8MPtnRfp32bAb0nmbRn6H8ndwLUQ=="
K1_ORDER = {"ordertype": "limit", "pair": "XBTUSD", "price": "37500", "type": "buy", "volume": "1.25"}
NOWHERE = "http://127.0.0.1:9"
K1_CREDENTIALS = Credentials({"apiKey": Secret("the-public-key"), "secret": Secret(K1_SECRET)})


def recomputed(secret: str, path: str, nonce: str, body: str) -> str:
    """The signature by hashlib and hmac alone."""
    message = path.encode() + hashlib.sha256((nonce + body).encode()).digest()
    return base64.b64encode(hmac.new(base64.b64decode(secret), message, hashlib.sha512).digest()).decode()


def signed_by(made: Rig, request: Request) -> Signed:
    """The request as the adapter's call path would let it leave."""
    return made.adapter.connection.path.sign(request)


async def check_published_vector() -> None:
    async with rig("kraken", NOWHERE, K1_CREDENTIALS) as made:
        client: Any = made.adapter.connection.client
        client.incrementing_nonce = lambda: K1_NONCE
        signed = signed_by(made, Request("AddOrder", K1_ORDER, "POST", private=True))
    assert signed.body == K1_BODY, "the nonce is the first field of the form, and nothing else was added"
    assert signed.url == f"{NOWHERE}/0/private/AddOrder"
    assert signed.headers["API-Key"] == "the-public-key"
    assert signed.headers["API-Sign"] == K1_SIGNATURE
    assert signed.headers["Content-Type"] == "application/x-www-form-urlencoded"


async def check_json_body() -> None:
    """A batch of cancels is signed over its JSON text."""
    async with rig("kraken", NOWHERE, K1_CREDENTIALS) as made:
        client: Any = made.adapter.connection.client
        client.incrementing_nonce = lambda: K1_NONCE
        signed = signed_by(made, Request("CancelOrderBatch", {"orders": ["OA", "OB"]}, "POST", private=True))
    assert signed.body == '{"nonce":"1616492376594","orders":["OA","OB"]}'
    assert signed.headers["Content-Type"] == "application/json"
    assert signed.headers["API-Sign"] == recomputed(K1_SECRET, "/0/private/CancelOrderBatch", str(K1_NONCE), signed.body)


async def check_nonces_of_threads(folder: Path) -> None:
    """Two adapters of one key, as two bots of a host have them, sign from eight threads at once."""
    async with (
        rig("kraken", NOWHERE, K1_CREDENTIALS, state_directory=folder) as one,
        rig("kraken", NOWHERE, K1_CREDENTIALS, state_directory=folder) as other,
    ):
        drawn: list[list[int]] = []

        def draw(made: Rig) -> None:
            own = [int(parse_qsl(str(signed_by(made, BALANCE).body))[0][1]) for _ in range(100)]
            drawn.append(own)

        for made in (one, other):
            _ = made.adapter.connection
        threads = [threading.Thread(target=draw, args=(made,)) for made in (one, other) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)
    assert len(drawn) == len(threads)
    for own in drawn:
        assert own == sorted(set(own)), "nonces of one thread rise"
    everything = [nonce for own in drawn for nonce in own]
    assert len(set(everything)) == len(everything) == 800, "no nonce is drawn twice"


BALANCE = Request("BalanceEx", {}, "POST", private=True)


async def check_wire(venue: VenueProcess) -> None:
    """What the venue received is signed over exactly those bytes, one after the other although asked for at once."""
    async with rig("kraken", venue.rest, venue.key.credentials) as made:
        many = await asyncio.gather(*(made.adapter.balances() for _ in range(6)))
        assert all(balances["USD"].total_text == "100000" for balances in many)
        await made.adapter.load()
    received = venue.requests()
    private = [r for r in received if urlsplit(r["target"]).path.startswith("/0/private/")]
    assert len(private) == 6
    nonces = []
    for request in private:
        headers = {name.lower(): value for name, value in request["headers"]}
        nonce = dict(parse_qsl(request["body"]))["nonce"]
        assert headers["api-key"] == venue.key.api_key
        assert headers["api-sign"] == recomputed(venue.key.secret, request["target"], nonce, request["body"])
        assert request["status"] == 200
        nonces.append(int(nonce))
    assert nonces == sorted(set(nonces))
    assert not any("api-key" in {name.lower() for name, _ in r["headers"]} for r in received if "/public/" in r["target"])


@pytest.mark.integration
async def test_spot_private_request_signature(tmp_path: Path) -> None:
    await check_published_vector()
    await check_json_body()
    await check_nonces_of_threads(tmp_path)
    with venue_process("--balance", "USD=100000", dialect="kraken", keys=[new_key(dialect="kraken")]) as venue:
        await check_wire(venue)


async def test_missing_credential_fields_are_named_and_never_shown() -> None:
    partial = Credentials({"secret": Secret("hidden-value")})
    with pytest.raises(ConfigError, match="lack apiKey") as caught:
        async with rig("kraken", NOWHERE, partial) as made:
            _ = made.adapter.connection
    assert "hidden-value" not in str(caught.value)


async def test_a_secret_that_is_no_base64_is_refused_before_anything_is_sent_and_never_shown() -> None:
    broken = Credentials({"apiKey": Secret("key"), "secret": Secret("hiddn")})
    async with rig("kraken", NOWHERE, broken) as made:
        with pytest.raises(AuthenticationFailed, match="not sent") as caught:
            await made.adapter.balances()
        assert made.errors("critical") == 1
    assert "hiddn" not in str(caught.value)
