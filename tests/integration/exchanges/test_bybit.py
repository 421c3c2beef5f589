"""The Bybit adapter against the simulated venue, over real HTTP and WebSocket: limits, bans, faults, orders, streams."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from golive.model.balance import Balance
from golive.model.decision import Approved
from golive.model.errors import (
    AuthenticationFailed,
    ConfigError,
    InsufficientFunds,
    InvalidOrder,
    OutcomeUnknown,
    RateLimited,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.market import Book, MarketEvent
from golive.model.order import OrderStatus, Side, TimeInForce
from golive.model.verdict import Stage
from golive.venues import profile_named
from golive.venues.profile import BudgetRule
from golive.venues.trading import TradingClient
from support.adapters import quick, rig
from support.trading_desk import Desk, account_stream, desk, until
from support.venue_process import VenueProcess, new_key, venue_process

pytestmark = pytest.mark.integration

BTC = InstrumentId("bybit", "BTC", "USDT")
CREATE = "/v5/order/create"
BOOK = "/v5/market/orderbook"
READER = new_key(permissions=("read",))
SEVERITIES = ("warning", "error", "critical")


@pytest.fixture
def venue() -> Iterator[VenueProcess]:
    """A fresh venue: its request limits are the real ones and count per address, so tests do not share one."""
    with venue_process("--balance", "USDT=100000", "--balance", "BTC=1", keys=[new_key(), READER], dialect="bybit") as running:
        yield running


def bybit_desk(venue: VenueProcess, **settings: Any) -> contextlib.AbstractAsyncContextManager[Desk]:
    """A desk with Bybit's own budgets; retries are quick."""
    return desk("bybit", venue, **{"profile": quick(profile_named("bybit_spot")), **settings})


def at_venue(at: Desk, approved: Approved) -> list[dict[str, Any]]:
    """What the venue's own records hold of this order."""
    return at.truth(approved.order.client_order_id)


def posts(at: Desk, approved: Approved) -> list[dict[str, Any]]:
    """Every request that placed this order, as the venue received it."""
    placed = [r for r in at.venue.requests(2000) if r["method"] == "POST" and r["target"] == CREATE]
    return [r for r in placed if approved.order.client_order_id in (r["body"] or "")]


# the named test


async def clean_smoke_run(venue: VenueProcess) -> None:
    """On a fresh recorder: nothing rate limited, no error, health 1."""
    async with rig("bybit", venue.rest, venue.key.credentials, profile=profile_named("bybit_spot")) as made:
        result = await made.adapter.probe()
        assert result.ok, result.checks
        assert set(result.checks) == {"time", "clock_skew", "market_load", "private_balance"}
        instrument = (await made.adapter.load())[BTC]
        assert len((await made.adapter.order_book(instrument)).bids) > 0
        assert await made.adapter.permissions() == ("read", "trade")
        assert (made.rate_limited, made.health) == (0, 1)
        assert [made.errors(severity) for severity in SEVERITIES] == [0, 0, 0]
        assert made.guardrails.events == []


async def call_beyond_the_budget_waits(venue: VenueProcess) -> None:
    """Reads take 16 of 20 in two seconds: the 17th leaves only when there is room again; nobody refused anything."""
    only_house_rule = replace(profile_named("bybit_spot"), budget=(BudgetRule("*", 20, 2.0),))
    async with rig("bybit", venue.rest, profile=only_house_rule) as made:
        instrument = (await made.adapter.load())[BTC]
        begun = time.monotonic()
        await asyncio.gather(*(made.adapter.order_book(instrument, 1) for _ in range(15)))
        assert time.monotonic() - begun < 1.8
        await made.adapter.order_book(instrument, 1)
        assert 2.0 <= time.monotonic() - begun < 5.0
        assert (made.rate_limited, made.requests("ok")) == (0, 17)


