"""Candles and trades in line: each once, candles in order and without holes; no I/O.

Venues repeat, reorder and lose messages, and their candle channels carry no sequence. A candle that does not follow
the one before is held until `release` brings what the venue's REST side knows about the time between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from golive.model.errors import MalformedPayload
from golive.model.ids import InstrumentId
from golive.model.market import Candle, MarketEvent, Trade

REMEMBERED_TRADES: Final = 10_000
"""per instrument; a venue repeats what it has just said, not what it said an hour ago"""


class CandleLine:
    """Stands between a feed and the sink. `missing` is called when a candle of an instrument must have been lost."""

    def __init__(self, sink: Callable[[MarketEvent], None], missing: Callable[[InstrumentId], None]) -> None:
        self._sink = sink
        self._missing = missing
        self._last: dict[InstrumentId, Candle] = {}
        self._held: dict[InstrumentId, list[Candle]] = {}
        self._trades: dict[InstrumentId, dict[str, None]] = {}

    @property
    def is_holding(self) -> bool:
        """Return whether a candle may be owed to the sink."""
        return bool(self._held)

    def put(self, event: MarketEvent) -> None:
        """Take an event of the feed and pass on what is new and in line."""
        if isinstance(event, Candle):
            self._candle(event)
        elif not isinstance(event, Trade) or self._is_new(event):
            self._sink(event)

    def last(self, instrument: InstrumentId) -> Candle | None:
        """Return the last candle that was passed on."""
        return self._last.get(instrument)

    def hold(self, instrument: InstrumentId) -> None:
        """Keep candles back until `release`: there may be a hole before the next one."""
        if instrument in self._last:
            self._held.setdefault(instrument, [])

    def release(self, instrument: InstrumentId, read: Iterable[Candle]) -> None:
        """Pass on, in order and once, what `read` (REST, closed candles) and the held ones add to the last candle.

        Raises MalformedPayload, and goes on holding, when `read` does not reach back to the last candle: then nobody
        can say what is missing.
        """
        last = self._last.get(instrument)
        known = sorted(read, key=lambda candle: candle.opened_at)
        if last is not None and not any(candle.opened_at <= last.opened_at for candle in known):
            raise MalformedPayload(
                f"candles of {instrument}: the venue's list does not reach back to the last one, {last.closed_at}"
            )
        held = self._held.pop(instrument, [])
        for candle in sorted([*held, *known], key=lambda candle: candle.opened_at):
            if last is None or candle.opened_at > last.opened_at:
                last = self._last[instrument] = candle
                self._sink(candle)

    def _candle(self, candle: Candle) -> None:
        instrument, last = candle.instrument, self._last.get(candle.instrument)
        if last is not None and candle.opened_at <= last.opened_at:
            return
        held = self._held.get(instrument)
        if held is not None:
            held.append(candle)
        elif last is not None and candle.opened_at > last.closed_at:
            self._held[instrument] = [candle]
            self._missing(instrument)
        else:
            self._last[instrument] = candle
            self._sink(candle)

    def _is_new(self, trade: Trade) -> bool:
        seen = self._trades.setdefault(trade.instrument, {})
        if trade.trade_id in seen:
            return False
        seen[trade.trade_id] = None
        if len(seen) > REMEMBERED_TRADES:
            del seen[next(iter(seen))]
        return True
