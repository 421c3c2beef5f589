"""Bars on which nothing can happen: the account is worth something else on each, and that is all.

While neither cash nor lots change, equity rises and falls with the close alone. So a stretch of bars within one day needs its
highest and its lowest close, and is gone through bar by bar only where it holds a new peak with a deeper fall behind it, or a
fall that comes near a limit.
"""

from __future__ import annotations

from golive.matching.compiled import inlined

from .equity import DAY, NEAR, mark, observe, worth
from .exact import SAFE, is_more
from .layout import (
    BAD_CANDLE,
    BARS_HELD,
    BASE_FREE,
    BASE_PER_LOT,
    BASE_RESERVED,
    DAILY_BREACHED,
    DAILY_OF,
    DAILY_PART,
    DAY_NUMBER,
    DAY_START,
    DRAWDOWN_BREACHED,
    DRAWDOWN_FALL,
    DRAWDOWN_FROM,
    DRAWDOWN_OF,
    DRAWDOWN_PART,
    EQUITY,
    EQUITY_ROWS,
    FIRST_DESK,
    FIRST_OPENED,
    FREE,
    IS_REGULAR,
    KEEPS_ROWS,
    LARGEST,
    LARGEST_OF,
    LOSS_FALL,
    LOSS_FROM,
    LOTS,
    MARK,
    NEXT_SAMPLE,
    NOW,
    PEAK,
    PERIOD,
    QUOTE_PER_TICK_LOT,
    RESERVED,
    ROW_EQUITY,
    SAMPLE_ROWS,
    STATUS,
    TIMEFRAME,
    TODAY_FALL,
    TODAY_FROM,
    VALUE,
    Column,
    Words,
)


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
def first_after(m: Words, opened: Column, first: int, stop: int, limit: int) -> int:
    """Return the first row from `first` on that opened after `limit`, `stop` when there is none."""
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
def quiet(m: Words, opened: Column, close: Column, first: int, stop: int, equity: Words, samples: Words) -> None:
    """Take the bars `first` to `stop` (not included) of the only instrument; it has no order, and equity is known."""
    length = m[TIMEFRAME]
    if m[FIRST_DESK + LOTS]:
        m[FIRST_DESK + BARS_HELD] += stop - first
    while first < stop:
        day_ends = (m[DAY_NUMBER] + 1) * DAY
        until = first_after(m, opened, first, stop, day_ends - length - 1)
        if m[PERIOD]:
            until = min(until, first_after(m, opened, first, stop, m[NEXT_SAMPLE] - length))
        if until == first:
            sample(m, samples, opening(m, opened, first) + length)
            _single(m, opening(m, opened, first) + length, close[first], equity)
            first += 1
        else:
            _stretch(m, opened, close, first, until, equity)
            first = until


@inlined
def _single(m: Words, ts: int, close: int, equity: Words) -> None:
    m[NOW] = ts
    mark(m, FIRST_DESK, close)
    observe(m)
    if m[KEEPS_ROWS]:
        equity[m[EQUITY_ROWS]] = m[EQUITY]
    m[EQUITY_ROWS] += 1
    m[ROW_EQUITY] = m[EQUITY]


