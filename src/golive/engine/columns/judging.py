"""The rules of risk on an order, in the order of `golive.risk.rules.RULES`; those that cannot bind here are left out (`held`)."""

from __future__ import annotations

import math

from golive.matching.bits import float_of, word_of
from golive.matching.compiled import compiled, inlined

from .equity import reaches
from .exact import SAFE, fits, is_more, ratio
from .layout import (
    APPROVED,
    ATR,
    ATR_MULTIPLE,
    BAD_NOTIONAL,
    BARS_A_YEAR,
    BASE_FEES_WORTH,
    COOLDOWN,
    COOLDOWN_NS,
    COST_DAYS,
    COST_FIRST,
    COST_OF,
    COST_PART,
    COST_RATIO,
    COST_RING,
    DAILY_LOSS,
    DAILY_OF,
    DAILY_PART,
    DAY_START,
    DESK_WORDS,
    DISTANCE,
    DRAWDOWN,
    DRAWDOWN_FALL,
    DRAWDOWN_FROM,
    DRAWDOWN_OF,
    DRAWDOWN_PART,
    EQUITY,
    EXPOSURE_OF,
    EXPOSURE_PART,
    FEES,
    FILLED,
    FIRST_DESK,
    GUARD_LIMIT,
    HAS_ATR_MULTIPLE,
    HAS_MORE,
    HAS_VOLATILITY,
    HAS_WINDOWS,
    IS_BUY,
    IS_LOCKED,
    IS_THROTTLED,
    KNOWN,
    LAST_BUY,
    LAST_DESK,
    LOCKED,
    LOSSES_IN_A_ROW,
    LOST_AT,
    LOTS,
    MARK,
    MAX_EXPOSURE,
    MAX_NOTIONAL,
    MAX_OPEN_POSITIONS,
    MAX_POSITION,
    MAX_QUANTITY,
    MESSAGE_RATE,
    MISSING_INPUT,
    MOST_LOTS,
    NO_ATR,
    NO_VOLATILITY,
    NONE,
    NOTIONAL_OF,
    NOTIONAL_PART,
    NOW,
    NUMBER,
    OPEN_ORDERS,
    OPEN_POSITIONS,
    ORDERS_LIMIT,
    OUTSIDE_WINDOW,
    PEAK,
    POSITION_OF,
    POSITION_PART,
    PROTECTION,
    QUANTITY,
    QUOTE_PER_TICK_LOT,
    QUOTE_UNIT,
    RATE_LIMIT,
    REPEATED_EXECUTION,
    REPEATED_LIMIT,
    RISK_OF,
    RISK_PART,
    SELF,
    STATE,
    STATUS,
    STOP,
    STOP_DISTANCE,
    STOP_GUARD,
    STREAK,
    STREAK_DAY,
    STREAK_LIMIT,
    TARGET_VOLATILITY,
    TODAY_FALL,
    TODAY_FROM,
    TRADE_RISK,
    TRAILING_STOP,
    VARIANCE,
    VOLATILITY_LIMIT,
    WEEK_FALL,
    WEEK_FROM,
    WEEK_START,
    WEEKLY_LOSS,
    WEEKLY_OF,
    WEEKLY_PART,
    WINDOWS,
    Words,
)
from .pace import allowed_lately, stopped_lately

DAY = 86_400_000_000_000
MINUTE = 60_000_000_000
SPAN_DAYS = 30
AMOUNT_LIMIT = 1 << 62
PARTS = 1_000_000


