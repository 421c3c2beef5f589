"""What the account is worth, mark by mark, and how far it fell: `EquityTrack`, `Valuation` and `RiskEngine.observe` in one."""

from __future__ import annotations

from typing import Final

from golive.matching.compiled import compiled, inlined

from .exact import LIMIT, SAFE, is_least, is_more, part_of
from .layout import (
    BAD_CANDLE,
    BAD_EQUITY,
    BASE_FEES_WORTH,
    BASE_FREE,
    BASE_PER_LOT,
    BASE_RESERVED,
    COST_DAYS,
    COST_FIRST,
    COST_OF,
    COST_RING,
    COST_RING_DAYS,
    DAILY_BREACHED,
    DAILY_PART,
    DAY_NUMBER,
    DAY_START,
    DENOMINATOR,
    DESK_WORDS,
    DRAWDOWN_BREACHED,
    DRAWDOWN_FALL,
    DRAWDOWN_FROM,
    DRAWDOWN_PART,
    EQUITY,
    EXPOSURE,
    EXPOSURE_OF,
    EXPOSURE_WHOLE,
    FEES,
    FIRST_DESK,
    FREE,
    KNOWN,
    LARGEST,
    LARGEST_OF,
    LAST_DESK,
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
    SEEN_DAY,
    STATUS,
    TODAY_FALL,
    TODAY_FROM,
    VALUE,
    WEEK_FALL,
    WEEK_FROM,
    WEEK_LOSS_FALL,
    WEEK_LOSS_FROM,
    WEEK_NUMBER,
    WEEK_START,
    WEEKLY_BREACHED,
    WEEKLY_OF,
    WEEKLY_PART,
    Words,
)
from .saying import add, say

DAY: Final = 86_400_000_000_000
THURSDAY: Final = 3
"""1970-01-01 was one: so many days after a Monday"""
SPAN_DAYS: Final = 30
"""of trading, whose costs are compared with what it earned"""
NEAR: Final = 1e-9
"""floats this close to a limit are looked at exactly"""


@compiled
def worth(m: Words, d: int, ticks: int) -> int:
    """Return what the base balance of a desk is worth at `ticks`, rounded down; BAD_EQUITY when it does not fit."""
    lots = m[d + LOTS]
    dust = m[d + BASE_FREE] + m[d + BASE_RESERVED] - lots * m[d + BASE_PER_LOT]
    per_tick = lots * m[d + QUOTE_PER_TICK_LOT]
    if float(lots) * float(m[d + QUOTE_PER_TICK_LOT]) * float(ticks) >= SAFE:
        m[STATUS] = BAD_EQUITY
        return 0
    value = per_tick * ticks
    if dust:
        above, below = dust * m[d + NUMERATOR], m[d + DENOMINATOR]
        value += above // below * ticks + part_of(above % below, ticks, below)[0]
    return value


@inlined
def mark(m: Words, d: int, ticks: int) -> None:
    """Take the price of a desk's instrument."""
    if ticks <= 0:
        m[STATUS] = BAD_CANDLE
    m[d + MARK] = ticks
    if m[d + BASE_FREE] + m[d + BASE_RESERVED]:
        m[d + VALUE] = worth(m, d, ticks)
    else:
        m[d + VALUE] = 0


@compiled
def observe(m: Words) -> None:
    """Look at the account at its marks."""
    total, largest, held = m[FREE] + m[RESERVED], 0, 0
    for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        if m[d + BASE_FREE] + m[d + BASE_RESERVED]:
            if m[d + MARK] <= 0:
                m[KNOWN] = 0
                m[SEEN_DAY] = m[NOW] // DAY
                return
            total += m[d + VALUE]
            if total >= LIMIT:
                m[STATUS] = BAD_EQUITY
                return
            if m[d + LOTS]:
                held += 1
                largest = max(largest, m[d + VALUE])
    if total > 0 and is_more(largest, m[LARGEST_OF], m[LARGEST], total):
        m[LARGEST], m[LARGEST_OF] = largest, total
    m[MOST_OPEN] = max(m[MOST_OPEN], held)
    if m[EXPOSURE_OF]:
        exposed(m, total)
    track(m, total)


@inlined
def exposed(m: Words, equity: int) -> None:
    """Note the most that all positions together were worth."""
    exposure = equity - m[FREE] - m[RESERVED]
    if equity > 0 and is_more(exposure, m[EXPOSURE_WHOLE], m[EXPOSURE], equity):
        m[EXPOSURE], m[EXPOSURE_WHOLE] = exposure, equity


