"""The market speaks: statements of its depth, and prints of its trades; what they do to named orders."""

from __future__ import annotations

from golive.matching.compiled import compiled, inlined

from .layout import (
    AFTER,
    AHEAD,
    BUY_HALF,
    COUNT,
    ESTIMATES_QUEUE,
    EVENT_COUNT,
    FIRST,
    HALF,
    IMPOSSIBLE,
    NIL,
    NO_ROOM,
    PRICE,
    QUOTED,
    REMAINING,
    REMEMBERS_TAKEN,
    RUNGS,
    SELL_HALF,
    SHOWN,
    STAMP,
    STAMP_NOW,
    STATED,
    STATED_PRICE,
    STATED_QUANTITY,
    STATED_SIDE,
    STATEMENT,
    STATEMENT_CAPACITY,
    TAKEN,
    Book,
)
from .level import close_if_empty, half_of, level_at, note_changed, offered, open_level
from .match import has_room
from .order import fill_maker, is_reached


@compiled
def meet(book: Book, side: int, price: int, lots: int, reach: int) -> int:
    """Fill named orders against an anonymous order of `side`; return how many of its `lots` were used.

    It reaches orders that are better than `price` by at least `reach` ticks: 0 counts those at the price itself.
    """
    half = half_of(-side)
    rungs = book[half + RUNGS]
    used = 0
    i = book[half + COUNT] - 1
    while i >= 0 and used < lots:
        level = book[rungs + 2 * i + 1]
        if (price - book[level + PRICE]) * side < reach:
            break
        order = book[level + FIRST]
        while order != NIL and used < lots:
            after = book[order + AFTER]
            part = min(lots - used, book[order + REMAINING])
            fill_maker(book, order, part, side)
            used += part
            order = after
        i -= 1
    return used


@compiled
def lower_queue(book: Book, level: int, lots: int) -> None:
    """No more stands ahead of anybody than is shown."""
    order = book[level + FIRST]
    while order != NIL:
        book[order + AHEAD] = min(book[order + AHEAD], lots)
        order = book[order + AFTER]


@inlined
def lower(book: Book, level: int, lots: int) -> None:
    """State that `level` shows `lots`, which is no more than it did."""
    if book[level + FIRST] != NIL:
        lower_queue(book, level, lots)
    was = offered(book, level)
    taken = min(book[level + TAKEN], lots)
    book[level + SHOWN] = lots
    book[level + TAKEN] = taken
    if lots - taken != was:
        note_changed(book, book[level + HALF], book[level + PRICE])
    close_if_empty(book, level)


@compiled
def rise(book: Book, side: int, price: int, lots: int) -> None:
    """State that the level at `price` shows `lots`, more than it did: what is new there meets named orders first."""
    half = half_of(side)
    level = open_level(book, half, price)
    if book[level + FIRST] != NIL:
        lower_queue(book, level, lots)
    was = offered(book, level)
    used = 0
    if is_reached(book, half_of(-side), price):
        used = meet(book, side, price, lots - book[level + SHOWN], 0)
    if book[REMEMBERS_TAKEN]:
        book[level + SHOWN] = lots
        book[level + TAKEN] = min(book[level + TAKEN], lots) + used
    else:
        book[level + SHOWN] = lots - used
    if offered(book, level) != was:
        note_changed(book, half, price)
    close_if_empty(book, level)


@inlined
def fall(book: Book, side: int, price: int, lots: int) -> bool:
    """Apply what a statement about one level takes away; return whether it rather adds, which `rise` does."""
    level = level_at(book, half_of(side), price)
    if level == NIL:
        return lots > 0
    if lots > book[level + SHOWN]:
        return True
    lower(book, level, lots)
    return False


@compiled
def withdraw(book: Book, half: int, stamp: int) -> None:
    """Take away what is shown at levels of `half` that the statement numbered `stamp` did not name."""
    i = book[half + COUNT] - 1
    while i >= 0:
        level = book[book[half + RUNGS] + 2 * i + 1]
        if book[level + SHOWN] > 0 and book[level + STAMP] != stamp:
            lower(book, level, 0)
        i -= 1