@inlined
def _stretch(m: Words, opened: Column, close: Column, first: int, stop: int, equity: Words) -> None:
    """Take bars within one day and one sampling period."""
    row, cash = m[EQUITY_ROWS] - first, m[FREE] + m[RESERVED]
    units = m[FIRST_DESK + BASE_FREE] + m[FIRST_DESK + BASE_RESERVED]
    if units == 0:
        if m[KEEPS_ROWS]:
            for i in range(first, stop):
                equity[row + i] = cash
        m[EQUITY_ROWS] += stop - first
        m[FIRST_DESK + MARK] = close[stop - 1]
        m[NOW] = opening(m, opened, stop - 1) + m[TIMEFRAME]
        return
    lowest, highest = close[first], close[first]
    for i in range(first, stop):
        lowest, highest = min(lowest, close[i]), max(highest, close[i])
    if lowest <= 0:
        m[STATUS] = BAD_CANDLE
        return
    top, bottom = cash + worth(m, FIRST_DESK, highest), cash + worth(m, FIRST_DESK, lowest)
    if _needs_steps(m, top, bottom):
        for i in range(first, stop):
            _single(m, opening(m, opened, i) + m[TIMEFRAME], close[i], equity)
        return
    if m[KEEPS_ROWS]:
        _write_equity(m, close, first, stop, equity)
    m[EQUITY_ROWS] += stop - first
    m[NOW] = opening(m, opened, stop - 1) + m[TIMEFRAME]
    if top > 0 and is_more(top - cash, m[LARGEST_OF], m[LARGEST], top) and m[FIRST_DESK + LOTS]:
        m[LARGEST], m[LARGEST_OF] = top - cash, top
    _fall(m, top, bottom)
    mark(m, FIRST_DESK, close[stop - 1])
    m[EQUITY] = m[ROW_EQUITY] = cash + m[FIRST_DESK + VALUE]


@inlined
def _write_equity(m: Words, close: Column, first: int, stop: int, equity: Words) -> None:
    """Write down what the account, which holds something, is worth at each close."""
    row, cash = m[EQUITY_ROWS] - first, m[FREE] + m[RESERVED]
    per_tick = m[FIRST_DESK + LOTS] * m[FIRST_DESK + QUOTE_PER_TICK_LOT]
    if m[FIRST_DESK + LOTS] * m[FIRST_DESK + BASE_PER_LOT] == m[FIRST_DESK + BASE_FREE] + m[FIRST_DESK + BASE_RESERVED]:
        for i in range(first, stop):
            equity[row + i] = cash + per_tick * close[i]
    else:
        for i in range(first, stop):
            equity[row + i] = cash + worth(m, FIRST_DESK, close[i])


@inlined
def _fall(m: Words, top: int, bottom: int) -> None:
    """Note the falls of a stretch; where it holds a new peak, no deeper fall than the known one lies in it."""
    if top > m[PEAK]:
        m[PEAK] = top
    elif bottom < m[PEAK] and is_more(m[PEAK] - bottom, m[DRAWDOWN_FROM], m[DRAWDOWN_FALL], m[PEAK]):
        m[DRAWDOWN_FALL], m[DRAWDOWN_FROM] = m[PEAK] - bottom, m[PEAK]
    fall, start = m[DAY_START] - bottom, m[DAY_START]
    if fall > 0 and is_more(fall, m[TODAY_FROM], m[TODAY_FALL], start):
        m[TODAY_FALL], m[TODAY_FROM] = fall, start
        if is_more(fall, m[LOSS_FROM], m[LOSS_FALL], start):
            m[LOSS_FALL], m[LOSS_FROM] = fall, start


@inlined
def _needs_steps(m: Words, top: int, bottom: int) -> bool:
    """Return whether a stretch must be looked at bar by bar."""
    peak = m[PEAK]
    if float(top) >= SAFE / 2:
        return True
    if top > peak and is_more(top - bottom, m[DRAWDOWN_FROM], m[DRAWDOWN_FALL], top):
        return True
    fall = max(peak, top) - bottom
    if not m[DRAWDOWN_BREACHED] and _may_reach(fall, max(peak, top), m[DRAWDOWN_PART], m[DRAWDOWN_OF]):
        return True
    fall = m[DAY_START] - bottom
    return not m[DAILY_BREACHED] and _may_reach(fall, m[DAY_START], m[DAILY_PART], m[DAILY_OF])


@inlined
def _may_reach(fall: int, start: int, part: int, of_part: int) -> bool:
    return fall > 0 and float(fall) * float(of_part) >= float(start) * float(part) * (1 - 2 * NEAR)
