"""Rows within one day and one sampling period, on which neither cash nor lots change, taken at once.

Equity then rises and falls with the closes alone, so that its highest and its lowest value say nearly everything. A stretch is
left to be gone through candle by candle only where it holds a new peak with a deeper fall behind it, or a fall that comes near
a limit.
"""

from __future__ import annotations

from golive.matching.compiled import compiled, inlined

from .equity import NEAR, exposed, mark, week_fell, worth
from .exact import LIMIT, SAFE, is_more
from .layout import (
    BASE_FREE,
    BASE_PER_LOT,
    BASE_RESERVED,
    DAILY_BREACHED,
    DAILY_OF,
    DAILY_PART,
    DAY_START,
    DESK_WORDS,
    DESKS,
    DRAWDOWN_BREACHED,
    DRAWDOWN_FALL,
    DRAWDOWN_FROM,
    DRAWDOWN_OF,
    DRAWDOWN_PART,
    EQUITY,
    EQUITY_ROWS,
    EXPOSURE,
    EXPOSURE_OF,
    EXPOSURE_WHOLE,
    FIRST_DESK,
    FREE,
    KEEPS_ROWS,
    LARGEST,
    LARGEST_OF,
    LAST_DESK,
    LOSS_FALL,
    LOSS_FROM,
    LOTS,
    PEAK,
    PER_DESK,
    QUOTE_PER_TICK_LOT,
    RESERVED,
    ROW_EQUITY,
    STATUS,
    TODAY_FALL,
    TODAY_FROM,
    VALUE,
    WEEK_FALL,
    WEEK_FROM,
    WEEK_START,
    WEEKLY_BREACHED,
    WEEKLY_OF,
    WEEKLY_PART,
    Column,
    Words,
)


@inlined
def pass_over(m: Words, close: Column, first: int, stop: int, equity: Words) -> bool:
    """Take the rows `first` to `stop` (not included) at once; return False, with nothing done, where that cannot be."""
    rows = stop - first
    worths = equity[m[EQUITY_ROWS] : m[EQUITY_ROWS] + rows * m[KEEPS_ROWS]]
    can_be = _alone(m, close, first, stop, worths) if m[DESKS] == 1 else _together(m, close, first, stop, worths)
    if can_be:
        m[EQUITY_ROWS] += rows
        total, at = m[FREE] + m[RESERVED], stop - 1
        for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
            mark(m, d, close[at])
            total += m[d + VALUE]
            at += m[PER_DESK]
        m[EQUITY] = m[ROW_EQUITY] = total
    return can_be


@inlined
def _alone(m: Words, close: Column, first: int, stop: int, worths: Words) -> bool:
    """Take the candles of the only instrument; its highest and lowest close are those of equity."""
    cash = m[FREE] + m[RESERVED]
    if m[FIRST_DESK + BASE_FREE] + m[FIRST_DESK + BASE_RESERVED] == 0:
        for i in range(len(worths)):
            worths[i] = cash
        return True
    closes = close[first:stop]
    lowest, highest = _valued(closes, worths, cash, m[FIRST_DESK + LOTS] * m[FIRST_DESK + QUOTE_PER_TICK_LOT])
    if lowest <= 0:
        return False
    top, bottom = cash + worth(m, FIRST_DESK, highest), cash + worth(m, FIRST_DESK, lowest)
    if m[STATUS] or _needs_steps(m, top, bottom):
        return False
    if m[FIRST_DESK + LOTS] and top > 0 and is_more(top - cash, m[LARGEST_OF], m[LARGEST], top):
        m[LARGEST], m[LARGEST_OF] = top - cash, top
    _fall(m, top, bottom)
    if _has_dust(m, FIRST_DESK):
        for i in range(len(worths)):
            worths[i] = cash + worth(m, FIRST_DESK, closes[i])
    return True


@inlined
def _has_dust(m: Words, d: int) -> bool:
    return m[d + LOTS] * m[d + BASE_PER_LOT] != m[d + BASE_FREE] + m[d + BASE_RESERVED]


@inlined
def _valued(closes: Column, worths: Words, cash: int, per_tick: int) -> tuple[int, int]:
    """Write down what whole lots and cash are worth at each close; return the lowest and the highest close."""
    lowest = highest = closes[0]
    if not len(worths):
        return _range_of(closes)
    for i in range(len(closes)):
        ticks = closes[i]
        worths[i] = cash + per_tick * ticks
        lowest, highest = min(lowest, ticks), max(highest, ticks)
    return lowest, highest