@inlined
def _name_level(book: Book, side: int, price: int) -> None:
    level = level_at(book, half_of(side), price)
    if level != NIL:
        book[level + STAMP] = book[STAMP_NOW]


@inlined
def withdraw_unnamed(book: Book, rows: int) -> None:
    """Take away all depth at prices that the first `rows` rows of the statement do not name."""
    book[STAMP_NOW] += 1
    for i in range(rows):
        row = book[STATEMENT] + STATED * i
        _name_level(book, book[row + STATED_SIDE], book[row + STATED_PRICE])
    withdraw(book, BUY_HALF, book[STAMP_NOW])
    withdraw(book, SELL_HALF, book[STAMP_NOW])


@compiled
def set_depth(book: Book, rows: int, is_whole: bool) -> int:
    """Apply the statement of `rows` rows that was written to the book; return the number of events, NO_ROOM or IMPOSSIBLE.

    Quantities fall before others rise, so that a market that moved is not met half-way. With `is_whole` the depth at
    all prices it does not name is gone.
    """
    book[EVENT_COUNT] = 0
    if rows > book[STATEMENT_CAPACITY]:
        return NO_ROOM
    buys = 0
    for i in range(rows):
        row = book[STATEMENT] + STATED * i
        if book[row + STATED_PRICE] <= 0 or book[row + STATED_QUANTITY] < 0:
            return IMPOSSIBLE
        if book[row + STATED_SIDE] > 0:
            buys += 1
    if not (has_room(book, BUY_HALF, buys) and has_room(book, SELL_HALF, rows - buys)):
        return NO_ROOM
    book[BUY_HALF + QUOTED] = NIL
    book[SELL_HALF + QUOTED] = NIL
    if is_whole:
        withdraw_unnamed(book, rows)
    rising = 0
    for i in range(rows):
        row = book[STATEMENT] + STATED * i
        side, price, lots = book[row + STATED_SIDE], book[row + STATED_PRICE], book[row + STATED_QUANTITY]
        if fall(book, side, price, lots):
            kept = book[STATEMENT] + STATED * rising
            book[kept + STATED_SIDE], book[kept + STATED_PRICE], book[kept + STATED_QUANTITY] = side, price, lots
            rising += 1
    for i in range(rising):
        row = book[STATEMENT] + STATED * i
        rise(book, book[row + STATED_SIDE], book[row + STATED_PRICE], book[row + STATED_QUANTITY])
    return book[EVENT_COUNT]


@compiled
def set_level(book: Book, side: int, price: int, lots: int) -> int:
    """Apply a statement about one level, as `set_depth` does."""
    row = book[STATEMENT]
    book[row + STATED_SIDE], book[row + STATED_PRICE], book[row + STATED_QUANTITY] = side, price, lots
    return set_depth(book, 1, False)


@inlined
def _pass_queue(book: Book, level: int, lots: int, side: int) -> None:
    """Let a print of `lots` run through the queue of `level`: what stands ahead first, then named orders as they came."""
    order = book[level + FIRST]
    filled = 0
    while order != NIL:
        after = book[order + AFTER]
        ahead = book[order + AHEAD]
        part = min(lots - ahead - filled, book[order + REMAINING])
        book[order + AHEAD] = max(0, ahead - lots)
        if part > 0:
            fill_maker(book, order, part, side)
            filled += part
        order = after


@compiled
def print_trade(book: Book, side: int, price: int, lots: int) -> int:
    """Let a public trade by an aggressor of `side` fill named orders; return the number of events, or NO_ROOM.

    Orders strictly better than `price` fill first; then, in a book that estimates the queue, those at the price.
    """
    book[EVENT_COUNT] = 0
    half = half_of(-side)
    if not is_reached(book, half, price):
        return 0
    if not has_room(book, half, 0):
        return NO_ROOM
    left = lots
    if is_reached(book, half, price - side):
        left -= meet(book, side, price, lots, 1)
    if left > 0 and book[ESTIMATES_QUEUE]:
        level = level_at(book, half, price)
        if level != NIL:
            _pass_queue(book, level, left, side)
    return book[EVENT_COUNT]
