"""Candles of several instruments, or of two timeframes, as one sequence of rows in the order of a session's events."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from golive.matching.columns import CandleColumns, IntColumn
from golive.model.errors import ConfigError

from . import layout as at

CHUNK: Final = 1 << 17
"""rows that are put in order at a time, about"""


class Rows(NamedTuple):
    """Rows that end with a closing time; `who` and `what` are empty when all are whole candles of the only instrument."""

    is_last: bool
    is_regular: bool
    """a candle opened a timeframe after the one before, all of one instrument"""
    opened_at: IntColumn
    open: IntColumn
    high: IntColumn
    low: IntColumn
    close: IntColumn
    volume: IntColumn
    who: IntColumn
    what: IntColumn


class _Stream(NamedTuple):
    candles: CandleColumns
    who: int
    what: int


def rows_of(candles: Sequence[CandleColumns], detail: Sequence[CandleColumns] | None) -> Iterator[Rows]:
    """Yield all rows by closing time, then instrument, detail before the candle it is detail of.

    Raises ConfigError for detail that is not finer, or of other instruments, and for candles out of order.
    """
    if detail is None:
        streams = [_Stream(each, number, at.WHOLE) for number, each in enumerate(candles)]
    else:
        _check_detail(candles, detail)
        streams = [
            stream
            for number, (coarse, fine) in enumerate(zip(candles, detail, strict=True))
            for stream in (_Stream(fine, number, at.DETAIL), _Stream(coarse, number, at.COARSE))
        ]
    are_regular = [_check(stream.candles) for stream in streams]
    if len(streams) == 1:
        yield Rows(True, are_regular[0], *map(_readonly, (*candles[0].columns, _NOBODY, _NOBODY)))
    else:
        yield from _merged(streams)


def steps_of(candles: Sequence[CandleColumns]) -> IntColumn:
    """Return the closing times, ns, each once."""
    closed = candles[0].opened_at + candles[0].timeframe_ns
    for each in candles[1:]:
        closed = np.union1d(closed, each.opened_at + each.timeframe_ns)
    return closed


def _merged(streams: Sequence[_Stream]) -> Iterator[Rows]:
    """Yield chunks: of each stream what closes until a common time, sorted by time; equal times keep the order of streams."""
    taken, sizes = [0] * len(streams), [len(stream.candles) for stream in streams]
    each = max(1, CHUNK // len(streams))
    while any(start < size for start, size in zip(taken, sizes, strict=True)):
        until = min(
            int(s.candles.opened_at[min(start + each, size) - 1]) + s.candles.timeframe_ns
            for s, start, size in zip(streams, taken, sizes, strict=True)
            if start < size
        )
        ends = [int(np.searchsorted(s.candles.opened_at, until - s.candles.timeframe_ns, side="right")) for s in streams]
        parts = [s.candles.between(a, b) for s, a, b in zip(streams, taken, ends, strict=True)]
        closed = np.concatenate([part.opened_at + part.timeframe_ns for part in parts])
        order = np.argsort(closed, kind="stable")
        columns = [np.concatenate(column)[order] for column in zip(*(part.columns for part in parts), strict=True)]
        counts = [len(part) for part in parts]
        who = np.repeat(np.array([s.who for s in streams], np.int64), counts)[order]
        what = np.repeat(np.array([s.what for s in streams], np.int64), counts)[order]
        taken = ends
        yield Rows(taken == sizes, False, *map(_readonly, (*columns, who, what)))


def _readonly(column: IntColumn) -> IntColumn:
    """Return the column as the one kind of array that the kernel is compiled for."""
    view = np.ascontiguousarray(column, np.int64).view(np.ndarray)
    view = view[:]
    view.flags.writeable = False
    return view


_NOBODY: Final = _readonly(np.empty(0, np.int64))


def _check(candles: CandleColumns) -> bool:
    """Return whether each candle opened a timeframe after the one before. ConfigError when they are not in order."""
    if not len(candles):
        return False
    steps = np.diff(candles.opened_at)
    least = int(steps.min(initial=candles.timeframe_ns))
    if least <= 0 or int(candles.opened_at[0]) + candles.timeframe_ns <= 0:
        raise ConfigError(f"{candles.instrument.id}: candles are not in the order of their times")
    return least == candles.timeframe_ns and int(candles.opened_at[-1] - candles.opened_at[0]) == len(steps) * least


def _check_detail(candles: Sequence[CandleColumns], detail: Sequence[CandleColumns]) -> None:
    if [each.instrument.id for each in candles] != [each.instrument.id for each in detail]:
        raise ConfigError("detail candles must be of the same instruments as the candles, in the same order")
    for coarse, fine in zip(candles, detail, strict=True):
        if coarse.timeframe_ns % fine.timeframe_ns:
            raise ConfigError(f"{coarse.instrument.id}: detail candles must divide the candles they are the detail of")
