"""The loop over rows: one closed candle after the other, and stretches of quiet bars at once."""

from __future__ import annotations

from math import isnan

from golive.matching.compiled import compiled, inlined

from .equity import mark, observe
from .layout import (
    BAR,
    BARS_HELD,
    CHANGE,
    COARSE,
    DESK_WORDS,
    DESKS,
    DETAIL,
    DETAIL_TIMEFRAME,
    DONE,
    ENTRY_LOTS,
    EQUITY,
    EQUITY_ROWS,
    FILL_WORDS,
    FILLS_END,
    FILLS_NEXT,
    FINISHING,
    FIRST_DESK,
    FULL,
    HAS_WHOLE,
    KEEPS_ROWS,
    KNOWN,
    LAST_CHANGE,
    LOG_END,
    LOGGED,
    LOTS,
    NONE,
    NOW,
    PROTECTION,
    ROOM,
    ROW_EQUITY,
    RUN,
    RUN_BARS,
    RUN_UNTIL,
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
from .market import meet
from .quiet import last_sample, opening, quiet, sample
from .step import finish, on_candle, settle, timers


@compiled
def run(
    m: Words, opened: Column, open_: Column, high: Column, low: Column, close: Column,
    volume: Column, who: Column, what: Column, first: int, stop: int, is_last: bool, change_at: Column, change_to: Floats,
    equity: Words, samples: Words,
) -> int:  # fmt: skip
    """Take the rows `first` to `stop` (not included), which end with a step; return the first row that was not taken.

    m[STATUS] says why that is not `stop`: FULL when log or fills have no room for a step, or that an amount left the exact
    range. With `is_last` the run is finished after the last row.
    """
    m[STATUS] = DONE
    i, room = first, ROOM * m[DESKS]
    is_single = len(who) == 0
    while i < stop:
        if m[KEEPS_ROWS] and (m[LOG_END] - m[LOGGED] < room or m[FILLS_END] - m[FILLS_NEXT] < 2 * FILL_WORDS * m[DESKS]):
            m[STATUS] = FULL
            return i
        row = i
        i = _step(
            m, opened, open_, high, low, close, volume, who, what, i, stop, change_at, change_to, samples,
        )  # fmt: skip
        if m[STATUS]:
            return row
        if m[HAS_WHOLE] and m[KNOWN]:
            if m[KEEPS_ROWS]:
                equity[m[EQUITY_ROWS]] = m[EQUITY]
            m[EQUITY_ROWS] += 1
            m[ROW_EQUITY] = m[EQUITY]
        if is_single:
            until = _quiet_until(m, change_at, change_to, i, stop)
            if until > i:
                m[FIRST_DESK + RUN_BARS] += until - i
                m[FIRST_DESK + BAR] += until - i
                quiet(m, opened, close, i, until, equity, samples)
                if m[STATUS]:
                    return i
                m[FIRST_DESK + RUN_UNTIL] = m[NOW]
                i = until
    if is_last:
        last_sample(m, samples)
        m[FINISHING] = 1
        finish(m)
    return i


@inlined
def _step(
    m: Words, opened: Column, open_: Column, high: Column, low: Column, close: Column,
    volume: Column, who: Column, what: Column, i: int, stop: int, change_at: Column, change_to: Floats,
    samples: Words,
) -> int:  # fmt: skip
    """Take all rows of one closing time; return the first row of the next."""
    is_single, now = len(who) == 0, 0
    m[HAS_WHOLE] = 0
    while i < stop:
        kind = 0 if is_single else what[i]
        opened_at = opening(m, opened, i)
        ts = opened_at + (m[DETAIL_TIMEFRAME] if kind == DETAIL else m[TIMEFRAME])
        if now == 0:
            now = ts
            sample(m, samples, ts)
            m[NOW] = ts
            timers(m)
        elif ts != now:
            break
        d = FIRST_DESK if is_single else FIRST_DESK + who[i] * DESK_WORDS
        if kind != COARSE:
            meet(m, d, opened_at, open_, high, low, volume, i)
        if kind == DETAIL:
            mark(m, d, close[i])
            observe(m)
        else:
            m[HAS_WHOLE] = 1
            on_candle(m, change_at, change_to, d, opened_at, close[i])
            m[d + BAR] += 1
            if m[d + LOTS]:
                m[d + BARS_HELD] += 1
        i += 1
    settle(m)
    return i


@inlined
def _quiet_until(m: Words, change_at: Column, change_to: Floats, i: int, stop: int) -> int:
    """Return the row up to which nothing can happen to the only instrument; `i` when something may at once."""
    if m[FIRST_DESK + STATE] != NONE or not m[KNOWN] or (m[PROTECTION] and m[FIRST_DESK + ENTRY_LOTS]):
        return i
    row = m[FIRST_DESK + CHANGE]
    target = change_to[row]
    is_cold = isnan(target)
    if not is_cold and m[FIRST_DESK + WANTS]:
        return i
    code = WARMING_UP if is_cold else m[FIRST_DESK + STANDING]
    if m[FIRST_DESK + RUN] != code:
        return i
    if row + 1 < m[FIRST_DESK + LAST_CHANGE]:
        return min(stop, i + max(0, change_at[row + 1] - m[FIRST_DESK + BAR]))
    return stop