@inlined
def judge(m: Words, d: int, is_buy: int, lots: int) -> tuple[int, int, int]:
    """Return the first objection as (code, part, whole), what was judged; APPROVED when there is none.

    Of MISSING_INPUT, part says what is missing: 1 equity, 2 day start, 4 peak, NO_ATR, NO_VOLATILITY.
    """
    if not is_buy:  # a sell is never of more than what is held
        return APPROVED, 0, 0
    equity, day_start, peak = m[EQUITY], m[DAY_START], m[PEAK]
    missing = 7
    if m[KNOWN]:
        missing = (1 if equity <= 0 else 0) | (2 if day_start <= 0 else 0) | (4 if peak <= 0 else 0)
    if missing:
        return MISSING_INPUT, missing, 0
    code, part, whole = _losses(m, equity, day_start, peak)
    if code != APPROVED:
        return code, part, whole
    if m[HAS_MORE]:
        code, part, whole = _terms_of_order(m, d, lots)
        if code != APPROVED or m[STATUS]:
            return code, part, whole
    if not fits(m[d + MARK], m[d + LOTS] + lots, m[d + QUOTE_PER_TICK_LOT]):
        m[STATUS] = BAD_NOTIONAL
        return APPROVED, 0, 0
    notional = m[d + MARK] * (m[d + LOTS] + lots) * m[d + QUOTE_PER_TICK_LOT]
    if is_more(notional, m[POSITION_OF], equity, m[POSITION_PART]):
        return MAX_POSITION, notional, equity
    count = 0
    for j in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        if j == d or m[j + LOTS] > 0 or _pending(m, j):
            count += 1
    if count > m[OPEN_POSITIONS]:
        return MAX_OPEN_POSITIONS, count, 0
    if m[HAS_MORE]:
        return _all_that_is_held(m, d, lots, equity)
    return APPROVED, 0, 0


@inlined
def _losses(m: Words, equity: int, day_start: int, peak: int) -> tuple[int, int, int]:
    """Ask the rules on what was lost today, this week, and since the peak."""
    if reaches(day_start - equity, day_start, m[DAILY_PART], m[DAILY_OF]):
        return DAILY_LOSS, day_start - equity, day_start
    if reaches(m[TODAY_FALL], m[TODAY_FROM], m[DAILY_PART], m[DAILY_OF]):
        return DAILY_LOSS, m[TODAY_FALL], m[TODAY_FROM]
    if m[WEEKLY_OF]:
        if reaches(m[WEEK_START] - equity, m[WEEK_START], m[WEEKLY_PART], m[WEEKLY_OF]):
            return WEEKLY_LOSS, m[WEEK_START] - equity, m[WEEK_START]
        if reaches(m[WEEK_FALL], m[WEEK_FROM], m[WEEKLY_PART], m[WEEKLY_OF]):
            return WEEKLY_LOSS, m[WEEK_FALL], m[WEEK_FROM]
    if reaches(peak - equity, peak, m[DRAWDOWN_PART], m[DRAWDOWN_OF]):
        return DRAWDOWN, peak - equity, peak
    if reaches(m[DRAWDOWN_FALL], m[DRAWDOWN_FROM], m[DRAWDOWN_PART], m[DRAWDOWN_OF]):
        return DRAWDOWN, m[DRAWDOWN_FALL], m[DRAWDOWN_FROM]
    return APPROVED, 0, 0


@inlined
def _pending(m: Words, j: int) -> int:
    """Return the lots that a desk's working buy may still bring."""
    return m[j + QUANTITY] - m[j + FILLED] if m[j + STATE] != NONE and m[j + IS_BUY] else 0


