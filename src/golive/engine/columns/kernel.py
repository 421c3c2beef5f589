"""The loop over rows: one closed candle after the other, and stretches of quiet bars at once."""

from __future__ import annotations

from golive.matching.ahead import fetch
from golive.matching.compiled import compiled, inlined

from .equity import mark, observe
from .layout import (
    BAR,
    BARS_HELD,
    CHANGE,
    COARSE,
    CURRENT,
    DESK_WORDS,
    DESKS,
    DETAIL,
    DETAIL_TIMEFRAME,
    DONE,
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
    LAST_DESK,
    LOG_END,
    LOGGED,
    LOTS,
    MET,
    NOW,
    PER_DESK,
    ROOM,
    ROW_EQUITY,
    STATUS,
    TIMEFRAME,
    WHOLE,
    Column,
    Floats,
    Words,
)
from .market import meet
from .quiet import glance, last_sample, opening, quiet, quiet_bars, quiet_until, sample
from .step import finish, on_candle, settle, timers


@compiled
def run(
    m: Words, opened: Column, open_: Column, high: Column, low: Column, close: Column,
    volume: Column, who: Column, what: Column, first: int, stop: int, is_last: bool, change_at: Column, change_to: Floats,
    moves: Column, equity: Words, samples: Words,
) -> int:  # fmt: skip
    """Take the rows `first` to `stop` (not included), which end with a step; return the first row that was not taken.

    m[STATUS] says why that is not `stop`: FULL when log or fills have no room for a step, or that an amount left the exact
    range. With `is_last` the run is finished after the last row.
    """
    m[STATUS] = DONE
    i, room = first, ROOM * m[DESKS]
    while i < stop:
        if m[KEEPS_ROWS] and (m[LOG_END] - m[LOGGED] < room or m[FILLS_END] - m[FILLS_NEXT] < 2 * FILL_WORDS * m[DESKS]):
            m[STATUS] = FULL
            return i
        row = i
        i = _step(
            m, opened, open_, high, low, close, volume, who, what, i, stop, change_at, change_to, moves, samples,
        )  # fmt: skip
        if m[STATUS]:
            return row
        if m[HAS_WHOLE] and m[KNOWN]:
            if m[KEEPS_ROWS]:
                equity[m[EQUITY_ROWS]] = m[EQUITY]
            m[EQUITY_ROWS] += 1
            m[ROW_EQUITY] = m[EQUITY]
        if m[PER_DESK]:
            until = quiet_until(m, change_at, change_to, i, stop)
            if until > i:
                quiet(m, opened, close, i, until, equity, samples)
                if m[STATUS]:
                    return i
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
    moves: Column, samples: Words,
) -> int:  # fmt: skip
    """Take all candles of one closing time; return the first row of the next."""
    per_desk, kind, d, at = m[PER_DESK], WHOLE, FIRST_DESK, i
    m[HAS_WHOLE] = 0
    opened_at = opening(m, opened, i)
    if not per_desk:
        kind, d = what[i], FIRST_DESK + who[i] * DESK_WORDS
    m[NOW] = opened_at + (m[DETAIL_TIMEFRAME] if kind == DETAIL else m[TIMEFRAME])
    sample(m, samples, m[NOW])
    timers(m)
    while True:
        if kind != DETAIL and m[KNOWN] and quiet_bars(m, d, change_at, change_to) > 0:
            glance(m, d, close[at])
        else:
            _candle(m, d, opened_at, open_, high, low, close, volume, kind, at, change_at, change_to, moves)
        if kind != DETAIL:
            m[HAS_WHOLE] = 1
            m[d + BAR] += 1
            m[d + BARS_HELD] += m[d + LOTS] > 0
        if per_desk:
            d += DESK_WORDS
            at += per_desk
            if d > m[LAST_DESK]:
                i += 1
                break
        else:
            i += 1
            if i == stop:
                break
            at, kind, d, opened_at = i, what[i], FIRST_DESK + who[i] * DESK_WORDS, opened[i]
            if opened_at + (m[DETAIL_TIMEFRAME] if kind == DETAIL else m[TIMEFRAME]) != m[NOW]:
                break
    settle(m, moves)
    return i


@inlined
def _candle(
    m: Words, d: int, opened_at: int, open_: Column, high: Column, low: Column, close: Column, volume: Column, kind: int,
    at: int, change_at: Column, change_to: Floats, moves: Column,
) -> None:  # fmt: skip
    """Take one candle of a desk to which something may happen."""
    if kind != COARSE:
        meet(m, d, opened_at, open_, high, low, volume, at)
    if kind == DETAIL:
        m[d + MET] = close[at]
        mark(m, d, close[at])
        observe(m)
    else:
        m[CURRENT] = d
        on_candle(m, change_at, change_to, moves, d, opened_at, close[at])
        m[CURRENT] = 0
        _look_ahead(m, d, change_at, open_, close, volume, at)


@inlined
def _look_ahead(m: Words, d: int, change_at: Column, open_: Column, close: Column, volume: Column, at: int) -> None:
    """Ask for what the change after the next one will read: those rows lie anywhere in memory."""
    row = m[d + CHANGE] + 2
    if row < m[d + LAST_CHANGE]:
        at += change_at[row] - m[d + BAR]
        fetch(close, at)
        fetch(open_, at + 1)
        fetch(volume, at + 1)
