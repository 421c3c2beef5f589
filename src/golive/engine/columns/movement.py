"""How much prices move, bar by bar: `golive.risk.statistics` over columns, the same arithmetic in the same order.

Nothing here depends on what is traded: many runs over the same candles share one table.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from golive.matching.columns import CandleColumns, IntColumn
from golive.matching.compiled import compiled

from .exact import ratio
from .layout import Column, Floats
from .rows import readonly

DECAY: Final = 0.94
RETURNS: Final = 20
RANGES: Final = 14


@compiled
def _follow(high: Column, low: Column, close: Column, warm: int, out: Floats) -> None:
    """Write the variance of a bar's return and the average true range after `warm` bars, and after each further one."""
    folded, before = 0, 0
    variance = range_sum = atr = 0.0
    if warm == 0:
        out[0] = out[1] = math.nan
    for i in range(len(close)):
        if close[i] <= 0:  # the run itself will say so
            break
        if before:
            folded += 1
            change = math.log(ratio(close[i], before))
            variance = change * change if folded == 1 else DECAY * variance + (1.0 - DECAY) * change * change
            span = float(max(high[i], before) - min(low[i], before))
            if folded <= RANGES:
                range_sum += span
                atr = range_sum / RANGES
            else:
                atr += (span - atr) / RANGES
        before = close[i]
        if i + 1 >= warm:
            place = 2 * (i + 1 - warm)
            out[place] = variance if folded >= RETURNS else math.nan
            out[place + 1] = atr if folded >= RANGES else math.nan


_FOLLOW: Final[Callable[..., None]] = _follow
"""the same, as arrays see it"""
NO_MOVES: Final = readonly(np.zeros(0, np.int64))
"""where no limit asks for them"""


def moves_of(candles: Sequence[CandleColumns], before: Sequence[CandleColumns] | None = None) -> tuple[IntColumn, IntColumn]:
    """Return the statistics of all instruments, as words, and where those of each begin.

    Of each there are two words – variance, average true range; NaN while not known – for the moment before the first bar, then
    for that after each. `before`: candles that come first and are not traded.
    """
    warm = [0] * len(candles) if before is None else [len(each) for each in before]
    sizes = [2 * (len(each) + 1) for each in candles]
    ends = np.cumsum(sizes)
    out = np.full(int(ends[-1]), math.nan)
    for n, (each, count, end) in enumerate(zip(candles, warm, ends.tolist(), strict=True)):
        columns: tuple[IntColumn, ...] = (each.high, each.low, each.close)
        if before is not None and count:
            first = before[n]
            columns = tuple(np.concatenate(pair) for pair in zip((first.high, first.low, first.close), columns, strict=True))
        _FOLLOW(*(readonly(column) for column in columns), count, out[end - sizes[n] : end])
    return readonly(out.view(np.int64)), ends - np.array(sizes)
