"""A recorded market as columns, and its replay through a book.

A tape has one row for each level stated and each trade printed, in five columns of equal length, int64:

    ts         event time, ns, not falling
    kind       LEVEL  this level now shows `quantity`; 0: it is gone
               BEST   this level is all that is shown of its side (a quote); 0: nothing is
               PRINT  a public trade of `quantity`; `side` is the aggressor's
               plus MORE when the same statement goes on in the next row, plus WHOLE on the first row of a statement that
               names everything there is
    side       +1 buy or bid, -1 sell or ask
    price      ticks
    quantity   lots
"""

from __future__ import annotations

from typing import Final

from golive.matching.compiled import compiled

from .layout import (
    BUY_HALF,
    EVENT,
    EVENT_COUNT,
    EVENT_MAKER,
    EVENT_PRICE,
    EVENT_QUANTITY,
    EVENT_SIDE,
    EVENTS,
    FILL_COUNT,
    NAMED_COUNT,
    NO_ROOM,
    SELL_HALF,
    SHORT,
    STATED,
    STATED_PRICE,
    STATED_QUANTITY,
    STATED_SIDE,
    STATEMENT,
    STATEMENT_CAPACITY,
    Book,
    Column,
    Table,
)
from .quote import set_best, set_quote
from .statement import print_trade, set_depth

LEVEL: Final = 0
BEST: Final = 1
PRINT: Final = 2
MORE: Final = 4
WHOLE: Final = 8

MALFORMED: Final = -4
"""SHORT: a row or its statement is not one a tape can have"""

FILL_COLUMNS: Final = 5
"""of the table of own fills: ts, order id, own side, price, quantity"""


@compiled
def _state(book: Book, kind: Column, side: Column, price: Column, quantity: Column, start: int, stop: int) -> int:
    rows = stop - start
    if rows > book[STATEMENT_CAPACITY]:
        return NO_ROOM
    for i in range(rows):
        row = book[STATEMENT] + STATED * i
        book[row + STATED_SIDE] = side[start + i]
        book[row + STATED_PRICE] = price[start + i]
        book[row + STATED_QUANTITY] = quantity[start + i]
    return set_depth(book, rows, kind[start] >= WHOLE)


@compiled
def keep_fills(book: Book, ts: int, fills: Table) -> None:
    """Append the executions of the last operation to the table of own fills; the caller has seen to it that there is room."""
    count = book[FILL_COUNT]
    for i in range(book[EVENT_COUNT]):
        row = book[EVENTS] + EVENT * i
        fills[count, 0] = ts
        fills[count, 1] = book[row + EVENT_MAKER]
        fills[count, 2] = -book[row + EVENT_SIDE]
        fills[count, 3] = book[row + EVENT_PRICE]
        fills[count, 4] = book[row + EVENT_QUANTITY]
        count += 1
    book[FILL_COUNT] = count


@compiled
def replay(
    book: Book,
    ts: Column,
    kind: Column,
    side: Column,
    price: Column,
    quantity: Column,
    start: int,
    until: int,
    fills: Table,
) -> int:
    """Apply the rows from `start` on whose time is before `until`; return the first row that was not applied.

    Own fills as a maker are appended to `fills`, (n, 5) int64: ts, order id, own side, price, quantity; `book[FILL_COUNT]`
    of them so far. `book[SHORT]` is 0, or says why it stopped before `until`, with nothing of that row applied: NO_ROOM in
    the book or in `fills`, MALFORMED or IMPOSSIBLE row.
    """
    book[SHORT] = 0
    i, end, room = start, len(ts), len(fills)
    while i < end and ts[i] < until:
        stop = i + 1
        while kind[stop - 1] & MORE and stop < end:
            stop += 1
        if book[FILL_COUNT] + book[BUY_HALF + NAMED_COUNT] + book[SELL_HALF + NAMED_COUNT] + stop - i > room:
            book[SHORT] = NO_ROOM
            return i
        what = kind[i] & 3
        if what == PRINT:
            result = print_trade(book, side[i], price[i], quantity[i])
        elif what == BEST and stop - i == 2 and kind[i + 1] == BEST and side[i] == -side[i + 1]:
            result = set_quote(book, side[i], price[i], quantity[i], price[i + 1], quantity[i + 1])
        elif what == BEST and stop - i == 1:
            result = set_best(book, side[i], price[i], quantity[i])
        elif what == LEVEL:
            result = _state(book, kind, side, price, quantity, i, stop)
        else:
            result = MALFORMED
        if result < 0:
            book[SHORT] = result
            return i
        if result > 0:
            keep_fills(book, ts[i], fills)
        i = stop
    return i
