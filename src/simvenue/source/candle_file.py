"""Recorded candles as a market: one step is one recorded candle.

Candles say nothing of trades and depth. So that the rest of the venue has a market to show, every candle also yields
four prints on its path (open, the nearer extreme, the other, close; a quarter of the volume each) and a ladder of depth
around its close. The fill model of such a market is `bar`, and the ready document says so.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path

from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument
from golive.model.order import Side

from ..errors import UsageError
from ..exchange.bar import Bar
from ..exchange.candle import Row
from ..exchange.market import Print, Update
from .base import TIMEFRAMES, SourceFacts, Step
from .catalog import instrument_id
from .ladder import Ladder
from .number import column_scaled, decimals_seen, lot_decimals, scaled
from .table import CandleTable, read_table

_MIN_QUANTITY = Decimal("0.00001")


class CandleFile:
    """A source of recorded candles of one instrument."""

    def __init__(
        self, path: Path, symbol: str, *, timeframe: str | None, volume_unit: str, steps: int | None, history: int = 0
    ) -> None:
        try:
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as exc:
            raise UsageError(f"--data {path}: {exc.strerror or exc}; give a readable candle or feed file") from exc
        table = read_table(path)
        if not table.opened:
            raise UsageError(f"{path}:2: no candles; give a file with at least one row")
        name, self._bar = _timeframe(table)
        self._instrument, self._rows = _rows(table, symbol, self._bar, volume_unit)
        wanted = _wanted_timeframe(path, name, self._bar, timeframe)
        if history > len(self._rows):
            raise UsageError(f"--history {history}: {path} has only {len(self._rows)} candles")
        left = len(self._rows) - history
        count = left if steps is None else min(steps, left)
        self._rows = self._rows[: history + count]
        self._history = history
        start = self._rows[history][0] if count else self._rows[-1][0] + self._bar.period
        self.facts = SourceFacts("candles", "bar", start, count, wanted, path.name, digest)

    @property
    def instruments(self) -> Sequence[Instrument]:
        return [self._instrument]

    @property
    def base_bar(self) -> Bar:
        return self._bar

    @property
    def builds_candles(self) -> bool:
        return False

    def history(self) -> Iterator[Step]:
        return self._play(0, self._history)

    def steps(self) -> Iterator[Step]:
        return self._play(self._history, len(self._rows))

    def _play(self, first: int, last: int) -> Iterator[Step]:
        symbol = self._instrument.id.symbol
        clip = max(1, sorted(row[5] for row in self._rows)[len(self._rows) // 2] // 20)
        ladder = Ladder(price=self._rows[0][4], clip=clip, seed=1)
        for epoch in range(first, last):
            row = self._rows[epoch]
            ts = row[0] + self._bar.period
            bids = ladder.levels(Side.BUY, max(1, row[4] - 1), epoch)
            asks = ladder.levels(Side.SELL, row[4] + 1, epoch)
            yield Step(ts, {symbol: Update(ts, _prints(row, self._bar.period), bids, asks, row, is_snapshot=True)})


def _prints(row: Row, period: int) -> list[Print]:
    """Return the four prints on a candle's path."""
    opened, first, high, low, last, volume, _ = row
    part = volume // 4
    if part == 0:
        return [Print(opened + period - 1_000_000, last, volume, Side.BUY if last >= first else Side.SELL)] if volume else []
    path = (first, low, high, last) if last >= first else (first, high, low, last)
    quarter = period // 4
    prints: list[Print] = []
    before = first
    for index, price in enumerate(path):
        lots = part if index < 3 else volume - 3 * part
        rising = price > before or (price == before and last >= first)
        prints.append(Print(opened + index * quarter + quarter // 2, price, lots, Side.BUY if rising else Side.SELL))
        before = price
    return prints


def _timeframe(table: CandleTable) -> tuple[str, Bar]:
    """Return the timeframe of the data: its most frequent distance between rows."""
    distances = Counter(b - a for a, b in zip(table.opened, table.opened[1:], strict=False))
    for index, (a, b) in enumerate(zip(table.opened, table.opened[1:], strict=False)):
        if b <= a:
            raise UsageError(f"{table.where(index + 1)}: time does not rise; sort the rows by time and remove duplicates")
    if not distances:
        return "1m", TIMEFRAMES["1m"]
    period = distances.most_common(1)[0][0]
    for name, bar in TIMEFRAMES.items():
        if bar.period == period:
            return name, bar
    raise UsageError(f"{table.path}: rows are {period / 1e9:g} s apart, which is no candle size ({', '.join(TIMEFRAMES)})")


def _wanted_timeframe(path: Path, name: str, bar: Bar, wanted: str | None) -> str:
    if wanted is None:
        return name
    asked = TIMEFRAMES[wanted]
    if asked.period < bar.period or asked.period % bar.period:
        raise UsageError(f"{path}: candles of {name} cannot be shown as {wanted}; use --timeframe {name} or a multiple of it")
    return wanted


def _rows(table: CandleTable, symbol: str, bar: Bar, volume_unit: str) -> tuple[Instrument, list[Row]]:
    decimals = 0
    prices: dict[str, list[int]] = {}
    names = ("open", "high", "low", "close")
    columns = {name: getattr(table, name) for name in (*names, "volume")}
    field = ""
    try:
        for field in names:
            decimals = max(decimals, decimals_seen(columns[field]))
        for field in names:
            prices[field] = column_scaled(columns[field], decimals)
        instrument = _instrument(symbol, decimals)
        field = "volume"
        volumes = _volumes(columns["volume"], prices["close"], decimals, volume_unit)
    except (ValueError, ArithmeticError) as exc:
        index = exc.args[1] if len(exc.args) > 1 and isinstance(exc.args[1], int) else 0
        raise UsageError(
            f"{table.where(index)}: column {field}: {exc.args[0] if exc.args else 'not a number'}; repair the row"
        ) from exc
    except MagnitudeError as exc:
        raise UsageError(f"{table.path}: {exc}") from exc
    rows: list[Row] = []
    unit = instrument.notional(1, 1)
    packed = zip(table.opened, prices["open"], prices["high"], prices["low"], prices["close"], volumes, strict=True)
    for index, (opened, first, high, low, last, lots) in enumerate(packed):
        if not 0 < low <= min(first, last) <= max(first, last) <= high:
            raise UsageError(
                f"{table.where(index)}: open, high, low, close do not fit each other (low <= open, close <= high, all > 0)"
            )
        if opened != bar.floor(opened):
            raise UsageError(f"{table.where(index)}: time is not the start of a candle of {bar.period // 10**9} s; align it")
        rows.append((opened, first, high, low, last, lots, last * lots * unit))
    return instrument, rows


def _volumes(texts: Sequence[str], closes: Sequence[int], decimals: int, unit: str) -> list[int]:
    if unit == "base":
        return column_scaled(texts, lot_decimals(decimals))
    out: list[int] = []
    for index, (text, close) in enumerate(zip(texts, closes, strict=True)):
        try:
            out.append(scaled(text, lot_decimals(decimals) + decimals) // close)
        except ValueError as exc:
            raise ValueError(str(exc), index) from exc
    return out


def _instrument(symbol: str, decimals: int) -> Instrument:
    """Return the grid that the data shows: tick = finest price decimals seen, and the lot that goes with it."""
    lot = Decimal(1).scaleb(-lot_decimals(decimals))
    return Instrument(
        id=instrument_id(symbol),
        tick_size=Decimal(1).scaleb(-decimals),
        lot_size=lot,
        min_quantity=max(1, int(_MIN_QUANTITY / lot)),
        max_quantity=10**12,
    )