@compiled
def _terms_of_order(m: Words, d: int, lots: int) -> tuple[int, int, int]:
    """Ask the rules on instrument, time and the order alone."""
    if m[d + IS_LOCKED]:
        return LOCKED, 0, 0
    if m[HAS_WINDOWS]:
        minute = (m[NOW] // MINUTE + 3 * 1440) % 10_080  # 1970-01-01 was a Thursday
        if not m[WINDOWS + minute // 32] >> minute % 32 & 1:
            return OUTSIDE_WINDOW, m[NOW], 0
    if 0 <= m[d + MOST_LOTS] < lots:
        return MAX_QUANTITY, lots, m[d + MOST_LOTS]
    if m[NOTIONAL_OF]:
        if not fits(m[d + MARK], lots, m[d + QUOTE_PER_TICK_LOT]):
            m[STATUS] = BAD_NOTIONAL
            return APPROVED, 0, 0
        notional = m[d + MARK] * lots * m[d + QUOTE_PER_TICK_LOT]
        if is_more(notional, m[NOTIONAL_OF], m[QUOTE_UNIT], m[NOTIONAL_PART]):
            return MAX_NOTIONAL, notional, m[QUOTE_UNIT]
    return APPROVED, 0, 0


@compiled
def _all_that_is_held(m: Words, d: int, lots: int, equity: int) -> tuple[int, int, int]:
    """Ask the rules that follow those on the position."""
    if m[EXPOSURE_OF]:
        exposure = _exposure(m, d, lots)
        if exposure >= AMOUNT_LIMIT or is_more(exposure, m[EXPOSURE_OF], equity, m[EXPOSURE_PART]):
            return MAX_EXPOSURE, exposure, equity
    if m[HAS_VOLATILITY]:
        missing, total = _volatility(m, d, lots, equity)
        if missing:
            return MISSING_INPUT, NO_VOLATILITY, m[missing + SELF]
        if not total <= float_of(m[VOLATILITY_LIMIT]):
            return TARGET_VOLATILITY, word_of(total), 0
    code, part, whole = _at_the_stop(m, d, lots, equity)
    if code != APPROVED or m[STATUS]:
        return code, part, whole
    code, part, whole = _pace(m, d)
    if code != APPROVED:
        return code, part, whole
    return _past(m, d, equity)


@inlined
def _after(m: Words, j: int, d: int, lots: int) -> int:
    """Return the lots of a desk when all buys that work are filled, that of desk `d` too."""
    return m[j + LOTS] + _pending(m, j) + (lots if j == d else 0)


@compiled
def _worth_after(m: Words, j: int, d: int, lots: int) -> int:
    """Return what those are worth; BAD_NOTIONAL when that does not fit."""
    count = _after(m, j, d, lots)
    if not fits(m[j + MARK], count, m[j + QUOTE_PER_TICK_LOT]):
        m[STATUS] = BAD_NOTIONAL
        return 0
    return m[j + MARK] * count * m[j + QUOTE_PER_TICK_LOT]


@compiled
def _exposure(m: Words, d: int, lots: int) -> int:
    total = 0
    for j in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        if j == d or _after(m, j, d, lots) > 0:
            worth = _worth_after(m, j, d, lots)
            if float(total) + float(worth) >= SAFE:
                m[STATUS] = BAD_NOTIONAL
                return 0
            total += worth
    return total


@compiled
def _volatility(m: Words, d: int, lots: int, equity: int) -> tuple[int, float]:
    """Return (0, a year's volatility of all that is held), or the first desk whose volatility is not known.

    Floats are added in the order of the rule: what is held by instrument, what is only on order by order, this order.
    """
    total = 0.0
    for j in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        if m[j + LOTS] > 0:
            if math.isnan(float_of(m[j + VARIANCE])):
                return j, 0.0
            total += _volatility_of(m, j, d, lots, equity)
    number = 0
    while True:
        first = 0
        for j in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
            is_next = m[j + NUMBER] > number and (first == 0 or m[j + NUMBER] < m[first + NUMBER])
            if is_next and m[j + LOTS] <= 0 and _pending(m, j) > 0:
                first = j
        if first == 0:
            break
        number = m[first + NUMBER]
        if math.isnan(float_of(m[first + VARIANCE])):
            return first, 0.0
        total += _volatility_of(m, first, d, lots, equity)
    if m[d + LOTS] <= 0:
        if math.isnan(float_of(m[d + VARIANCE])):
            return d, 0.0
        total += _volatility_of(m, d, d, lots, equity)
    return 0, total


@compiled
def _volatility_of(m: Words, j: int, d: int, lots: int, equity: int) -> float:
    yearly = math.sqrt(float_of(m[j + VARIANCE]) * float_of(m[BARS_A_YEAR]))
    return ratio(_worth_after(m, j, d, lots), equity) * yearly


@compiled
def _at_the_stop(m: Words, d: int, lots: int, equity: int) -> tuple[int, int, int]:
    """Ask the rules on the distance of a stop, and on what would be lost there."""
    has_stop = m[PROTECTION] == STOP or m[PROTECTION] == TRAILING_STOP
    distance = m[d + MARK] // PARTS * m[DISTANCE] + m[d + MARK] % PARTS * m[DISTANCE] // PARTS
    atr = float_of(m[d + ATR])
    if m[HAS_ATR_MULTIPLE] and has_stop:
        if math.isnan(atr):
            return MISSING_INPUT, NO_ATR, 0
        least = float_of(m[ATR_MULTIPLE]) * atr
        if not float(distance) >= least:
            return STOP_DISTANCE, distance, word_of(least)
    if m[RISK_OF]:
        if not has_stop:
            if math.isnan(atr):
                return MISSING_INPUT, NO_ATR, 0
            fall = atr * (float_of(m[ATR_MULTIPLE]) if m[HAS_ATR_MULTIPLE] else 1.0)
            if fall >= SAFE:
                m[STATUS] = BAD_NOTIONAL
                return APPROVED, 0, 0
            distance = math.ceil(fall)
        if not fits(distance, m[d + LOTS] + lots, m[d + QUOTE_PER_TICK_LOT]):
            m[STATUS] = BAD_NOTIONAL
            return APPROVED, 0, 0
        loss = distance * (m[d + LOTS] + lots) * m[d + QUOTE_PER_TICK_LOT]
        if is_more(loss, m[RISK_OF], equity, m[RISK_PART]):
            return TRADE_RISK, loss, equity
    return APPROVED, 0, 0


@compiled
def _pace(m: Words, d: int) -> tuple[int, int, int]:
    """Ask the rules on how many orders there are, and how fast."""
    if m[RATE_LIMIT] >= 0:
        count = allowed_lately(m)
        if count >= m[RATE_LIMIT]:
            return MESSAGE_RATE, count + 1, 0
    if m[ORDERS_LIMIT] >= 0:
        count = 0
        for j in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
            count += m[j + STATE] != NONE
        if count >= m[ORDERS_LIMIT]:
            return OPEN_ORDERS, count + 1, 0
    if m[REPEATED_LIMIT] >= 0:
        count = 1 if m[d + LAST_BUY] > m[NOW] - MINUTE else 0
        if m[d + IS_THROTTLED] or count >= m[REPEATED_LIMIT]:
            m[d + IS_THROTTLED] = 1
            return REPEATED_EXECUTION, count + 1, 0
    return APPROVED, 0, 0


@compiled
def _past(m: Words, d: int, equity: int) -> tuple[int, int, int]:
    """Ask the rules on what went wrong before, and on what trading has cost."""
    lost = m[d + LOST_AT]
    if m[COOLDOWN_NS] >= 0 and lost >= 0 and m[NOW] - lost < m[COOLDOWN_NS]:
        return COOLDOWN, lost, 0
    if m[GUARD_LIMIT] >= 0:
        fired = stopped_lately(m)
        if fired >= m[GUARD_LIMIT]:
            return STOP_GUARD, fired, 0
    if m[STREAK_LIMIT] >= 0:
        losses = m[STREAK] if m[NOW] // DAY <= m[STREAK_DAY] else 0
        if losses >= m[STREAK_LIMIT]:
            return LOSSES_IN_A_ROW, losses, 0
    if m[COST_OF] and m[COST_DAYS]:
        place = COST_RING + m[COST_FIRST] * 3
        if m[place] <= m[NOW] // DAY - SPAN_DAYS:
            fees = m[FEES] + m[BASE_FEES_WORTH] - m[place + 2]
            profit = equity - m[place + 1] + fees
            if fees > 0 and (profit <= 0 or is_more(fees, m[COST_OF], profit, m[COST_PART])):
                return COST_RATIO, fees, profit
    return APPROVED, 0, 0
