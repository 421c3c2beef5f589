"""From a file to candles that may be stored: columns found, numbers read exactly, the grid deduced, every row judged."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from golive.inputs import open_named
from golive.matching.columns import CandleColumns, IntColumn
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument, decimals_of
from golive.model.money import EXACT, LIMIT, format_decimal

from .column_role import roles_of
from .feed_trades import feed_trades, is_feed
from .number_column import MOST_DECIMALS, NumberColumn, number_column
from .quality import Quality, check_quality
from .raw_candles import RawCandles
from .table_file import Table, read_table
from .time_column import time_column
from .timeframe import TIMEFRAMES, timeframe_ns
from .trade_bars import TradeColumns, bars_of_trades

if TYPE_CHECKING:
    from .row_rule import Mask

VOLUME_UNITS: Final = ("base", "quote")
_LOT_AND_TICK_DECIMALS: Final = 12
_MOST_LOT_DECIMALS: Final = 8
_MOST_LOTS: Final = 10**12


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportTerms:
    """What the operator says about a file; what is None is found in the file."""

    instrument: InstrumentId
    timeframe: str | None = None
    volume_unit: str = "base"
    columns: Mapping[str, str]
    grid: Instrument | None = None
    """of the stored series: prices must fit it"""
    tick_size: Decimal | None = None
    lot_size: Decimal | None = None
    """given steps: prices are rounded half to even to the tick"""


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """A file's candles, judged but not stored."""

    path: Path
    sha256: str
    kind: str
    """candles | trades | feed"""
    instrument: Instrument
    timeframe: str
    raw: RawCandles
    """prices in ticks, volumes in lots, in the file's order"""
    quality: Quality
    rounded: int
    """prices that were not on the given tick"""
    cut: int
    """volumes in base that were not on the lot"""
    notes: tuple[str, ...]

    @property
    def impossible(self) -> Mask:
        """Rows that cannot enter the store, or would not be found there."""
        return self.quality.is_impossible | self.quality.is_unaligned

    def storable(self) -> CandleColumns:
        """Return the rows that may be stored, in the file's order."""
        raw = self.raw.rows(~self.impossible)
        length = timeframe_ns(self.timeframe)
        return CandleColumns(self.instrument, length, raw.opened_at, raw.open, raw.high, raw.low, raw.close, raw.volume)


def import_file(path: Path, terms: ImportTerms) -> Imported:
    """Read and judge a file of candles, of trades, or a recorded feed.

    Raises ConfigError naming file, row, column and fix for what cannot be read at all; bad rows are in the judgement.
    """
    notes: list[str] = []
    if is_feed(path):
        feed = feed_trades(path)
        table, kind = feed.table, "feed"
        if feed.missing:
            notes.append(f"{feed.missing} trades are missing by their numbers: candles of those times lack them")
    else:
        table, kind = read_table(path), ""
    roles = roles_of(path, table.columns, terms.columns)
    if not len(table):
        raise ConfigError(f"{path}: no rows; give a file with at least one")
    kind = kind or ("trades" if "price" in roles else "candles")
    numbers = {role: number_column(table, name) for role, name in roles.items() if role != "timestamp"}
    times = time_column(table, roles["timestamp"])
    is_candles = kind == "candles"
    prices = [numbers[role] for role in (("open", "high", "low", "close") if is_candles else ("price",))]
    decimals = _price_decimals(table, prices, terms)
    instrument = _instrument(terms, decimals)
    if terms.timeframe is None:
        timeframe = _timeframe_of(path, times, is_candles=is_candles)
    else:
        timeframe = terms.timeframe
        if is_candles:
            _require_no_longer(path, times, timeframe)
    cut = 0 if terms.volume_unit == "quote" else _cut(numbers["volume" if is_candles else "quantity"], instrument)
    if is_candles:
        raw, rounded = _candles(table, times, numbers, instrument, decimals, terms)
    else:
        trades, rounded = _trades(table, times, numbers, instrument, decimals, terms)
        raw = _from_trades(trades, timeframe_ns(timeframe), notes)
    return Imported(
        path=path,
        sha256=_sha256(path),
        kind=kind,
        instrument=instrument,
        timeframe=timeframe,
        raw=raw,
        quality=check_quality(raw, timeframe_ns(timeframe)),
        rounded=rounded,
        cut=cut,
        notes=tuple(notes),
    )