@inlined
def track(m: Words, equity: int) -> None:
    """Follow peak, day start and the falls from them; say when one that became deeper may have reached its limit."""
    is_known, m[KNOWN] = m[KNOWN], 1
    day, last = m[NOW] // DAY, m[EQUITY]
    if day > m[DAY_NUMBER]:
        m[DAY_START] = last if m[DAY_NUMBER] >= 0 else equity
        m[DAY_NUMBER] = day
        m[TODAY_FALL], m[TODAY_FROM] = 0, 1
        _begin_day(m, day)
    elif is_known and equity == last:
        return
    m[EQUITY] = equity
    deeper = False
    if equity > m[PEAK]:
        m[PEAK] = equity
    elif equity < m[PEAK] and is_more(m[PEAK] - equity, m[DRAWDOWN_FROM], m[DRAWDOWN_FALL], m[PEAK]):
        m[DRAWDOWN_FALL], m[DRAWDOWN_FROM] = m[PEAK] - equity, m[PEAK]
        deeper = True
    fall, start = m[DAY_START] - equity, m[DAY_START]
    if fall > 0 and is_more(fall, m[TODAY_FROM], m[TODAY_FALL], start):
        m[TODAY_FALL], m[TODAY_FROM] = fall, start
        if is_more(fall, m[LOSS_FROM], m[LOSS_FALL], start):
            m[LOSS_FALL], m[LOSS_FROM] = fall, start
            deeper = True
    if m[WEEKLY_OF] and week_fell(m, equity):
        deeper = True
    if deeper:
        _compare(m)


@compiled
def _begin_day(m: Words, day: int) -> None:
    """Begin the week too on a Monday, and remember equity and fees of the day where those of a month are asked for."""
    week = (day + THURSDAY) // 7
    if week > m[WEEK_NUMBER]:
        m[WEEK_NUMBER], m[WEEK_START] = week, m[DAY_START]
        m[WEEK_FALL], m[WEEK_FROM] = 0, 1
    if m[COST_OF] and day > m[SEEN_DAY]:
        place = COST_RING + (m[COST_FIRST] + m[COST_DAYS]) % COST_RING_DAYS * 3
        m[place], m[place + 1], m[place + 2] = day, m[DAY_START], m[FEES] + m[BASE_FEES_WORTH]
        m[COST_DAYS] += 1
        while m[COST_DAYS] > 1 and m[COST_RING + (m[COST_FIRST] + 1) % COST_RING_DAYS * 3] <= day - SPAN_DAYS:
            m[COST_FIRST] = (m[COST_FIRST] + 1) % COST_RING_DAYS
            m[COST_DAYS] -= 1
    m[SEEN_DAY] = day


@inlined
def week_fell(m: Words, equity: int) -> bool:
    """Follow the fall since Monday; return whether no week's was deeper."""
    fall, start = m[WEEK_START] - equity, m[WEEK_START]
    if fall <= 0 or not is_more(fall, m[WEEK_FROM], m[WEEK_FALL], start):
        return False
    m[WEEK_FALL], m[WEEK_FROM] = fall, start
    if not is_more(fall, m[WEEK_LOSS_FROM], m[WEEK_LOSS_FALL], start):
        return False
    m[WEEK_LOSS_FALL], m[WEEK_LOSS_FROM] = fall, start
    return True


@inlined
def _compare(m: Words) -> None:
    """Say a fall that may be at its limit; whether it is, the reader of the log judges as risk does."""
    daily = _near(m, LOSS_FALL, DAILY_PART) if not m[DAILY_BREACHED] else 0
    drawdown = _near(m, DRAWDOWN_FALL, DRAWDOWN_PART) if not m[DRAWDOWN_BREACHED] else 0
    weekly = _near(m, WEEK_LOSS_FALL, WEEKLY_PART) if not m[WEEKLY_BREACHED] else 0
    if daily or drawdown or weekly:
        say(m, LOSS, 0, 0)
        add(m, m[LOSS_FALL])
        add(m, m[LOSS_FROM])
        add(m, m[DRAWDOWN_FALL])
        add(m, m[DRAWDOWN_FROM])
        add(m, m[WEEK_LOSS_FALL])
        add(m, m[WEEK_LOSS_FROM])
        m[DAILY_BREACHED] |= daily >> 1
        m[DRAWDOWN_BREACHED] |= drawdown >> 1
        m[WEEKLY_BREACHED] |= weekly >> 1


@inlined
def _near(m: Words, fall: int, limit: int) -> int:
    """Return 2 for a fall that is surely at its limit, 1 for one that floats cannot tell, 0 for one that is surely not."""
    share = float(m[fall]) * float(m[limit + 1])
    allowed = float(m[fall + 1]) * float(m[limit])
    if m[fall] <= 0 or share < allowed * (1 - NEAR):
        return 0
    return 2 if share > allowed * (1 + NEAR) else 1


@inlined
def reaches(fall: int, start: int, limit: int, of_limit: int) -> bool:
    """Return whether fall / start ≥ limit / of_limit, as `Fraction.reached_by`; `start` > 0."""
    return fall >= 0 and is_least(fall, of_limit, start, limit)
