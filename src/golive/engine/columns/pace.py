"""What limits remember of orders, stops and closed positions, as `golive.risk.flow` does."""

from __future__ import annotations

from golive.matching.compiled import compiled

from .exact import part_of
from .layout import (
    BASE_FREE,
    BASE_RESERVED,
    COST,
    EARNED,
    GUARD_NS,
    IS_BUY,
    LOST_AT,
    LOTS,
    MIN_LOTS,
    NOW,
    RATE_NEXT,
    RATE_RING,
    RATE_RING_TIMES,
    STOP_RING,
    STOP_RING_TIMES,
    STOPS_NEXT,
    STREAK,
    STREAK_DAY,
    Words,
)

DAY = 86_400_000_000_000
MINUTE = 60_000_000_000


@compiled
def allowed(m: Words) -> None:
    """Take that an order was allowed."""
    last = RATE_RING + (m[RATE_NEXT] - 1) % RATE_RING_TIMES * 2
    if m[RATE_NEXT] and m[last] == m[NOW]:
        m[last + 1] += 1
        return
    place = RATE_RING + m[RATE_NEXT] % RATE_RING_TIMES * 2
    m[place], m[place + 1] = m[NOW], 1
    m[RATE_NEXT] += 1


@compiled
def allowed_lately(m: Words) -> int:
    """Return how many orders were allowed in the last minute."""
    count = 0
    for n in range(min(m[RATE_NEXT], RATE_RING_TIMES)):
        place = RATE_RING + n * 2
        if m[place] > m[NOW] - MINUTE:
            count += m[place + 1]
    return count


@compiled
def stopped(m: Words) -> None:
    """Take that a protective stop has closed a position."""
    m[STOP_RING + m[STOPS_NEXT] % STOP_RING_TIMES] = m[NOW]
    m[STOPS_NEXT] += 1


@compiled
def stopped_lately(m: Words) -> int:
    """Return how many protective stops have fired in the guard's time; no more than the ring holds."""
    count = 0
    for n in range(min(m[STOPS_NEXT], STOP_RING_TIMES)):
        count += m[STOP_RING + n] > m[NOW] - m[GUARD_NS]
    return count


@compiled
def moved(m: Words, d: int, base: int, quote: int) -> None:
    """Take a fill that is about to change what a desk holds by `base` for `quote`, fees included; by average cost."""
    held = m[d + BASE_FREE] + m[d + BASE_RESERVED]
    if base > 0:
        m[d + COST] -= quote
    elif held + base == 0:
        m[d + EARNED] += quote - m[d + COST]
        m[d + COST] = 0
    else:
        part = part_of(-base, m[d + COST], held)[0]
        m[d + COST] -= part
        m[d + EARNED] += quote - part


@compiled
def closed(m: Words, d: int) -> None:
    """Take the result of a position, once a sale has left less than the venue takes."""
    if m[d + IS_BUY] or m[d + LOTS] >= m[d + MIN_LOTS]:
        return
    if m[d + EARNED] < 0:
        day = m[NOW] // DAY
        m[d + LOST_AT] = m[NOW]
        m[STREAK] = m[STREAK] + 1 if day == m[STREAK_DAY] else 1
        m[STREAK_DAY] = day
    else:
        m[STREAK] = 0
    m[d + EARNED] = 0
