"""What every venue's streams must do: market and account events, and being whole again after everything that can go wrong."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from golive.market.lockstep import LockStep, Step
from golive.model.balance import Balance
from golive.model.errors import VenueError, VenueRejected, VenueUnavailable
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import OrderStatus, Side
from golive.venues import MarketStream
from golive.venues.dialect import Total
from support.adapters import Rig, rig, unhurried
from support.trading_desk import account_stream, desk, until
from support.venue_process import VenueProcess, venue_process

pytestmark = pytest.mark.integration

VENUES = ("okx", "kraken", "bybit")
QUOTE = {"okx": "USDT", "kraken": "USD", "bybit": "USDT"}
BOOKS = {"okx": "books:*", "kraken": "book:*", "bybit": "orderbook*"}
CANDLES = {"okx": "candle1m:*", "kraken": "ohlc:*", "bybit": "kline*"}
ORDERS = {"okx": "orders*", "kraken": "executions*", "bybit": "[eo][xr]*"}
"""pattern of the keys that carry our orders and fills"""


@dataclass
class At:
    """A fresh venue of one dialect, without limits."""

    name: str
    venue: VenueProcess

    def adapter(self, **settings: object) -> contextlib.AbstractAsyncContextManager[Rig]:
        return rig(self.name, self.venue.rest, self.venue.key.credentials, profile=unhurried(self.name), **settings)


@pytest.fixture(params=VENUES)
def at(request: pytest.FixtureRequest) -> Iterator[At]:
    name = str(request.param)
    money = ("--balance", f"{QUOTE[name]}=1000000", "--balance", "BTC=10")
    with venue_process("--no-limits", "--steps", "400", *money, dialect=name) as running:
        yield At(name, running)


@dataclass
class Market:
    """A market stream and the hand that moves the market."""

    at: At
    rig: Rig
    stream: MarketStream
    lockstep: LockStep
    events: list[MarketEvent] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)

    async def step(self, times: int = 1, due: Counter[str] | None = None) -> None:
        """Move the market; with `due`, to which what is published is added, wait until it has come."""
        for _ in range(times):
            step = await self.lockstep.next()
            assert step is not None
            self.steps.append(step)
            if due is not None:
                due.update(step.published)
                await self.stream.wait_for(due)
            await self.lockstep.acknowledge(step)

    @property
    def candles(self) -> list[Candle]:
        return [event for event in self.events if isinstance(event, Candle)]

    async def whole_again(self, seconds: float = 10.0) -> None:
        """Move on until a candle shows that the stream is alive, and require a line of candles without a hole."""
        known = len(self.candles)
        async with asyncio.timeout(seconds):
            while len(self.candles) <= known or self.candles[-1].closed_at < self.steps[-1].ts - MINUTE:
                await self.step()
                await asyncio.sleep(0.05)
        self.require_line()

    def require_line(self) -> None:
        for before, after in pairwise(self.candles):
            assert after.opened_at == before.closed_at, "a candle is missing, doubled or out of order"


MINUTE = 60 * 10**9


@contextlib.asynccontextmanager
async def market(at: At, **settings: object) -> AsyncIterator[Market]:
    events: list[MarketEvent] = []
    async with at.adapter(**settings) as made:
        instrument = next(i for i in (await made.adapter.load()).values() if i.base == "BTC")
        stream = made.adapter.open_stream([instrument], timeframe="1m", book=True, trades=True, sink=events.append)
        await stream.start()
        async with LockStep(at.venue.rest) as lockstep:
            await lockstep.start()
            yield Market(at, made, stream, lockstep, events)


# market streams


async def test_a_market_stream_tells_books_trades_and_every_closed_candle(at: At) -> None:
    async with market(at) as m:
        due = Counter(m.stream.received)
        await m.step(59, due)
        step = await m.lockstep.next()
        assert step is not None
        due.update(step.published)
        await m.stream.wait_for(due)
        assert m.stream.received == due
        m.require_line()
        assert len(m.candles) >= 59
        books = [event for event in m.events if isinstance(event, Book)]
        assert len(books) > 30
        assert all(book.bids[0][0] < book.asks[0][0] for book in books)
        trades = [event for event in m.events if isinstance(event, Trade)]
        assert len({trade.trade_id for trade in trades}) == len(trades) > 0
        assert [m.rig.errors(s) for s in ("warning", "error", "critical")] == [0, 0, 0]


async def test_a_local_book_is_the_venues_book(at: At) -> None:
    async with market(at) as m:
        await m.step(40)
        instrument = next(i for i in (await m.rig.adapter.load()).values() if i.base == "BTC")
        truth = await m.rig.adapter.order_book(instrument, 10)
        books = [event for event in m.events if isinstance(event, Book)]
        await until(lambda: [e for e in m.events if isinstance(e, Book)][-1].bids[:10] == truth.bids[:10])
        assert books
        last = [event for event in m.events if isinstance(event, Book)][-1]
        assert last.asks[:10] == truth.asks[:10]


@pytest.mark.parametrize("kind", ["ws_close", "ws_abort"])
async def test_a_market_stream_goes_on_after_its_connection_is_lost_and_no_candle_is_missing(at: At, kind: str) -> None:
    async with market(at) as m:
        await m.step(5)
        at.venue.add_fault(kind, match=CANDLES[at.name], count=1)
        await m.step(10)
        await m.whole_again()
        assert m.stream.failure is None
        await until(lambda: m.rig.errors("warning"))
        assert (m.rig.errors("error"), m.rig.reconnect_required) == (0, 0)


async def test_a_lost_candle_is_read_over_rest_before_the_next_one_is_told(at: At) -> None:
    async with market(at) as m:
        await m.step(5)
        await until(lambda: len(m.candles) >= 4)
        at.venue.add_fault("ws_gap", match=CANDLES[at.name], count=3)
        await m.step(3)
        at.venue.clear_faults()
        await m.whole_again()
        assert m.rig.requests("network_error") == 0, "a hole in the candles costs no connection"


@pytest.mark.parametrize("kind", ["ws_duplicate", "ws_reorder"])
async def test_candles_told_twice_or_late_are_told_once_and_in_order(at: At, kind: str) -> None:
    async with market(at) as m:
        await m.step(5)
        at.venue.add_fault(kind, match=CANDLES[at.name], count=4)
        await m.step(12)
        at.venue.clear_faults()
        await m.whole_again()
        assert m.stream.failure is None


@pytest.mark.parametrize("kind", ["ws_gap", "ws_duplicate", "ws_reorder"])
async def test_a_book_whose_sequence_broke_begins_anew_with_a_snapshot(at: At, kind: str) -> None:
    async with market(at) as m:
        await m.step(5)
        at.venue.add_fault(kind, match=BOOKS[at.name], count=1)
        await m.step(10)
        at.venue.clear_faults()
        await m.whole_again()
        assert m.stream.failure is None
        if kind == "ws_gap":
            assert sum(m.rig.requests(status) or 0 for status in ("network_error", "malformed")) == 1, "one fresh subscription"
        instrument = next(i for i in (await m.rig.adapter.load()).values() if i.base == "BTC")
        await m.step()
        truth = await m.rig.adapter.order_book(instrument, 10)
        await until(lambda: [e for e in m.events if isinstance(e, Book)][-1].bids[:10] == truth.bids[:10])
        assert m.rig.errors("error") == 0


async def test_a_stream_that_falls_silent_is_noticed_in_time_and_rebuilt(at: At) -> None:
    async with market(at, silence_s=1.2) as m:
        await m.step(3)
        at.venue.add_fault("ws_silence")
        await m.step(2)
        await until(lambda: m.rig.requests("timeout"), 4.0)
        at.venue.clear_faults()
        await until(lambda: m.rig.errors("warning"), 10.0)
        await m.whole_again()
        assert m.stream.failure is None


async def test_pings_that_are_not_answered_are_silence_unless_something_else_is_heard(at: At) -> None:
    """Kraken sends a heartbeat each second, which shows that it is there."""
    async with market(at, silence_s=1.5) as m:
        await m.step(2)
        at.venue.add_fault("ws_no_pong")
        await asyncio.sleep(3.0)
        assert bool(m.rig.requests("timeout")) == (at.name != "kraken")
        at.venue.clear_faults()
        await m.whole_again()


async def test_a_quiet_market_is_not_a_silent_venue(at: At) -> None:
    async with market(at, silence_s=0.9) as m:
        await m.step(2)
        await asyncio.sleep(2.5)
        assert [m.rig.requests(s) for s in ("timeout", "network_error")] == [0, 0]
        await m.whole_again()


async def test_a_rejected_subscription_is_an_error_and_not_a_hang(at: At) -> None:
    at.venue.add_fault("ws_reject")
    async with at.adapter(timeout_s=3.0) as made:
        instrument = next(i for i in (await made.adapter.load()).values() if i.base == "BTC")
        stream = made.adapter.open_stream([instrument], timeframe="1m", book=True, trades=True, sink=lambda event: None)
        with pytest.raises(VenueRejected):
            await asyncio.wait_for(stream.start(), 5)
        private = made.adapter.open_account_stream([instrument], lambda event: None)
        with pytest.raises(VenueError):
            await asyncio.wait_for(private.start(), 8)
        assert (made.errors("error") or 0) + (made.errors("critical") or 0) == 2


async def test_a_venue_that_is_gone_ends_both_streams_after_a_bounded_time(at: At) -> None:
    async with desk(at.name, at.venue) as d, account_stream(d) as (private, _):
        stream = d.rig.adapter.open_stream([d.instrument], timeframe="1m", book=True, trades=True, sink=lambda event: None)
        await stream.start()
        at.venue.kill()
        await until(lambda: stream.failure is not None and private.failure is not None, 20)
        assert isinstance(stream.failure, VenueUnavailable)
        assert not private.is_standing
        with pytest.raises(VenueError):
            await private.standing(1.0)
        assert d.rig.reconnect_required == 1


# account streams


async def test_an_account_stream_tells_orders_fills_and_balances_as_they_happen(at: At) -> None:
    async with desk(at.name, at.venue) as d, account_stream(d) as (stream, told):
        assert stream.is_standing
        assert {e.asset for e in told.events if isinstance(e, Balance)} == {"BTC", QUOTE[at.name]}
        resting = await d.placed()
        await until(lambda: told.status(resting) is OrderStatus.OPEN)
        filled = await d.placed(price=None, quantity="0.01")
        await until(lambda: told.status(filled) is OrderStatus.FILLED)
        await d.trading.cancel(resting, d.instrument)
        await until(lambda: told.status(resting) is OrderStatus.CANCELED)
        truth = d.truth(filled)[0]["fills"]
        await until(lambda: len(told.fills(filled)) == len(truth))
        listed = {seen.fill.fill_id: seen for seen in (await d.lookup(filled)).fills}
        assert {seen.fill.fill_id: seen.fill.fee for seen in told.fills(filled)} == {
            fill_id: seen.fill.fee for fill_id, seen in listed.items()
        }
        await until(lambda: any(isinstance(e, Balance | Total) and e.asset == "BTC" for e in told.events[3:]))
        told.require_sound()
        assert d.rig.errors("error") == 0


async def test_what_was_there_before_the_stream_is_not_told_as_news(at: At) -> None:
    async with desk(at.name, at.venue) as d:
        filled, resting = await d.placed(price=None), await d.placed()
        async with account_stream(d) as (_, told):
            assert told.fills(filled) == []
            assert told.orders(filled) == []
            assert told.orders(resting) == []
            await d.trading.cancel(resting, d.instrument)
            await until(lambda: told.status(resting) is OrderStatus.CANCELED)
            told.require_sound()


@pytest.mark.parametrize("kind", ["ws_close", "ws_abort"])
async def test_what_happened_while_the_account_stream_was_down_is_told_once_by_reconciliation(at: At, kind: str) -> None:
    async with desk(at.name, at.venue) as d, account_stream(d) as (stream, told):
        before = await d.placed()
        await until(lambda: told.status(before) is OrderStatus.OPEN)
        at.venue.add_fault(kind, match=ORDERS[at.name], count=1)
        at.venue.add_fault("ws_reject", count=1)
        filled = await d.placed(price=None, quantity="0.01")
        await d.trading.cancel(before, d.instrument)
        resting = await d.placed(price="1001")
        at.venue.clear_faults()
        await until(lambda: not stream.is_standing or told.status(filled) is OrderStatus.FILLED)
        await stream.standing(10)
        await until(lambda: told.status(filled) is OrderStatus.FILLED and told.status(before) is OrderStatus.CANCELED, 10)
        await until(lambda: told.status(resting) is OrderStatus.OPEN)
        assert sum(seen.fill.quantity for seen in told.fills(filled)) == d.instrument.lots("0.01")
        told.require_sound()
        assert stream.failure is None
        assert d.rig.reconnect_required == 0


@pytest.mark.parametrize("kind", ["ws_duplicate", "ws_reorder"])
async def test_pushes_told_twice_or_in_the_wrong_order_make_no_second_fill_and_no_step_back(at: At, kind: str) -> None:
    async with desk(at.name, at.venue) as d, account_stream(d, audit_s=0.5) as (_, told):
        at.venue.add_fault(kind, match=ORDERS[at.name], count=12)
        names = [await d.placed(price=None, quantity="0.002", side=side) for side in (Side.BUY, Side.SELL, Side.BUY)]
        await asyncio.sleep(0.2)
        at.venue.clear_faults()
        extra = await d.placed()
        await until(lambda: all(told.status(name) is OrderStatus.FILLED for name in names), 10)
        lots = d.instrument.lots("0.002")
        await until(lambda: all(sum(s.fill.quantity for s in told.fills(name)) == lots for name in names), 10)
        await until(lambda: told.status(extra) is OrderStatus.OPEN, 10)
        told.require_sound()


async def test_a_push_that_is_lost_without_a_trace_is_told_by_the_next_audit(at: At) -> None:
    async with desk(at.name, at.venue) as d, account_stream(d, audit_s=0.5) as (_, told):
        at.venue.add_fault("ws_gap", match=ORDERS[at.name])
        name = await d.placed(price=None, quantity="0.01")
        await asyncio.sleep(0.1)
        at.venue.clear_faults()
        await until(lambda: told.status(name) is OrderStatus.FILLED, 10)
        await until(lambda: sum(s.fill.quantity for s in told.fills(name)) == d.instrument.lots("0.01"), 10)
        told.require_sound()


async def test_an_account_stream_that_falls_silent_is_rebuilt_and_made_whole(at: At) -> None:
    async with desk(at.name, at.venue, silence_s=1.2) as d, account_stream(d) as (stream, told):
        at.venue.add_fault("ws_silence")
        await asyncio.sleep(0.1)
        name = await d.placed(price=None)
        await until(lambda: not stream.is_standing, 5)
        at.venue.clear_faults()
        await stream.standing(10)
        assert told.status(name) is OrderStatus.FILLED
        assert sum(s.fill.quantity for s in told.fills(name)) == d.instrument.lots("0.001")
        told.require_sound()


async def test_reconciliation_that_cannot_be_read_keeps_the_stream_from_standing(at: At) -> None:
    async with desk(at.name, at.venue) as d, account_stream(d) as (stream, told):
        at.venue.add_fault("http_500", match=BALANCE[at.name])
        at.venue.add_fault("ws_close", match=ORDERS[at.name], count=1)
        name = await d.placed()
        await until(lambda: not stream.is_standing, 5)
        await asyncio.sleep(0.1)
        assert not stream.is_standing
        at.venue.clear_faults()
        with contextlib.suppress(VenueError):
            await stream.standing(15)
        assert stream.is_standing == (stream.failure is None)
        assert told.status(name) is OrderStatus.OPEN


async def test_a_login_is_signed_with_the_venues_time(at: At) -> None:
    """A clock that is two minutes off must keep nobody from logging in, nor let an order's deadline pass at once."""
    at.venue.add_fault("clock_skew", seconds=120)
    async with desk(at.name, at.venue) as d, account_stream(d) as (stream, told):
        assert stream.is_standing
        name = await d.placed()
        await until(lambda: told.status(name) is OrderStatus.OPEN)


async def test_a_hole_in_the_candles_that_cannot_be_closed_ends_the_stream(at: At) -> None:
    async with market(at) as m:
        await m.step(5, Counter(m.stream.received))
        at.venue.add_fault("http_500", match=KLINES[at.name])
        at.venue.add_fault("ws_gap", match=CANDLES[at.name], count=2)
        told = len(m.candles)
        await m.step(6)
        await until(lambda: m.stream.failure is not None, 10)
        assert isinstance(m.stream.failure, VenueUnavailable)
        assert len(m.candles) <= told + 1, "the step under way, and nothing beyond the hole"
        m.require_line()


KLINES = {"okx": "/api/v5/market/candles", "kraken": "/0/public/OHLC", "bybit": "/v5/market/kline"}
BALANCE = {"okx": "/api/v5/account/balance", "kraken": "/0/private/BalanceEx", "bybit": "/v5/account/wallet-balance"}
