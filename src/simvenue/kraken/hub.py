"""Who subscribed to which market channel, and the messages they get: one per channel, pair and step."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ..exchange.bar import Bar
from ..exchange.exchange import Exchange
from ..exchange.market import Market
from ..exchange.order import Side
from ..face.connection import Connection
from . import stream, wire
from .book import DEPTHS, DepthView
from .number import grid_of
from .public import INTERVALS, beginning, candle_rows

CHANNELS = ("ticker", "book", "trade", "ohlc")
TRIGGERS = ("trades", "bbo")
SNAPSHOT_TRADES = 50
SNAPSHOT_CANDLES = 100
_MINUTE = 60 * wire.SECOND


@dataclass(frozen=True, slots=True)
class Topic:
    """What is subscribed: `variant` is a book's depth, an ohlc's interval (minutes) or what triggers a ticker."""

    channel: str
    symbol: str
    variant: int | str = ""

    @property
    def key(self) -> str:
        return f"{self.channel}:{self.symbol}"


def is_offered(market: Market, topic: Topic) -> bool:
    """Say whether the variant exists for this market."""
    match topic.channel:
        case "book":
            return topic.variant in DEPTHS
        case "ohlc":
            return topic.variant in INTERVALS and market.candles.supports(bar_of(topic))
        case "ticker":
            return topic.variant in TRIGGERS
        case _:
            return True


def bar_of(topic: Topic) -> Bar:
    return Bar(int(topic.variant) * _MINUTE)


@dataclass(slots=True)
class _Members:
    connections: dict[str, Connection] = field(default_factory=dict)
    book: DepthView | None = None


class Hub:
    """Subscriptions of all connections to market channels, and the published state of the books."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._by_symbol: dict[str, dict[Topic, _Members]] = {}
        self._of: dict[str, set[Topic]] = {}
        self._seen: dict[tuple[str, str], object] = {}
        """what each ticker trigger looked at when the last step was published"""

    def has(self, connection: Connection, topic: Topic) -> bool:
        return topic in self._of.get(connection.id, ())

    def is_subscribed(self, connection: Connection) -> bool:
        return bool(self._of.get(connection.id))

    def subscribe(self, connection: Connection, topic: Topic, *, snapshot: bool) -> None:
        """Add a subscription and queue its snapshot; that of a book is always sent, or updates would mean nothing."""
        market = self._exchange.markets[topic.symbol]
        members = self._by_symbol.setdefault(topic.symbol, {}).setdefault(topic, _Members())
        if topic.channel == "book" and members.book is None:
            members.book = DepthView(market.book, grid_of(market.listing), int(topic.variant))
        elif topic.channel == "ohlc" and not members.connections:
            market.candles.watch(bar_of(topic))
        members.connections[connection.id] = connection
        self._of.setdefault(connection.id, set()).add(topic)
        if snapshot or topic.channel == "book":
            connection.put(self._snapshot(topic, members, market), topic.key)

    def unsubscribe(self, connection: Connection, topic: Topic) -> None:
        members = self._by_symbol[topic.symbol][topic]
        members.connections.pop(connection.id, None)
        self._of[connection.id].discard(topic)
        if not members.connections:
            del self._by_symbol[topic.symbol][topic]

    def drop(self, connection: Connection) -> None:
        """Forget a closed connection."""
        for topic in tuple(self._of.pop(connection.id, ())):
            members = self._by_symbol[topic.symbol][topic]
            members.connections.pop(connection.id, None)
            if not members.connections:
                del self._by_symbol[topic.symbol][topic]

    def _snapshot(self, topic: Topic, members: _Members, market: Market) -> bytes:
        now = self._exchange.now
        if topic.channel == "book":
            assert members.book is not None
            return stream.message("book", "snapshot", [members.book.snapshot(topic.symbol, stream.moment(now))])
        grid = grid_of(market.listing)
        if topic.channel == "trade":
            return stream.message("trade", "snapshot", [stream.trade(grid, t) for t in list(market.trades)[-SNAPSHOT_TRADES:]])
        if topic.channel == "ohlc":
            bar = bar_of(topic)
            counts = wire.trade_counts(market.trades, bar)
            rows = candle_rows(market.candles, bar, now, SNAPSHOT_CANDLES)
            return _candles("snapshot", [stream.candle(grid, row, bar, counts) for row in rows], now)
        return stream.message("ticker", "snapshot", [stream.ticker(market, now)])

    # ── publishing ──────────────────────────────────────────────────────────────────────────────────────────────

    def publish(self, symbols: Iterable[str], *, running: bool) -> tuple[dict[str, int], set[str]]:
        """Publish what changed since the last call; return messages per `channel:symbol`, and who was sent any.

        With `running` unfinished candles are published as well.
        """
        published: dict[str, int] = {}
        sent: set[str] = set()
        for symbol in symbols:
            market = self._exchange.markets[symbol]
            for topic, members in self._by_symbol.get(symbol, {}).items():
                message = self._change(topic, members, market, running=running)
                if message is None:
                    continue
                published[topic.key] = 1
                sent |= members.connections.keys()
                for connection in members.connections.values():
                    connection.put(message, topic.key)
            self._settle(symbol, market)
        return published, sent

    def _settle(self, symbol: str, market: Market) -> None:
        """Begin the next step: nothing of this one is fresh any more."""
        market.fresh_trades.clear()
        for side in (Side.BUY, Side.SELL):
            market.book.take_changed(side)
        for trigger in TRIGGERS:
            self._seen[(symbol, trigger)] = _triggering(trigger, market)

    def _change(self, topic: Topic, members: _Members, market: Market, *, running: bool) -> bytes | None:
        now, fresh = self._exchange.now, market.fresh_trades
        match topic.channel:
            case "book":
                assert members.book is not None
                data = members.book.changed(topic.symbol, stream.moment(now))
                return None if data is None else stream.message("book", "update", [data])
            case "trade":
                grid = grid_of(market.listing)
                return stream.message("trade", "update", [stream.trade(grid, item) for item in fresh]) if fresh else None
            case "ohlc":
                return self._candle_change(topic, market, now, running=running)
            case _:
                trigger = str(topic.variant)
                is_moved = self._seen.get((topic.symbol, trigger)) != _triggering(trigger, market)
                return stream.message("ticker", "update", [stream.ticker(market, now)]) if is_moved else None

    def _candle_change(self, topic: Topic, market: Market, now: int, *, running: bool) -> bytes | None:
        """Finished candles followed by the one that began then, which is how a client knows them finished."""
        bar, store = bar_of(topic), market.candles
        closed = store.take_closed(bar)
        current = store.running(bar)
        if closed:
            rows = [*closed, current or beginning(closed[-1], bar.floor(now))]
        elif running and current is not None and market.fresh_trades:
            rows = [current]
        else:
            return None
        grid, counts = grid_of(market.listing), wire.trade_counts(market.trades, bar)
        return _candles("update", [stream.candle(grid, row, bar, counts) for row in rows], now)


def _candles(kind: str, rows: list[stream.JsonObject], now: int) -> bytes:
    return stream.message("ohlc", kind, rows, timestamp=stream.moment(now))


def _triggering(trigger: str, market: Market) -> object:
    """Return what a ticker with this trigger is published for when it changes."""
    if trigger == "trades":
        return market.last, market.day.volume
    return market.book.levels(Side.BUY, 1), market.book.levels(Side.SELL, 1)
