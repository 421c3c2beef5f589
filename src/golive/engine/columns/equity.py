"""What the account is worth, mark by mark, and how far it fell: `EquityTrack`, `Valuation` and `RiskEngine.observe` in one."""

from __future__ import annotations

from typing import Final

from golive.matching.compiled import compiled

from .exact import LIMIT, SAFE, is_least, is_more, part_of
from .layout import (
    BAD_EQUITY,
    BASE_FREE,
    BASE_PER_LOT,
    BASE_RESERVED,
    DAILY_BREACHED,
    DAILY_PART,
    DAY_NUMBER,
    DAY_START,
    DENOMINATOR,
    DESKS,
    DRAWDOWN_BREACHED,
    DRAWDOWN_FALL,
    DRAWDOWN_FROM,
    DRAWDOWN_PART,
    EQUITY,
    FREE,
    KNOWN,
    LARGEST,
    LARGEST_OF,
    LOSS,
    LOSS_FALL,
    LOSS_FROM,
    LOTS,
    MARK,
    MOST_OPEN,
    NOW,
    NUMERATOR,
    PEAK,
    QUOTE_PER_TICK_LOT,
    RESERVED,
    STATUS,
    TODAY_FALL,
    TODAY_FROM,
    VALUE,
    Table,
    Words,
)
from .saying import add, say

DAY: Final = 86_400_000_000_000
NEAR: Final = 1e-9
"""floats this close to a limit are looked at exactly"""


@compiled
def worth(account: Words, desks: Table, k: int, ticks: int) -> int:
    """Return what the base balance of a desk is worth at `ticks`, rounded down; BAD_EQUITY when it does not fit."""
    units = desks[k, BASE_FREE] + desks[k, BASE_RESERVED]
    lots = units // desks[k, BASE_PER_LOT]
    dust = units - lots * desks[k, BASE_PER_LOT]
    per_tick = lots * desks[k, QUOTE_PER_TICK_LOT]
    if float(lots) * float(desks[k, QUOTE_PER_TICK_LOT]) * float(ticks) >= SAFE:
        account[STATUS] = BAD_EQUITY
        return 0
    value = per_tick * ticks
    if dust:
        above, below = dust * desks[k, NUMERATOR], desks[k, DENOMINATOR]
        value += above // below * ticks + part_of(above % below, ticks, below)[0]
    return value


@compiled
def mark(account: Words, desks: Table, k: int, ticks: int) -> None:
    """Take the price of a desk's instrument."""
    desks[k, MARK] = ticks
    if desks[k, BASE_FREE] + desks[k, BASE_RESERVED]:
        desks[k, VALUE] = worth(account, desks, k, ticks)
    else:
        desks[k, VALUE] = 0


@compiled
def observe(account: Words, desks: Table, log: Words) -> None:
    """Look at the account at its marks."""
    total, largest, held = account[FREE] + account[RESERVED], 0, 0
    for k in range(account[DESKS]):
        if desks[k, BASE_FREE] + desks[k, BASE_RESERVED]:
            if desks[k, MARK] <= 0:
                account[KNOWN] = 0
                return
            total += desks[k, VALUE]
            if total >= LIMIT:
                account[STATUS] = BAD_EQUITY
                return
            if desks[k, LOTS]:
                held += 1
                largest = max(largest, desks[k, VALUE])
    if total > 0 and is_more(largest, account[LARGEST_OF], account[LARGEST], total):
        account[LARGEST], account[LARGEST_OF] = largest, total
    account[MOST_OPEN] = max(account[MOST_OPEN], held)
    track(account, log, total)


@compiled
def track(account: Words, log: Words, equity: int) -> None:
    """Follow peak, day start and the falls from them; say when one that became deeper may have reached its limit."""
    is_known, account[KNOWN] = account[KNOWN], 1
    day, last = account[NOW] // DAY, account[EQUITY]
    if day > account[DAY_NUMBER]:
        account[DAY_START] = last if account[DAY_NUMBER] >= 0 else equity
        account[DAY_NUMBER] = day
        account[TODAY_FALL], account[TODAY_FROM] = 0, 1
    elif is_known and equity == last:
        return
    account[EQUITY] = equity
    deeper = False
    if equity > account[PEAK]:
        account[PEAK] = equity
    elif equity < account[PEAK] and is_more(
        account[PEAK] - equity, account[DRAWDOWN_FROM], account[DRAWDOWN_FALL], account[PEAK]
    ):
        account[DRAWDOWN_FALL], account[DRAWDOWN_FROM] = account[PEAK] - equity, account[PEAK]
        deeper = True
    fall, start = account[DAY_START] - equity, account[DAY_START]
    if fall > 0 and is_more(fall, account[TODAY_FROM], account[TODAY_FALL], start):
        account[TODAY_FALL], account[TODAY_FROM] = fall, start
        if is_more(fall, account[LOSS_FROM], account[LOSS_FALL], start):
            account[LOSS_FALL], account[LOSS_FROM] = fall, start
            deeper = True
    if deeper:
        _compare(account, log)


@compiled
def _compare(account: Words, log: Words) -> None:
    """Say a fall that may be at its limit; whether it is, the reader of the log judges as risk does."""
    daily = _near(account, LOSS_FALL, DAILY_PART) if not account[DAILY_BREACHED] else 0
    drawdown = _near(account, DRAWDOWN_FALL, DRAWDOWN_PART) if not account[DRAWDOWN_BREACHED] else 0
    if daily or drawdown:
        say(account, log, LOSS, 0, 0)
        add(account, log, account[LOSS_FALL])
        add(account, log, account[LOSS_FROM])
        add(account, log, account[DRAWDOWN_FALL])
        add(account, log, account[DRAWDOWN_FROM])
        account[DAILY_BREACHED] |= daily >> 1
        account[DRAWDOWN_BREACHED] |= drawdown >> 1


@compiled
def _near(account: Words, fall: int, limit: int) -> int:
    """Return 2 for a fall that is surely at its limit, 1 for one that floats cannot tell, 0 for one that is surely not."""
    share = float(account[fall]) * float(account[limit + 1])
    allowed = float(account[fall + 1]) * float(account[limit])
    if account[fall] <= 0 or share < allowed * (1 - NEAR):
        return 0
    return 2 if share > allowed * (1 + NEAR) else 1


@compiled
def reaches(fall: int, start: int, limit: int, of_limit: int) -> bool:
    """Return whether fall / start ≥ limit / of_limit, as `Fraction.reached_by`; `start` > 0."""
    return fall >= 0 and is_least(fall, of_limit, start, limit)
