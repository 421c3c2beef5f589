"""One step of market time: timers, the strategy's candle, and what becomes of decisions when the step is over."""

from __future__ import annotations

from math import isnan

from golive.matching.compiled import compiled

from .decision import conclude, end_run, idle, propose, protect, signal
from .equity import mark, observe
from .layout import (
    ANSWER,
    ASKED_FOR,
    AWAITING,
    BAR,
    CANCEL,
    CHANGE,
    DESKS,
    DUE,
    ENTRY_TTL,
    EXPOSED,
    FAILED,
    HAS_TARGET,
    IS_PROTECTIVE,
    LAST_CHANGE,
    LIMIT,
    NO_RUN,
    NONE,
    NOW,
    NUMBER,
    ON_TARGET,
    OPEN,
    ORDER_WORKING,
    QUEUED,
    SESSION_ENDED,
    STANDING,
    STATE,
    SUBMITTED,
    TARGET_AT,
    TYPE,
    WANTS,
    WARMING_UP,
    Column,
    Floats,
    Table,
    Words,
)
from .market import end, ended
from .paper import enter, release
from .saying import say

_TAKEN_OUT = -1


@compiled
def timers(account: Words, desks: Table, targets: Floats, log: Words) -> None:
    """Cancel the entries whose time is over, the one that is due first before the others."""
    while True:
        first = -1
        for k in range(account[DESKS]):
            due = desks[k, DUE]
            if 0 < due <= account[NOW] and (
                first < 0 or due < desks[first, DUE] or (due == desks[first, DUE] and desks[k, NUMBER] < desks[first, NUMBER])
            ):
                first = k
        if first < 0:
            return
        say(account, log, CANCEL, first, 0)
        end(account, desks, targets, log, first, ASKED_FOR)


@compiled
def target_now(desks: Table, change_at: Column, k: int) -> int:
    """Return the row of the change that holds on the desk's bar now."""
    row = desks[k, CHANGE]
    while row + 1 < desks[k, LAST_CHANGE] and change_at[row + 1] <= desks[k, BAR]:
        row += 1
    desks[k, CHANGE] = row
    return row


@compiled
def on_candle(
    account: Words, desks: Table, targets: Floats, log: Words, change_at: Column, change_to: Floats,
    k: int, opened_at: int, close: int,
) -> None:  # fmt: skip
    """The engine's work on a closed candle of one instrument."""
    mark(account, desks, k, close)
    observe(account, desks, log)
    row = target_now(desks, change_at, k)
    target = change_to[row]
    code, cancels = WARMING_UP, False
    if not isnan(target):
        if not desks[k, HAS_TARGET] or target != targets[k]:
            is_first = not desks[k, HAS_TARGET]
            desks[k, HAS_TARGET], targets[k], desks[k, TARGET_AT] = 1, target, row
            if not is_first or target != 0.0:
                signal(account, desks, log, k, 0)
        if desks[k, STATE] == NONE:
            code = propose(account, desks, targets, log, k) if desks[k, WANTS] else desks[k, STANDING]
        elif desks[k, WANTS]:
            cancels = desks[k, STATE] == OPEN
            code = ORDER_WORKING
        else:
            code = desks[k, STANDING] if desks[k, IS_PROTECTIVE] else ORDER_WORKING
    if cancels:
        say(account, log, CANCEL, k, 0)
    protect(account, desks, log, k)
    if code != NO_RUN:
        idle(account, desks, log, k, code, opened_at)
    if cancels:
        end(account, desks, targets, log, k, ASKED_FOR)


@compiled
def settle(account: Words, desks: Table, targets: Floats, log: Words) -> None:
    """Every decision of the step is on record: let the orders leave, and take what the venue answers."""
    while account[AWAITING]:
        count = account[AWAITING]
        account[AWAITING] = 0
        for i in range(count):
            k = desks[i, QUEUED]
            say(account, log, SUBMITTED, k, 0)
            desks[k, ANSWER] = enter(account, desks, k)
            if desks[k, TYPE] == LIMIT and account[ENTRY_TTL]:
                desks[k, DUE] = account[NOW] + account[ENTRY_TTL]
        for i in range(count):
            k = desks[i, QUEUED]
            if desks[k, ANSWER] != ASKED_FOR:
                desks[k, STATE] = NONE
                desks[k, DUE] = 0
                desks[k, STANDING] = ON_TARGET
                desks[k, EXPOSED] |= desks[k, IS_PROTECTIVE]
                say(account, log, FAILED, k, desks[k, ANSWER] | desks[k, IS_PROTECTIVE] << 8)
            elif desks[k, IS_PROTECTIVE] and desks[k, WANTS]:  # the signal came while the order was on its way
                say(account, log, CANCEL, k, 0)
                release(account, desks, k)
                desks[k, ANSWER] = _TAKEN_OUT
        for i in range(count):
            k = desks[i, QUEUED]
            if desks[k, ANSWER] == _TAKEN_OUT:
                desks[k, ANSWER] = ASKED_FOR
                ended(account, desks, targets, log, k, ASKED_FOR)


@compiled
def finish(account: Words, desks: Table, targets: Floats, log: Words) -> None:
    """Close the runs of inaction and take out what still works; the data have ended."""
    for k in range(account[DESKS]):
        if desks[k, WANTS]:
            conclude(account, desks, log, k, SESSION_ENDED)
        end_run(account, desks, log, k)
        if desks[k, STATE] == OPEN:
            say(account, log, CANCEL, k, 0)
            release(account, desks, k)
    for k in range(account[DESKS]):
        if desks[k, STATE] == OPEN:
            ended(account, desks, targets, log, k, ASKED_FOR)
