"""What every market source offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from golive.model.instrument import Instrument

from ..exchange.bar import DAY, HOUR, SECOND, Bar, week
from ..exchange.market import Update

MINUTE = 60 * SECOND

TIMEFRAMES: Mapping[str, Bar] = {
    "1s": Bar(SECOND),
    "1m": Bar(MINUTE),
    "3m": Bar(3 * MINUTE),
    "5m": Bar(5 * MINUTE),
    "15m": Bar(15 * MINUTE),
    "30m": Bar(30 * MINUTE),
    "1h": Bar(HOUR),
    "2h": Bar(2 * HOUR),
    "4h": Bar(4 * HOUR),
    "6h": Bar(6 * HOUR),
    "12h": Bar(12 * HOUR),
    "1d": Bar(DAY),
    "1w": week(),
}
"""Venue-independent names of `--timeframe`; days and weeks begin at 00:00 UTC."""


class Step(NamedTuple):
    """One step of the market: the clock after it (ns UTC) and what happened, by symbol."""

    ts: int
    updates: dict[str, Update]


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """What the ready document says about the market."""

    source: str
    fill_model: str
    start: int
    """market clock before the first step, ns UTC"""
    steps: int | None
    timeframe: str
    data: str | None = None
    data_sha256: str | None = None


class MarketSource(Protocol):
    """A market that can be stepped."""

    @property
    def facts(self) -> SourceFacts: ...

    @property
    def instruments(self) -> Sequence[Instrument]: ...

    @property
    def base_bar(self) -> Bar:
        """The finest candles there are."""
        ...

    @property
    def builds_candles(self) -> bool:
        """Candles come from prints (True) or are recorded (False)."""
        ...

    def history(self) -> Iterator[Step]:
        """Yield what happened before the start; applied before anybody is served."""
        ...

    def steps(self) -> Iterator[Step]:
        """Yield the market, step by step, from the start on."""
        ...
