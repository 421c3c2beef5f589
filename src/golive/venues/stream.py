"""The market stream: CCXT connects, subscribes and keeps the connections alive; money is read from the raw messages.

Data messages never reach CCXT's own handlers (they would build float books for nobody); acknowledgements, errors and
pongs do. A lost connection, a broken sequence or a message that makes no sense is followed by a bounded number of
reconnections with fresh subscriptions; when they are used up, `failure` is set and every waiter is told.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Final

import orjson

from golive.model.clock import SECOND, Clock
from golive.model.errors import MagnitudeError, MalformedPayload, VenueError, VenueUnavailable

from .ccxt_client import Ccxt, CcxtLink, exception_names
from .classify import Evidence, Fault, error, judge
from .dialect import Feed, FeedGap, Link
from .meaning import Meaning
from .meter import Meter
from .profile import VenueProfile

STABLE_NS: Final = 30 * SECOND
"""a connection that stood this long has used up none of its reconnections"""
CLOSE_S: Final = 2.0
_SUBSCRIBED: Final = "subscribed"
_LOST: Final = "lost"


class MarketStream:
    """One set of market channels; see `VenueAdapter.open_stream`.

    Events of one connection reach the sink in the order they were sent; a venue may carry candles on a connection of
    their own, and then a candle and the book of the same moment come in either order.
    `received` counts data messages per `channel:instrument`, first snapshots included. After a reconnection the stream
    goes on with fresh snapshots; what was published in between is not made up, and shows as a gap in event time.
    """

    def __init__(
        self,
        profile: VenueProfile,
        client: Ccxt,
        feed: Feed,
        *,
        meter: Meter,
        clock: Clock,
        rng: random.Random,
        timeout_s: float,
        sandbox: bool = False,
    ) -> None:
        self._profile = profile
        self._client = client
        self._feed = feed
        self._meter = meter
        self._clock = clock
        self._rng = rng
        self._timeout_s = timeout_s
        self._sandbox = sandbox
        self.received: Counter[str] = Counter()
        self.failure: VenueError | None = None
        self.channels = frozenset(key for link in feed.links for key in link.keys)
        """every `channel:instrument` that is subscribed to"""
        self._connections = [_Connection(self, link) for link in feed.links]
        self._keepers: list[asyncio.Task[None]] = []
        self._awaited: dict[str, int] = {}
        self._waiter: asyncio.Future[None] | None = None

    async def start(self) -> None:
        """Connect, subscribe, and wait for every acknowledgement and first book snapshot.

        Raises the family of the fault: VenueRejected for a refused subscription, VenueUnavailable otherwise.
        """
        try:
            for connection in self._connections:
                await self._establish(connection)
        except BaseException:
            await self.close()
            raise
        self._keepers = [asyncio.create_task(self._keep(connection)) for connection in self._connections]

    async def wait_for(self, counts: Mapping[str, int]) -> None:
        """Return once at least `counts[key]` messages of every key were received.

        Raises VenueUnavailable when that takes longer than the time-out, `failure` when the stream is lost for good.
        One caller at a time.
        """
        if self.failure is not None:
            raise self.failure
        received = self.received
        missing = {key: count for key, count in counts.items() if received[key] < count}
        if not missing:
            return
        if self._waiter is not None:
            raise RuntimeError("wait_for is for one caller at a time")
        loop = asyncio.get_running_loop()
        self._awaited = missing
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(self._timeout_s, self._expire, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None
            self._awaited = {}

    def _expire(self, waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            late = ", ".join(f"{key} {self.received[key]}/{count}" for key, count in sorted(self._awaited.items()))
            message = f"{self._profile.label}: no market data within {self._timeout_s:g} s: {late}"
            self._meter.failed(critical=False)
            waiter.set_exception(VenueUnavailable(message, venue=self._profile.label))

    async def close(self) -> None:
        """Close all connections; idempotent."""
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers = []
        for connection in self._connections:
            await connection.close()

    # used by the connections

    def stream_url(self, urls: Mapping[str, object], access: str) -> str:
        return self._profile.dialect.stream_url(urls, access, sandbox=self._sandbox)

    def take(self, connection: _Connection, data: str | bytes) -> None:
        """Handle one frame; raise MalformedPayload or FeedGap when it cannot be trusted."""
        try:
            message = orjson.loads(data)
        except orjson.JSONDecodeError as exc:
            if data == "pong":
                connection.pass_on(data)
                return
            raise MalformedPayload(f"stream: message is not JSON: {data[:60]!r}") from exc
        if not isinstance(message, dict):
            raise MalformedPayload(f"stream: message is not an object: {data[:60]!r}")
        if self._feed.is_data(message):
            key = self._feed.take(message)
            count = self.received[key] = self.received[key] + 1
            connection.unsnapped.discard(key)
            if self._awaited.get(key, count + 1) <= count:
                self._arrived(key)
        else:
            key = self._feed.acknowledged(message) or ""
            connection.unacknowledged.discard(key)
            connection.pass_on(message)
        if not connection.stands:
            connection.check()

    def _arrived(self, key: str) -> None:
        del self._awaited[key]
        if not self._awaited and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    # connecting

    async def _establish(self, connection: _Connection, *, lost_before: bool = False) -> None:
        """Bring one connection up, in a bounded number of attempts; raise the last fault's error.

        One `warning` when that took more than one attempt or repaired a loss; one `error` for a stream that fails.
        """
        policy = self._profile.retry
        for attempt in range(1, policy.attempts + 1):
            fault = await self._attempt(connection)
            if fault is None:
                if attempt > 1 or lost_before:
                    self._meter.recovered()
                return
            self._meter.link_lost(fault)
            if attempt == policy.attempts or not fault.consequence.repeat_read:
                self._count_failure(fault)
                raise error(self._profile, fault, write=False)
            await asyncio.sleep(self._pause(attempt))

    async def _attempt(self, connection: _Connection) -> Fault | None:
        import ccxt

        self._feed.reset(connection.link)
        try:
            await asyncio.wait_for(connection.open(self._client), self._timeout_s)
        except TimeoutError:
            detail = f"{connection.link.access}: subscription not confirmed within {self._timeout_s:g} s"
            evidence = Evidence(detail, transport=Meaning.TIMED_OUT)
        except ccxt.BaseError as exc:
            evidence = connection.evidence or Evidence(str(exc)[:200], exceptions=exception_names(exc))
        else:
            self._meter.link_opened()
            return None
        await connection.close()
        return judge(self._profile, evidence)

    async def _keep(self, connection: _Connection) -> None:
        """Watch one connection and rebuild it; ends only by cancellation or with `failure` set."""
        faults = 0
        while True:
            begun = self._clock.monotonic()
            fault = judge(self._profile, await connection.lost())
            self._meter.link_lost(fault)
            self._meter.reconnect_required(True)
            await connection.close()
            faults = 1 if self._clock.monotonic() - begun >= STABLE_NS else faults + 1
            if faults > self._profile.retry.attempts:
                self._count_failure(fault)
                self._fail(error(self._profile, fault, write=False))
                return
            await asyncio.sleep(self._pause(faults))
            try:
                await self._establish(connection, lost_before=True)
            except VenueError as exc:
                self._fail(exc)
                return
            self._meter.reconnect_required(False)

    def _pause(self, attempt: int) -> float:
        return self._profile.retry.pause_s(attempt, self._rng)

    def _count_failure(self, fault: Fault) -> None:
        if self.failure is None:
            self._meter.failed(critical=fault.consequence.critical)

    def _fail(self, failure: VenueError) -> None:
        self.failure = failure
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(failure)

    def crash(self, bug: BaseException) -> None:
        """Something outside the venue's reach failed, such as the sink: end the stream and tell the waiter what."""
        self.failure = VenueUnavailable(f"{self._profile.label}: the stream's reader failed: {bug!r}", venue=self._profile.label)
        self.failure.__cause__ = bug
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(bug)


