"""Candles of several instruments, or of two timeframes, as one sequence of rows in the order of a session's events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from golive.matching.columns import CandleColumns, IntColumn
from golive.matching.compiled import compiled
from golive.model.errors import ConfigError

from . import layout as at
from .layout import Column

CHUNK: Final = 1 << 16
"""rows that are put in order at a time, about"""


class Rows(NamedTuple):
    """Candles that end with a closing time.

    In the order of their times, or, with `per_desk`, whole candles of all instruments at the same times, those of one
    instrument after those of the other; then `who` and `what` are empty.
    """

    is_last: bool
    is_regular: bool
    """each closing time is a timeframe after the one before"""
    per_desk: int
    """how many there are of each instrument; 0 when they are mixed"""
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
        yield Rows(True, are_regular[0], len(candles[0]), *map(readonly, (*candles[0].columns, _NOBODY, _NOBODY)))
    else:
        yield from _merged(streams, is_regular=all(are_regular))


def steps_of(candles: Sequence[CandleColumns]) -> IntColumn:
    """Return the closing times, ns, each once."""
    closed = candles[0].opened_at + candles[0].timeframe_ns
    for each in candles[1:]:
        others = each.opened_at + each.timeframe_ns
        if not np.array_equal(closed, others):
            both = np.concatenate((closed, others))
            both.sort(kind="stable")  # two runs that rise: merged, not sorted
            closed = both[np.append(True, both[1:] != both[:-1])]
    return closed


def _merged(streams: Sequence[_Stream], *, is_regular: bool) -> Iterator[Rows]:
    """Yield chunks: of each stream what closes until a common time, sorted by time; equal times keep the order of streams."""
    taken, sizes = [0] * len(streams), [len(stream.candles) for stream in streams]
    each = max(1, CHUNK // len(streams))
    detail_free = all(stream.what == at.WHOLE for stream in streams)
    while any(start < size for start, size in zip(taken, sizes, strict=True)):
        until = min(
            int(s.candles.opened_at[min(start + each, size) - 1]) + s.candles.timeframe_ns
            for s, start, size in zip(streams, taken, sizes, strict=True)
            if start < size
        )
        ends = [int(np.searchsorted(s.candles.opened_at, until - s.candles.timeframe_ns, side="right")) for s in streams]
        parts = [s.candles.between(a, b) for s, a, b in zip(streams, taken, ends, strict=True)]
        taken = ends
        if detail_free and all(np.array_equal(part.opened_at, parts[0].opened_at) for part in parts[1:]):
            columns = [np.concatenate(column) for column in zip(*(part.columns for part in parts), strict=True)]
            yield Rows(taken == sizes, is_regular, len(parts[0]), *map(readonly, (*columns, _NOBODY, _NOBODY)))
            continue
        closed = np.concatenate([part.opened_at + part.timeframe_ns for part in parts])
        order = np.argsort(closed, kind="stable")
        columns = [np.concatenate(column)[order] for column in zip(*(part.columns for part in parts), strict=True)]
        counts = [len(part) for part in parts]
        who = np.repeat(np.array([s.who for s in streams], np.int64), counts)[order]
        what = np.repeat(np.array([s.what for s in streams], np.int64), counts)[order]
        yield Rows(taken == sizes, False, 0, *map(readonly, (*columns, who, what)))


def readonly(column: IntColumn) -> IntColumn:
    """Return the column as the one kind of array that the kernel is compiled for."""
    view = np.ascontiguousarray(column, np.int64).view(np.ndarray)
    view = view[:]
    view.flags.writeable = False
    return view


_NOBODY: Final = readonly(np.empty(0, np.int64))


def _check(candles: CandleColumns) -> bool:
    """Return whether each candle opened a timeframe after the one before. ConfigError when they are not in order."""
    if not len(candles):
        return False
    opened, length = candles.opened_at, candles.timeframe_ns
    least = LEAST_STEP(readonly(opened), length)
    if 0 < least < length:
        raise ConfigError(f"{candles.instrument.id}: a candle begins before the one before it has closed")
    if least <= 0 or int(opened[0]) + length <= 0:
        raise ConfigError(f"{candles.instrument.id}: candles are not in the order of their times")
    return least == length and int(opened[-1] - opened[0]) == (len(opened) - 1) * length


@compiled
def _least_step(opened: Column, most: int) -> int:
    """Return the least time between two candles, `most` at most."""
    for i in range(1, len(opened)):
        most = min(most, opened[i] - opened[i - 1])
    return most


LEAST_STEP: Final[Callable[..., int]] = _least_step
"""the same, as arrays see it"""


def _check_detail(candles: Sequence[CandleColumns], detail: Sequence[CandleColumns]) -> None:
    if [each.instrument.id for each in candles] != [each.instrument.id for each in detail]:
        raise ConfigError("detail candles must be of the same instruments as the candles, in the same order")
    for coarse, fine in zip(candles, detail, strict=True):
        if coarse.timeframe_ns % fine.timeframe_ns:
            raise ConfigError(f"{coarse.instrument.id}: detail candles must divide the candles they are the detail of")
