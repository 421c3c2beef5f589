"""CCXT's own conformance tests, as they come in its wheel, run against a simulated venue.

A test module of a venue names the checks that must pass and, with a reason each, those that cannot be asked of it;
together they must be all there are, so that a new CCXT cannot bring checks nobody looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import inspect
import sys
from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

REST, STREAM = "rest", "stream"
_FOLDERS = {REST: "test/exchange/async", STREAM: "pro/test/Exchange"}
_HASTE = 10
"""stream checks watch for 15 s of the client's own clock; theirs runs this much faster"""

NOT_SPOT = dict.fromkeys(
    (
        "fetch_borrow_interest",
        "fetch_funding_rate_history",
        "fetch_leverage_tiers",
        "fetch_liquidations",
        "fetch_margin_mode",
        "fetch_margin_modes",
        "fetch_market_leverage_tiers",
        "fetch_my_liquidations",
        "fetch_open_interest_history",
        "fetch_positions",
    ),
    "of margin or derivatives, which a spot venue does not have",
)
NO_TRANSFERS = dict.fromkeys(
    ("fetch_deposit_withdrawals", "fetch_deposits", "fetch_ledger", "fetch_ledger_entry", "fetch_transfers", "fetch_withdrawals"),
    "moving money is not part of a simulated venue",
)
UPSTREAM = {
    "create_order": "the Python form of this check adds text and numbers and ends in TypeError before any request",
    "fetch_markets": "the Python form of this check wants a dict where CCXT returns a list; `market_faults` does its work",
    "proxies": "of CCXT's proxy settings; asks no exchange",
}
NOT_SPOT_STREAMS = dict.fromkeys(
    ("un_watch_positions", "watch_liquidations", "watch_liquidations_for_symbols", "watch_position", "watch_positions"),
    "of derivatives, which a spot venue does not have",
)


def checks(kind: str) -> frozenset[str]:
    """Return the names of all checks in the wheel, without `test_`."""
    return frozenset(path.stem.removeprefix("test_") for path in _folder(kind).glob("test_*.py"))


async def run_check(
    kind: str, name: str, exchange: Any, skipped: Mapping[str, str], *, symbol: str, timeout_s: float = 20
) -> None:
    """Run one check; `skipped` are properties it shall not look at, with the reason of each. Raises what the check raises."""
    check = _check(kind, name)
    wanted = list(inspect.signature(check).parameters)[2:]
    values: Mapping[str, Any] = {"symbol": symbol, "symbols": [symbol], "code": symbol.partition("/")[2]}
    subject = _Hurried(exchange) if kind == STREAM else exchange
    call = check(subject, dict(skipped), *(values[parameter] for parameter in wanted))
    assert await asyncio.wait_for(call, timeout_s) is not False


async def failures(calls: Mapping[str, Awaitable[None]]) -> dict[str, str]:
    """Await the checks together; return what each that failed complained of."""
    outcomes = await asyncio.gather(*calls.values(), return_exceptions=True)
    pairs = zip(calls, outcomes, strict=True)
    return {name: f"{type(outcome).__name__}: {outcome}"[:600] for name, outcome in pairs if outcome is not None}


def market_faults(exchange: Any, skipped: Mapping[str, str]) -> None:
    """Hold every loaded market to CCXT's rules for markets."""
    from ccxt.test.exchange.base import test_market

    assert exchange.markets
    for market in exchange.markets.values():
        test_market(exchange, dict(skipped), "fetchMarkets", market)


@contextlib.asynccontextmanager
async def meanwhile(action: Callable[[], Awaitable[object]], pause_s: float = 0.15) -> Any:
    """Repeat an action while the block runs, so that private streams have something to say."""

    async def repeat() -> None:
        while True:
            await asyncio.sleep(pause_s)
            await action()

    task = asyncio.create_task(repeat())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


class _Hurried:
    """An exchange whose clock runs fast for the check that measures its own waiting with it."""

    def __init__(self, exchange: Any) -> None:
        self._exchange = exchange
        self._start = exchange.milliseconds()

    def milliseconds(self) -> int:
        return int(self._start + (self._exchange.milliseconds() - self._start) * _HASTE)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._exchange, name)


def _folder(kind: str) -> Path:
    import ccxt

    assert ccxt.__file__ is not None
    return Path(ccxt.__file__).parent / _FOLDERS[kind]


@cache
def _check(kind: str, name: str) -> Callable[..., Awaitable[bool | None]]:
    path = _folder(kind) / f"test_{name}.py"  # its folder `async` cannot be imported by name
    spec = importlib.util.spec_from_file_location(f"ccxt_conformance_{kind}_{name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    paths = list(sys.path)
    spec.loader.exec_module(module)
    sys.path[:] = paths  # each check appends a folder
    check: Callable[..., Awaitable[bool | None]] = getattr(module, f"test_{name}")
    return check
