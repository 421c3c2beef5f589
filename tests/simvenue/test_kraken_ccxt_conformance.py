"""CCXT's own conformance tests run against simulated Kraken; what cannot be asked of it is listed with a reason."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import pytest

from support.ccxt_conformance import (
    NO_TRANSFERS,
    NOT_SPOT,
    NOT_SPOT_STREAMS,
    REST,
    STREAM,
    UPSTREAM,
    checks,
    market_faults,
    meanwhile,
    run_check,
)
from support.kraken_client import kraken_process
from support.venue_process import VenueProcess, new_key

pytestmark = pytest.mark.integration
SYMBOL = "BTC/USD"
KEY = new_key(dialect="kraken")

_NAMES = {"currencyIdAndCode": "CCXT's markets of Kraken carry the unified code as `baseId`"}
_BOOK = dict.fromkeys(("timestamp", "datetime"), "Kraken gives a time per level, CCXT takes none for the whole book")
_NETWORKS = "Kraken's list of assets says nothing of deposits, withdrawals and networks"
_LAST_WORD = 'fee "cost" must be numeric type'
"""CCXT leaves the fee of a Kraken order a text. A check of orders looks at it last: it must come that far and end there."""
REST_CHECKS: Mapping[str, Mapping[str, str]] = {
    "after_construct": {},
    "features": {},
    "fetch_balance": {},
    "fetch_closed_orders": {},
    "fetch_l2_order_book": _BOOK,
    "fetch_my_trades": {},
    "fetch_ohlcv": {},
    "fetch_open_orders": {},
    "fetch_order_book": _BOOK,
    "fetch_status": {},
    "fetch_ticker": {},
    "fetch_tickers": {},
    "fetch_trades": {},
    "fetch_trading_fee": {},
    "fetch_transaction_fees": {},
    "load_markets": _NAMES,
    "sign_in": {},
}
"""check → properties it is told to pass over, and why"""
STREAM_CHECKS: Mapping[str, Mapping[str, str]] = {
    "watch_bids_asks": {},
    "watch_my_trades": {"fees": "CCXT gives Kraken's stream fills a `fee` and no list of `fees`"},
    "watch_ohlcv": {},
    "watch_order_book": _BOOK,
    "watch_order_book_for_symbols": _BOOK,
    "watch_orders": {},
    "watch_ticker": {},
    "watch_tickers": {},
    "watch_trades": {},
    "watch_trades_for_symbols": {},
}
ENDS_AT_THE_FEE = frozenset({"fetch_closed_orders", "fetch_open_orders", "watch_orders"})
_MISSING = "CCXT does not offer it for Kraken"
SKIPPED = {
    **NOT_SPOT,
    **NO_TRANSFERS,
    **UPSTREAM,
    "fetch_currencies": _NETWORKS,
    **dict.fromkeys(("fetch_accounts", "fetch_last_prices", "fetch_order_books", "fetch_orders", "fetch_trading_fees"), _MISSING),
}
SKIPPED_STREAMS = {
    **NOT_SPOT_STREAMS,
    "watch_balance": "Kraken streams totals only; the check wants free and used",
    "watch_ohlcv_for_symbols": _MISSING,
}


@pytest.fixture(scope="module")
def venue() -> Iterator[VenueProcess]:
    more = [f"--symbol={symbol}" for symbol in ("SOL/USD", "XRP/USD", "DOGE/USD", "BTC/EUR", "BTC/USDT")]
    with kraken_process("--no-limits", *more, keys=(KEY,), speed="1") as process:
        yield process


@pytest.fixture
async def exchange(venue: VenueProcess) -> AsyncIterator[Any]:
    import ccxt.pro

    client = ccxt.pro.kraken({"apiKey": KEY.api_key, "secret": KEY.secret, "enableRateLimit": False})
    streams = dict.fromkeys(("public", "private", "beta", "beta-private"), venue.ws.removesuffix("/v2") + "/v1")
    streams |= {"publicV2": venue.ws, "privateV2": venue.ws}
    client.urls["api"].update(public=venue.rest, private=venue.rest, ws=streams)
    await client.load_markets()
    yield client
    await client.close()


def as_far_as_it_goes(name: str) -> contextlib.AbstractContextManager[object]:
    return pytest.raises(AssertionError, match=_LAST_WORD) if name in ENDS_AT_THE_FEE else contextlib.nullcontext()


def test_every_check_is_either_run_or_skipped_for_a_reason() -> None:
    assert checks(REST) == REST_CHECKS.keys() | SKIPPED.keys()
    assert checks(STREAM) == STREAM_CHECKS.keys() | SKIPPED_STREAMS.keys()


async def test_the_markets_conform(exchange: Any) -> None:
    market_faults(exchange, {**_NAMES, "active": "CCXT reads it from other words than Kraken's `status`"})


@pytest.mark.parametrize("name", REST_CHECKS)
async def test_a_rest_check_passes(exchange: Any, name: str) -> None:
    await exchange.create_order(SYMBOL, "market", "buy", 0.001)
    resting = await exchange.create_order(SYMBOL, "limit", "buy", 0.001, 30_000)
    with as_far_as_it_goes(name):
        await run_check(REST, name, exchange, REST_CHECKS[name], symbol=SYMBOL)
    await exchange.cancel_order(resting["id"], SYMBOL)


@pytest.mark.parametrize("name", STREAM_CHECKS)
async def test_a_stream_check_passes(exchange: Any, name: str) -> None:
    async def trade() -> None:
        await exchange.create_order(SYMBOL, "market", "buy", 0.001)

    with as_far_as_it_goes(name):
        async with meanwhile(trade):
            await run_check(STREAM, name, exchange, STREAM_CHECKS[name], symbol=SYMBOL)
