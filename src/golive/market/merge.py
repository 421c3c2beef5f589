"""Candles in any order into one sorted month without duplicates, and from one grid to another; exact or refused."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from golive.matching.columns import CandleColumns, IntColumn
from golive.model.clock import to_iso
from golive.model.errors import ConfigError
from golive.model.instrument import Instrument
from golive.model.money import EXACT, LIMIT, format_decimal

from . import row_rule
from .row_rule import COLUMN_NAMES

if TYPE_CHECKING:
    from .part_file import Table


def regridded(rows: CandleColumns, grid: Instrument) -> CandleColumns:
    """Return candles in the ticks and lots of `grid`; raise ConfigError when a number is not a whole one of them."""
    tick, lot = rows.instrument.tick_size, rows.instrument.lot_size
    if tick == grid.tick_size and lot == grid.lot_size:
        return rows
    open_, high, low, close = (
        _rescaled(column, tick, grid.tick_size, rows, f"{name} price")
        for name, column in zip(COLUMN_NAMES[1:5], rows.columns[1:5], strict=True)
    )
    volume = _rescaled(rows.volume, lot, grid.lot_size, rows, "volume")
    return CandleColumns(grid, rows.timeframe_ns, rows.opened_at, open_, high, low, close, volume)


def _rescaled(column: IntColumn, old: Decimal, new: Decimal, rows: CandleColumns, what: str) -> IntColumn:
    import numpy as np

    numerator, denominator = EXACT.divide(old, new).as_integer_ratio()
    inexact = column % denominator != 0
    if inexact.any():
        at = int(np.argmax(inexact))
        value = format_decimal(EXACT.multiply(Decimal(int(column[at])), old))
        raise ConfigError(
            f"{rows.instrument.id}: the {what} {value} of {to_iso(int(rows.opened_at[at]))} is not a multiple of "
            f"{format_decimal(new)}, the step of the stored series; give --tick-size and --lot-size as stored to round, or "
            "remove the series and import everything with the finer step"
        )
    whole = column // denominator
    if len(whole) and int(np.abs(whole).max()) >= LIMIT // numerator:
        raise ConfigError(f"{rows.instrument.id}: a {what} in steps of {format_decimal(new)} leaves the exact range")
    return whole * numerator


def table_of(rows: CandleColumns, now: int) -> tuple[Table, int, bool]:
    """Return closed candles as a table sorted by time (stable), how many were not closed, and whether it was sorted.

    Raises ConfigError naming the first row that cannot be a candle.
    """
    import numpy as np

    table: Any = np.array(rows.columns, dtype=np.int64)
    _require_possible(rows, table)
    closed = table[0] <= now - rows.timeframe_ns
    unclosed = int(len(rows) - closed.sum())
    if unclosed:
        table = table[:, closed]
    was_sorted = bool((np.diff(table[0]) >= 0).all())
    if not was_sorted:
        table = np.ascontiguousarray(table[:, np.argsort(table[0], kind="stable")])
    return table, unclosed, was_sorted


def _require_possible(rows: CandleColumns, table: Table) -> None:
    import numpy as np

    opened_at, open_, high, low, close, volume = table
    questions = (
        ("opens at no multiple of its timeframe", row_rule.is_unaligned(opened_at, rows.timeframe_ns)),
        ("has a price of zero or less, or a volume below zero", row_rule.is_not_positive(open_, high, low, close, volume)),
        ("has open, high, low and close that contradict each other", row_rule.is_inconsistent(open_, high, low, close)),
        ("has a number outside the exact range", row_rule.is_too_large(open_, high, low, close, volume)),
    )
    for what, mask in questions:
        if mask.any():
            at = int(np.argmax(mask))
            numbers = ", ".join(f"{name} {table[i, at]}" for i, name in enumerate(COLUMN_NAMES) if i)
            raise ConfigError(
                f"{rows.instrument.id}: row {at + 1} ({to_iso(int(opened_at[at]))}: {numbers}) {what}; repair it, or leave it out"
            )


def merged(before: Table | None, given: Table, *, may_replace: bool, grid: Instrument) -> tuple[Table, int, int]:
    """Merge sorted rows into a month; return it with the number of new and of changed rows.

    Of rows with the same time the last one given counts, if `may_replace`; otherwise all must be equal, or ConfigError names
    the first that is not.
    """
    import numpy as np

    whole = given if before is None else np.concatenate((before, given), axis=1)
    held = 0 if before is None else before.shape[1]
    order = np.argsort(whole[0], kind="stable")
    whole = whole[:, order]
    is_same_time = whole[0, 1:] == whole[0, :-1]
    differs = is_same_time & (whole[1:, 1:] != whole[1:, :-1]).any(axis=0)
    if differs.any() and not may_replace:
        raise ConfigError(_difference(whole, int(np.argmax(differs)), int(differs.sum()), grid))
    is_last = np.append(~is_same_time, True)
    result: Any = np.ascontiguousarray(whole[:, is_last])
    added = result.shape[1] - held
    if before is None:
        return result, added, 0
    old_rows = result[:, np.isin(result[0], before[0])]
    return result, added, int((old_rows[1:] != before[1:]).any(axis=0).sum())


def _difference(whole: Table, at: int, count: int, grid: Instrument) -> str:
    one, other = (
        "/".join([*(grid.price_text(int(p)) for p in whole[1:5, i]), grid.quantity_text(int(whole[5, i]))]) for i in (at, at + 1)
    )
    more = f" (and {count - 1} more)" if count > 1 else ""
    return (
        f"{grid.id}: two different candles of {to_iso(int(whole[0, at]))}: {one} and {other} (open/high/low/close/volume){more}; "
        "find out which is right, then give --replace to keep the later one, or leave it out"
    )
