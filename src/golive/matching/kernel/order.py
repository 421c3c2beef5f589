"""Named orders: found by id, linked at their level in the order of their arrival."""

from __future__ import annotations

from golive.matching.compiled import compiled, inlined

from .layout import (
    AFTER,
    AHEAD,
    BEFORE,
    BEST_NAMED,
    COUNT,
    ESTIMATES_QUEUE,
    EVENT,
    EVENT_AHEAD,
    EVENT_COUNT,
    EVENT_MAKER,
    EVENT_PRICE,
    EVENT_QUANTITY,
    EVENT_SIDE,
    EVENTS,
    FIRST,
    HALF,
    ID,
    LAST,
    LAST_AHEAD,
    LEVEL,
    NAMED,
    NAMED_COUNT,
    NEXT_ORDER,
    NIL,
    NO_KEY,
    OWNER,
    PRICE,
    REMAINING,
    RUNGS,
    SIGN,
    TABLE,
    TABLE_MASK,
    Book,
)
from .level import close_if_empty, note_changed, offered


@inlined
def home_of(book: Book, order_id: int) -> int:
    """Return the slot of the table at which the search for an id begins."""
    return (order_id ^ (order_id >> 9) ^ (order_id >> 23)) & book[TABLE_MASK]


@compiled
def order_of(book: Book, order_id: int) -> int:
    """Return the resting order of this id, NIL when there is none."""
    table, mask = book[TABLE], book[TABLE_MASK]
    slot = home_of(book, order_id)
    while book[table + 2 * slot] != 0:
        if book[table + 2 * slot] == order_id:
            return book[table + 2 * slot + 1]
        slot = (slot + 1) & mask
    return NIL


@inlined
def _enter(book: Book, order_id: int, order: int) -> None:
    table, mask = book[TABLE], book[TABLE_MASK]
    slot = home_of(book, order_id)
    while book[table + 2 * slot] != 0:
        slot = (slot + 1) & mask
    book[table + 2 * slot] = order_id
    book[table + 2 * slot + 1] = order


@inlined
def _strike(book: Book, order_id: int) -> None:
    """Take an id out of the table and move up those that had to pass by it."""
    table, mask = book[TABLE], book[TABLE_MASK]
    hole = home_of(book, order_id)
    while book[table + 2 * hole] != order_id:
        hole = (hole + 1) & mask
    slot = (hole + 1) & mask
    while book[table + 2 * slot] != 0:
        home = home_of(book, book[table + 2 * slot])
        if ((slot - home) & mask) >= ((slot - hole) & mask):
            book[table + 2 * hole] = book[table + 2 * slot]
            book[table + 2 * hole + 1] = book[table + 2 * slot + 1]
            hole = slot
        slot = (slot + 1) & mask
    book[table + 2 * hole] = 0


@inlined
def append(book: Book, level: int, order_id: int, owner: int, lots: int) -> int:
    """Rest an order at the end of the queue of `level` and return it; the caller has seen to it that there is room."""
    order = book[NEXT_ORDER]
    book[NEXT_ORDER] = book[order + AFTER]
    last = book[level + LAST]
    book[order + ID] = order_id
    book[order + OWNER] = owner
    book[order + LEVEL] = level
    book[order + REMAINING] = lots
    book[order + AHEAD] = 0
    if book[ESTIMATES_QUEUE]:
        # Never less than before the one in front, so that a print cannot reach a later order first.
        book[order + AHEAD] = offered(book, level) if last == NIL else max(offered(book, level), book[last + AHEAD])
    book[LAST_AHEAD] = book[order + AHEAD]
    book[order + AFTER] = NIL
    book[order + BEFORE] = last
    if last == NIL:
        book[level + FIRST] = order
    else:
        book[last + AFTER] = order
    book[level + LAST] = order
    book[level + NAMED] += lots
    half = book[level + HALF]
    book[half + NAMED_COUNT] += 1
    book[half + BEST_NAMED] = max(book[half + BEST_NAMED], book[level + PRICE] * book[half + SIGN])
    _enter(book, order_id, order)
    note_changed(book, half, book[level + PRICE])
    return order


@inlined
def _find_best_named(book: Book, half: int) -> None:
    best = NO_KEY
    if book[half + NAMED_COUNT] > 0:
        rung = book[half + RUNGS] + 2 * book[half + COUNT] - 2
        while book[book[rung + 1] + FIRST] == NIL:
            rung -= 2
        best = book[rung]
    book[half + BEST_NAMED] = best


@inlined
def is_reached(book: Book, half: int, price: int) -> bool:
    """Return whether a named order of `half` rests at `price` or better."""
    return book[half + BEST_NAMED] >= price * book[half + SIGN]


@compiled
def remove(book: Book, order: int) -> None:
    """Take a resting order out, and its level with it when nothing else is there."""
    level = book[order + LEVEL]
    half = book[level + HALF]
    before, after = book[order + BEFORE], book[order + AFTER]
    if before == NIL:
        book[level + FIRST] = after
    else:
        book[before + AFTER] = after
    if after == NIL:
        book[level + LAST] = before
    else:
        book[after + BEFORE] = before
    book[level + NAMED] -= book[order + REMAINING]
    book[half + NAMED_COUNT] -= 1
    if book[level + FIRST] == NIL:
        _find_best_named(book, half)
    _strike(book, book[order + ID])
    book[order + AFTER] = book[NEXT_ORDER]
    book[NEXT_ORDER] = order
    note_changed(book, half, book[level + PRICE])
    close_if_empty(book, level)


@inlined
def note_event(book: Book, maker_id: int, price: int, lots: int, side: int, ahead: int) -> None:
    """Write down an execution: a taker of `side` met `maker_id` at `price`; 0 lots: the maker was taken out instead."""
    row = book[EVENTS] + EVENT * book[EVENT_COUNT]
    book[row + EVENT_MAKER] = maker_id
    book[row + EVENT_PRICE] = price
    book[row + EVENT_QUANTITY] = lots
    book[row + EVENT_SIDE] = side
    book[row + EVENT_AHEAD] = ahead
    book[EVENT_COUNT] += 1


@compiled
def fill_maker(book: Book, order: int, lots: int, side: int) -> None:
    """Execute `lots` of a resting order against a taker of `side`."""
    level = book[order + LEVEL]
    note_event(book, book[order + ID], book[level + PRICE], lots, side, book[order + AHEAD])
    if lots == book[order + REMAINING]:
        remove(book, order)
    else:
        book[order + REMAINING] -= lots
        book[level + NAMED] -= lots
        note_changed(book, book[level + HALF], book[level + PRICE])


@compiled
def ahead_of(book: Book, order_id: int) -> int:
    """Return the lots estimated to stand ahead of a resting order; -1 when it does not rest."""
    order = order_of(book, order_id)
    return book[order + AHEAD] if order != NIL else -1
