"""Public topics: who subscribed to what, and what each step of the market sends them."""

from __future__ import annotations

import re
from collections.abc import Iterable

import orjson

from golive.model.json import JsonValue
from golive.model.market import Level
from golive.model.order import Side

from ..exchange.market import Market
from ..face.connection import Connection
from . import wire
from .bars import BARS
from .book import DEPTHS, BookWindow, level_texts
from .call import Venue

_TOPIC = re.compile(r"(orderbook\.\d+|publicTrade|tickers|kline\.[0-9DWM]+)\.([A-Z0-9]+)")
_MILLION = 1_000_000


class Hub:
    """Public subscriptions of all connections. A topic is (channel, symbol): (`orderbook.50`, `BTCUSDT`)."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._exchange = venue.exchange
        self._members: dict[str, dict[str, dict[str, Connection]]] = {}
        """wire symbol → channel → connection id → connection"""
        self._windows: dict[tuple[str, str], BookWindow] = {}

    def topic(self, text: str) -> tuple[str, str] | None:
        """Return the topic a client names; None when there is none of this name."""
        found = _TOPIC.fullmatch(text)
        market = None if found is None else self._venue.markets.get(found[2])
        if found is None or market is None:
            return None
        kind, _, parameter = found[1].partition(".")
        if kind == "orderbook" and parameter not in {str(depth) for depth in DEPTHS}:
            return None
        if kind == "kline" and (parameter not in BARS or not market.candles.supports(BARS[parameter])):
            return None
        return found[1], found[2]

    def subscribe(self, connection: Connection, topic: tuple[str, str]) -> None:
        """Add a subscription and queue its first message where the channel has one."""
        channel, symbol = topic
        connection.topics[topic] = {}
        market = self._venue.markets[symbol]
        members = self._members.setdefault(symbol, {}).setdefault(channel, {})
        is_first = not members
        members[connection.id] = connection
        kind, _, parameter = channel.partition(".")
        if kind == "orderbook":
            window = self._windows.setdefault(topic, BookWindow(market, int(parameter)))
            if is_first:
                window.restart()
            connection.put(self._book_message(topic, "snapshot", window.view(), window), f"{channel}:{symbol}")
        elif kind == "tickers":
            connection.put(self._ticker(topic, market), f"{channel}:{symbol}")
        elif kind == "kline" and is_first:
            market.candles.watch(BARS[parameter])

    def unsubscribe(self, connection: Connection, topic: tuple[str, str]) -> None:
        connection.topics.pop(topic, None)
        channel, symbol = topic
        members = self._members.get(symbol, {}).get(channel)
        if members is not None:
            members.pop(connection.id, None)
            if not members:
                del self._members[symbol][channel]

    def drop(self, connection: Connection) -> None:
        """Forget a closed connection."""
        for topic in tuple(connection.topics):
            self.unsubscribe(connection, topic)

    def publish(self, symbols: Iterable[str], *, running: bool) -> dict[str, int]:
        """Publish what changed since the last call, at most one message per topic; return their number by message key."""
        published: dict[str, int] = {}
        for exchange_symbol in symbols:
            market = self._exchange.markets[exchange_symbol]
            symbol = wire.name_of(market.listing)
            changed = [market.book.take_changed(side) for side in (Side.BUY, Side.SELL)]
            if any(changed):
                self._venue.counters.advance(exchange_symbol)
            for channel, members in self._members.get(symbol, {}).items():
                message = self._change((channel, symbol), market, book_changed=any(changed), running=running)
                if message is None:
                    continue
                key = f"{channel}:{symbol}"
                published[key] = 1
                for connection in members.values():
                    connection.put(message, key)
            market.fresh_trades.clear()
        return published

    def _change(self, topic: tuple[str, str], market: Market, *, book_changed: bool, running: bool) -> bytes | None:
        kind, _, parameter = topic[0].partition(".")
        if kind == "orderbook":
            window = self._windows[topic]
            delta = window.delta() if book_changed else None
            return None if delta is None else self._book_message(topic, "delta", delta, window)
        if kind == "publicTrade":
            sequence = self._venue.counters.sequence(market.listing.symbol)
            trades: list[JsonValue] = [wire.pushed_trade(market.listing, t, sequence) for t in market.fresh_trades]
            return self._message(topic, "snapshot", trades) if trades else None
        if kind == "kline":
            return self._candles(topic, market, parameter, running=running)
        return self._ticker(topic, market)

    def _candles(self, topic: tuple[str, str], market: Market, interval: str, *, running: bool) -> bytes | None:
        bar, now = BARS[interval], self._exchange.now
        listing = market.listing
        closed = market.candles.take_closed(bar)
        rows: list[JsonValue] = [wire.pushed_candle(listing, row, interval, bar, now, closed=True) for row in closed]
        current = market.candles.running(bar) if running else None
        if current is not None:
            rows.append(wire.pushed_candle(listing, current, interval, bar, now, closed=False))
        return self._message(topic, "snapshot", rows) if rows else None

    def _book_message(
        self, topic: tuple[str, str], kind: str, sides: tuple[list[Level], list[Level]], window: BookWindow
    ) -> bytes:
        market, now = self._venue.markets[topic[1]], self._exchange.now // _MILLION
        data: wire.JsonDict = {
            "s": topic[1],
            "b": level_texts(market, sides[0]),
            "a": level_texts(market, sides[1]),
            "u": window.update_id,
            "seq": self._venue.counters.sequence(market.listing.symbol),
        }
        return orjson.dumps({"topic": ".".join(topic), "ts": now, "type": kind, "data": data, "cts": now})

    def _ticker(self, topic: tuple[str, str], market: Market) -> bytes:
        sequence = self._venue.counters.sequence(market.listing.symbol)
        return self._message(topic, "snapshot", wire.day(market, self._exchange.now), {"cs": sequence})

    def _message(self, topic: tuple[str, str], kind: str, data: JsonValue, more: wire.JsonDict | None = None) -> bytes:
        now = self._exchange.now // _MILLION
        return orjson.dumps({"topic": ".".join(topic), "ts": now, "type": kind, "data": data, **(more or {})})
