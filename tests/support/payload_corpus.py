"""What a simulated venue really answers, kept as parsed JSON: the good payloads that a fuzz test mutates."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import orjson
from hypothesis import strategies as st

from golive.market.lockstep import LockStep
from golive.model.ids import VenueOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, Side
from golive.venues.dialect import Dialect, Feed, Payload, Request
from golive.venues.feed_connection import _exact_json
from support.trading_desk import Desk, desk
from support.venue_process import venue_process

MINUTE_NS = 60 * 10**9
QUIET_S = 0.3


@dataclass
class Corpus:
    """Good payloads of one venue. `reads`: name → (payload, reader); streams: messages in the order they came."""

    dialect: Dialect
    instrument: Instrument
    reads: dict[str, tuple[Payload, Callable[[Any], object]]] = field(default_factory=dict)
    market: list[Any] = field(default_factory=list)
    account: list[Any] = field(default_factory=list)


def captured(name: str) -> Corpus:
    """Run a venue of this dialect, trade a little, and keep what it says; blocking."""
    money = ("--balance", f"{'USD' if name == 'kraken' else 'USDT'}=100000", "--balance", "BTC=10")
    with venue_process("--no-limits", *money, dialect=name) as venue:

        async def run() -> Corpus:
            async with desk(name, venue) as d:
                return await _capture(d)

        return asyncio.run(run())


async def _capture(d: Desk) -> Corpus:
    dialect, instrument = d.rig.adapter.profile.dialect, d.instrument
    corpus = Corpus(dialect, instrument)
    urls: Any = d.rig.adapter.connection.client.urls["api"]
    async with aiohttp.ClientSession() as session:
        feed = dialect.feed([instrument], bar=_bar(d), period_ns=MINUTE_NS, book=True, trades=True, sink=lambda event: None)
        market = [await _listen(session, dialect, feed, link, link.subscriptions, urls) for link in feed.links]
        private = dialect.account_feed([instrument], sink=lambda event: None)
        token = private.token()
        text = "" if token is None else await d.rig.adapter.connection.path.read(token, private.read_token)
        credentials = d.venue.key.credentials
        now_ms = _now_ms()
        link = private.links[0]
        login = private.login(credentials, now_ms)
        first = () if login is None else (login,)
        account = await _listen(session, dialect, private, link, (*first, *private.subscriptions(link, text)), urls)
        await asyncio.sleep(QUIET_S)
        async with LockStep(d.venue.rest) as lockstep:
            await lockstep.start()
            for _ in range(6):
                step = await lockstep.next()
                assert step is not None
                await lockstep.acknowledge(step)
        await _trade_and_read(d, corpus)
        await asyncio.sleep(QUIET_S)
        for socket in market:
            corpus.market += await _drained(socket, feed)
        corpus.account = await _drained(account, private)
    return corpus


async def _trade_and_read(d: Desk, corpus: Corpus) -> None:
    adapter, at, dialect = d.rig.adapter, d.instrument, corpus.dialect
    resting = d.order()
    placed = await _answer(d, dialect.place(resting.order, at))
    market = d.order(price=None, quantity="0.01")
    await d.submit(market)
    await d.placed(side=Side.SELL, price=None, quantity="0.005")
    await d.trading.cancel(await d.placed(price="1001"), at)
    name = resting.order.client_order_id
    reads: dict[str, tuple[Request, Callable[[Any], object]]] = {
        "time": (dialect.time(), dialect.read_time),
        "instruments": (dialect.instruments(), dialect.read_instruments),
        "key": (dialect.account(), dialect.read_key),
        "balances": (dialect.balances(), dialect.read_balances),
        "book": (dialect.book(at, 5), lambda p: dialect.read_book(p, at)),
        "candles": (dialect.candles(at, _bar(d), 5), lambda p: dialect.read_candles(p, at, MINUTE_NS)),
        "open orders": (dialect.open_orders(at, ""), lambda p: (dialect.read_orders(p, at), dialect.next_page(p, ""))),
        "closed orders": (dialect.closed_orders(at, ""), lambda p: (dialect.read_orders(p, at), dialect.next_page(p, ""))),
        "fills": (dialect.fills(at, ""), lambda p: (dialect.read_fills(p, at), dialect.next_page(p, ""))[0]),
    }
    for n, request in enumerate(dialect.order_requests(name, at)):
        reads[f"look-up {n}"] = (request, lambda p: dialect.read_orders(p, at))
    for what, (request, reader) in reads.items():
        corpus.reads[what] = (await adapter.connection.path.read(request, lambda p: p), reader)
    price = at.ticks("1002")
    amended = await _answer(d, dialect.amend(name, at, quantity=None, price=price))
    corpus.reads["placed"] = (placed, lambda p: _acknowledged(dialect, p, resting.order, at))
    corpus.reads["amended"] = (amended, lambda p: dialect.read_amended(p, name))
    await d.trading.cancel(name, at)


async def _answer(d: Desk, request: Request) -> Payload:
    return await d.rig.adapter.connection.path.write(request, lambda payload: payload)


def _acknowledged(dialect: Dialect, payload: Payload, order: NewOrder, instrument: Instrument) -> VenueOrderId:
    found = dialect.read_placed(payload, order, instrument)
    assert found, "an acknowledgement without an id was taken for one"
    return found


def _bar(d: Desk) -> str:
    return d.rig.adapter.profile.timeframes["1m"].name


def _now_ms() -> int:
    from support.wall_clock import WallClock

    return WallClock().now() // 10**6


async def _listen(
    session: aiohttp.ClientSession, dialect: Dialect, feed: Feed, link: Any, messages: Any, urls: Any
) -> aiohttp.ClientWebSocketResponse:
    socket = await session.ws_connect(dialect.stream_url(urls, link.access, sandbox=False))
    for message in messages:
        await socket.send_str(orjson.dumps(message).decode())
        await asyncio.sleep(0.05)
    return socket


async def _drained(socket: aiohttp.ClientWebSocketResponse, feed: Feed) -> list[Any]:
    loads: Callable[[str], Any] = _exact_json if feed.exact_numbers else orjson.loads
    found = []
    try:
        while True:
            found.append(loads((await socket.receive(QUIET_S)).data))
    except TimeoutError:
        await socket.close()
    return found


# mutations

NASTY = ["", "0", "-5", "1e400", "NaN", "Infinity", "1_000", "0x10", "1e3", " 1", "9" * 40, "0.000000000000000001", "٣", "true"]
leaves = st.one_of(st.none(), st.booleans(), st.integers(-(10**20), 10**20), st.sampled_from(NASTY), st.text(max_size=8))
garbage = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=6), inner, max_size=4)),
    max_leaves=8,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every path into a JSON value, the root included."""
    found = [path]
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*path, key))
    return found


@st.composite
def mutated(draw: st.DrawFn, payload: Any) -> Any:
    """The payload with one to three places removed, doubled, exchanged, or replaced."""
    value = copy.deepcopy(payload)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(places(value)))
        if not path:
            if draw(st.integers(0, 9)) == 0:
                return draw(garbage)
            continue
        holder = value
        for key in path[:-1]:
            holder = holder[key]
        _strike(draw, holder, path[-1])
    return value


def _strike(draw: st.DrawFn, holder: Any, key: Any) -> None:
    match draw(st.sampled_from(["remove", "replace", "digit", "double", "exchange"])):
        case "remove":
            del holder[key]
        case "digit" if isinstance(holder[key], str) and any(c.isdigit() for c in holder[key]):
            at = draw(st.sampled_from([i for i, c in enumerate(holder[key]) if c.isdigit()]))
            holder[key] = holder[key][:at] + draw(st.sampled_from("0123456789.-e")) + holder[key][at + 1 :]
        case "double" if isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
        case "exchange" if len(holder) > 1:
            other = draw(st.sampled_from(list(holder) if isinstance(holder, dict) else list(range(len(holder)))))
            holder[key], holder[other] = holder[other], holder[key]
        case _:
            holder[key] = draw(garbage)
