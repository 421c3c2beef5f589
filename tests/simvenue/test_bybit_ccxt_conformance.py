"""CCXT's own conformance tests, unmodified, against the simulated Bybit."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from support.bybit_judges import ccxt_client
from support.ccxt_conformance import (
    NO_TRANSFERS,
    NOT_SPOT,
    NOT_SPOT_STREAMS,
    REST,
    STREAM,
    UPSTREAM,
    checks,
    failures,
    market_faults,
    meanwhile,
    run_check,
)
from support.venue_process import VenueProcess, venue_process

pytestmark = pytest.mark.integration
SYMBOL = "BTC/USDT"

SKIPPED_REST = {
    **NOT_SPOT,
    **NO_TRANSFERS,
    **UPSTREAM,
    **dict.fromkeys(
        ("fetch_accounts", "fetch_last_prices", "fetch_order_books", "fetch_orders", "fetch_trading_fees"),
        "CCXT has no such call for Bybit spot",
    ),
}
SKIPPED_STREAM = NOT_SPOT_STREAMS
REST_CHECKS = sorted(checks(REST) - set(SKIPPED_REST))
STREAM_CHECKS = sorted(checks(STREAM) - set(SKIPPED_STREAM))


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    flags = ("--symbol=BTC/USDT", "--symbol=ETH/USDT", "--balance=USDT=1000000", "--balance=BTC=20")
    with venue_process(*flags, dialect="bybit", speed="1") as process:
        yield process


@pytest.fixture
async def client(venue: VenueProcess) -> AsyncIterator[Any]:
    async with ccxt_client(venue, number=float) as exchange:
        exchange.has.update(swap=False, future=False, option=False)  # a spot venue lists none
        await exchange.load_markets()
        yield exchange


async def trade(client: Any) -> None:
    """Rest and cancel one order, fill another."""
    price = float((await client.fetch_ticker(SYMBOL))["bid"])
    resting = await client.create_order(SYMBOL, "limit", "buy", 0.001, round(price * 0.97, 1))
    await client.cancel_order(resting["id"], SYMBOL)
    await client.create_order(SYMBOL, "market", "buy", 0.001)


def test_every_check_of_the_wheel_is_either_run_or_skipped_for_a_reason() -> None:
    assert set(SKIPPED_REST) <= checks(REST)
    assert set(SKIPPED_STREAM) <= checks(STREAM)
    assert (len(REST_CHECKS), len(STREAM_CHECKS)) == (18, 12)


async def test_every_rest_check_passes(client: Any) -> None:
    await trade(client)
    await trade(client)
    assert await failures({name: run_check(REST, name, client, {}, symbol=SYMBOL) for name in REST_CHECKS}) == {}


async def test_every_market_obeys_the_rules_for_markets(client: Any) -> None:
    market_faults(client, {})
    assert len(client.markets) == 2


async def test_every_stream_check_passes(client: Any) -> None:
    async with meanwhile(lambda: trade(client)):
        assert await failures({name: run_check(STREAM, name, client, {}, symbol=SYMBOL) for name in STREAM_CHECKS}) == {}
