"""Bybit v5 public spot stream: `orderbook.50`, `publicTrade` and `kline`, turned into events; local books are kept here.

`orderbook`: a snapshot and deltas whose update id `u` must follow the one before by one; `u` = 1 says that the service
restarted and is a snapshot whatever it is called. Source: VENUES §4.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.model.market import Level, MarketEvent, Trade

from .bybit_payload import pushed_candle_from, side_from, symbol_of, whole_ms_ns
from .converters import Row, grid_reader, text
from .dialect import FeedGap, Link
from .local_book import LocalBook

BOOK_DEPTH: Final = 50
"""levels per side, of the channel and of an emitted book"""
_ZERO = re.compile(r"0+(\.0*)?")


def subscription(topic: str) -> JsonObject:
    """Return the message that asks for one topic; its confirmation names it again in `req_id`."""
    return {"op": "subscribe", "req_id": topic, "args": [topic]}


def confirmed_topic(message: Mapping[str, object]) -> str | None:
    """Return the topic whose subscription this message confirms, else None."""
    if message.get("op") != "subscribe" or message.get("success") is not True:
        return None
    topic = message.get("req_id")
    return topic if isinstance(topic, str) else None


def refusal_of(message: Mapping[str, object]) -> tuple[str, ...]:
    """Return the code of a refusal, or where Bybit gives none the operation that it refused; () for other messages."""
    code = message.get("retCode", 0)
    if code != 0:
        return (str(code)[:40],)
    if message.get("success") is not False:
        return ()
    request = message.get("request")
    operation = request.get("op") if isinstance(request, Mapping) else message.get("op")
    return (str(operation or "refused")[:40],)


class _BookState:
    def __init__(self, instrument: Instrument) -> None:
        self.book = LocalBook(instrument, BOOK_DEPTH)
        self.update_id: int | None = None
        self.ticks = grid_reader(instrument.tick_size, instrument.ticks)
        self.lots = grid_reader(instrument.lot_size, instrument.lots)


class BybitFeed:
    """The feed of one stream; topics are `channel.SYMBOL`, keys `channel:SYMBOL`."""

    exact_numbers = False
    is_private = False

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        bar: str | None,
        period_ns: int,
        book: bool,
        trades: bool,
        sink: Callable[[MarketEvent], None],
    ) -> None:
        self._period_ns = period_ns
        self._sink = sink
        self._books = {symbol_of(instrument): _BookState(instrument) for instrument in instruments}
        self._by_topic: dict[str, tuple[str, Instrument, Callable[[Instrument, Mapping[str, object]], None]]] = {}
        channels: dict[str, Callable[[Instrument, Mapping[str, object]], None]] = {}
        if bar is not None:
            channels[f"kline.{bar}"] = self._candles
        if book:
            channels[f"orderbook.{BOOK_DEPTH}"] = self._book
        if trades:
            channels["publicTrade"] = self._trades
        for channel, take in channels.items():
            for instrument in instruments:
                symbol = symbol_of(instrument)
                self._by_topic[f"{channel}.{symbol}"] = (f"{channel}:{symbol}", instrument, take)
        self.links: tuple[Link, ...] = (self._link(),) if self._by_topic else ()

    def _link(self) -> Link:
        keys = tuple(key for key, _, _ in self._by_topic.values())
        return Link(
            access="public",
            keys=keys,
            needs_snapshot=frozenset(key for key in keys if key.startswith("orderbook.")),
            subscriptions=tuple(subscription(topic) for topic in self._by_topic),
        )

    def reset(self, link: Link) -> None:
        for state in self._books.values():
            state.book.clear()
            state.update_id = None

    def acknowledged(self, message: Mapping[str, object]) -> str | None:
        known = self._by_topic.get(confirmed_topic(message) or "")
        return None if known is None else known[0]

    def refused(self, message: Mapping[str, object]) -> tuple[str, ...]:
        return refusal_of(message)

    def is_data(self, message: Mapping[str, object]) -> bool:
        return "topic" in message and "data" in message

    def take(self, message: Mapping[str, object]) -> str:
        topic = message["topic"]
        known = self._by_topic.get(topic) if isinstance(topic, str) else None
        if known is None:
            raise MalformedPayload(f"stream: topic {topic!r:.60} was not asked for")
        key, instrument, take = known
        take(instrument, message)
        return key

    # channels

    def _candles(self, instrument: Instrument, message: Mapping[str, object]) -> None:
        for row in _rows(message, "candle"):
            candle = pushed_candle_from(row, instrument, self._period_ns)
            if candle is not None:
                self._sink(candle)

    def _trades(self, instrument: Instrument, message: Mapping[str, object]) -> None:
        state = self._books[symbol_of(instrument)]
        for row in _rows(message, "trade"):
            _require_symbol(row, instrument, "trade")
            self._sink(
                Trade(
                    instrument.id,
                    whole_ms_ns(row.get("T"), "trade: field 'T'"),
                    state.ticks(text(row, "p", "trade")),
                    state.lots(text(row, "v", "trade")),
                    side_from(row.get("S"), "trade"),
                    text(row, "i", "trade"),
                )
            )

    def _book(self, instrument: Instrument, message: Mapping[str, object]) -> None:
        row = message["data"]
        if not isinstance(row, dict):
            raise MalformedPayload(f"book: {row!r:.60} is not an object")
        _require_symbol(row, instrument, "book")
        state = self._books[symbol_of(instrument)]
        ts = whole_ms_ns(message.get("ts"), "book: field 'ts'")
        bids, asks = _levels(row, "b", state), _levels(row, "a", state)
        self._follow(state, message.get("type"), row.get("u"))
        state.book.update(bids, asks)
        if state.book.is_crossed:
            raise FeedGap(f"book of {instrument.id} is crossed after update {state.update_id}")
        self._sink(state.book.view(ts))

    def _follow(self, state: _BookState, kind: object, update_id: object) -> None:
        if kind not in ("snapshot", "delta") or type(update_id) is not int:
            raise MalformedPayload(f"book: fields 'type' {kind!r:.40} and 'u' {update_id!r:.40} are no step of a book")
        if kind == "snapshot" or update_id == 1:
            state.book.clear()
        elif state.update_id is None or update_id != state.update_id + 1:
            raise FeedGap(f"book: update {update_id} came, ours stands at {state.update_id}")
        state.update_id = update_id


def _rows(message: Mapping[str, object], where: str) -> list[Row]:
    rows = message["data"]
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise MalformedPayload(f"{where}: field 'data' is not a list of objects")
    return rows


def _require_symbol(row: Mapping[str, object], instrument: Instrument, where: str) -> None:
    if row.get("s") != symbol_of(instrument):
        raise MalformedPayload(f"{where}: field 's' is {row.get('s')!r:.40}, not {symbol_of(instrument)}")


def _levels(row: Mapping[str, object], name: str, state: _BookState) -> list[Level]:
    side = row.get(name)
    if not isinstance(side, list) or not all(type(level) is list for level in side):
        raise MalformedPayload(f"book: field {name!r} is not a list of lists")
    ticks, lots = state.ticks, state.lots
    try:
        return [(ticks(price), 0 if size[0] == "0" and _ZERO.fullmatch(size) else lots(size)) for price, size in side]
    except (LookupError, TypeError, ValueError) as exc:
        raise MalformedPayload(f"book: field {name!r} holds a level that is not [price, size]") from exc
