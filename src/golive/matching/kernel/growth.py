"""A larger book in place of one that has no more room."""

from __future__ import annotations

from golive.matching.compiled import compiled

from .layout import (
    AFTER,
    AHEAD,
    BUY_HALF,
    CHANGED,
    CHANGED_COUNT,
    COUNT,
    ESTIMATES_QUEUE,
    FILL_COUNT,
    FIRST,
    ID,
    LEVEL_CAPACITY,
    NEXT_ORDER,
    NIL,
    ORDER_CAPACITY,
    OWNER,
    PRICE,
    REMAINING,
    REMEMBERS_TAKEN,
    RUNGS,
    SELL_HALF,
    SHOWN,
    STAMP,
    STAMP_NOW,
    STATEMENT_CAPACITY,
    TAKEN,
    TRACKS_CHANGED,
    Book,
    new_book,
)
from .level import open_level
from .order import append


@compiled
def copy(book: Book, to: Book) -> None:
    """Copy everything that stands in `book` into an empty one with room for it."""
    for half in (BUY_HALF, SELL_HALF):
        for i in range(book[half + COUNT]):
            level = book[book[half + RUNGS] + 2 * i + 1]
            copied = open_level(to, half, book[level + PRICE])
            to[copied + SHOWN] = book[level + SHOWN]
            to[copied + TAKEN] = book[level + TAKEN]
            to[copied + STAMP] = book[level + STAMP]
            order = book[level + FIRST]
            while order != NIL:
                placed = append(to, copied, book[order + ID], book[order + OWNER], book[order + REMAINING])
                to[placed + AHEAD] = book[order + AHEAD]
                order = book[order + AFTER]
    to[STAMP_NOW] = book[STAMP_NOW]
    to[FILL_COUNT] = book[FILL_COUNT]
    to[CHANGED_COUNT] = book[CHANGED_COUNT]
    for i in range(2 * book[CHANGED_COUNT]):
        to[to[CHANGED] + i] = book[book[CHANGED] + i]


def grown(book: Book, statement: int) -> Book:
    """Return a copy of `book` with twice the room wherever it is short of it for a statement of `statement` levels.

    A statement may open as many levels as it names; an order may open one.
    """
    standing = max(book[BUY_HALF + COUNT], book[SELL_HALF + COUNT])
    needed = int(standing + max(statement, 1))
    level_capacity, order_capacity = int(book[LEVEL_CAPACITY]), int(book[ORDER_CAPACITY])
    larger = new_book(
        max(level_capacity, 2 * needed) if needed > level_capacity else level_capacity,
        2 * order_capacity if book[NEXT_ORDER] == NIL else order_capacity,
        statement=max(int(book[STATEMENT_CAPACITY]), statement),
        remembers_taken=bool(book[REMEMBERS_TAKEN]),
        estimates_queue=bool(book[ESTIMATES_QUEUE]),
        tracks_changed=bool(book[TRACKS_CHANGED]),
    )
    copy(book, larger)
    return larger
