"""A bar meets the order of one instrument, and what follows from it: `BarModel` and the engine's answers to its news."""

from __future__ import annotations

from golive.matching.compiled import compiled

from .decision import propose, protect, signal, traded
from .equity import mark, observe
from .exact import worsened
from .layout import (
    ARRIVED,
    BEST,
    CANCELED,
    DUE,
    FILLED,
    FILLED_,
    FINISHING,
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
    SLIPPAGE,
    STANDING,
    STATE,
    STATUS,
    STOP,
    STOPPED_OUT,
    TRAILING_STOP,
    TYPE,
    WANTS,
    Floats,
    Table,
    Words,
)
from .paper import affordable, book, hold, release
from .saying import say


@compiled
def meet(
    account: Words, desks: Table, targets: Floats, log: Words, fills: Table,
    k: int, opened_at: int, start: int, high: int, low: int, volume: int,
) -> None:  # fmt: skip
    """Let a desk's order meet a closed bar whose open was `start`."""
    if desks[k, STATE] != OPEN or desks[k, ARRIVED] > opened_at:
        return
    share, whole = account[PART], account[PART_OF]
    budget = volume // whole * share + volume % whole * share // whole
    lots = min(desks[k, QUANTITY] - desks[k, FILLED], budget)
    if desks[k, TYPE] == LIMIT:
        _meet_limit(account, desks, targets, log, fills, k, start, low, lots)
        return
    at = start
    if desks[k, TYPE] != MARKET:
        at = _fires_at(desks, k, start, high, low) if volume else 0
        if at == 0:
            return
    if lots:
        fill(account, desks, targets, log, fills, k, worsened(at, account[SLIPPAGE], desks[k, IS_BUY]), lots, 0)
    if desks[k, STATE] == OPEN:
        end(account, desks, targets, log, k, NO_LIQUIDITY)


@compiled
def _meet_limit(
    account: Words, desks: Table, targets: Floats, log: Words, fills: Table, k: int, start: int, low: int, lots: int
) -> None:
    """Let a buy with a limit meet a bar of which it may take `lots`."""
    level = desks[k, LEVEL]
    rested = desks[k, RESTS]
    if level < start:
        desks[k, RESTS] = 1
    elif not rested:
        if lots:
            price = min(level, worsened(start, account[SLIPPAGE], 1))
            fill(account, desks, targets, log, fills, k, price, lots, 0)
        return
    elif level != start:
        if lots:
            fill(account, desks, targets, log, fills, k, start, lots, 1)
        return
    if low < level and lots:
        fill(account, desks, targets, log, fills, k, level, lots, 1)


@compiled
def _fires_at(desks: Table, k: int, start: int, high: int, low: int) -> int:
    """Return the price at which a sleeping sell fires within a bar that traded, 0 when it goes on sleeping."""
    level = desks[k, LEVEL]
    if desks[k, TYPE] == STOP:
        return start if start <= level else level if low <= level else 0
    if desks[k, TYPE] != TRAILING_STOP:  # a take-profit
        return start if start >= level else level if high >= level else 0
    best = max(desks[k, BEST], start)
    stop = best - level
    if start <= stop:
        return start
    if low <= stop:
        return stop
    best = max(best, high)
    if low <= best - level:
        return low
    desks[k, BEST] = max(best, low)
    return 0


@compiled
def fill(
    account: Words, desks: Table, targets: Floats, log: Words, fills: Table, k: int, price: int, lots: int, is_maker: int
) -> None:
    """Book one match of a desk's order; one that turned out dearer than the account can pay ends where the money ends."""
    was_held = desks[k, RESERVES] > 0
    paid = affordable(account, desks, k, price, lots)
    if paid:
        book(account, desks, fills, k, price, paid, is_maker)
        if account[STATUS]:
            return
    is_complete = desks[k, FILLED] == desks[k, QUANTITY]
    runs_dry = not is_complete and (paid < lots or (was_held and desks[k, TYPE] == LIMIT and not hold(account, desks, k)))
    if paid:
        traded(account, desks, k, price, paid)
        mark(account, desks, k, desks[k, MARK])
        say(account, log, FILLED_, k, 1 if is_complete else 0)
        observe(account, desks, log)
    if is_complete:
        desks[k, STATE] = NONE
        desks[k, DUE] = 0
        if desks[k, IS_PROTECTIVE]:
            desks[k, STANDING] = STOPPED_OUT
        protect(account, desks, log, k)
    if runs_dry:
        end(account, desks, targets, log, k, NO_FUNDS)


@compiled
def end(account: Words, desks: Table, targets: Floats, log: Words, k: int, reason: int) -> None:
    """The market or a cancel ended a desk's order before it was filled whole; the engine takes the news."""
    release(account, desks, k)
    ended(account, desks, targets, log, k, reason)


@compiled
def ended(account: Words, desks: Table, targets: Floats, log: Words, k: int, reason: int) -> None:
    """Go on after an order was taken out: with what it made room for, or by asking again."""
    desks[k, STATE] = NONE
    desks[k, DUE] = 0
    say(account, log, CANCELED, k, reason)
    if not desks[k, IS_PROTECTIVE]:
        if desks[k, HAS_TARGET] and not desks[k, WANTS] and not account[FINISHING]:
            signal(account, desks, log, k, 1)
    elif desks[k, WANTS] and not account[FINISHING]:
        propose(account, desks, targets, log, k)
        protect(account, desks, log, k)
    elif desks[k, FILLED]:
        protect(account, desks, log, k)
