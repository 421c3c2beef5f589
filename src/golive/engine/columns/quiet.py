"""Bars on which nothing can happen: the account is worth something else on each, and that is all.

While neither cash nor lots change, equity rises and falls with the close alone. So a stretch of bars within one day needs its
highest and its lowest close, and is gone through bar by bar only where it holds a new peak with a deeper fall behind it, or a
fall that comes near a limit.
"""

from __future__ import annotations

from golive.matching.compiled import compiled

from .equity import DAY, NEAR, mark, observe, worth
from .exact import SAFE, is_more
from .layout import (
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
    FREE,
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
    SAMPLE_ROWS,
    TIMEFRAME,
    TODAY_FALL,
    TODAY_FROM,
    VALUE,
    Column,
    Table,
    Words,
)


@compiled
def sample(account: Words, samples: Words, ts: int) -> None:
    """Keep what the account was worth at the end of each period that is over at `ts`."""
    while account[PERIOD] and ts > account[NEXT_SAMPLE]:
        if account[SAMPLE_ROWS] < len(samples):
            samples[account[SAMPLE_ROWS]] = account[EQUITY]
        account[SAMPLE_ROWS] += 1
        account[NEXT_SAMPLE] += account[PERIOD]


@compiled
def last_sample(account: Words, samples: Words) -> None:
    """Keep what the account was worth at the end of the data, which the last period ends with."""
    if account[PERIOD] and account[SAMPLE_ROWS] < len(samples):
        samples[account[SAMPLE_ROWS]] = account[EQUITY]
        account[SAMPLE_ROWS] += 1


@compiled
def first_after(opened: Column, first: int, stop: int, limit: int) -> int:
    """Return the first row from `first` on that opened after `limit`, `stop` when there is none."""
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


@compiled
def quiet(
    account: Words, desks: Table, log: Words, opened: Column, close: Column, first: int, stop: int, equity: Words, samples: Words
) -> None:
    """Take the bars `first` to `stop` (not included) of the only instrument; it has no order, and equity is known."""
    length = account[TIMEFRAME]
    if desks[0, LOTS]:
        desks[0, BARS_HELD] += stop - first
    while first < stop:
        day_ends = (account[DAY_NUMBER] + 1) * DAY
        until = first_after(opened, first, stop, day_ends - length - 1)
        if account[PERIOD]:
            until = min(until, first_after(opened, first, stop, account[NEXT_SAMPLE] - length))
        if until == first:
            sample(account, samples, opened[first] + length)
            _single(account, desks, log, opened[first] + length, close[first], equity)
            first += 1
        else:
            _stretch(account, desks, log, opened, close, first, until, equity)
            first = until


@compiled
def _single(account: Words, desks: Table, log: Words, ts: int, close: int, equity: Words) -> None:
    account[NOW] = ts
    mark(account, desks, 0, close)
    observe(account, desks, log)
    if account[KEEPS_ROWS]:
        equity[account[EQUITY_ROWS]] = account[EQUITY]
    account[EQUITY_ROWS] += 1


@compiled
def _stretch(
    account: Words, desks: Table, log: Words, opened: Column, close: Column, first: int, stop: int, equity: Words
) -> None:
    """Take bars within one day and one sampling period."""
    row, cash = account[EQUITY_ROWS] - first, account[FREE] + account[RESERVED]
    units = desks[0, BASE_FREE] + desks[0, BASE_RESERVED]
    if units == 0:
        if account[KEEPS_ROWS]:
            for i in range(first, stop):
                equity[row + i] = cash
        account[EQUITY_ROWS] += stop - first
        desks[0, MARK] = close[stop - 1]
        account[NOW] = opened[stop - 1] + account[TIMEFRAME]
        return
    lowest, highest = close[first], close[first]
    for i in range(first, stop):
        lowest, highest = min(lowest, close[i]), max(highest, close[i])
    per_tick = desks[0, LOTS] * desks[0, QUOTE_PER_TICK_LOT]
    top, bottom = cash + worth(account, desks, 0, highest), cash + worth(account, desks, 0, lowest)
    if _needs_steps(account, top, bottom):
        for i in range(first, stop):
            _single(account, desks, log, opened[i] + account[TIMEFRAME], close[i], equity)
        return
    if account[KEEPS_ROWS]:
        if desks[0, LOTS] * desks[0, BASE_PER_LOT] == units and float(top) < SAFE / 2:
            for i in range(first, stop):
                equity[row + i] = cash + per_tick * close[i]
        else:
            for i in range(first, stop):
                equity[row + i] = cash + worth(account, desks, 0, close[i])
    account[EQUITY_ROWS] += stop - first
    account[NOW] = opened[stop - 1] + account[TIMEFRAME]
    if top > 0 and is_more(top - cash, account[LARGEST_OF], account[LARGEST], top) and desks[0, LOTS]:
        account[LARGEST], account[LARGEST_OF] = top - cash, top
    _fall(account, top, bottom)
    mark(account, desks, 0, close[stop - 1])
    account[EQUITY] = cash + desks[0, VALUE]


@compiled
def _fall(account: Words, top: int, bottom: int) -> None:
    """Note the falls of a stretch; where it holds a new peak, no deeper fall than the known one lies in it."""
    if top > account[PEAK]:
        account[PEAK] = top
    elif bottom < account[PEAK] and is_more(
        account[PEAK] - bottom, account[DRAWDOWN_FROM], account[DRAWDOWN_FALL], account[PEAK]
    ):
        account[DRAWDOWN_FALL], account[DRAWDOWN_FROM] = account[PEAK] - bottom, account[PEAK]
    fall, start = account[DAY_START] - bottom, account[DAY_START]
    if fall > 0 and is_more(fall, account[TODAY_FROM], account[TODAY_FALL], start):
        account[TODAY_FALL], account[TODAY_FROM] = fall, start
        if is_more(fall, account[LOSS_FROM], account[LOSS_FALL], start):
            account[LOSS_FALL], account[LOSS_FROM] = fall, start


@compiled
def _needs_steps(account: Words, top: int, bottom: int) -> bool:
    """Return whether a stretch must be looked at bar by bar."""
    peak = account[PEAK]
    if float(top) >= SAFE / 2:
        return True
    if top > peak and is_more(top - bottom, account[DRAWDOWN_FROM], account[DRAWDOWN_FALL], top):
        return True
    fall = max(peak, top) - bottom
    if not account[DRAWDOWN_BREACHED] and _may_reach(fall, max(peak, top), account[DRAWDOWN_PART], account[DRAWDOWN_OF]):
        return True
    fall = account[DAY_START] - bottom
    return not account[DAILY_BREACHED] and _may_reach(fall, account[DAY_START], account[DAILY_PART], account[DAILY_OF])


@compiled
def _may_reach(fall: int, start: int, part: int, of_part: int) -> bool:
    return fall > 0 and float(fall) * float(of_part) >= float(start) * float(part) * (1 - 2 * NEAR)
