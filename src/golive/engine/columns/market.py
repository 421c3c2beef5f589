"""A bar meets the order of one instrument, and what follows from it: `BarModel` and the engine's answers to its news."""

from __future__ import annotations

from golive.matching.compiled import compiled, inlined

from .decision import propose, protect, signal, traded
from .equity import mark, observe
from .exact import worsened
from .layout import (
    ARRIVED,
    BAD_CANDLE,
    BEST,
    CANCELED,
    DUE,
    FILLED,
    FILLED_,
    FINISHING,
    GUARD_LIMIT,
    HAS_TARGET,
    IS_BUY,
    IS_PROTECTIVE,
    LEVEL,
    LIMIT,
    MARK,
    MARKET,
    NO_FUNDS,
    NO_LIQUIDITY,
    NONE,
    OPEN,
    PART,
    PART_OF,
    QUANTITY,
    RESERVES,
    RESTS,
    SELF,
    SLIPPAGE,
    STANDING,
    STATE,
    STATUS,
    STOP,
    STOPPED_OUT,
    TAKE_PROFIT,
    TRAILING_STOP,
    TYPE,
    WANTS,
    Column,
    Words,
)
from .pace import stopped
from .paper import affordable, book, hold, release
from .saying import say


@inlined
def meet(m: Words, d: int, opened_at: int, open_: Column, high: Column, low: Column, volume: Column, i: int) -> None:
    """Let a desk's order meet the closed bar of row `i`."""
    if m[d + STATE] != OPEN or m[d + ARRIVED] > opened_at:
        return
    start, traded_lots = open_[i], volume[i]
    if start <= 0 or traded_lots < 0:
        m[STATUS] = BAD_CANDLE
        return
    share, whole = m[PART], m[PART_OF]
    budget = traded_lots if share == whole else traded_lots // whole * share + traded_lots % whole * share // whole
    lots = min(m[d + QUANTITY] - m[d + FILLED], budget)
    if m[d + TYPE] == LIMIT:
        _meet_limit(m, d, start, low[i], lots)
        return
    at = start
    if m[d + TYPE] != MARKET:
        at = _fires_at(m, d, start, high[i], low[i]) if traded_lots else 0
        if at <= 0:
            return
    if lots:
        fill(m, d, worsened(at, m[SLIPPAGE], m[d + IS_BUY]), lots, 0)
    if m[d + STATE] == OPEN:
        end(m, d, NO_LIQUIDITY)


@compiled
def _meet_limit(m: Words, d: int, start: int, low: int, lots: int) -> None:
    """Let a buy with a limit meet a bar of which it may take `lots`."""
    level = m[d + LEVEL]
    rested = m[d + RESTS]
    if level < start:
        m[d + RESTS] = 1
    elif not rested:
        if lots:
            price = min(level, worsened(start, m[SLIPPAGE], 1))
            fill(m, d, price, lots, 0)
        return
    elif level != start:
        if lots:
            fill(m, d, start, lots, 1)
        return
    if low < level and lots:
        fill(m, d, level, lots, 1)


@compiled
def _fires_at(m: Words, d: int, start: int, high: int, low: int) -> int:
    """Return the price at which a sleeping sell fires within a bar that traded, 0 when it goes on sleeping."""
    level = m[d + LEVEL]
    if m[d + TYPE] == STOP:
        return start if start <= level else level if low <= level else 0
    if m[d + TYPE] != TRAILING_STOP:  # a take-profit
        return start if start >= level else level if high >= level else 0
    best = max(m[d + BEST], start)
    stop = best - level
    if start <= stop:
        return start
    if low <= stop:
        return stop
    best = max(best, high)
    if low <= best - level:
        return low
    m[d + BEST] = max(best, low)
    return 0


@compiled
def fill(m: Words, d: int, price: int, lots: int, is_maker: int) -> None:
    """Book one match of a desk's order; one that turned out dearer than the account can pay ends where the money ends."""
    was_held = m[d + RESERVES] > 0
    paid = affordable(m, d, price, lots)
    if paid:
        book(m, d, price, paid, is_maker)
        if m[STATUS]:
            return
    is_complete = m[d + FILLED] == m[d + QUANTITY]
    runs_dry = not is_complete and (paid < lots or (was_held and m[d + TYPE] == LIMIT and not hold(m, d)))
    if is_complete and m[GUARD_LIMIT] >= 0 and m[d + IS_PROTECTIVE] and m[d + TYPE] != TAKE_PROFIT:
        stopped(m)
    if paid:
        traded(m, d, price, paid)
        mark(m, d, m[d + MARK])
        say(m, FILLED_, m[d + SELF], 1 if is_complete else 0)
        observe(m)
    if is_complete:
        m[d + STATE] = NONE
        m[d + DUE] = 0
        if m[d + IS_PROTECTIVE]:
            m[d + STANDING] = STOPPED_OUT
        protect(m, d)
    if runs_dry:
        end(m, d, NO_FUNDS)


@compiled
def end(m: Words, d: int, reason: int) -> None:
    """The market or a cancel ended a desk's order before it was filled whole; the engine takes the news."""
    release(m, d)
    ended(m, d, reason)


@compiled
def ended(m: Words, d: int, reason: int) -> None:
    """Go on after an order was taken out: with what it made room for, or by asking again."""
    m[d + STATE] = NONE
    m[d + DUE] = 0
    say(m, CANCELED, m[d + SELF], reason)
    if not m[d + IS_PROTECTIVE]:
        if m[d + HAS_TARGET] and not m[d + WANTS] and not m[FINISHING]:
            signal(m, d, 1)
    elif m[d + WANTS] and not m[FINISHING]:
        propose(m, d)
        protect(m, d)
    elif m[d + FILLED]:
        protect(m, d)