async def refusal_is_honoured_and_counted_once(venue: VenueProcess, kind: str) -> None:
    """HTTP 429, and Bybit's own 10006 with HTTP 200: the read waits as told and is repeated."""
    venue.add_fault(kind, match=BOOK, count=1, retry_after=1)
    async with rig("bybit", venue.rest) as made:
        instrument = (await made.adapter.load())[BTC]
        begun = time.monotonic()
        await made.adapter.order_book(instrument)
        assert 1.0 <= time.monotonic() - begun < 4.0
        assert made.rate_limited == 1
        assert [made.errors(severity) for severity in SEVERITIES] == [1, 0, 0]
        assert made.guardrails.names() == ["REFUSED"]


async def order_that_was_rate_limited_is_unknown_and_sent_once(venue: VenueProcess) -> None:
    """Bybit documents no answer as *not processed*: there is no second attempt, the look-up finds that it is absent."""
    async with bybit_desk(venue) as d:
        approved = d.order()
        venue.add_fault("throttle", match=CREATE, method="POST", count=1)
        with pytest.raises(OutcomeUnknown, match="10006"):
            await d.submit(approved)
        assert len(posts(d, approved)) == 1
        assert [(kind, n) for kind, _, n, _ in d.attempts.lines] == [("attempt", 1), ("answer", 1)]
        assert (d.rig.rate_limited, d.rig.errors("warning"), d.rig.errors("error")) == (1, 0, 1)
        assert (await d.trading.lookup(approved.order.client_order_id, d.instrument)).is_absent
        assert at_venue(d, approved) == []


async def test_bybit_spot_rate_limit(venue: VenueProcess) -> None:
    await clean_smoke_run(venue)
    await call_beyond_the_budget_waits(venue)
    await refusal_is_honoured_and_counted_once(venue, "http_429")
    await refusal_is_honoured_and_counted_once(venue, "throttle")
    await order_that_was_rate_limited_is_unknown_and_sent_once(venue)


# bans


@pytest.mark.parametrize(("kind", "code"), [("ban", ""), ("error", "10018"), ("error", "10009")])
async def test_an_ip_ban_is_a_rate_limit_and_nothing_leaves_while_it_lasts(venue: VenueProcess, kind: str, code: str) -> None:
    """HTTP 403 "access too frequent": wait for ten minutes, says Bybit, and every call before that makes it worse."""
    async with bybit_desk(venue) as d:
        venue.add_fault(kind, match=BOOK, count=1, **({"code": code} if code else {}))
        with pytest.raises(RateLimited):
            await d.rig.adapter.order_book(d.instrument)
        sent = len(venue.requests(2000))
        assert (d.rig.rate_limited, d.rig.errors("error"), d.rig.errors("warning")) == (1, 1, 0)
        begun = time.monotonic()
        with pytest.raises(RateLimited):
            await d.rig.adapter.order_book(d.instrument)
        approved = d.order()
        with pytest.raises(VenueUnavailable) as caught:
            await d.submit(approved)
        assert not isinstance(caught.value, OutcomeUnknown)
        assert time.monotonic() - begun < 5.0, "a call fails at once instead of waiting for ten minutes"
        assert len(venue.requests(2000)) == sent
        status = d.rig.adapter.failover_status
        assert status.throttle_active
        assert 590 < status.throttle_remaining_seconds <= 600


async def test_a_403_of_another_kind_is_no_ban_and_no_rate_limit(venue: VenueProcess) -> None:
    async with rig("bybit", venue.rest) as made:
        instrument = (await made.adapter.load())[BTC]
        venue.add_fault("http_403", match=BOOK, count=1)
        with pytest.raises(VenueError) as caught:
            await made.adapter.order_book(instrument)
        assert not isinstance(caught.value, RateLimited)
        assert (made.rate_limited, made.errors("error")) == (0, 1)
        assert (await made.adapter.order_book(instrument)).bids, "the next call leaves"


# the error table