def _sha256(path: Path) -> str:
    with open_named(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _price_decimals(table: Table, prices: list[NumberColumn], terms: ImportTerms) -> int:
    """Return with how many decimals prices are read: all that the file has, if the tick follows from them."""
    seen = max(column.decimals for column in prices)
    if terms.tick_size is not None:
        return min(seen, decimals_of(terms.tick_size) + 6)
    if seen > MOST_DECIMALS:
        name = max(prices, key=lambda column: column.decimals).name
        raise ConfigError(
            f"{table.path}: column {name}: prices with {seen} decimals leave the tick open; give --tick-size to round them"
        )
    return seen


def _instrument(terms: ImportTerms, decimals: int) -> Instrument:
    """Return the grid: the stored one, else the steps given, else the decimals seen and the lot that goes with them."""
    if terms.grid is not None and terms.tick_size is None and terms.lot_size is None:
        return terms.grid
    tick = terms.tick_size if terms.tick_size is not None else Decimal(1).scaleb(-decimals)
    finest = min(_MOST_LOT_DECIMALS, max(0, _LOT_AND_TICK_DECIMALS - decimals_of(tick)))
    lot = terms.lot_size if terms.lot_size is not None else Decimal(1).scaleb(-finest)
    return Instrument(id=terms.instrument, tick_size=tick, lot_size=lot, min_quantity=1, max_quantity=_MOST_LOTS)


def _timeframe_of(path: Path, times: IntColumn, *, is_candles: bool) -> str:
    """Return the timeframe of the most frequent distance between rows."""
    import numpy as np

    if not is_candles:
        raise ConfigError(f"{path}: trades have no timeframe; give --timeframe, one of {', '.join(TIMEFRAMES)}")
    steps = Counter(np.diff(np.sort(times)).tolist())
    del steps[0]
    names = {timeframe_ns(name): name for name in TIMEFRAMES}
    found = names.get(steps.most_common(1)[0][0]) if steps else None
    if found is None:
        raise ConfigError(f"{path}: its rows tell no timeframe; give --timeframe, one of {', '.join(TIMEFRAMES)}")
    return found


def _require_no_longer(path: Path, times: IntColumn, timeframe: str) -> None:
    """Three rows or more that all lie on the grid of a longer timeframe are candles of that one."""
    import numpy as np

    rows = np.unique(times)
    if len(rows) < 3:
        return
    apart = int(np.gcd.reduce(np.append(np.diff(rows), rows[0])))
    longer = [name for name in TIMEFRAMES if timeframe_ns(name) > timeframe_ns(timeframe) and apart % timeframe_ns(name) == 0]
    if longer:
        raise ConfigError(
            f"{path}: all rows open at multiples of {longer[-1]}, so they are no candles of {timeframe}; give "
            f"--timeframe {longer[-1]}, or leave it out"
        )


def _candles(
    table: Table, times: IntColumn, numbers: Mapping[str, NumberColumn], instrument: Instrument, decimals: int, terms: ImportTerms
) -> tuple[RawCandles, int]:
    import numpy as np

    finite = np.logical_and.reduce([column.is_finite for column in numbers.values()])
    ticks: dict[str, IntColumn] = {}
    rounded = 0
    for role in ("open", "high", "low", "close"):
        ticks[role], off = _ticks(table, numbers[role], instrument, decimals, may_round=terms.tick_size is not None)
        rounded += off
    if terms.volume_unit == "quote":
        volume = _lots_of_quote(numbers["volume"], numbers["close"].scaled(decimals), instrument, decimals)
    else:
        volume = _lots(numbers["volume"], instrument)
    return RawCandles(times, ticks["open"], ticks["high"], ticks["low"], ticks["close"], volume, finite), rounded


def _ticks(
    table: Table, column: NumberColumn, instrument: Instrument, decimals: int, *, may_round: bool
) -> tuple[IntColumn, int]:
    """Return prices in ticks, and how many were rounded (half to even)."""
    import numpy as np

    scaled = column.scaled(decimals, is_nearest=True)
    numerator, denominator = EXACT.divide(Decimal(1).scaleb(-decimals), instrument.tick_size).as_integer_ratio()
    _require_range(column, np.abs(scaled) >= LIMIT // numerator, instrument.tick_size)
    product = scaled * numerator
    whole = product // denominator
    rest = product - whole * denominator
    if rest.any() and not may_round:
        row = int(np.argmax(rest != 0))
        raise ConfigError(
            f"{table.place(row)}: column {column.name}: the price is not a multiple of {format_decimal(instrument.tick_size)}, "
            "the tick of the stored series; give --tick-size to round, or import everything anew with the finer tick"
        )
    up = (2 * rest > denominator) | ((2 * rest == denominator) & (whole % 2 == 1))
    return whole + up, int((rest != 0).sum())


def _lots(column: NumberColumn, instrument: Instrument) -> IntColumn:
    """Return volumes in lots, rounded down, as a session reads them."""
    decimals = decimals_of(instrument.lot_size)
    steps = int(instrument.lot_size.scaleb(decimals))
    scaled = column.scaled(decimals)
    lots = scaled // steps if steps != 1 else scaled
    _require_range(column, lots >= LIMIT, instrument.lot_size)
    return lots


def _cut(column: NumberColumn, instrument: Instrument) -> int:
    """Return how many volumes are no whole lots."""
    decimals = decimals_of(instrument.lot_size)
    steps = int(instrument.lot_size.scaleb(decimals))
    return int((column.has_more_decimals_than(decimals) | (column.scaled(decimals) % steps != 0)).sum())


def _require_range(column: NumberColumn, is_beyond: Mask, step: Decimal) -> None:
    import numpy as np

    if is_beyond.any():
        row = int(np.argmax(is_beyond))
        raise ConfigError(
            f"{column.place(row)}: {column.cell(row)} in steps of {format_decimal(step)} leaves the exact range of 64 bits; give "
            "a coarser step (--tick-size, --lot-size), or repair the row"
        )


def _lots_of_quote(column: NumberColumn, closes: IntColumn, instrument: Instrument, decimals: int) -> IntColumn:
    """Return volumes that were given in quote as lots of base at each close, rounded down; 0 where the close is not above 0."""
    import numpy as np

    kept = min(column.decimals, _MOST_LOT_DECIMALS)
    spent = column.scaled(kept).astype(object)
    numerator, denominator = EXACT.divide(Decimal(1).scaleb(decimals - kept), instrument.lot_size).as_integer_ratio()
    is_priced: Any = closes > 0
    price = np.where(is_priced, closes, 1).astype(object)
    lots = np.where(is_priced, (spent * numerator) // (price * denominator), 0)
    out: IntColumn = np.minimum(lots, LIMIT - 1).astype(np.int64)
    return out


def _trades(
    table: Table,
    times: IntColumn,
    numbers: Mapping[str, NumberColumn],
    instrument: Instrument,
    decimals: int,
    terms: ImportTerms,
) -> tuple[TradeColumns, int]:
    import numpy as np

    price, rounded = _ticks(table, numbers["price"], instrument, decimals, may_round=terms.tick_size is not None)
    if terms.volume_unit == "quote":
        lots = _lots_of_quote(numbers["quantity"], numbers["price"].scaled(decimals), instrument, decimals)
    else:
        lots = _lots(numbers["quantity"], instrument)
    bad = ~(numbers["price"].is_finite & numbers["quantity"].is_finite) | (price <= 0) | (lots < 0)
    if bad.any():
        raise ConfigError(f"{table.place(int(np.argmax(bad)))}: a trade needs a price above zero and a quantity; remove the row")
    return TradeColumns(times, price, lots), rounded


def _from_trades(trades: TradeColumns, length: int, notes: list[str]) -> RawCandles:
    import numpy as np

    bars = bars_of_trades(trades, length)
    notes.append(
        f"{len(trades)} trades; {bars.empty} candles without one are flat; {bars.cut} intervals at the ends are left out"
    )
    every: Any = np.ones(len(bars.columns[0]), dtype=np.bool_)
    return RawCandles(*bars.columns, every)
