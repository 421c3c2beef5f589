"""Bars on which nothing can happen to anybody: the account is worth something else on each, and that is all."""

from __future__ import annotations

from math import isnan

from golive.matching.compiled import inlined

from .equity import DAY, mark, observe
from .layout import (
    BAR,
    BARS_HELD,
    BASE_FREE,
    BASE_RESERVED,
    CHANGE,
    COST_OF,
    DAY_NUMBER,
    DESK_WORDS,
    ENTRY_LOTS,
    EQUITY,
    EQUITY_ROWS,
    FIRST_DESK,
    FIRST_OPENED,
    HORIZON,
    IS_REGULAR,
    KEEPS_ROWS,
    KNOWN,
    LAST_CHANGE,
    LAST_DESK,
    LOTS,
    NEXT_SAMPLE,
    NONE,
    NOW,
    PER_DESK,
    PERIOD,
    PROTECTION,
    ROW_EQUITY,
    RUN,
    RUN_BARS,
    RUN_UNTIL,
    SAMPLE_ROWS,
    STANDING,
    STATE,
    STATUS,
    TIMEFRAME,
    WANTS,
    WARMING_UP,
    Column,
    Floats,
    Words,
)
from .stretch import pass_over

FOREVER = 1 << 62


@inlined
def sample(m: Words, samples: Words, ts: int) -> None:
    """Keep what the account was worth at the end of each period that is over at `ts`."""
    while m[PERIOD] and ts > m[NEXT_SAMPLE]:
        if m[SAMPLE_ROWS] < len(samples):
            samples[m[SAMPLE_ROWS]] = m[ROW_EQUITY]
        m[SAMPLE_ROWS] += 1
        m[NEXT_SAMPLE] += m[PERIOD]


@inlined
def last_sample(m: Words, samples: Words) -> None:
    """Keep what the account was worth at the end of the data, which the last period ends with."""
    if m[PERIOD] and m[SAMPLE_ROWS] < len(samples):
        samples[m[SAMPLE_ROWS]] = m[ROW_EQUITY]
        m[SAMPLE_ROWS] += 1


@inlined
def opening(m: Words, opened: Column, i: int) -> int:
    """Return when the candle of a row opened."""
    return m[FIRST_OPENED] + i * m[TIMEFRAME] if m[IS_REGULAR] else opened[i]


@inlined
def quiet_bars(m: Words, d: int, change_at: Column, change_to: Floats) -> int:
    """Return on how many bars, from the one at hand on, nothing can happen to a desk; 0 when something may at once."""
    if m[d + STATE] != NONE or (m[PROTECTION] and m[d + ENTRY_LOTS]):
        return 0
    row = m[d + CHANGE]
    is_cold = isnan(change_to[row])
    if (not is_cold and m[d + WANTS]) or m[d + RUN] != (WARMING_UP if is_cold else m[d + STANDING]):
        return 0
    return change_at[row + 1] - m[d + BAR] if row + 1 < m[d + LAST_CHANGE] else FOREVER


@inlined
def glance(m: Words, d: int, close: int) -> None:
    """Take the candle of a desk to which nothing happens, while something may to others."""
    mark(m, d, close)
    if m[d + BASE_FREE] + m[d + BASE_RESERVED] or (m[COST_OF] and m[NOW] // DAY > m[DAY_NUMBER]):
        observe(m)
    m[d + RUN_BARS] += 1
    m[d + RUN_UNTIL] = m[NOW]


@inlined
def quiet_until(m: Words, change_at: Column, change_to: Floats, i: int, stop: int) -> int:
    """Return the row up to which nothing can happen to anybody; `i` when something may at once."""
    if not m[KNOWN]:
        return i
    least = stop - i
    for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        least = min(least, quiet_bars(m, d, change_at, change_to))
        if least <= 0:
            return i
    return i + least


@inlined
def quiet(m: Words, opened: Column, close: Column, first: int, stop: int, equity: Words, samples: Words) -> None:
    """Take the rows `first` to `stop` (not included), each a candle of every desk; none has an order, and equity is known."""
    for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        m[d + RUN_BARS] += stop - first
        m[d + BAR] += stop - first
        if m[d + LOTS]:
            m[d + BARS_HELD] += stop - first
    while first < stop:
        if first >= m[HORIZON]:
            m[HORIZON] = _horizon(m, opened, first)
        until = min(stop, m[HORIZON])
        if until <= first:
            until = first + 1
            sample(m, samples, opening(m, opened, first) + m[TIMEFRAME])
            _one_by_one(m, opened, close, first, until, equity)
        elif not pass_over(m, close, first, until, equity):
            _one_by_one(m, opened, close, first, until, equity)
        m[NOW] = opening(m, opened, until - 1) + m[TIMEFRAME]
        if m[STATUS]:
            return
        first = until
    for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        m[d + RUN_UNTIL] = m[NOW]


@inlined
def _horizon(m: Words, opened: Column, first: int) -> int:
    """Return the first row from `first` on with which a new day begins, or a sampling period is over."""
    length = m[TIMEFRAME]
    until = _first_after(m, opened, first, (m[DAY_NUMBER] + 1) * DAY - length - 1)
    return min(until, _first_after(m, opened, first, m[NEXT_SAMPLE] - length)) if m[PERIOD] else until


@inlined
def _first_after(m: Words, opened: Column, first: int, limit: int) -> int:
    """Return the first row from `first` on that opened after `limit`, the number of all rows when there is none."""
    stop = m[PER_DESK]
    if m[IS_REGULAR]:
        return max(first, min(stop, (limit - m[FIRST_OPENED]) // m[TIMEFRAME] + 1))
    if opened[stop - 1] <= limit:
        return stop
    low, high = first, stop - 1
    while low < high:
        middle = (low + high) // 2
        if opened[middle] > limit:
            high = middle
        else:
            low = middle + 1
    return low


@inlined
def _one_by_one(m: Words, opened: Column, close: Column, first: int, stop: int, equity: Words) -> None:
    """Look at the account after each candle, as the engine does."""
    for i in range(first, stop):
        m[NOW] = opening(m, opened, i) + m[TIMEFRAME]
        at = i
        for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
            mark(m, d, close[at])
            observe(m)
            at += m[PER_DESK]
        if m[KEEPS_ROWS]:
            equity[m[EQUITY_ROWS]] = m[EQUITY]
        m[EQUITY_ROWS] += 1
        m[ROW_EQUITY] = m[EQUITY]
