"""The adapter against the simulated venue, over real HTTP and WebSocket: limits, faults, orders."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from golive.model.decision import Approved
from golive.model.errors import (
    AuthenticationFailed,
    ConfigError,
    InsufficientFunds,
    InvalidOrder,
    OutcomeUnknown,
    VenueError,
    VenueRejected,
    VenueUnavailable,
)
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderStatus, OrderType, Side, TimeInForce
from golive.model.verdict import Stage
from golive.venues import profile_named
from golive.venues.profile import BudgetRule
from golive.venues.trading import TradingClient
from support.adapters import Rig, okx_rig
from support.attempts import KeptAttempts
from support.venue_process import VenueProcess, new_key, venue_process

pytestmark = pytest.mark.integration

BTC = InstrumentId("okx", "BTC", "USDT")
READER, DEMO = new_key(permissions=("read",)), new_key(demo=True)


@pytest.fixture
def venue() -> Iterator[VenueProcess]:
    """A fresh venue: its request limits are the real ones and count per address, so tests do not share one."""
    with venue_process("--balance", "USDT=100000", "--balance", "BTC=1", keys=[new_key(), READER, DEMO]) as running:
        yield running


@dataclass
class Desk:
    """A trading client with what it needs."""

    venue: VenueProcess
    rig: Rig
    trading: TradingClient
    instrument: Instrument
    attempts: KeptAttempts

    def order(self, *, price: str | None = "1000", quantity: str = "0.001", side: Side = Side.BUY) -> Approved:
        """An order that rests far below the market unless told otherwise; `price=None` is a market order."""
        new = NewOrder(
            client_order_id=ClientOrderId(secrets.token_hex(16)),
            instrument=BTC,
            side=side,
            type=OrderType.MARKET if price is None else OrderType.LIMIT,
            quantity=self.instrument.lots(quantity),
            price=None if price is None else self.instrument.ticks(price),
            time_in_force=TimeInForce.GTC,
        )
        return Approved(new, 1)

    async def submit(self, approved: Approved) -> str:
        return await self.trading.submit(approved, self.instrument, self.attempts)

    def at_venue(self, approved: Approved) -> list[dict[str, Any]]:
        """What the venue's own records hold under this id."""
        return [row for row in self.venue.orders() if row["client_order_id"] == approved.order.client_order_id]

    def posts(self, approved: Approved) -> list[dict[str, Any]]:
        """Every request of this order as the venue received it."""
        return [
            r for r in self.venue.requests(2000) if r["method"] == "POST" and approved.order.client_order_id in (r["body"] or "")
        ]


@contextlib.asynccontextmanager
async def desk_at(venue: VenueProcess, **settings: Any) -> AsyncIterator[Desk]:
    async with okx_rig(venue.rest, venue.key.credentials, **settings) as rig:
        instrument = (await rig.adapter.load())[BTC]
        trading = TradingClient(rig.adapter, Stage.REHEARSAL)
        yield Desk(venue, rig, trading, instrument, KeptAttempts())


# the named test


async def clean_smoke_run(venue: VenueProcess) -> None:
    """On a fresh recorder: nothing rate limited, no error, health 1."""
    async with okx_rig(venue.rest, venue.key.credentials, profile=profile_named("okx_spot")) as rig:
        result = await rig.adapter.probe()
        assert result.ok, result.checks
        assert set(result.checks) == {"time", "clock_skew", "market_load", "private_balance"}
        instrument = (await rig.adapter.load())[BTC]
        assert len((await rig.adapter.order_book(instrument)).bids) > 0
        assert await rig.adapter.permissions() == ("read", "trade")
        assert (rig.rate_limited, rig.health) == (0, 1)
        assert [rig.errors(severity) for severity in ("warning", "error", "critical")] == [0, 0, 0]
        assert rig.guardrails.events == []


async def call_beyond_the_budget_waits(venue: VenueProcess) -> None:
    """Reads take 24 of 30 in two seconds: the 25th leaves only when there is room again; nobody refused anything."""
    wide = replace(profile_named("okx_spot"), budget=(BudgetRule("*", 30, 2.0),))
    async with okx_rig(venue.rest, profile=wide) as rig:
        instrument = (await rig.adapter.load())[BTC]
        begun = time.monotonic()
        await asyncio.gather(*(rig.adapter.order_book(instrument, 1) for _ in range(23)))
        assert time.monotonic() - begun < 1.8
        await rig.adapter.order_book(instrument, 1)
        assert 2.0 <= time.monotonic() - begun < 5.0
        assert (rig.rate_limited, rig.requests("ok")) == (0, 25)


