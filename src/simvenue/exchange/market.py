"""One instrument's public market: its book, its trades, its candles, its day."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import NamedTuple

from golive.matching.book import Execution, OrderBook
from golive.matching.price_time import PriceTimeBook
from golive.model.market import Level
from golive.model.order import Side

from .bar import Bar
from .candle import CandleStore, Row
from .listing import Listing
from .rolling import Rolling24h

TRADES_KEPT = 1000


class Print(NamedTuple):
    """One public trade as a source states it: ns, ticks, lots, the aggressor's side."""

    ts: int
    price: int
    quantity: int
    side: Side


class PublicTrade(NamedTuple):
    """A print with its trade id."""

    trade_id: int
    ts: int
    price: int
    quantity: int
    side: Side


@dataclass(slots=True)
class Update:
    """What a source says happened to one instrument up to `ts` (ns): prints, then the depth, then perhaps a candle."""

    ts: int
    prints: list[Print] = field(default_factory=list)
    bids: list[Level] = field(default_factory=list)
    asks: list[Level] = field(default_factory=list)
    candle: Row | None = None
    """a recorded candle; candles are then taken from here and not built from prints"""
    is_snapshot: bool = False
    """bids and asks are the whole book: what is not named is gone"""


class Market:
    """The market of one listing; `apply` moves it, `record_trade` adds what clients did."""

    def __init__(
        self,
        listing: Listing,
        base: Bar,
        *,
        builds_candles: bool,
        book: PriceTimeBook | None = None,
        keeps_every_trade: bool = False,
    ) -> None:
        """`book` is an empty one; None: plain, without memory of what clients took and without estimates of queues.

        Of the trades the last TRADES_KEPT are kept, or every one.
        """
        self.listing = listing
        self.book: PriceTimeBook = OrderBook() if book is None else book
        self.trades: deque[PublicTrade] = deque(maxlen=TRADES_KEPT)
        self._every_trade: list[PublicTrade] | None = [] if keeps_every_trade else None
        self.fresh_trades: list[PublicTrade] = []
        """trades since the last publication"""
        self.candles = CandleStore(base, fills_gaps=builds_candles)
        self.day = Rolling24h()
        self.last: PublicTrade | None = None
        self._builds_candles = builds_candles
        self._next_trade_id = 1
        self._unit = listing.instrument.notional(1, 1)
        """quote units of one tick times one lot; statistics may exceed the range that orders are held to"""

    def apply(self, update: Update) -> list[Execution]:
        """Move the market by one update; return what it did to resting client orders."""
        executions: list[Execution] = []
        unit = self._unit
        for item in update.prints:
            executions += self.book.trade_through(item.side, item.price, item.quantity)
            self._record(item.ts, item.price, item.quantity, item.side)
            if self._builds_candles:
                notional = item.price * item.quantity * unit
                self.candles.add((item.ts, item.price, item.price, item.price, item.price, item.quantity, notional))
        if update.candle is not None:
            self.candles.add(update.candle)
        self._advance_day(update)
        if update.is_snapshot:
            executions += self.book.replace_depth(update.bids, update.asks)
        elif update.bids or update.asks:
            executions += self.book.set_depth(update.bids, update.asks)
        self.candles.advance(update.ts)
        return executions

    def record_trade(self, ts: int, price: int, quantity: int, side: Side) -> int:
        """Record a client's execution as a public trade and return its id."""
        if self._builds_candles:
            notional = price * quantity * self._unit
            self.candles.add((ts, price, price, price, price, quantity, notional))
            self.day.add(ts, price, price, price, quantity, notional)
        return self._record(ts, price, quantity, side)

    def next_trade_id(self) -> int:
        """Return a fresh trade id: for a fill that the market's own print or depth caused, which is public already."""
        self._next_trade_id += 1
        return self._next_trade_id - 1

    def trades_after(self, ts: int, count: int) -> list[PublicTrade]:
        """Return the first `count` of the kept trades later than `ts` (ns), oldest first."""
        kept = self.trades if self._every_trade is None else self._every_trade
        first = bisect_right(kept, ts, key=lambda trade: trade.ts)
        return list(islice(kept, first, first + count)) if self._every_trade is None else self._every_trade[first : first + count]

    def _record(self, ts: int, price: int, quantity: int, side: Side) -> int:
        trade = PublicTrade(self.next_trade_id(), ts, price, quantity, side)
        self.trades.append(trade)
        if self._every_trade is not None:
            self._every_trade.append(trade)
        self.fresh_trades.append(trade)
        self.last = trade
        return trade.trade_id

    def _advance_day(self, update: Update) -> None:
        if update.candle is not None:
            _, opened, high, low, _, volume, notional = update.candle
            self.day.add(update.ts, opened, high, low, volume, notional)
        elif update.prints:
            prices = [item.price for item in update.prints]
            notional = sum(item.price * item.quantity for item in update.prints) * self._unit
            volume = sum(item.quantity for item in update.prints)
            self.day.add(update.ts, prices[0], max(prices), min(prices), volume, notional)
