"""The market stream over a real WebSocket: exact events, sequence, refusals, loss, bounded reconnection."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import aiohttp
import pytest

from golive.model.errors import VenueError, VenueRejected, VenueUnavailable
from golive.model.instrument import Instrument
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import Side
from golive.model.secret import Credentials, Secret
from golive.venues import MarketStream
from support.adapters import Rig, okx_rig
from support.scripted_ws import SNAPSHOT, ScriptedWs, book, candle, scripted_ws, trade

pytestmark = pytest.mark.integration

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.0001", min_quantity="0.001", max_quantity="1000")
MINUTE_MS = 60_000


@dataclass
class Streaming:
    server: ScriptedWs
    rig: Rig
    stream: MarketStream
    events: list[MarketEvent] = field(default_factory=list)

    async def until(self, condition: object, seconds: float = 3.0) -> None:
        """Wait until `condition()` holds."""
        assert callable(condition)
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 - the condition is a counter of the code under test
                await asyncio.sleep(0.005)


@contextlib.asynccontextmanager
async def streaming(*, timeout_s: float = 2.0, started: bool = True) -> AsyncIterator[Streaming]:
    events: list[MarketEvent] = []
    async with scripted_ws() as server, okx_rig(server.base_url, timeout_s=timeout_s) as rig:
        stream = rig.adapter.open_stream([BTC], timeframe="1m", book=True, trades=True, sink=events.append)
        if started:
            await stream.start()
        yield Streaming(server, rig, stream, events)


async def test_a_connection_cut_before_our_first_message_is_opened_again() -> None:
    async with streaming(started=False) as s:
        s.server.cut = 1
        await s.stream.start()
        assert s.server.connections == 3, "one of two links was opened twice"
        assert s.stream.received == {"books:BTC-USDT": 1}


async def test_a_venue_that_cuts_every_connection_before_our_first_message_is_unavailable() -> None:
    async with streaming(started=False) as s:
        s.server.cut = 100
        with pytest.raises(VenueUnavailable, match="closing transport"):
            await s.stream.start()
        assert s.server.connections > 1
        assert s.rig.errors("error") == 1
        assert s.server.subscriptions == []


async def test_a_connection_that_is_given_up_while_it_is_dialled_is_never_opened() -> None:
    async with streaming(started=False) as s:
        s.server.handshake = asyncio.Event()
        starting = asyncio.create_task(s.stream.start())
        await s.until(lambda: s.server.asked == 1)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(3):  # CCXT's own dial ends after 10 s
                await starting
        s.server.handshake.set()
        s.server.handshake = None
        await asyncio.sleep(0.1)
        assert s.server.subscriptions == []
        await s.stream.start()
        assert s.stream.received == {"books:BTC-USDT": 1}
        assert s.stream.failure is None
        gc.collect()  # a connection that nobody holds and nobody closed would be told of here


async def test_a_connection_that_is_closed_in_the_moment_it_stands_is_not_read() -> None:
    async with streaming(started=False) as s, aiohttp.ClientSession() as session:
        [public] = [each for each in s.stream._keeper._connections if each.link.access == "public"]
        link = s.rig.adapter.connection.client.client(f"{s.server.base_url.replace('http', 'ws')}/ws/v5/public")
        public._socket, link.receive_loop = link, functools.partial(public._read, link)
        await link.open(session)
        await public.close()
        await asyncio.sleep(0.05)
        assert (public._reader, s.stream.failure) == (None, None)


async def test_start_waits_for_acknowledgements_and_the_first_book() -> None:
    async with streaming() as s:
        channels = {(arg["channel"], arg["instId"]) for arg in s.server.subscriptions}
        assert channels == {("candle1m", "BTC-USDT"), ("books", "BTC-USDT"), ("trades", "BTC-USDT")}
        assert set(s.server.sockets) == {"public", "business"}
        assert s.stream.received == {"books:BTC-USDT": 1}
        assert s.events == [Book(BTC.id, 1_000_000_000, ((999, 10_000), (998, 20_000)), ((1001, 10_000),))]


async def test_deltas_change_the_local_book_exactly() -> None:
    async with streaming() as s:
        await s.server.say(book("update", 11, 10, [["99.9", "0", "0", "0"], ["100", "0.0001", "0", "1"]], [], ts=2000))
        await s.server.say(book("update", 11, 11, [], [], ts=3000))
        await s.server.say(book("update", 14, 11, [], [["100.1", "3.5", "0", "1"], ["100.3", "1", "0", "1"]], ts=4000))
        await s.stream.wait_for({"books:BTC-USDT": 4})
        last = s.events[-1]
        assert last == Book(BTC.id, 4_000_000_000, ((1000, 1), (998, 20_000)), ((1001, 35_000), (1003, 10_000)))


async def test_trades_are_events_with_the_aggressors_side() -> None:
    async with streaming() as s:
        await s.server.say(trade(7, "100.1", "0.0123", "sell", ts=1234))
        await s.stream.wait_for({"trades:BTC-USDT": 1})
        assert s.events[-1] == Trade(BTC.id, 1_234_000_000, 1001, 123, Side.SELL, "7")


async def test_only_confirmed_candles_become_candles_and_each_once() -> None:
    async with streaming() as s:
        for confirm, close in (("0", "100.2"), ("0", "100.3"), ("1", "100.5"), ("1", "100.5")):
            await s.server.say(candle(MINUTE_MS, confirm, close), "business")
        await s.stream.wait_for({"candle1m:BTC-USDT": 4})
        candles = [event for event in s.events if isinstance(event, Candle)]
        assert candles == [Candle(BTC.id, 60 * 10**9, 120 * 10**9, 1000, 1010, 995, 1005, volume=125_000)]


async def test_wait_for_returns_at_once_when_the_counts_are_there_and_after_the_last_message_otherwise() -> None:
    async with streaming() as s:
        await asyncio.wait_for(s.stream.wait_for({"books:BTC-USDT": 1}), 0.01)
        waiting = asyncio.create_task(s.stream.wait_for({"trades:BTC-USDT": 2, "books:BTC-USDT": 2}))
        await s.server.say(trade(1))
        await s.server.say(trade(2))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await s.server.say(book("update", 11, 10, [], []))
        await asyncio.wait_for(waiting, 1)


async def test_silence_ends_a_wait_with_an_error_that_names_what_is_missing() -> None:
    async with streaming(timeout_s=1.0) as s:
        with pytest.raises(VenueUnavailable, match="trades:BTC-USDT 0/1"):
            await s.stream.wait_for({"trades:BTC-USDT": 1})
        assert s.rig.errors("error") == 1


@pytest.mark.parametrize(
    ("what", "text", "status"),
    [
        ("gap", book("update", 13, 12, [], []), "network_error"),
        ("crossed", book("update", 11, 10, [["100.2", "1", "0", "1"]], []), "network_error"),
        ("not JSON", "<html>", "malformed"),
        ("cut JSON", SNAPSHOT[:-30], "malformed"),
        ("NaN", SNAPSHOT.replace('"checksum": 0', '"checksum": NaN'), "malformed"),
        ("a list", "[1, 2]", "malformed"),
        ("unasked channel", trade(1).replace("BTC-USDT", "ETH-USDT"), "malformed"),
        ("price of another grid", trade(1, price="100.05"), "malformed"),
        ("negative size", trade(1, size="-1"), "malformed"),
        ("price as a number", trade(1).replace('"px": "100"', '"px": 100'), "malformed"),
        ("no sequence", book("update", 11, 10, [], []).replace('"seqId": 11, ', ""), "malformed"),
        ("level without quantity", book("update", 11, 10, [["99"]], []), "malformed"),
    ],
)
async def test_a_message_that_cannot_be_trusted_leads_to_a_fresh_subscription(what: str, text: str, status: str) -> None:
    async with streaming() as s:
        before = len(s.events)
        await s.server.say(text)
        await s.until(lambda: s.stream.received["books:BTC-USDT"] == 2)
        assert s.events[before:] == s.events[:1], "nothing but the fresh snapshot reached the sink"
        await s.until(lambda: s.rig.errors("warning") == 1)
        assert (s.rig.requests(status), s.rig.errors("error"), s.rig.reconnect_required) == (1, 0, 0)
        assert s.stream.failure is None
        await s.server.say(trade(5))
        await s.stream.wait_for({"trades:BTC-USDT": 1})


async def test_a_dropped_connection_is_rebuilt_and_counted_as_recovered() -> None:
    async with streaming() as s:
        s.server.drop()
        await s.until(lambda: s.stream.received["books:BTC-USDT"] == 2 and s.rig.errors("warning") == 1)
        assert (s.rig.requests("network_error"), s.rig.reconnect_required) == (1, 0)
        await s.server.say(candle(MINUTE_MS, "1"), "business")
        await s.stream.wait_for({"candle1m:BTC-USDT": 1})


async def test_a_stream_lost_for_good_fails_the_waiter_and_says_so() -> None:
    async with contextlib.AsyncExitStack() as stack:
        server = await stack.enter_async_context(scripted_ws())
        rig = await stack.enter_async_context(okx_rig(server.base_url))
        stream = rig.adapter.open_stream([BTC], timeframe=None, book=True, trades=False, sink=lambda event: None)
        await stream.start()
        waiting = asyncio.create_task(stream.wait_for({"books:BTC-USDT": 99}))
        server.acknowledge = False
        server.refuse_code = "60018"
        server.drop()
        with pytest.raises(VenueError):
            await asyncio.wait_for(waiting, 10)
        assert stream.failure is not None
        assert (rig.errors("error"), rig.reconnect_required) == (1, 1)
        with pytest.raises(VenueError):
            await stream.wait_for({"books:BTC-USDT": 99})


async def test_a_venue_that_is_gone_ends_the_stream_after_a_bounded_number_of_attempts() -> None:
    async with contextlib.AsyncExitStack() as stack:
        inner = contextlib.AsyncExitStack()
        server = await inner.enter_async_context(scripted_ws())
        rig = await stack.enter_async_context(okx_rig(server.base_url))
        stream = rig.adapter.open_stream([BTC], timeframe="1m", book=True, trades=False, sink=lambda event: None)
        await stream.start()
        waiting = asyncio.create_task(stream.wait_for({"books:BTC-USDT": 99}))
        await inner.aclose()
        with pytest.raises(VenueUnavailable):
            await asyncio.wait_for(waiting, 10)
        assert isinstance(stream.failure, VenueUnavailable)
        await asyncio.sleep(0.2)
        assert (rig.errors("error"), rig.reconnect_required) == (1, 1), "two connections, one failure"


async def test_a_refused_subscription_is_an_error_and_not_a_hang() -> None:
    async with streaming(started=False) as s:
        s.server.refuse_code = "60018"
        with pytest.raises(VenueRejected, match="60018"):
            await asyncio.wait_for(s.stream.start(), 3)
        assert s.rig.errors("error") == 1


async def test_a_subscription_that_is_never_confirmed_ends_in_time() -> None:
    async with streaming(timeout_s=0.1, started=False) as s:
        s.server.acknowledge = False
        with pytest.raises(VenueUnavailable, match="not confirmed"):
            await asyncio.wait_for(s.stream.start(), 5)
        assert s.rig.requests("timeout") == 5


async def test_an_error_of_the_sink_reaches_the_waiter() -> None:
    async with scripted_ws() as server, okx_rig(server.base_url) as rig:

        def sink(event: MarketEvent) -> None:
            if isinstance(event, Trade):
                raise ZeroDivisionError("the session's own fault")

        stream = rig.adapter.open_stream([BTC], timeframe=None, book=False, trades=True, sink=sink)
        await stream.start()
        waiting = asyncio.create_task(stream.wait_for({"trades:BTC-USDT": 1}))
        await asyncio.sleep(0)
        await server.say(trade(1))
        with pytest.raises(ZeroDivisionError):
            await asyncio.wait_for(waiting, 2)
        assert stream.failure is not None


async def test_a_market_that_malforms_for_ever_does_not_reconnect_for_ever() -> None:
    async with streaming() as s:
        s.server.snapshot = SNAPSHOT.replace("99.9", "99.95")
        s.server.drop()
        await s.until(lambda: s.stream.failure is not None, 10)
        assert s.rig.requests("malformed") == 5
        assert s.rig.reconnect_required == 1


async def test_a_connection_that_stands_and_then_talks_nonsense_is_rebuilt_five_times_and_no_more() -> None:
    async with scripted_ws() as server, okx_rig(server.base_url) as rig:
        stream = rig.adapter.open_stream([BTC], timeframe=None, book=True, trades=True, sink=lambda event: None)
        await stream.start()
        server.after_subscription = "<html>"
        await server.say("<html>")
        async with asyncio.timeout(10):
            while stream.failure is None:  # noqa: ASYNC110 - the condition is a field of the code under test
                await asyncio.sleep(0.005)
        assert isinstance(stream.failure, VenueUnavailable)
        assert (rig.requests("malformed"), rig.errors("warning"), rig.errors("error")) == (6, 5, 1)
        assert rig.reconnect_required == 1


@pytest.mark.parametrize("told", ["rubbish {key}", '{{"event":"error","code":"60005","msg":"Invalid {key}"}}'])
async def test_a_stream_that_echoes_a_key_does_not_get_it_into_its_errors(told: str) -> None:
    key = "985d5b66-57ce-40fb-b714-afc0b9787083"
    credentials = Credentials({"apiKey": Secret(key), "secret": Secret("2" * 32), "password": Secret("Pass-phrase-1")})
    async with scripted_ws() as server, okx_rig(server.base_url, credentials) as rig:
        server.acknowledge, server.after_subscription = False, told.format(key=key)
        stream = rig.adapter.open_stream([BTC], timeframe=None, book=False, trades=True, sink=lambda event: None)
        with pytest.raises(VenueError) as refused:
            await stream.start()
    words = str(refused.value) + repr(rig.guardrails.events) + repr(rig.adapter.failover_status)
    assert "***" in str(refused.value)
    assert not [key[at : at + 8] for at in range(len(key) - 7) if key[at : at + 8] in words], words
