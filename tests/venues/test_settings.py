"""Which sandbox value is effective, and which combinations are refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import pytest

from golive.metrics.recorder import MemoryRecorder
from golive.model.errors import ConfigError
from golive.model.secret import Credentials, Secret
from golive.venues import PROFILES, effective_sandbox, profile_named
from golive.venues.adapter import VenueAdapter
from golive.venues.settings import AdapterSettings
from support.adapters import KeptEvents, okx_rig
from support.wall_clock import WallClock

OKX = profile_named("okx_spot")
KEY = Credentials({name: Secret("c2VjcmV0b2Z0aGV0ZXN0") for name in ("apiKey", "secret", "password")})
NO_SANDBOX = replace(OKX, sandbox=None, name="venue_without")


@pytest.mark.parametrize(
    ("endpoint", "mode", "expected"),
    [
        ("embedded", "auto", False),
        ("public", "auto", False),
        ("production", "auto", False),
        ("sandbox", "auto", True),
        ("http://127.0.0.1:1", "auto", False),
        ("sandbox", True, True),
        ("embedded", True, True),
        ("public", False, False),
    ],
)
def test_auto_means_the_sandbox_endpoint_and_nothing_else(endpoint: str, mode: Literal["auto"] | bool, expected: bool) -> None:
    assert effective_sandbox(OKX, endpoint, mode) is expected


@pytest.mark.parametrize(("endpoint", "mode"), [("sandbox", "auto"), ("embedded", True), ("public", True), ("sandbox", False)])
def test_a_venue_without_a_sandbox_refuses_it_and_explains(endpoint: str, mode: Literal["auto"] | bool) -> None:
    with pytest.raises(ConfigError, match=r"venue_without has no sandbox.*endpoint: embedded"):
        effective_sandbox(NO_SANDBOX, endpoint, mode)


@pytest.mark.parametrize(("endpoint", "mode"), [("sandbox", False), ("production", True)])
def test_a_contradiction_is_refused(endpoint: str, mode: Literal["auto"] | bool) -> None:
    with pytest.raises(ConfigError, match="contradicts"):
        effective_sandbox(OKX, endpoint, mode)


async def test_an_embedded_endpoint_without_a_url_is_refused() -> None:
    with pytest.raises(ConfigError, match="needs a base URL"):
        async with okx_rig("") as rig:
            _ = rig.adapter.connection


async def test_the_sandbox_endpoint_uses_the_venues_own_hosts_and_its_marker() -> None:
    async with okx_rig("", sandbox=True) as rig:
        settings = replace(rig.adapter.settings, endpoint="sandbox", base_url=None)
        rig.adapter.settings = settings
        client: Any = rig.adapter.connection.client
        assert client.sign("public/time", ["public"], "GET", {})["url"] == "https://www.okx.com/api/v5/public/time"
        assert client.prepare_request_headers(None)["x-simulated-trading"] == "1"
        assert client.get_url("", "public").startswith("wss://wspap.okx.com")


async def test_the_client_takes_exact_texts_no_throttle_no_hidden_retries_and_no_proxy() -> None:
    async with okx_rig("http://127.0.0.1:9") as rig:
        client: Any = rig.adapter.connection.client
        assert client.number is str
        assert client.enableRateLimit is False
        assert client.options["maxRetriesOnFailure"] == 0
        assert client.urls["api"] == {"rest": "http://127.0.0.1:9", "ws": "ws://127.0.0.1:9/ws/v5"}
        assert client.aiohttp_trust_env is False
        assert "x-simulated-trading" not in client.prepare_request_headers(None)


def test_an_unknown_adapter_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match=f"known: {', '.join(sorted(PROFILES))}"):
        profile_named("okx")


@pytest.mark.parametrize("name", sorted(PROFILES))
async def test_every_address_of_a_venue_itself_is_encrypted(name: str) -> None:
    profile = profile_named(name)
    for endpoint, sandbox in (("production", False), *([("sandbox", True)] if profile.sandbox is not None else [])):
        settings = AdapterSettings(
            exchange=name.partition("_")[0], environment="x", queue="x", endpoint=endpoint, sandbox=sandbox, credentials=KEY
        )  # fmt: skip
        adapter = VenueAdapter(
            profile, settings, recorder=MemoryRecorder(), clock=WallClock(), guardrails=KeptEvents(), rng=random.Random(7)
        )
        client: Any = adapter.connection.client
        urls = client.urls["api"]
        streams = [profile.dialect.stream_url(urls, access, sandbox=sandbox) for access in ("public", "private")]
        assert all(url.startswith("wss://") for url in streams), streams
        found = list(addresses(urls))
        assert {url.partition("://")[0] for url in found} <= {"https", "wss"}, found
        assert any(url.startswith("https://") for url in found), found
        await adapter.close()


def addresses(urls: object) -> Iterator[str]:
    if isinstance(urls, str) and "://" in urls:
        yield urls
    elif isinstance(urls, dict):
        for each in urls.values():
            yield from addresses(each)