async def refusal_is_honoured_and_counted_once(venue: VenueProcess) -> None:
    venue.add_fault("http_429", match="/api/v5/market/books", count=1, retry_after=1)
    async with okx_rig(venue.rest) as rig:
        instrument = (await rig.adapter.load())[BTC]
        begun = time.monotonic()
        await rig.adapter.order_book(instrument)
        assert 1.0 <= time.monotonic() - begun < 4.0
        assert rig.rate_limited == 1
        assert [rig.errors(severity) for severity in ("warning", "error", "critical")] == [1, 0, 0]
        assert rig.guardrails.names() == ["REFUSED"]


async def order_refused_as_not_processed_is_accepted_on_its_second_attempt(venue: VenueProcess, status: int) -> None:
    async with desk_at(venue) as desk:
        approved = desk.order()
        venue.add_fault("throttle", match="/api/v5/trade/order", method="POST", count=1, status=status)
        venue_order_id = await desk.submit(approved)
        assert [row["venue_order_id"] for row in desk.at_venue(approved)] == [venue_order_id], "the order exists once"
        assert len(desk.posts(approved)) == 2
        assert (desk.rig.rate_limited, desk.rig.errors("warning"), desk.rig.errors("error")) == (1, 1, 0)
        assert [(kind, n) for kind, _, n, _ in desk.attempts.lines] == [
            ("attempt", 1),
            ("answer", 1),
            ("attempt", 2),
            ("answer", 2),
        ]
        first, second = desk.attempts.deadlines()
        assert second > first
        headers = [{name.lower(): value for name, value in post["headers"]} for post in desk.posts(approved)]
        assert [h["exptime"] for h in headers] == [str(first), str(second)]
        assert desk.attempts.answers() == ["not_processed:50011", f"accepted:{venue_order_id}"]
        assert await desk.trading.cancel(approved.order.client_order_id, desk.instrument)


async def test_okx_spot_rate_limit(venue: VenueProcess) -> None:
    await clean_smoke_run(venue)
    await call_beyond_the_budget_waits(venue)
    await refusal_is_honoured_and_counted_once(venue)
    await order_refused_as_not_processed_is_accepted_on_its_second_attempt(venue, 429)
    await order_refused_as_not_processed_is_accepted_on_its_second_attempt(venue, 200)


# orders


async def test_an_order_refused_twice_as_not_processed_is_rejected_and_never_sent_a_third_time(venue: VenueProcess) -> None:
    async with desk_at(venue) as desk:
        approved = desk.order()
        venue.add_fault("throttle", match="/api/v5/trade/order", method="POST")
        with pytest.raises(VenueRejected, match="refused 2 times"):
            await desk.submit(approved)
        assert len(desk.posts(approved)) == 2
        assert desk.at_venue(approved) == []
        assert (desk.rig.rate_limited, desk.rig.errors("error"), desk.rig.errors("warning")) == (2, 1, 0)


AMBIGUOUS = [
    ("drop_after", True),
    ("drop_before", False),
    ("html", False),
    ("truncated", True),
    ("empty", False),
    ("garbage", False),
]
AMBIGUOUS += [("http_500", False), ("http_503", False), ("http_429", False), ("delay", True)]


@pytest.mark.parametrize(("kind", "exists"), AMBIGUOUS)
async def test_an_order_without_a_provable_answer_is_unknown_sent_once_and_found_by_its_id(
    venue: VenueProcess, kind: str, exists: bool
) -> None:
    async with desk_at(venue, timeout_s=0.5) as desk:
        approved = desk.order()
        venue.add_fault(kind, match="/api/v5/trade/order", method="POST", seconds=1.0, count=1)
        with pytest.raises(OutcomeUnknown) as caught:
            await desk.submit(approved)
        assert caught.value.client_order_id == approved.order.client_order_id
        assert len(desk.posts(approved)) == 1, "an unknown outcome is never sent again"
        assert len(desk.attempts.deadlines()) == 1
        if kind == "delay":
            await asyncio.sleep(0.8)
        truth = desk.at_venue(approved)
        assert len(truth) == int(exists)
        found = await desk.trading.lookup(approved.order.client_order_id, desk.instrument)
        assert found.is_absent == (not exists)
        assert desk.rig.errors("error") == 1
        if exists:
            assert found.order is not None
            assert found.order.venue_order_id == truth[0]["venue_order_id"]
            assert found.order.status is OrderStatus.OPEN
            assert await desk.trading.cancel(approved.order.client_order_id, desk.instrument)


