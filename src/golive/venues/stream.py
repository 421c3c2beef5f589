"""The market stream: books, trades and candles of one set of instruments, kept standing and made whole after a loss."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence

from golive.model.errors import MagnitudeError, MalformedPayload, VenueError, VenueUnavailable
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.market import Candle, MarketEvent

from .candle_line import CandleLine
from .dialect import Feed, Link
from .feed_connection import Opening
from .keeper import Keeper, StreamSetting

MakeFeed = Callable[[Callable[[MarketEvent], None]], Feed]
ReadCandles = Callable[[Instrument], Awaitable[Sequence[Candle]]]


class MarketStream:
    """One set of market channels; see `VenueAdapter.open_stream`.

    Events of one connection reach the sink in the order they were sent; a venue may carry candles on a connection of
    their own, and then a candle and the book of the same moment come in either order. Every candle comes once, in order
    and without holes: what a lost connection or a lost message kept back is read over REST (`read_candles`) first. Books
    go on with a fresh snapshot, and trades of the time in between are not made up.
    `received` counts data messages per `channel:instrument`, first snapshots included.
    """

    def __init__(
        self,
        setting: StreamSetting,
        make_feed: MakeFeed,
        *,
        instruments: Sequence[Instrument],
        read_candles: ReadCandles | None,
        sink: Callable[[MarketEvent], None],
    ) -> None:
        self._setting = setting
        self._instruments = {instrument.id: instrument for instrument in instruments}
        self._read_candles = read_candles
        self._line = CandleLine(sink, self._candle_missing)
        feed = make_feed(self._line.put)
        self.received: Counter[str] = Counter()
        self.channels = frozenset(key for link in feed.links for key in link.keys)
        """every `channel:instrument` that is subscribed to"""
        self._keeper = Keeper(setting, feed, self, name="market")
        self._repairs: dict[InstrumentId, asyncio.Task[None]] = {}
        self._awaited: dict[str, int] = {}
        self._waiter: asyncio.Future[None] | None = None

    @property
    def failure(self) -> VenueError | None:
        """Why the stream is lost for good, None while it is not."""
        return self._keeper.failure

    async def start(self) -> None:
        """Connect, subscribe, and wait for every acknowledgement and first book snapshot.

        Raises the family of the fault: VenueRejected for a refused subscription, VenueUnavailable otherwise.
        """
        await self._keeper.start()

    async def wait_for(self, counts: Mapping[str, int]) -> None:
        """Return once at least `counts[key]` messages of every key were received and no candle is held back.

        Raises VenueUnavailable when that takes longer than the time-out, `failure` when the stream is lost for good.
        One caller at a time.
        """
        if self.failure is not None:
            raise self.failure
        received = self.received
        missing = {key: count for key, count in counts.items() if received[key] < count}
        if not missing and not self._line.is_holding:
            return
        if self._waiter is not None:
            raise RuntimeError("wait_for is for one caller at a time")
        loop = asyncio.get_running_loop()
        self._awaited = missing
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(self._setting.timeout_s, self._expire, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None
            self._awaited = {}

    def _expire(self, waiter: asyncio.Future[None]) -> None:
        if not waiter.done():
            late = ", ".join(f"{key} {self.received[key]}/{count}" for key, count in sorted(self._awaited.items()))
            label = self._setting.profile.label
            message = f"{label}: no market data within {self._setting.timeout_s:g} s: {late or 'candles are being read'}"
            self._setting.meter.failed(critical=False)
            waiter.set_exception(VenueUnavailable(message, venue=label))

    async def close(self) -> None:
        """Close all connections; idempotent."""
        repairs = tuple(self._repairs.values())
        for task in repairs:
            task.cancel()
        await asyncio.gather(*repairs, return_exceptions=True)
        await self._keeper.close()

    # what the keeper asks and tells

    async def opening(self, link: Link) -> Opening:
        return Opening(link.subscriptions)

    async def restored(self, link: Link, *, again: bool) -> None:
        if again and self._read_candles is not None:
            for instrument in self._instruments.values():
                await self._repair(instrument)

    def lost(self, link: Link) -> None:
        for instrument in self._instruments:
            self._line.hold(instrument)

    def arrived(self, key: str) -> None:
        count = self.received[key] = self.received[key] + 1
        if self._awaited.get(key, count + 1) <= count:
            del self._awaited[key]
            self._tell_waiter()

    def _tell_waiter(self) -> None:
        if not self._awaited and not self._line.is_holding and self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def failed(self, failure: BaseException) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(failure)

    # holes in the candles

    def _candle_missing(self, instrument: InstrumentId) -> None:
        if instrument not in self._repairs:
            task = self._repairs[instrument] = asyncio.get_running_loop().create_task(self._repair_alone(instrument))
            task.add_done_callback(self._repaired)

    def _repaired(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (bug := task.exception()) is not None:
            self._keeper.crash(bug)

    async def _repair_alone(self, instrument: InstrumentId) -> None:
        """Close a hole while the connection stands; a venue that cannot be asked costs the stream."""
        try:
            await self._repair(self._instruments[instrument])
        except (VenueError, MalformedPayload, MagnitudeError) as exc:
            self._keeper.give_up(exc)
        finally:
            del self._repairs[instrument]  # at once: the next hole may show before this task has officially ended

    async def _repair(self, instrument: Instrument) -> None:
        assert self._read_candles is not None
        if self._line.last(instrument.id) is not None:
            self._line.release(instrument.id, await self._read_candles(instrument))
            self._tell_waiter()