AUTH, FUNDS, RULE, UNKNOWN = AuthenticationFailed, InsufficientFunds, InvalidOrder, OutcomeUnknown
TABLE: list[tuple[str, str, type[VenueError], str, str]] = [
    ("bad signature", "10004", AUTH, "refused", "critical"),
    ("bad key", "10003", AUTH, "refused", "critical"),
    ("expired key", "33004", AUTH, "refused", "critical"),
    ("permission", "10005", AUTH, "refused", "critical"),
    ("address not allowed", "10010", AUTH, "refused", "critical"),
    ("timestamp", "10002", AUTH, "refused", "critical"),
    ("rate limit", "10006", UNKNOWN, "rate_limited", "error"),
    ("rate limit of orders", "170222", UNKNOWN, "rate_limited", "error"),
    ("too many new orders", "170005", UNKNOWN, "rate_limited", "error"),
    ("system protection", "10429", UNKNOWN, "rate_limited", "error"),
    ("server load", "429", UNKNOWN, "rate_limited", "error"),
    ("address limit", "10018", UNKNOWN, "rate_limited", "error"),
    ("address banned", "10009", UNKNOWN, "rate_limited", "error"),
    ("insufficient funds", "170131", FUNDS, "refused", "error"),
    ("insufficient funds, unified", "110007", FUNDS, "refused", "error"),
    ("order not found", "170213", UNKNOWN, "refused", "error"),
    ("order not found, unified", "110001", UNKNOWN, "refused", "error"),
    ("order canceled", "170142", UNKNOWN, "refused", "error"),
    ("order filled", "170139", UNKNOWN, "refused", "error"),
    ("not on the book", "170143", UNKNOWN, "refused", "error"),
    ("price decimals", "170134", RULE, "refused", "error"),
    ("price too high", "170132", RULE, "refused", "error"),
    ("price too low", "170133", RULE, "refused", "error"),
    ("buy price limit", "170193", RULE, "refused", "error"),
    ("sell price limit", "170194", RULE, "refused", "error"),
    ("quantity decimals", "170137", RULE, "refused", "error"),
    ("quantity too small", "170136", RULE, "refused", "error"),
    ("amount too small", "170140", RULE, "refused", "error"),
    ("amount too large", "170124", RULE, "refused", "error"),
    ("duplicate client id", "170141", UNKNOWN, "refused", "error"),
    ("duplicate client id, unified", "110072", UNKNOWN, "refused", "error"),
    ("post-only would cross", "170218", RULE, "refused", "error"),
    ("maintenance", "10016", UNKNOWN, "network_error", "error"),
    ("server time-out", "10000", UNKNOWN, "timeout", "error"),
    ("engine time-out", "170007", UNKNOWN, "timeout", "error"),
    ("bad symbol", "170121", RULE, "refused", "error"),
    ("creation failed", "170149", UNKNOWN, "refused", "error"),
    ("nobody knows it", "999999", UNKNOWN, "refused", "error"),
]
"""VENUES §5, Bybit's column, row by row: what the adapter says of an order, how it counts the call, how severe it is."""


@pytest.fixture(scope="module")
def unlimited() -> Iterator[VenueProcess]:
    with venue_process("--balance", "USDT=100000", "--balance", "BTC=1", "--no-limits", dialect="bybit") as running:
        yield running