async def test_a_duplicate_id_is_unknown_because_the_first_order_may_be_live(venue: VenueProcess) -> None:
    async with desk_at(venue) as desk:
        approved = desk.order()
        await desk.submit(approved)
        with pytest.raises(OutcomeUnknown, match="51016"):
            await desk.submit(approved)
        assert len(desk.at_venue(approved)) == 1
        await desk.trading.cancel(approved.order.client_order_id, desk.instrument)


@pytest.mark.parametrize(
    ("price", "quantity", "side", "family"),
    [("30000", "900", Side.BUY, InsufficientFunds), ("1000", "50", Side.SELL, InsufficientFunds)],
)
async def test_an_order_the_account_cannot_pay_is_surely_not_executed(
    venue: VenueProcess, price: str, quantity: str, side: Side, family: type[VenueError]
) -> None:
    async with desk_at(venue) as desk:
        approved = desk.order(price=price, quantity=quantity, side=side)
        with pytest.raises(family):
            await desk.submit(approved)
        assert desk.at_venue(approved) == []
        assert desk.rig.requests("refused") == 1


async def test_an_order_that_breaks_a_known_rule_is_never_sent(venue: VenueProcess) -> None:
    async with desk_at(venue) as desk:
        small = desk.order().order._replace(quantity=desk.instrument.min_quantity - 1)
        foreign = desk.order().order._replace(instrument=InstrumentId("okx", "ETH", "USDT"))
        priceless = desk.order().order._replace(price=None)
        odd_id = desk.order().order._replace(client_order_id=ClientOrderId("with-hyphen"))
        for order in (small, foreign, priceless, odd_id):
            with pytest.raises(InvalidOrder):
                await desk.submit(Approved(order, 1))
        assert desk.attempts.lines == []


async def test_a_market_order_fills_and_its_fills_are_exact(venue: VenueProcess) -> None:
    async with desk_at(venue) as desk:
        approved = desk.order(price=None, quantity="0.01")
        venue_order_id = await desk.submit(approved)
        found = await desk.trading.lookup(approved.order.client_order_id, desk.instrument)
        assert found.order is not None
        assert found.order.status is OrderStatus.FILLED
        assert found.order.filled == approved.order.quantity
        assert sum(seen.fill.quantity for seen in found.fills) == approved.order.quantity
        assert {seen.venue_order_id for seen in found.fills} == {venue_order_id}
        truth = desk.at_venue(approved)[0]["fills"]
        assert sorted(seen.fill.fill_id.trade_id for seen in found.fills) == sorted(
            f"BTC-USDT/{row['trade_id']}" for row in truth
        )
        for seen in found.fills:
            assert seen.fill.fee_asset == "BTC"
            assert seen.fill.fee > 0
        assert not await desk.trading.cancel(approved.order.client_order_id, desk.instrument), "nothing left to cancel"
        assert desk.rig.errors("error") == 0


async def test_a_cancel_is_repeated_until_it_is_answered_and_a_second_one_finds_nothing(venue: VenueProcess) -> None:
    async with desk_at(venue) as desk:
        approved = desk.order()
        await desk.submit(approved)
        venue.add_fault("drop_after", match="/api/v5/trade/cancel-order", count=1)
        assert not await desk.trading.cancel(approved.order.client_order_id, desk.instrument)
        assert desk.at_venue(approved)[0]["state"] == "canceled"
        found = await desk.trading.lookup(approved.order.client_order_id, desk.instrument)
        assert found.order is not None
        assert found.order.status is OrderStatus.CANCELED
        assert (desk.rig.errors("error"), desk.rig.errors("warning")) == (0, 1)


async def test_open_orders_are_listed_exactly(venue: VenueProcess) -> None:
    async with desk_at(venue) as desk:
        orders = [desk.order(price=price) for price in ("1000", "1000.1", "1000.2")]
        for approved in orders:
            await desk.submit(approved)
        listed = {seen.client_order_id for seen in await desk.trading.open_orders(desk.instrument)}
        assert listed == {approved.order.client_order_id for approved in orders}
        for approved in orders:
            assert await desk.trading.cancel(approved.order.client_order_id, desk.instrument)
        assert await desk.trading.open_orders(desk.instrument) == ()