@inlined
def _together(m: Words, close: Column, first: int, stop: int, worths: Words) -> bool:
    """Take the candles of several instruments, after each of which the account is looked at."""
    rows, top, largest, at = stop - first, m[FREE] + m[RESERVED], 0, first
    bottom = top
    for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        if m[d + BASE_FREE] + m[d + BASE_RESERVED]:
            lowest, highest = _range_of(close[at - 1 : at + rows])  # the close before stands until this candle comes
            value = worth(m, d, highest)
            if lowest <= 0 or m[STATUS] or value >= LIMIT - top:
                return False
            top, bottom = top + value, bottom + worth(m, d, lowest)
            if m[d + LOTS]:
                largest = max(largest, value)
        at += m[PER_DESK]
    if float(top) >= SAFE / 2:
        return False
    if _is_new(m, top, bottom) or is_more(largest, m[LARGEST_OF], m[LARGEST], bottom):
        top, bottom = _look_closely(m, close, first, stop)
        if _needs_steps(m, top, bottom):
            return False
        _fall(m, top, bottom)
    if len(worths):
        cash, at = m[FREE] + m[RESERVED], first
        for i in range(rows):
            worths[i] = cash
        for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
            if m[d + BASE_FREE] + m[d + BASE_RESERVED]:
                _add_values(m, d, close[at : at + rows], worths)
            at += m[PER_DESK]
    return True


@inlined
def _range_of(closes: Column) -> tuple[int, int]:
    """Return the lowest and the highest close."""
    lowest = highest = closes[0]
    for i in range(len(closes)):
        lowest, highest = min(lowest, closes[i]), max(highest, closes[i])
    return lowest, highest


@compiled
def _add_values(m: Words, d: int, closes: Column, worths: Words) -> None:
    """Add to each row what the base balance of a desk is worth at its close."""
    if _has_dust(m, d):
        for i in range(len(closes)):
            worths[i] += worth(m, d, closes[i])
    else:
        per_tick = m[d + LOTS] * m[d + QUOTE_PER_TICK_LOT]
        for i in range(len(closes)):
            worths[i] += per_tick * closes[i]


@inlined
def _is_new(m: Words, top: int, bottom: int) -> bool:
    """Return whether equity between these two may hold a peak or a fall deeper than the known ones."""
    fall = m[DAY_START] - bottom
    return (
        top > m[PEAK]
        or (bottom < m[PEAK] and is_more(m[PEAK] - bottom, m[DRAWDOWN_FROM], m[DRAWDOWN_FALL], m[PEAK]))
        or (fall > 0 and is_more(fall, m[TODAY_FROM], m[TODAY_FALL], m[DAY_START]))
        or (
            m[WEEKLY_OF] != 0
            and m[WEEK_START] > bottom
            and is_more(m[WEEK_START] - bottom, m[WEEK_FROM], m[WEEK_FALL], m[WEEK_START])
        )
        or (m[EXPOSURE_OF] != 0 and top > 0 and is_more(top - m[FREE] - m[RESERVED], m[EXPOSURE_WHOLE], m[EXPOSURE], top))
    )


@compiled
def _look_closely(m: Words, close: Column, first: int, stop: int) -> tuple[int, int]:
    """Return the highest and the lowest equity seen after any candle; note the largest position there was."""
    total = m[EQUITY]
    top = bottom = total
    for i in range(first, stop):
        at, least, largest = i, total, 0
        for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
            if m[d + BASE_FREE] + m[d + BASE_RESERVED]:
                before, value = worth(m, d, close[at - 1]), worth(m, d, close[at])
                total += value - before
                top, bottom, least = max(top, total), min(bottom, total), min(least, total)
                if m[d + LOTS]:
                    largest = max(largest, value, before)
            at += m[PER_DESK]
        if least <= 0 or is_more(largest, m[LARGEST_OF], m[LARGEST], least):
            _note_largest(m, close, i)
    return top, bottom


@compiled
def _note_largest(m: Words, close: Column, i: int) -> None:
    """Note the largest position after each candle of a row."""
    for last in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        total, largest, at = m[FREE] + m[RESERVED], 0, i
        for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
            if m[d + BASE_FREE] + m[d + BASE_RESERVED]:
                value = worth(m, d, close[at] if d <= last else close[at - 1])
                total += value
                if m[d + LOTS]:
                    largest = max(largest, value)
            at += m[PER_DESK]
        if total > 0 and is_more(largest, m[LARGEST_OF], m[LARGEST], total):
            m[LARGEST], m[LARGEST_OF] = largest, total


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
    if m[WEEKLY_OF]:
        week_fell(m, bottom)
    if m[EXPOSURE_OF]:  # cash stays what it is: the more equity, the greater the share of what is held
        exposed(m, top)


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
    fall = m[WEEK_START] - bottom
    if not m[WEEKLY_BREACHED] and _may_reach(fall, m[WEEK_START], m[WEEKLY_PART], m[WEEKLY_OF]):
        return True
    fall = m[DAY_START] - bottom
    return not m[DAILY_BREACHED] and _may_reach(fall, m[DAY_START], m[DAILY_PART], m[DAILY_OF])


@inlined
def _may_reach(fall: int, start: int, part: int, of_part: int) -> bool:
    return fall > 0 and float(fall) * float(of_part) >= float(start) * float(part) * (1 - 2 * NEAR)
