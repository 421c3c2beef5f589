"""Unmodified third-party clients of Bybit, pointed at a simulated venue by their addresses alone."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

from support.venue_process import VenueProcess


def ccxt_urls(venue: VenueProcess) -> dict[str, Any]:
    """Return CCXT's `urls['api']` for the venue."""
    root = venue.rest
    public, private = f"{venue.ws}/v5/public/spot", f"{venue.ws}/v5/private"
    streams = {"spot": {"unified": private, "nonUnified": private}, "contract": private, "usdc": private, "trade": private}
    return {
        **dict.fromkeys(("spot", "futures", "v2", "public", "private"), root),
        "ws": {"public": {"spot": public}, "private": streams},
    }


@contextlib.asynccontextmanager
async def ccxt_client(venue: VenueProcess, **changes: Any) -> AsyncIterator[Any]:
    """A CCXT pro client of the venue's first key; closed at the end."""
    import ccxt.pro

    options = {"fetchMarkets": {"types": ["spot"]}, "defaultType": "spot", "fetchOrder": {"acknowledged": True}}
    settings = {
        "apiKey": venue.key.api_key,
        "secret": venue.key.secret,
        "number": str,
        "enableRateLimit": False,
        "options": options,
    }
    exchange = ccxt.pro.bybit({**settings, **changes})
    exchange.urls["api"] = ccxt_urls(venue)
    try:
        yield exchange
    finally:
        await exchange.close()


@contextlib.contextmanager
def pybit_session(venue: VenueProcess, **changes: Any) -> Iterator[Any]:
    """The exchange's own SDK with the venue's first key."""
    from pybit.unified_trading import HTTP

    settings = {"api_key": venue.key.api_key, "api_secret": venue.key.secret, "max_retries": 1, "log_requests": False}
    session = HTTP(**{**settings, **changes})
    session.endpoint = venue.rest
    try:
        yield session
    finally:
        session.client.close()