async def test_a_read_only_key_cannot_trade_and_the_refusal_is_critical(venue: VenueProcess) -> None:
    async with okx_rig(venue.rest, READER.credentials) as rig:
        assert await rig.adapter.permissions() == ("read",)
        instrument = (await rig.adapter.load())[BTC]
        desk = Desk(venue, rig, TradingClient(rig.adapter, Stage.REHEARSAL), instrument, KeptAttempts())
        approved = desk.order()
        with pytest.raises(VenueError) as caught:
            await desk.submit(approved)
        assert isinstance(caught.value, AuthenticationFailed)
        assert desk.at_venue(approved) == []
        assert rig.errors("critical") == 1


async def test_only_stages_that_trade_get_a_trading_client_and_each_checks_its_place(venue: VenueProcess) -> None:
    async with okx_rig(venue.rest, venue.key.credentials) as rig:
        for stage in (Stage.DEMO, Stage.PAPER):
            with pytest.raises(ConfigError, match="sends no orders"):
                TradingClient(rig.adapter, stage)
        with pytest.raises(ConfigError, match="needs the sandbox"):
            TradingClient(rig.adapter, Stage.TESTNET)
        with pytest.raises(ConfigError, match="only with a pass of its gate"):
            TradingClient(rig.adapter, Stage.LIVE)
    async with okx_rig(venue.rest) as rig:
        with pytest.raises(ConfigError, match="needs credentials"):
            TradingClient(rig.adapter, Stage.REHEARSAL)


async def test_rehearsal_refuses_a_host_that_is_not_this_machine_before_anything_leaves(venue: VenueProcess) -> None:
    async with desk_at(venue) as desk:
        client: Any = desk.rig.adapter.connection.client
        client.urls["api"] = {"rest": "http://198.51.100.7:1", "ws": "ws://198.51.100.7:1"}
        with pytest.raises(VenueUnavailable, match="not a loopback host"):
            await desk.submit(desk.order())


async def test_testnet_trades_with_a_demo_key_and_the_marker_and_refuses_without_it(venue: VenueProcess) -> None:
    async with okx_rig(venue.rest, DEMO.credentials, sandbox=True) as rig:
        instrument = (await rig.adapter.load())[BTC]
        desk = Desk(venue, rig, TradingClient(rig.adapter, Stage.TESTNET), instrument, KeptAttempts())
        approved = desk.order()
        await desk.submit(approved)
        assert {name.lower() for name, _ in desk.posts(approved)[0]["headers"]} >= {"x-simulated-trading", "exptime"}
        assert await desk.trading.cancel(approved.order.client_order_id, instrument)
        client: Any = rig.adapter.connection.client
        client.headers = {}
        with pytest.raises(VenueUnavailable, match="lacks the sandbox marker"):
            await desk.submit(desk.order())


# reads and streams


@pytest.mark.parametrize("kind", ["html", "truncated", "empty", "garbage"])
async def test_nonsense_from_the_venue_is_counted_and_never_becomes_data(venue: VenueProcess, kind: str) -> None:
    async with okx_rig(venue.rest) as rig:
        instrument = (await rig.adapter.load())[BTC]
        venue.add_fault(kind, match="/api/v5/market/books")
        with pytest.raises(VenueUnavailable):
            await rig.adapter.order_book(instrument)
        assert (rig.requests("malformed"), rig.errors("error")) == (5, 1)
        assert not (await rig.adapter.probe()).ok
        assert rig.health == 0


async def test_closed_candles_come_oldest_first_and_touch(venue: VenueProcess) -> None:
    with venue_process("--speed", "1") as running:
        async with okx_rig(running.rest) as rig:
            instrument = (await rig.adapter.load())[BTC]
            candles = await rig.adapter.candles(instrument, "1m", 50)
            for before, after in itertools.pairwise(candles):
                assert after.opened_at == before.closed_at
            assert all(candle.closed_at <= time.time_ns() for candle in candles)
    with pytest.raises(ConfigError, match="no candles of '7m'"):
        async with okx_rig(venue.rest) as rig:
            await rig.adapter.candles((await rig.adapter.load())[BTC], "7m")
