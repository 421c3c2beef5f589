"""One step of market time: timers, the strategy's candle, and what becomes of decisions when the step is over."""

from __future__ import annotations

from math import isnan

from golive.matching.compiled import compiled, inlined

from .decision import conclude, end_run, idle, propose, protect, signal
from .equity import mark, observe
from .layout import (
    ANSWER,
    ASKED_FOR,
    ATR,
    AWAITING,
    BAR,
    CANCEL,
    CHANGE,
    CURRENT,
    DESK_WORDS,
    DUE,
    ENTRY_TTL,
    EXPOSED,
    FAILED,
    FINISH,
    FIRST_DESK,
    FOLLOWS_PRICES,
    HAS_TARGET,
    IS_PROTECTIVE,
    LAST_CHANGE,
    LAST_DESK,
    LIMIT,
    MOVES,
    NO_RUN,
    NONE,
    NOW,
    NUMBER,
    ON_TARGET,
    OPEN,
    ORDER_WORKING,
    QUEUED,
    SELF,
    SESSION_ENDED,
    SHARE,
    STANDING,
    STATE,
    SUBMITTED,
    TARGET_AT,
    TYPE,
    VARIANCE,
    WANTS,
    WARMING_UP,
    Column,
    Floats,
    Words,
)
from .market import end, ended
from .paper import enter, release
from .saying import say

_TAKEN_OUT = -1


@inlined
def timers(m: Words) -> None:
    """Cancel the entries whose time is over, the one that is due first before the others."""
    while True:
        first = 0
        for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
            due = m[d + DUE]
            if 0 < due <= m[NOW] and (
                first == 0 or due < m[first + DUE] or (due == m[first + DUE] and m[d + NUMBER] < m[first + NUMBER])
            ):
                first = d
        if first == 0:
            return
        say(m, CANCEL, m[first + SELF], 0)
        end(m, first, ASKED_FOR)


@inlined
def target_now(m: Words, change_at: Column, d: int) -> int:
    """Return the row of the change that holds on the desk's bar now."""
    row = m[d + CHANGE]
    while row + 1 < m[d + LAST_CHANGE] and change_at[row + 1] <= m[d + BAR]:
        row += 1
    m[d + CHANGE] = row
    return row


@compiled
def price_moves(m: Words, moves: Column) -> None:
    """Show every desk how much its price has moved until now."""
    for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        place = m[d + MOVES] + 2 * (m[d + BAR] + (d == m[CURRENT]))
        m[d + VARIANCE], m[d + ATR] = moves[place], moves[place + 1]


@inlined
def on_candle(
    m: Words, change_at: Column, change_to: Floats, moves: Column,
    d: int, opened_at: int, close: int,
) -> None:  # fmt: skip
    """The engine's work on a closed candle of one instrument."""
    mark(m, d, close)
    observe(m)
    row = target_now(m, change_at, d)
    target = change_to[row]
    code, cancels = WARMING_UP, False
    if not isnan(target):
        if not m[d + HAS_TARGET] or target != change_to[m[d + TARGET_AT]]:
            is_first = not m[d + HAS_TARGET]
            m[d + HAS_TARGET], m[d + SHARE], m[d + TARGET_AT] = 1, round(target * 1_000_000.0), row
            if not is_first or target != 0.0:
                signal(m, d, 0)
        if m[d + WANTS] and m[FOLLOWS_PRICES]:
            price_moves(m, moves)
        if m[d + STATE] == NONE:
            code = propose(m, d) if m[d + WANTS] else m[d + STANDING]
        elif m[d + WANTS]:
            cancels = m[d + STATE] == OPEN
            code = ORDER_WORKING
        else:
            code = m[d + STANDING] if m[d + IS_PROTECTIVE] else ORDER_WORKING
    if cancels:
        say(m, CANCEL, m[d + SELF], 0)
    protect(m, d)
    if code != NO_RUN:
        idle(m, d, code, opened_at)
    if cancels:
        end(m, d, ASKED_FOR)


@inlined
def settle(m: Words, moves: Column) -> None:
    """Every decision of the step is on record: let the orders leave, and take what the venue answers."""
    if m[AWAITING] and m[FOLLOWS_PRICES]:
        price_moves(m, moves)
    while m[AWAITING]:
        count = m[AWAITING]
        m[AWAITING] = 0
        for i in range(count):
            d = m[FIRST_DESK + i * DESK_WORDS + QUEUED]
            say(m, SUBMITTED, m[d + SELF], 0)
            m[d + ANSWER] = enter(m, d)
            if m[d + TYPE] == LIMIT and m[ENTRY_TTL]:
                m[d + DUE] = m[NOW] + m[ENTRY_TTL]
        for i in range(count):
            d = m[FIRST_DESK + i * DESK_WORDS + QUEUED]
            if m[d + ANSWER] != ASKED_FOR:
                m[d + STATE] = NONE
                m[d + DUE] = 0
                m[d + STANDING] = ON_TARGET
                m[d + EXPOSED] |= m[d + IS_PROTECTIVE]
                say(m, FAILED, m[d + SELF], m[d + ANSWER] | m[d + IS_PROTECTIVE] << 8)
            elif m[d + IS_PROTECTIVE] and m[d + WANTS]:  # the signal came while the order was on its way
                say(m, CANCEL, m[d + SELF], 0)
                release(m, d)
                m[d + ANSWER] = _TAKEN_OUT
        for i in range(count):
            d = m[FIRST_DESK + i * DESK_WORDS + QUEUED]
            if m[d + ANSWER] == _TAKEN_OUT:
                m[d + ANSWER] = ASKED_FOR
                ended(m, d, ASKED_FOR)


@inlined
def finish(m: Words) -> None:
    """Close the runs of inaction and take out what still works; the data have ended."""
    say(m, FINISH, 0, 0)
    for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        if m[d + WANTS]:
            conclude(m, d, SESSION_ENDED)
        end_run(m, d)
        if m[d + STATE] == OPEN:
            say(m, CANCEL, m[d + SELF], 0)
            release(m, d)
    for d in range(FIRST_DESK, m[LAST_DESK] + DESK_WORDS, DESK_WORDS):
        if m[d + STATE] == OPEN:
            ended(m, d, ASKED_FOR)
