"""What the public market tells us: candles, books, trades; frozen, integer, with event time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from .ids import InstrumentId
from .order import Side

Level: TypeAlias = tuple[int, int]
"""(price in ticks, quantity in lots)"""


class Candle(NamedTuple):
    """One *closed* bar; an unfinished one never becomes a Candle. A tuple, because history is made of millions of them."""

    instrument: InstrumentId
    opened_at: int
    """ns UTC; the bar covers [opened_at, closed_at)"""
    closed_at: int
    open: int
    high: int
    low: int
    close: int
    """ticks"""
    volume: int
    """lots"""

    @property
    def ts(self) -> int:
        """Event time: when the bar was complete."""
        return self.closed_at


@dataclass(frozen=True, slots=True)
class Book:
    """The visible depth after one update; best level first on both sides."""

    instrument: InstrumentId
    ts: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Trade:
    """One public trade; `side` is the aggressor's."""

    instrument: InstrumentId
    ts: int
    price: int
    quantity: int
    side: Side
    trade_id: str


MarketEvent: TypeAlias = Candle | Book | Trade
