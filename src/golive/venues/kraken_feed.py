"""Kraken WebSocket v2 market channels: `book`, `trade` and `ohlc`, turned into events; the local books are kept here.

Numbers are read as they were written, never as floats, because the book's checksum is made of their digits. A candle
row carries no closed flag: a candle is closed when a row with a later beginning has come. Source: VENUES §4; Kraken,
"Spot WebSocket API v2".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from golive.model.clock import MINUTE, from_iso
from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.model.market import Candle, MarketEvent, Trade

from .converters import grid_reader, side_of, text
from .dialect import FeedGap, Link
from .kraken_book import KrakenBook, number_text, objects_in
from .kraken_errors import codes_of
from .kraken_payload import candle_of

BOOK_DEPTH: Final = 100
"""levels per side that are subscribed to and kept"""
EMITTED: Final = 50
"""levels per side of an emitted book"""

Row = Mapping[str, object]


def time_of(row: Row, name: str, where: str) -> int:
    """Return ns UTC of an RFC 3339 text ending in `Z`."""
    try:
        return from_iso(text(row, name, where))
    except ValueError as exc:
        raise MalformedPayload(f"{where}: field {name!r}: {exc}") from exc


def acknowledged_of(message: Row) -> str | None:
    """Return `channel:symbol` of a confirmed subscription; private channels have no symbol."""
    result = message.get("result")
    if message.get("method") != "subscribe" or message.get("success") is not True or not isinstance(result, dict):
        return None
    return f"{result.get('channel')}:{result.get('symbol', '')}"


def refusal_of(message: Row) -> tuple[str, ...]:
    """Return the codes of a message that says no, () for others."""
    error = message.get("error")
    if message.get("success") is not False and error is None:
        return ()
    return codes_of(error if isinstance(error, str) and error else "refused without a reason")


def is_data_message(message: Row) -> bool:
    """Return whether this is data of a subscribed channel; `status` and `heartbeat` come unasked."""
    return "channel" in message and "method" not in message and message["channel"] not in ("status", "heartbeat")


class KrakenFeed:
    """The feed of one stream; `by_symbol` maps `BTC/USD` to its instrument, `minutes` is the candles' period."""

    exact_numbers = True
    is_private = False

    def __init__(
        self,
        by_symbol: Mapping[str, Instrument],
        *,
        minutes: int | None,
        book: bool,
        trades: bool,
        sink: Callable[[MarketEvent], None],
    ) -> None:
        self._by_symbol = by_symbol
        self._minutes = minutes
        self._sink = sink
        self._books = {name: KrakenBook(instrument, BOOK_DEPTH) for name, instrument in by_symbol.items()}
        self._ticks = {name: grid_reader(i.tick_size, i.ticks) for name, i in by_symbol.items()}
        self._lots = {name: grid_reader(i.lot_size, i.lots) for name, i in by_symbol.items()}
        self._running: dict[str, Candle] = {}
        """the candle that may still change, by symbol"""
        self._closed: dict[str, int] = {}
        """when the last emitted candle began, by symbol"""
        self._take: dict[str, Callable[[Sequence[Row], bool], str]] = {}
        wanted: dict[str, JsonObject] = {}
        if minutes is not None:
            wanted["ohlc"] = {"interval": minutes}
            self._take["ohlc"] = self._candles
        if book:
            wanted["book"] = {"depth": BOOK_DEPTH}
            self._take["book"] = self._book
        if trades:
            wanted["trade"] = {"snapshot": False}
            self._take["trade"] = self._trades
        self.links: tuple[Link, ...] = (self._link(wanted),) if wanted else ()

    def _link(self, wanted: Mapping[str, JsonObject]) -> Link:
        symbols = list(self._by_symbol)
        return Link(
            access="public",
            keys=tuple(f"{channel}:{name}" for channel in wanted for name in symbols),
            needs_snapshot=frozenset(f"book:{name}" for name in symbols if "book" in wanted),
            subscriptions=tuple(
                {"method": "subscribe", "params": {"channel": channel, "symbol": symbols, **options}}
                for channel, options in wanted.items()
            ),
        )

    def reset(self, link: Link) -> None:
        """Forget books and running candles; the snapshots of the next subscription bring them back."""
        for book in self._books.values():
            book.clear()
        self._running.clear()

    def acknowledged(self, message: Row) -> str | None:
        return acknowledged_of(message)

    def refused(self, message: Row) -> tuple[str, ...]:
        return refusal_of(message)

    def is_data(self, message: Row) -> bool:
        return is_data_message(message)

    def take(self, message: Row) -> str:
        channel, kind = message.get("channel"), message.get("type")
        take = self._take.get(channel) if isinstance(channel, str) else None
        if take is None:
            raise MalformedPayload(f"stream: channel {channel!r:.40} was not asked for")
        if kind not in ("snapshot", "update"):
            raise MalformedPayload(f"stream: field 'type' is {kind!r:.40}, neither snapshot nor update")
        rows = objects_in(message.get("data"), "data")
        if not rows:
            raise MalformedPayload(f"stream: a message of {channel} without rows")
        return f"{channel}:{take(rows, kind == 'snapshot')}"

    def _symbol(self, row: Row) -> str:
        name = row.get("symbol")
        if not isinstance(name, str) or name not in self._by_symbol:
            raise MalformedPayload(f"stream: {name!r:.40} was not asked for")
        return name

    # channels; each returns the symbol of its last row

    def _candles(self, rows: Sequence[Row], is_snapshot: bool) -> str:
        name = ""
        for row in rows:
            name = self._symbol(row)
            if row.get("interval", self._minutes) != self._minutes:
                raise MalformedPayload(f"candle: field 'interval' is {row.get('interval')!r:.40}, not {self._minutes}")
            self._follow(name, self._candle(row, name), is_snapshot)
        return name

    def _candle(self, row: Row, name: str) -> Candle:
        assert self._minutes is not None
        o, h, low, c, volume = (number_text(row.get(key), f"candle: field {key!r}") for key in _CANDLE)
        opened = time_of(row, "interval_begin", "candle")
        return candle_of(self._by_symbol[name], opened, self._minutes * MINUTE, (o, h, low, c), volume)

    def _follow(self, name: str, candle: Candle, is_snapshot: bool) -> None:
        """Keep the running candle; emit the one before it, unless it is history from before our first subscription.

        One that is not followed by the very next interval may have changed in a message that was lost: it is left out,
        and the stream, which then sees a hole, reads it over REST.
        """
        running = self._running.get(name)
        if running is not None and candle.opened_at < running.opened_at:
            return
        self._running[name] = candle
        if running is None or candle.opened_at == running.opened_at:
            return
        last = self._closed.get(name)
        if (is_snapshot and last is None) or (not is_snapshot and candle.opened_at != running.closed_at):
            return
        if last is None or running.opened_at > last:
            self._closed[name] = running.opened_at
            self._sink(running)

    def _trades(self, rows: Sequence[Row], _is_snapshot: bool) -> str:
        name = ""
        for row in rows:
            name = self._symbol(row)
            price, quantity = (number_text(row.get(key), f"trade: field {key!r}") for key in ("price", "qty"))
            self._sink(
                Trade(
                    self._by_symbol[name].id,
                    time_of(row, "timestamp", "trade"),
                    self._ticks[name](price),
                    self._lots[name](quantity),
                    side_of(row.get("side"), "trade"),
                    number_text(row.get("trade_id"), "trade: field 'trade_id'"),
                )
            )
        return name

    def _book(self, rows: Sequence[Row], is_snapshot: bool) -> str:
        name = ""
        for row in rows:
            name = self._symbol(row)
            book = self._books[name]
            if is_snapshot:
                book.clear()
                book.is_known = True
            elif not book.is_known:
                raise FeedGap(f"book of {name}: an update before the snapshot")
            book.update(objects_in(row.get("bids"), "bids"), objects_in(row.get("asks"), "asks"))
            self._check(book, row, name)
            if "timestamp" in row:  # a snapshot without one stands, and shows with the next update
                self._sink(book.view(time_of(row, "timestamp", "book"), EMITTED))
        return name

    def _check(self, book: KrakenBook, row: Row, name: str) -> None:
        checksum = row.get("checksum")
        if type(checksum) is not int:
            raise MalformedPayload(f"book: field 'checksum' is {checksum!r:.40}, not an integer")
        if book.checksum() != checksum:
            raise FeedGap(f"book of {name}: checksum {book.checksum()}, the venue's is {checksum}")
        if book.is_crossed:
            raise FeedGap(f"book of {name} is crossed")


_CANDLE: Final = ("open", "high", "low", "close", "volume")
