"""Named test of CONTRACT: credentials reach the client, vectors O1–O4 (VENUES §2.1), and the bytes on the wire."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any

import pytest

from golive.model.errors import ConfigError
from golive.model.secret import Credentials, Secret
from support.adapters import okx_rig
from support.venue_process import VenueKey, VenueProcess, new_key, venue_process

VECTOR_TIME_MS = 1_607_418_537_715
"""2020-12-08T09:08:57.715Z"""
O1_KEY = VenueKey("985d5b66-57ce-40fb-b714-afc0b9787083", "chNOOS4KvNXR_Xq4k4c9qsfoKWvnDecLATCRlcBwyKDYnWgO", "1234567890")
DOC_KEY = VenueKey("37c541a1-0000-0000-0000-10fe7a038418", "22582BD0CFF14C41EDBF1AB98506286D", "pass")

VECTORS: list[tuple[VenueKey, str, str, dict[str, str], str]] = [
    (O1_KEY, "GET", "account/balance", {}, "PJ61e1nb2F2Qd7D8SPiaIcx2gjdELc+o0ygzre9z33k="),
    (DOC_KEY, "GET", "account/balance", {"ccy": "BTC"}, "HiZhvSfMtWJA3uUIVXV3a/bSXNPCWvYFXoGCVS8V4zY="),
    (
        DOC_KEY,
        "POST",
        "account/set-leverage",
        {"instId": "BTC-USDT", "lever": "5", "mgnMode": "isolated"},
        "eCnnCgWLjlQ9XnpUkrcny3qNq3WW/81KNrDr/XR6Xv8=",
    ),
]
O4_TIME_S = 1_538_054_050
O4_SIGNATURE = "+LdIr8lkkvhr5hoA3g9TMC0+uQJ849ftAcocA/ouu4M="


def recomputed(secret: str, timestamp: str, method: str, target: str, body: str) -> str:
    """The signature by hashlib and hmac alone."""
    digest = hmac.new(secret.encode(), f"{timestamp}{method}{target}{body}".encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


async def check_vectors() -> None:
    for key, method, path, params, expected in VECTORS:
        async with okx_rig("http://127.0.0.1:9", key.credentials) as rig:
            client: Any = rig.adapter.connection.client
            client.milliseconds = lambda: VECTOR_TIME_MS
            signed = client.sign(path, ["private"], method, params)
            headers = signed["headers"]
            assert headers["OK-ACCESS-KEY"] == key.api_key
            assert headers["OK-ACCESS-PASSPHRASE"] == key.password
            assert headers["OK-ACCESS-TIMESTAMP"] == "2020-12-08T09:08:57.715Z"
            assert headers["OK-ACCESS-SIGN"] == expected
            target = signed["url"].removeprefix("http://127.0.0.1:9")
            assert recomputed(key.secret, headers["OK-ACCESS-TIMESTAMP"], method, target, signed["body"] or "") == expected


async def check_login_vector() -> None:
    """O4: the login of the private WebSocket, as CCXT would send it."""
    async with okx_rig("http://127.0.0.1:9", DOC_KEY.credentials) as rig:
        client: Any = rig.adapter.connection.client
        client.seconds = lambda: O4_TIME_S
        sent: list[dict[str, Any]] = []

        def watch(url: str, topic: str, request: dict[str, Any], _key: str) -> None:
            sent.append(request)
            client.client(url).resolve(True, topic)

        client.watch = watch
        await client.authenticate()
        login = sent[0]["args"][0]
        assert login["apiKey"] == DOC_KEY.api_key
        assert login["passphrase"] == DOC_KEY.password
        assert login["sign"] == O4_SIGNATURE == recomputed(DOC_KEY.secret, str(O4_TIME_S), "GET", "/users/self/verify", "")


def lowered(request: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in dict(request["headers"]).items()}


async def check_wire(venue: VenueProcess, key: VenueKey, *, sandbox: bool) -> None:
    """What the venue received is signed over exactly those bytes; the sandbox header follows the endpoint."""
    async with okx_rig(venue.rest, key.credentials, sandbox=sandbox) as rig:
        balances = await rig.adapter.balances()
        assert balances["USDT"].total_text == "100000"
        await rig.adapter.load()
    received = venue.requests()
    private = [r for r in received if "ok-access-sign" in lowered(r)]
    assert private, "no signed request arrived"
    for request in private:
        headers = lowered(request)
        assert headers["ok-access-key"] == key.api_key
        assert headers["ok-access-passphrase"], "the record blanks it; the venue compared it, or it had answered 401"
        assert request["status"] == 200
        signature = recomputed(
            key.secret, headers["ok-access-timestamp"], request["method"], request["target"], request.get("body") or ""
        )
        assert headers["ok-access-sign"] == signature
    for request in received:
        assert ("x-simulated-trading" in lowered(request)) == sandbox


@pytest.mark.integration
async def test_okx_adapter_populates_credentials_and_signs_request() -> None:
    await check_vectors()
    await check_login_vector()
    live, demo = new_key(), new_key(demo=True)
    for key, sandbox in ((live, False), (demo, True)):
        with venue_process("--balance", "USDT=100000", keys=[key]) as venue:
            await check_wire(venue, key, sandbox=sandbox)


async def test_missing_credential_fields_are_named_and_never_shown() -> None:
    partial = Credentials({"apiKey": Secret("abc"), "secret": Secret("hidden-value")})
    with pytest.raises(ConfigError, match="lack password") as caught:
        async with okx_rig("http://127.0.0.1:9", partial) as rig:
            _ = rig.adapter.connection
    assert "hidden-value" not in str(caught.value)
