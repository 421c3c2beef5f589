"""Who subscribed to what, and the messages they get: market channels once per step, private ones at once."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from ..exchange.bar import Bar
from ..exchange.exchange import Exchange
from ..exchange.market import Market
from ..exchange.order import Side, VenueFill, VenueOrder
from ..exchange.publish import Level, PublishedBook
from ..face.connection import Connection
from . import wire
from .bars import BARS
from .code import Json

BOOK_DEPTH = 400
PUBLIC_CHANNELS = ("books", "books5", "bbo-tbt", "tickers", "trades")
CANDLE_CHANNELS = {f"candle{name}": bar for name, bar in BARS.items()}
PRIVATE_CHANNELS = ("orders", "account", "balance_and_position")
_TOP = {"books5": 5, "bbo-tbt": 1}


class Hub:
    """Subscriptions of all connections and the published state of all books."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._subscribers: dict[tuple[str, str], dict[str, Connection]] = {}
        self._by_instrument: dict[str, dict[str, dict[str, Connection]]] = {}
        self._books: dict[str, PublishedBook] = {}
        self._tops: dict[tuple[str, str], object] = {}
        self._sequence = 0
        self._private: dict[str, Connection] = {}
        exchange.listeners.append(self._order_changed)

    # ── subscribing ─────────────────────────────────────────────────────────────────────────────────────────────

    def subscribe(self, connection: Connection, channel: str, instrument: str, argument: dict[str, Json]) -> None:
        """Add a market subscription and queue its first message where the channel has one."""
        topic = (channel, instrument)
        connection.topics[topic] = argument
        members = self._by_instrument.setdefault(instrument, {}).setdefault(channel, {})
        is_first = not members
        members[connection.id] = connection
        market = self._exchange.markets[wire.symbol_of(instrument)]
        if channel == "books":
            if is_first:
                book = self._books[instrument] = PublishedBook(market.book, BOOK_DEPTH)
                book.start()
                self._sequence += 1
                book.sequence = self._sequence
            connection.put(self._book_snapshot(instrument, market), f"{channel}:{instrument}")
        elif channel in _TOP:
            connection.put(self._top(channel, instrument, market), f"{channel}:{instrument}")
        elif channel == "tickers":
            message = self._message(channel, instrument, [wire.ticker(market, self._exchange.now)])
            connection.put(message, f"{channel}:{instrument}")
        elif is_first and channel in CANDLE_CHANNELS:
            market.candles.watch(CANDLE_CHANNELS[channel])

    def subscribe_private(self, connection: Connection, channel: str, scope: str, argument: dict[str, Json]) -> None:
        """Add a private subscription; `account` starts with the balances as they are."""
        connection.topics[(channel, scope)] = argument
        self._private[connection.id] = connection
        if channel == "account":
            connection.put(self._account_message(connection, argument), "account:")

    def unsubscribe(self, connection: Connection, topic: tuple[str, str]) -> None:
        connection.topics.pop(topic, None)
        channel, instrument = topic
        members = self._by_instrument.get(instrument, {}).get(channel)
        if members is not None:
            members.pop(connection.id, None)
            if not members:
                del self._by_instrument[instrument][channel]
                if channel == "books":
                    del self._books[instrument]

    def drop(self, connection: Connection) -> None:
        """Forget a closed connection."""
        for topic in tuple(connection.topics):
            self.unsubscribe(connection, topic)
        self._private.pop(connection.id, None)

    # ── market channels ─────────────────────────────────────────────────────────────────────────────────────────

    def publish(self, symbols: Iterable[str], *, running: bool) -> dict[str, int]:
        """Publish what changed since the last call; return the number of messages per `channel:instId`.

        With `running` unfinished candles are published as well, each in a message of its own.
        """
        published: dict[str, int] = {}
        for symbol in symbols:
            market = self._exchange.markets[symbol]
            instrument = wire.inst_id(symbol)
            for channel, members in self._by_instrument.get(instrument, {}).items():
                count, key = 0, f"{channel}:{instrument}"
                for message in self._changes(channel, instrument, market, running=running):
                    count += 1
                    for connection in members.values():
                        connection.put(message, key)
                if count:
                    published[key] = count
            market.fresh_trades.clear()
            if instrument not in self._books:
                market.book.take_changed(Side.BUY)
                market.book.take_changed(Side.SELL)
        return published

    def _changes(self, channel: str, instrument: str, market: Market, *, running: bool) -> Iterable[bytes]:
        if channel == "books":
            return self._book_update(instrument, market)
        if channel == "trades":
            if not market.fresh_trades:
                return ()
            return (self._message(channel, instrument, [wire.trade(market.listing, t) for t in market.fresh_trades]),)
        if channel in CANDLE_CHANNELS:
            return self._candles(channel, instrument, market, CANDLE_CHANNELS[channel], running=running)
        if channel in _TOP:
            before = self._tops.get((channel, instrument))
            message = self._top(channel, instrument, market)
            return () if self._tops[(channel, instrument)] == before else (message,)
        return (self._message(channel, instrument, [wire.ticker(market, self._exchange.now)]),)

    def _candles(self, channel: str, instrument: str, market: Market, bar: Bar, *, running: bool) -> Iterable[bytes]:
        closed = market.candles.take_closed(bar)
        if closed:
            yield self._message(channel, instrument, [wire.candle(market.listing, row, closed=True) for row in closed])
        if running and (row := market.candles.running(bar)) is not None:
            yield self._message(channel, instrument, [wire.candle(market.listing, row, closed=False)])

    def _book_update(self, instrument: str, market: Market) -> Iterable[bytes]:
        book = self._books[instrument]
        bids, asks = book.bids.delta(), book.asks.delta()
        if not bids and not asks:
            return ()
        previous = book.sequence
        self._sequence += 1
        book.sequence = self._sequence
        return (self._book_message(instrument, market, "update", (bids, asks), previous),)

    def _book_snapshot(self, instrument: str, market: Market) -> bytes:
        book = self._books[instrument]
        return self._book_message(instrument, market, "snapshot", (book.bids.view(), book.asks.view()), -1)

    def _book_message(
        self,
        instrument: str,
        market: Market,
        action: str,
        sides: tuple[list[Level], list[Level]],
        previous: int,
    ) -> bytes:
        bids, asks = sides
        return orjson.dumps(
            {
                "arg": {"channel": "books", "instId": instrument},
                "action": action,
                "data": [
                    {
                        "asks": wire.level_texts(market, Side.SELL, asks),
                        "bids": wire.level_texts(market, Side.BUY, bids),
                        "ts": wire.millis(self._exchange.now),
                        "checksum": 0,
                        "prevSeqId": previous,
                        "seqId": self._books[instrument].sequence,
                    }
                ],
            }
        )

    def _top(self, channel: str, instrument: str, market: Market) -> bytes:
        depth = _TOP[channel]
        bids, asks = (market.book.levels(side, depth) for side in (Side.BUY, Side.SELL))
        if self._tops.get((channel, instrument)) != (bids, asks):
            self._tops[(channel, instrument)] = (bids, asks)
            self._sequence += 1
        row: Json = {
            "asks": wire.level_texts(market, Side.SELL, asks),
            "bids": wire.level_texts(market, Side.BUY, bids),
            "instId": instrument,
            "ts": wire.millis(self._exchange.now),
            "seqId": self._sequence,
        }
        return self._message(channel, instrument, [row])

    @staticmethod
    def _message(channel: str, instrument: str, data: list[Json] | list[wire.JsonObject] | list[list[Json]]) -> bytes:
        return orjson.dumps({"arg": {"channel": channel, "instId": instrument}, "data": data})

    # ── private channels ────────────────────────────────────────────────────────────────────────────────────────

    def _order_changed(self, order: VenueOrder, fill: VenueFill | None) -> None:
        for connection in tuple(self._private.values()):
            if connection.key is None or connection.key.account != order.account:
                continue
            account = self._exchange.accounts[order.account]
            instrument = wire.inst_id(order.listing.symbol)
            for (channel, scope), argument in connection.topics.items():
                if channel == "orders" and scope in ("", instrument):
                    row = wire.order_push(order, account, fill)
                    message = orjson.dumps({"arg": {**argument, "uid": order.account}, "data": [row]})
                    connection.put(message, f"orders:{instrument}")
                elif channel == "account":
                    connection.put(self._account_message(connection, argument), "account:")
                elif channel == "balance_and_position" and fill is not None:
                    connection.put(self._balance_message(order, fill, argument), "balance_and_position:")

    def _account_message(self, connection: Connection, argument: dict[str, Json]) -> bytes:
        assert connection.key is not None
        account = self._exchange.accounts[connection.key.account]
        wanted = str(argument.get("ccy") or "")
        assets = [asset for asset in account.assets if not wanted or asset == wanted]
        row = wire.balance(account, assets, self._exchange.now)
        return orjson.dumps({"arg": {**argument, "uid": account.name}, "data": [row]})

    def _balance_message(self, order: VenueOrder, fill: VenueFill, argument: dict[str, Json]) -> bytes:
        account = self._exchange.accounts[order.account]
        row = wire.balance_change(account, (order.listing.base, order.listing.quote), fill, self._exchange.now)
        return orjson.dumps({"arg": {**argument, "uid": account.name}, "data": [row]})