class _Connection:
    """One WebSocket of the stream and what it still owes: acknowledgements and first snapshots."""

    def __init__(self, stream: MarketStream, link: Link) -> None:
        self._stream = stream
        self.link = link
        self.unacknowledged: set[str] = set(link.keys)
        self.unsnapped: set[str] = set(link.needs_snapshot)
        self.stands = False
        self.evidence: Evidence | None = None
        """why this side gave the connection up, when it did"""
        self._client: Ccxt | None = None
        self._socket: CcxtLink | None = None
        self._lost: asyncio.Future[object] | None = None
        self._reader: asyncio.Task[None] | None = None

    async def open(self, client: Ccxt) -> None:
        """Connect and subscribe; returns when everything owed has come."""
        self.unacknowledged = set(self.link.keys)
        self.unsnapped = set(self.link.needs_snapshot)
        self.stands = False
        self.evidence = None
        self._client = client
        urls = client.urls["api"]
        assert isinstance(urls, dict)
        url = self._stream.stream_url(urls, self.link.access)
        socket = self._socket = client.client(url)
        socket.receive_loop = self._read
        self._lost = socket.future(_LOST)
        self._lost.add_done_callback(_consume)
        first, *others = self.link.subscriptions
        confirmed = client.watch(url, _SUBSCRIBED, first, _SUBSCRIBED)
        for message in others:
            client.watch(url, _SUBSCRIBED, message, orjson.dumps(message).decode())
        await confirmed

    def check(self) -> None:
        if not self.unacknowledged and not self.unsnapped:
            self.stands = True
            assert self._socket is not None
            self._socket.resolve(True, _SUBSCRIBED)

    def pass_on(self, message: object) -> None:
        """Give a control message to CCXT, which rejects all futures of this connection for an error."""
        assert self._client is not None
        assert self._socket is not None
        self._client.handle_message(self._socket, message)

    async def lost(self) -> Evidence:
        """Wait until the connection is gone and return what is known about it."""
        import ccxt

        assert self._lost is not None
        try:
            await self._lost
        except ccxt.BaseError as exc:
            return self.evidence or Evidence(str(exc)[:200], exceptions=exception_names(exc))
        return self.evidence or Evidence("connection closed", transport=Meaning.INTERRUPTED)

    def _read(self) -> None:
        """Stand in for CCXT's receive loop, which makes a task per message."""
        self._reader = asyncio.create_task(self._receive())
        self._reader.add_done_callback(self._reader_ended)

    def _reader_ended(self, reader: asyncio.Task[None]) -> None:
        if not reader.cancelled() and (bug := reader.exception()) is not None:
            self._stream.crash(bug)

    async def _receive(self) -> None:
        from aiohttp import WSMsgType

        socket = self._socket
        assert socket is not None
        assert socket.connection is not None
        receive = socket.connection.receive
        take: Callable[[_Connection, str | bytes], None] = self._stream.take
        while True:
            frame = await receive()
            if frame.type is WSMsgType.TEXT:
                assert isinstance(frame.data, str)
                try:
                    take(self, frame.data)
                except (MalformedPayload, MagnitudeError) as exc:
                    self._give_up(Evidence(str(exc), transport=Meaning.MALFORMED))
                    return
                except FeedGap as exc:
                    self._give_up(Evidence(str(exc), transport=Meaning.INTERRUPTED))
                    return
            elif frame.type in (WSMsgType.PING, WSMsgType.PONG):
                socket.handle_message(frame)
            elif frame.type is WSMsgType.BINARY:
                self._give_up(Evidence("stream: binary message", transport=Meaning.MALFORMED))
                return
            else:
                socket.on_close(frame.data if isinstance(frame.data, int) else 1006)
                return

    def _give_up(self, evidence: Evidence) -> None:
        import ccxt

        self.evidence = evidence
        assert self._socket is not None
        self._socket.on_error(ccxt.NetworkError(evidence.detail))

    async def close(self) -> None:
        """Close the socket and forget it, so that the next opening starts afresh."""
        reader, socket = self._reader, self._socket
        self._reader = self._socket = None
        if reader is not None and reader is not asyncio.current_task():
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
        if socket is not None:
            if self._client is not None and self._client.clients.get(socket.url) is socket:
                del self._client.clients[socket.url]
            with contextlib.suppress(asyncio.TimeoutError):  # a dead peer does not answer the closing handshake
                await asyncio.wait_for(socket.close(), CLOSE_S)


def _consume(future: asyncio.Future[object]) -> None:
    if not future.cancelled():
        future.exception()
