"""The embedded venue as a child process: it comes up with the right dialect, refuses in words, and never stays behind."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from dataclasses import replace
from decimal import Decimal
from typing import Any

import psutil
import pytest

from golive.model.errors import ConfigError
from golive.model.secret import Credentials
from golive.runtime.embedded_venue import EmbeddedVenue
from golive.runtime.venue_opening import embedded_secrets, venue_options
from golive.venues.registry import profile_named
from support.configuration import parse

pytestmark = pytest.mark.integration
BALANCES = {"okx": {"USDT": "100000"}, "kraken": {"USD": "100000"}, "bybit": {"USDT": "100000"}}


def key_for(label: str) -> Credentials:
    made = embedded_secrets([("key", profile_named(f"{label}_spot"))]).credentials("key")
    assert made is not None
    return made


def read(url: str) -> Any:
    with urllib.request.urlopen(url, timeout=10) as response:
        return json.loads(response.read())


def children() -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if "simvenue" in child.cmdline()]


@pytest.mark.parametrize("label", sorted(BALANCES))
async def test_a_venue_comes_up_as_its_entrypoint_says(label: str) -> None:
    options, key = venue_options(parse().resolve(f"{label}_desktop_paper"), seed=3), key_for(label)
    venue = await EmbeddedVenue.start(options, key)
    try:
        [account] = (await asyncio.to_thread(read, f"{venue.rest}/sim/v1/balances"))["balances"].values()
        held = {asset: Decimal(row["total"]) for asset, row in account.items() if Decimal(row["total"])}
        assert held == {asset: Decimal(amount) for asset, amount in BALANCES[label].items()}
        assert label in psutil.Process(venue.pid).cmdline()
        shown = " ".join((*psutil.Process(venue.pid).cmdline(), *psutil.Process(venue.pid).environ().values()))
        assert not any(secret.reveal() in shown for secret in key.fields.values())
    finally:
        await venue.close()
    assert not psutil.pid_exists(venue.pid)


async def test_options_that_the_venue_refuses_come_back_in_its_words() -> None:
    options = venue_options(parse().resolve("kraken_desktop_paper"), seed=3)
    with pytest.raises(ConfigError, match="--balance USD"):
        await EmbeddedVenue.start(replace(options, balances={"USD": Decimal("0.123456789012")}), key_for("kraken"))
    assert children() == []


async def test_a_start_that_is_broken_off_leaves_no_process() -> None:
    options = venue_options(parse().resolve("okx_desktop_paper"), seed=3)
    starting = asyncio.create_task(EmbeddedVenue.start(options, key_for("okx")))
    while not children():  # noqa: ASYNC110 (a process that begins sets no event)
        await asyncio.sleep(0.01)
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert children() == []
