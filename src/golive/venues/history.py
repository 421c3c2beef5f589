"""How a venue gives its past away: candles page by page backwards, or trades page by page forwards. Requests and readers, no I/O.

A venue that keeps all its candles is asked backwards, because what is older than the first candle is then answered once, by an
empty page. One that keeps only the last few hundred (Kraken) is asked for its trades, and candles are built from them.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from golive.model.instrument import Instrument
from golive.model.market import Candle, Trade

from .dialect import Payload, Request


class CandleHistory(Protocol):
    """A venue that serves closed candles of any age."""

    def older_candles(self, instrument: Instrument, bar: str, before: int) -> Request:
        """Ask for the newest page of the candles that opened before `before` (ns)."""
        ...

    def read_older_candles(self, payload: Payload, instrument: Instrument, period_ns: int) -> tuple[Candle, ...]:
        """Return the page, oldest first; empty when there is nothing older."""
        ...


class NumberedTrade(NamedTuple):
    """A trade with the number that its venue counts the instrument's trades by."""

    number: int
    trade: Trade


class TradeHistory(Protocol):
    """A venue that serves trades of any age, and candles of the last while only."""

    recent_candles: int
    """how many of the last closed candles it surely serves"""

    def later_trades(self, instrument: Instrument, after: int) -> Request:
        """Ask for the oldest page of the trades later than `after` (ns)."""
        ...

    def read_later_trades(self, payload: Payload, instrument: Instrument) -> tuple[NumberedTrade, ...]:
        """Return the page, oldest first."""
        ...
