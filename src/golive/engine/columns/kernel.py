"""The loop over rows: one closed candle after the other, and stretches of quiet bars at once."""

from __future__ import annotations

from math import isnan

from golive.matching.compiled import compiled

from .equity import mark, observe
from .layout import (
    BAR,
    BARS_HELD,
    CHANGE,
    COARSE,
    DESKS,
    DETAIL,
    DETAIL_TIMEFRAME,
    DONE,
    ENTRY_LOTS,
    EQUITY,
    EQUITY_ROWS,
    FILL_ROWS,
    FINISHING,
    FULL,
    HAS_WHOLE,
    KEEPS_ROWS,
    KNOWN,
    LAST_CHANGE,
    LOGGED,
    LOTS,
    NONE,
    NOW,
    PROTECTION,
    ROOM,
    RUN,
    RUN_BARS,
    RUN_UNTIL,
    SAID_AT,
    STANDING,
    STATE,
    STATUS,
    TIMEFRAME,
    WANTS,
    WARMING_UP,
    Column,
    Floats,
    Table,
    Words,
)
from .market import meet
from .quiet import last_sample, quiet, sample
from .step import finish, on_candle, settle, timers


@compiled
def run(
    account: Words, desks: Table, targets: Floats, opened: Column, open_: Column, high: Column, low: Column, close: Column,
    volume: Column, who: Column, what: Column, first: int, stop: int, is_last: bool, change_at: Column, change_to: Floats,
    log: Words, fills: Table, equity: Words, samples: Words,
) -> int:  # fmt: skip
    """Take the rows `first` to `stop` (not included), which end with a step; return the first row that was not taken.

    account[STATUS] says why that is not `stop`: FULL when log or fills have no room for a step, or that an amount left the exact
    range. With `is_last` the run is finished after the last row.
    """
    account[STATUS] = DONE
    i, room = first, ROOM * account[DESKS]
    is_single = len(who) == 0
    while i < stop:
        if account[KEEPS_ROWS]:
            if len(log) - account[LOGGED] < room or len(fills) - account[FILL_ROWS] < 2 * account[DESKS]:
                account[STATUS] = FULL
                return i
        else:
            account[LOGGED] = account[FILL_ROWS] = account[SAID_AT] = 0
        row = i
        i = _step(
            account, desks, targets, opened, open_, high, low, close, volume, who, what, i, stop, change_at, change_to,
            log, fills, samples,
        )  # fmt: skip
        if account[STATUS]:
            return row
        if account[HAS_WHOLE] and account[KNOWN]:
            if account[KEEPS_ROWS]:
                equity[account[EQUITY_ROWS]] = account[EQUITY]
            account[EQUITY_ROWS] += 1
        if is_single:
            until = _quiet_until(account, desks, targets, change_at, change_to, i, stop)
            if until > i:
                desks[0, RUN_BARS] += until - i
                desks[0, BAR] += until - i
                quiet(account, desks, log, opened, close, i, until, equity, samples)
                if account[STATUS]:
                    return i
                desks[0, RUN_UNTIL] = account[NOW]
                i = until
    if is_last:
        last_sample(account, samples)
        account[FINISHING] = 1
        finish(account, desks, targets, log)
    return i


@compiled
def _step(
    account: Words, desks: Table, targets: Floats, opened: Column, open_: Column, high: Column, low: Column, close: Column,
    volume: Column, who: Column, what: Column, i: int, stop: int, change_at: Column, change_to: Floats,
    log: Words, fills: Table, samples: Words,
) -> int:  # fmt: skip
    """Take all rows of one closing time; return the first row of the next."""
    is_single, now = len(who) == 0, 0
    account[HAS_WHOLE] = 0
    while i < stop:
        kind = 0 if is_single else what[i]
        ts = opened[i] + (account[DETAIL_TIMEFRAME] if kind == DETAIL else account[TIMEFRAME])
        if now == 0:
            now = ts
            sample(account, samples, ts)
            account[NOW] = ts
            timers(account, desks, targets, log)
        elif ts != now:
            break
        k = 0 if is_single else who[i]
        if kind != COARSE:
            meet(account, desks, targets, log, fills, k, opened[i], open_[i], high[i], low[i], volume[i])
        if kind == DETAIL:
            mark(account, desks, k, close[i])
            observe(account, desks, log)
        else:
            account[HAS_WHOLE] = 1
            on_candle(account, desks, targets, log, change_at, change_to, k, opened[i], close[i])
            desks[k, BAR] += 1
            if desks[k, LOTS]:
                desks[k, BARS_HELD] += 1
        i += 1
    settle(account, desks, targets, log)
    return i


@compiled
def _quiet_until(account: Words, desks: Table, targets: Floats, change_at: Column, change_to: Floats, i: int, stop: int) -> int:
    """Return the row up to which nothing can happen to the only instrument; `i` when something may at once."""
    if desks[0, STATE] != NONE or not account[KNOWN] or (account[PROTECTION] and desks[0, ENTRY_LOTS]):
        return i
    row = desks[0, CHANGE]
    target = change_to[row]
    is_cold = isnan(target)
    if not is_cold and desks[0, WANTS]:
        return i
    code = WARMING_UP if is_cold else desks[0, STANDING]
    if desks[0, RUN] != code:
        return i
    if row + 1 < desks[0, LAST_CHANGE]:
        return min(stop, i + max(0, change_at[row + 1] - desks[0, BAR]))
    return stop
