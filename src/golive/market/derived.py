"""Makes longer candles of stored ones and stores them; the series remembers what it was made of."""

from __future__ import annotations

from dataclasses import dataclass

from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId

from .resample import can_be_made_of, resample, source_timeframe
from .store import CandleStore
from .timeframe import timeframe_ns


@dataclass(frozen=True, slots=True)
class Derived:
    """What was made of what."""

    finer: str
    finer_rows: int
    rows: int
    not_made: int
    """candles of which a part is missing"""


def store_derived(store: CandleStore, instrument: InstrumentId, timeframe: str, *, finer: str | None, now: int) -> Derived:
    """Make a series of a finer one, by default the longest stored one that fits and is not stale itself.

    Raises ConfigError when none fits, what is stored is stale, or candles of this timeframe were brought; JournalError when a
    file cannot be written.
    """
    stored = {entry.timeframe: entry for entry in store.series() if entry.instrument.id == instrument}
    chosen = finer or source_timeframe(timeframe, [name for name, entry in stored.items() if not entry.stale])
    if chosen is None:
        raise ConfigError(f"{instrument}: no stored timeframe makes up {timeframe}; stored: {', '.join(stored) or 'none'}")
    if not can_be_made_of(timeframe, chosen):
        raise ConfigError(f"candles of {chosen} do not make up candles of {timeframe}; choose a longer multiple")
    index, candles = store.state(instrument, chosen)
    longer = resample(candles, timeframe)
    store.put_derived(longer, timeframe, finer=chosen, digest=index.digest, now=now)
    begun = len(set((candles.opened_at // timeframe_ns(timeframe)).tolist()))
    return Derived(chosen, len(candles), len(longer), begun - len(longer))
