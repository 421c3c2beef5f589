"""Which stored series a command of `golive data` means."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.config.adapter_table import KNOWN_ADAPTERS
from golive.config.configuration import Configuration
from golive.market.contents import DamagedSeries, SeriesEntry
from golive.market.store import CandleStore
from golive.matching.columns import CandleColumns
from golive.model.clock import to_iso
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId

from .candle_place import candle_store, environment_for
from .download.moment import moment

_LONGEST_SYMBOL: Final = 64
"""letters; it becomes the name of a folder"""


@dataclass(frozen=True, slots=True)
class StoredSeries:
    """A series and whose it is."""

    environment: str
    store: CandleStore
    entry: SeriesEntry


@dataclass(frozen=True, slots=True)
class StoredData:
    """What environments hold."""

    series: tuple[StoredSeries, ...]
    damaged: tuple[tuple[str, DamagedSeries], ...]
    """with the environment whose it is"""


@dataclass(frozen=True, slots=True)
class Choice:
    """An environment's store and an instrument in it."""

    environment: str
    store: CandleStore
    instrument: InstrumentId

    def timeframe(self, given: str | None) -> str:
        """Return the given timeframe, or the only one stored of the instrument; ConfigError when there are none or several."""
        if given is not None:
            return given
        stored = [entry.timeframe for entry in self.store.series() if entry.instrument.id == self.instrument]
        if len(stored) != 1:
            damaged = [f"{each.name} is damaged" for each in self.store.contents().damaged if each.is_of(self.instrument)]
            found = "; ".join([f"stored: {', '.join(stored)}" if stored else "nothing of it is stored", *damaged])
            raise ConfigError(f"{self.instrument} in {self.environment}: {found}; give --timeframe")
        return stored[0]

    def candles(self, timeframe: str, since: str | None, until: str | None) -> CandleColumns:
        """Return the candles of a period as the command line gives it; ConfigError when it is none, or holds no candle."""
        first = None if since is None else moment(since, "--since")
        last = None if until is None else moment(until, "--until")
        if first is not None and last is not None and first >= last:
            raise ConfigError(f"--since {since} is not before --until {until}")
        found = self.store.read(self.instrument, timeframe, first, last)
        if not len(found):
            whole = self.store.index(self.instrument, self.store.source_of(self.instrument, timeframe))
            raise ConfigError(
                f"{self.instrument} {timeframe}: no whole candle in that period; stored are those from {to_iso(whole.first)} to "
                f"{to_iso(whole.last)}"
            )
        return found


def choose(configuration: Configuration, home: Path, *, environment: str | None, venue: str | None, symbol: str) -> Choice:
    """Return the store and the instrument that `okx:BTC/USDT`, or a venue and `BTC/USDT`, means; raises ConfigError."""
    label, colon, pair = symbol.rpartition(":")
    if "/" in label or len(symbol) > _LONGEST_SYMBOL:
        raise ConfigError(f"--symbol {symbol:.60}: not a pair of the spot market; give it like BTC/USDT, or okx:BTC/USDT")
    if colon and venue is not None and venue != label:
        raise ConfigError(f"--symbol {symbol} is of another venue than --venue {venue}")
    venue = label if colon else venue
    name = environment_for(configuration, named=environment, venue=None if environment else venue)
    if venue is None:
        venue = KNOWN_ADAPTERS[configuration.core.environments[name].exchange].label
    try:
        instrument = InstrumentId.parse(f"{venue}:{pair}")
    except ValueError:
        raise ConfigError(f"--symbol {symbol}: give it like BTC/USDT, in capitals") from None
    return Choice(name, candle_store(configuration, home, name), instrument)


def environments(configuration: Configuration, named: str | None) -> list[str]:
    """Return the named environment, or all; raises ConfigError for a name that is not configured."""
    if named is None:
        return list(configuration.core.environments)
    return [environment_for(configuration, named=named, venue=None)]


def stored_data(configuration: Configuration, home: Path, *, environment: str | None) -> StoredData:
    """Return every series of an environment, or of all; a folder that environments share is listed once."""
    series: dict[Path, StoredSeries] = {}
    damaged: dict[Path, tuple[str, DamagedSeries]] = {}
    for name in environments(configuration, environment):
        store = candle_store(configuration, home, name)
        found = store.contents()
        for entry in found.series:
            series.setdefault(entry.path, StoredSeries(name, store, entry))
        for each in found.damaged:
            damaged.setdefault(each.path, (name, each))
    return StoredData(tuple(series.values()), tuple(damaged.values()))