@pytest.mark.parametrize(("code", "family", "status", "severity"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
async def test_every_code_of_the_error_table_is_judged_and_the_order_is_sent_once(
    unlimited: VenueProcess, code: str, family: type[VenueError], status: str, severity: str
) -> None:
    async with bybit_desk(unlimited) as d:
        approved = d.order()
        unlimited.add_fault("error", match=CREATE, method="POST", code=code, count=1)
        with pytest.raises(VenueError) as caught:
            await d.submit(approved)
        assert type(caught.value) is family
        assert (caught.value.code, caught.value.client_order_id) == (code, approved.order.client_order_id)
        assert d.rig.requests(status) == 1
        assert {name: d.rig.errors(name) for name in SEVERITIES} == {name: int(name == severity) for name in SEVERITIES}
        assert d.rig.rate_limited == int(status == "rate_limited")
        assert len(posts(d, approved)) == 1
        assert at_venue(d, approved) == []


READS: list[tuple[str, type[VenueError] | None, int, int]] = [
    ("10002", None, 1, 0),
    ("10004", AuthenticationFailed, 0, 0),
    ("10006", None, 1, 1),
    ("10016", None, 1, 0),
    ("10000", None, 1, 0),
    ("10001", VenueRejected, 0, 0),
    ("999999", VenueRejected, 0, 0),
]


@pytest.mark.parametrize(("code", "family", "warnings", "limited"), READS)
async def test_a_read_is_repeated_after_a_transient_code_only(
    unlimited: VenueProcess, code: str, family: type[VenueError] | None, warnings: int, limited: int
) -> None:
    async with rig("bybit", unlimited.rest, unlimited.key.credentials) as made:
        unlimited.add_fault("error", match="/v5/account/wallet-balance", code=code, count=1)
        if family is None:
            assert (await made.adapter.balances())["BTC"].total_text == "1"
        else:
            with pytest.raises(VenueError) as caught:
                await made.adapter.balances()
            assert type(caught.value) is family
        assert (made.errors("warning"), made.rate_limited) == (warnings, limited)


# orders

AMBIGUOUS = [
    ("drop_after", True),
    ("drop_before", False),
    ("html", False),
    ("truncated", True),
    ("empty", False),
    ("garbage", False),
]
AMBIGUOUS += [("http_500", False), ("http_503", False), ("http_429", False), ("http_403", False), ("delay", True)]


@pytest.mark.parametrize(("kind", "exists"), AMBIGUOUS)
async def test_an_order_without_a_provable_answer_is_unknown_sent_once_and_found_by_its_id(
    unlimited: VenueProcess, kind: str, exists: bool
) -> None:
    async with bybit_desk(unlimited, timeout_s=0.5) as d:
        approved = d.order()
        unlimited.add_fault(kind, match=CREATE, method="POST", seconds=1.0, count=1)
        with pytest.raises(OutcomeUnknown) as caught:
            await d.submit(approved)
        assert caught.value.client_order_id == approved.order.client_order_id
        assert len(posts(d, approved)) == 1, "an unknown outcome is never sent again"
        assert len(d.attempts.deadlines()) == 1
        if kind == "delay":
            await asyncio.sleep(0.8)
        truth = at_venue(d, approved)
        assert len(truth) == int(exists)
        found = await d.trading.lookup(approved.order.client_order_id, d.instrument)
        assert found.is_absent == (not exists)
        assert d.rig.errors("error") == 1
        if exists:
            assert found.order is not None
            assert found.order.venue_order_id == truth[0]["venue_order_id"]
            assert found.order.status is OrderStatus.OPEN
            assert await d.trading.cancel(approved.order.client_order_id, d.instrument)


async def test_a_duplicate_id_is_unknown_because_the_first_order_may_be_live_and_stays_one_when_it_has_ended(
    unlimited: VenueProcess,
) -> None:
    async with bybit_desk(unlimited) as d:
        approved = d.order()
        await d.submit(approved)
        for _ in range(2):
            with pytest.raises(OutcomeUnknown, match="170141"):
                await d.submit(approved)
            await d.trading.cancel(approved.order.client_order_id, d.instrument)
        assert len(at_venue(d, approved)) == 1


@pytest.mark.parametrize(("price", "quantity", "side"), [("40000", "40", Side.BUY), ("50000", "30", Side.SELL)])
async def test_an_order_the_account_cannot_pay_is_surely_not_executed(
    unlimited: VenueProcess, price: str, quantity: str, side: Side
) -> None:
    async with bybit_desk(unlimited) as d:
        approved = d.order(price=price, quantity=quantity, side=side)
        with pytest.raises(InsufficientFunds, match="170131"):
            await d.submit(approved)
        assert at_venue(d, approved) == []
        assert d.rig.requests("refused") == 1


async def test_an_order_that_breaks_a_known_rule_is_never_sent(unlimited: VenueProcess) -> None:
    async with bybit_desk(unlimited) as d:
        small = d.order().order._replace(quantity=d.instrument.min_quantity - 1)
        foreign = d.order().order._replace(instrument=InstrumentId("bybit", "ETH", "USDT"))
        priceless = d.order().order._replace(price=None)
        odd_id = d.order().order._replace(client_order_id=ClientOrderId("with space"))
        for order in (small, foreign, priceless, odd_id):
            with pytest.raises(InvalidOrder):
                await d.submit(Approved(order, 1))
        assert d.attempts.lines == []


@pytest.mark.parametrize(("side", "asset"), [(Side.BUY, "BTC"), (Side.SELL, "USDT")])
async def test_a_market_order_fills_in_base_quantity_and_its_fee_is_taken_from_what_is_received(
    unlimited: VenueProcess, side: Side, asset: str
) -> None:
    async with bybit_desk(unlimited) as d:
        approved = d.order(price=None, quantity="0.01", side=side)
        venue_order_id = await d.submit(approved)
        found = await d.trading.lookup(approved.order.client_order_id, d.instrument)
        assert found.order is not None
        assert found.order.status is OrderStatus.FILLED
        assert found.order.filled == approved.order.quantity == sum(seen.fill.quantity for seen in found.fills)
        assert {seen.venue_order_id for seen in found.fills} == {venue_order_id}
        (truth,) = at_venue(d, approved)
        fees = sum(seen.fill.fee for seen in found.fills)
        text = d.instrument.base_text(fees) if asset == "BTC" else d.instrument.quote_text(fees)
        assert ({seen.fill.fee_asset for seen in found.fills}, text) == ({asset}, truth["fee"])
        assert not await d.trading.cancel(approved.order.client_order_id, d.instrument), "nothing left to cancel"
        assert d.rig.errors("error") == 0


@pytest.mark.parametrize(
    ("time_in_force", "price", "status", "filled"),
    [
        (TimeInForce.IOC, "1000", OrderStatus.CANCELED, 0),
        (TimeInForce.FOK, "1000", OrderStatus.CANCELED, 0),
        (TimeInForce.IOC, "47000", OrderStatus.FILLED, 100_000),
        (TimeInForce.FOK, "47000", OrderStatus.FILLED, 100_000),
        (TimeInForce.POST_ONLY, "1000", OrderStatus.OPEN, 0),
        (TimeInForce.POST_ONLY, "47000", OrderStatus.REJECTED, 0),
        (TimeInForce.GTC, "47000", OrderStatus.FILLED, 100_000),
    ],
)
async def test_every_time_in_force_ends_as_it_says(
    unlimited: VenueProcess, time_in_force: TimeInForce, price: str, status: OrderStatus, filled: int
) -> None:
    async with bybit_desk(unlimited) as d:
        approved = d.order(price=price, time_in_force=time_in_force)
        await d.submit(approved)
        found = await d.trading.lookup(approved.order.client_order_id, d.instrument)
        assert found.order is not None
        assert (found.order.status, found.order.filled) == (status, filled)
        await d.trading.cancel(approved.order.client_order_id, d.instrument)


async def test_an_amendment_changes_price_and_quantity_in_place_and_finds_nothing_when_the_order_has_ended(
    unlimited: VenueProcess,
) -> None:
    async with bybit_desk(unlimited) as d:
        approved = d.order()
        venue_order_id = await d.submit(approved)
        name, instrument = approved.order.client_order_id, d.instrument
        assert await d.amend(approved, quantity=200_000, price=instrument.ticks("1001"))
        (truth,) = at_venue(d, approved)
        assert (truth["venue_order_id"], truth["quantity"], truth["price"]) == (venue_order_id, "0.002", "1001")
        assert await d.trading.cancel(name, instrument)
        assert not await d.amend(approved, price=instrument.ticks("1002"))
        assert d.rig.errors("error") == 0


async def test_a_cancel_is_repeated_until_it_is_answered_and_a_second_one_finds_nothing(unlimited: VenueProcess) -> None:
    async with bybit_desk(unlimited) as d:
        approved = d.order()
        await d.submit(approved)
        unlimited.add_fault("drop_after", match="/v5/order/cancel", count=1)
        assert not await d.trading.cancel(approved.order.client_order_id, d.instrument)
        assert at_venue(d, approved)[0]["state"] == "canceled"
        found = await d.trading.lookup(approved.order.client_order_id, d.instrument)
        assert found.order is not None
        assert found.order.status is OrderStatus.CANCELED
        assert (d.rig.errors("error"), d.rig.errors("warning")) == (0, 1)


async def test_all_orders_are_canceled_in_batches_also_when_one_of_a_batch_fails_first(unlimited: VenueProcess) -> None:
    async with bybit_desk(unlimited) as d:
        orders = [d.order(price=f"{1000 + n}") for n in range(12)]
        for approved in orders:
            await d.submit(approved)
        unlimited.add_fault("partial_batch", match="/v5/order/cancel-batch", count=1)
        assert await d.trading.cancel_all(d.instrument) == 12
        assert {at_venue(d, approved)[0]["state"] for approved in orders} == {"canceled"}
        assert await d.trading.open_orders(d.instrument) == ()


async def test_lists_longer_than_a_page_are_read_to_their_end(unlimited: VenueProcess) -> None:
    wide = replace(profile_named("bybit_spot"), budget=())
    async with bybit_desk(unlimited, profile=wide) as d:
        orders = [d.order(price=f"{1000 + n}") for n in range(103)]
        await asyncio.gather(*(d.submit(approved) for approved in orders))
        names = {approved.order.client_order_id for approved in orders}
        assert {seen.client_order_id for seen in await d.trading.open_orders(d.instrument)} == names
        assert await d.trading.cancel_all(d.instrument) == 103
        assert {seen.client_order_id for seen in await d.trading.closed_orders(d.instrument)} >= names


async def test_the_disconnect_protection_is_set_for_spot_and_cannot_be_switched_off(unlimited: VenueProcess) -> None:
    async with bybit_desk(unlimited) as d:
        await d.trading.arm_switch(30)
        sent = unlimited.requests()[-1]
        assert (sent["target"], sent["status"]) == ("/v5/order/disconnected-cancel-all", 200)
        with pytest.raises(ConfigError, match="cannot be disarmed"):
            await d.trading.arm_switch(0)


async def test_a_read_only_key_cannot_trade_and_the_refusal_is_critical(venue: VenueProcess) -> None:
    async with rig("bybit", venue.rest, READER.credentials) as made:
        assert await made.adapter.permissions() == ("read",)
        instrument = (await made.adapter.load())[BTC]
        trading = TradingClient(made.adapter, Stage.REHEARSAL)
        d = Desk(venue, made, trading, instrument)
        approved = d.order()
        with pytest.raises(AuthenticationFailed, match="10005"):
            await d.submit(approved)
        assert at_venue(d, approved) == []
        assert made.errors("critical") == 1


async def test_testnet_refuses_every_host_that_is_not_the_testnet_before_anything_leaves(venue: VenueProcess) -> None:
    async with rig("bybit", venue.rest, venue.key.credentials, sandbox=True) as made:
        instrument = (await made.adapter.load())[BTC]
        sent = len(venue.requests())
        trading = TradingClient(made.adapter, Stage.TESTNET)
        d = Desk(venue, made, trading, instrument)
        with pytest.raises(VenueUnavailable, match="lacks the sandbox marker"):
            await d.submit(d.order())
        assert len(venue.requests()) == sent


async def test_rehearsal_refuses_a_host_that_is_not_this_machine_before_anything_leaves(venue: VenueProcess) -> None:
    async with bybit_desk(venue) as d:
        client: Any = d.rig.adapter.connection.client
        client.urls["api"] = d.rig.adapter.profile.dialect.urls("http://198.51.100.7:1")
        with pytest.raises(VenueUnavailable, match="not a loopback host"):
            await d.submit(d.order())


# reads and streams


@pytest.mark.parametrize("kind", ["html", "truncated", "empty", "garbage"])
async def test_nonsense_from_the_venue_is_counted_and_never_becomes_data(venue: VenueProcess, kind: str) -> None:
    async with rig("bybit", venue.rest) as made:
        instrument = (await made.adapter.load())[BTC]
        venue.add_fault(kind, match=BOOK)
        with pytest.raises(VenueUnavailable):
            await made.adapter.order_book(instrument)
        assert (made.requests("malformed"), made.errors("error")) == (5, 1)
        assert not (await made.adapter.probe()).ok
        assert made.health == 0


async def test_closed_candles_come_oldest_first_and_touch() -> None:
    with venue_process(dialect="bybit", speed="1") as running:
        async with rig("bybit", running.rest) as made:
            instrument = (await made.adapter.load())[BTC]
            candles = await made.adapter.candles(instrument, "1m", 50)
            assert len(candles) == 50
            for before, after in itertools.pairwise(candles):
                assert after.opened_at == before.closed_at
            assert all(candle.closed_at <= time.time_ns() for candle in candles)
            with pytest.raises(ConfigError, match="no candles of '7m'"):
                await made.adapter.candles(instrument, "7m")


async def test_the_market_stream_tells_books_trades_and_closed_candles_in_order() -> None:
    events: list[MarketEvent] = []
    with venue_process(dialect="bybit", speed="60") as running:
        async with rig("bybit", running.rest) as made:
            instrument = (await made.adapter.load())[BTC]
            stream = made.adapter.open_stream([instrument], timeframe="1m", book=True, trades=True, sink=events.append)
            await stream.start()
            assert stream.channels == {"kline.1:BTCUSDT", "orderbook.50:BTCUSDT", "publicTrade:BTCUSDT"}
            await stream.wait_for({"kline.1:BTCUSDT": 120, "orderbook.50:BTCUSDT": 50, "publicTrade:BTCUSDT": 1})
            assert made.errors("error") == 0
    kinds = {type(event).__name__ for event in events}
    assert kinds == {"Book", "Trade", "Candle"}
    books = [event for event in events if isinstance(event, Book)]
    assert all(1 <= len(side) <= 50 for book in books for side in (book.bids, book.asks))
    assert [book.ts for book in books] == sorted(book.ts for book in books)


async def test_a_refused_subscription_ends_the_start_at_once(venue: VenueProcess) -> None:
    async with rig("bybit", venue.rest) as made:
        instrument = (await made.adapter.load())[BTC]
        venue.add_fault("ws_reject", count=1)
        stream = made.adapter.open_stream([instrument], timeframe=None, book=True, trades=False, sink=lambda event: None)
        begun = time.monotonic()
        with pytest.raises(VenueRejected) as caught:
            await stream.start()
        assert (caught.value.code, time.monotonic() - begun < 5.0) == ("subscribe", True)


async def test_a_lost_book_message_is_noticed_by_its_number_and_repaired_with_a_fresh_snapshot() -> None:
    events: list[MarketEvent] = []
    with venue_process(dialect="bybit", speed="10") as running:
        async with rig("bybit", running.rest) as made:
            instrument = (await made.adapter.load())[BTC]
            stream = made.adapter.open_stream([instrument], timeframe=None, book=True, trades=False, sink=events.append)
            await stream.start()
            running.add_fault("ws_gap", match="orderbook.50:BTCUSDT", count=1)
            await until(lambda: made.errors("warning") == 1)
            assert (made.errors("warning"), made.errors("error")) == (1, 0)
            seen = stream.received["orderbook.50:BTCUSDT"]
            await stream.wait_for({"orderbook.50:BTCUSDT": seen + 3})
    assert all(isinstance(event, Book) and event.bids[0][0] < event.asks[0][0] for event in events)


async def test_the_account_stream_tells_the_order_its_fill_and_the_balances_as_the_venue_has_them(venue: VenueProcess) -> None:
    async with bybit_desk(venue) as d, account_stream(d) as (_, told):
        approved = d.order(price=None, quantity="0.01")
        name, venue_order_id = approved.order.client_order_id, await d.submit(approved)
        await until(lambda: told.fills(name) and told.status(name) is OrderStatus.FILLED)
        expected = await d.rig.adapter.balances()

        def balances() -> dict[str, Balance]:
            return {event.asset: event for event in told.events if isinstance(event, Balance)}

        await until(lambda: balances() == expected)
        (seen,) = told.fills(name)
        assert (seen.venue_order_id, seen.fill.quantity) == (venue_order_id, approved.order.quantity)
        told.require_sound()
