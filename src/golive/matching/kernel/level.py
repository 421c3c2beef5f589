"""Levels of one half: found, opened and closed by price, best last; what is offered there, and what was taken."""

from __future__ import annotations

from golive.matching.compiled import compiled, inlined

from .layout import (
    AFTER,
    BUY_HALF,
    CHANGED,
    CHANGED_COUNT,
    COUNT,
    EVENTS,
    FIRST,
    HALF,
    LAST,
    NAMED,
    NEXT_LEVEL,
    NIL,
    PRICE,
    QUOTED,
    REMEMBERS_TAKEN,
    RUNGS,
    SELL_HALF,
    SHOWN,
    SIGN,
    STAMP,
    TAKEN,
    TRACKS_CHANGED,
    Book,
)

_NEAR = 8
"""rungs looked at one by one before the search halves: most of what happens, happens near the best price"""


@inlined
def half_of(side: int) -> int:
    """Return the half in which orders of `side` (its sign) rest."""
    return BUY_HALF if side > 0 else SELL_HALF


@inlined
def offered(book: Book, level: int) -> int:
    """Return the anonymous lots that are available at `level`."""
    return book[level + SHOWN] - book[level + TAKEN]


@inlined
def total(book: Book, level: int) -> int:
    """Return all lots that are available at `level`."""
    return book[level + SHOWN] - book[level + TAKEN] + book[level + NAMED]


@compiled
def search(book: Book, half: int, key: int) -> int:
    """Return how many rungs of `half` have a key below `key`: the place where it stands or belongs."""
    rungs = book[half + RUNGS]
    high = book[half + COUNT]
    low = high - _NEAR
    while high > 0 and high > low:
        if book[rungs + 2 * (high - 1)] < key:
            return high
        high -= 1
    low = 0
    while low < high:
        middle = (low + high) >> 1
        if book[rungs + 2 * middle] < key:
            low = middle + 1
        else:
            high = middle
    return low


@inlined
def level_at(book: Book, half: int, price: int) -> int:
    """Return the level at `price`, NIL when there is none."""
    key = price * book[half + SIGN]
    at = search(book, half, key)
    rung = book[half + RUNGS] + 2 * at
    if at < book[half + COUNT] and book[rung] == key:
        return book[rung + 1]
    return NIL


@compiled
def open_at(book: Book, half: int, place: int, price: int) -> int:
    """Return a new, empty level for `price` on the rung `place`, where it belongs."""
    rungs, count = book[half + RUNGS], book[half + COUNT]
    level = book[NEXT_LEVEL]
    book[NEXT_LEVEL] = book[level + FIRST]
    book[level + PRICE] = price
    book[level + HALF] = half
    book[level + SHOWN] = 0
    book[level + TAKEN] = 0
    book[level + NAMED] = 0
    book[level + FIRST] = NIL
    book[level + LAST] = NIL
    book[level + STAMP] = 0
    for i in range(count, place, -1):
        book[rungs + 2 * i] = book[rungs + 2 * i - 2]
        book[rungs + 2 * i + 1] = book[rungs + 2 * i - 1]
    book[rungs + 2 * place] = price * book[half + SIGN]
    book[rungs + 2 * place + 1] = level
    book[half + COUNT] = count + 1
    return level


@compiled
def close_at(book: Book, half: int, place: int) -> None:
    """Forget the level on the rung `place`, at which nothing is shown and nobody rests."""
    rungs, count = book[half + RUNGS], book[half + COUNT] - 1
    level = book[rungs + 2 * place + 1]
    for i in range(place, count):
        book[rungs + 2 * i] = book[rungs + 2 * i + 2]
        book[rungs + 2 * i + 1] = book[rungs + 2 * i + 3]
    book[half + COUNT] = count
    if book[half + QUOTED] == level:
        book[half + QUOTED] = NIL
    book[level + FIRST] = book[NEXT_LEVEL]
    book[NEXT_LEVEL] = level


@compiled
def open_level(book: Book, half: int, price: int) -> int:
    """Return the level at `price`, made if there is none; the caller has seen to it that there is room."""
    key = price * book[half + SIGN]
    place = search(book, half, key)
    rung = book[half + RUNGS] + 2 * place
    if place < book[half + COUNT] and book[rung] == key:
        return book[rung + 1]
    return open_at(book, half, place, price)


@compiled
def close_level(book: Book, level: int) -> None:
    """Forget a level at which nothing is shown and nobody rests."""
    half = book[level + HALF]
    close_at(book, half, search(book, half, book[level + PRICE] * book[half + SIGN]))


@inlined
def close_if_empty(book: Book, level: int) -> None:
    """Forget `level` when nothing is left there; what was taken from depth that is still shown is remembered."""
    if book[level + SHOWN] == 0 and book[level + FIRST] == NIL:
        close_level(book, level)


@inlined
def best_level(book: Book, half: int) -> int:
    """Return the best level at which anything is available, NIL when there is none."""
    at = book[half + RUNGS] + 2 * book[half + COUNT] - 1
    while at > book[half + RUNGS]:
        level = book[at]
        if total(book, level) > 0:
            return level
        at -= 2
    return NIL


@inlined
def take(book: Book, level: int, lots: int) -> None:
    """Take `lots` of what is offered at `level`."""
    if book[REMEMBERS_TAKEN]:
        book[level + TAKEN] += lots
    else:
        book[level + SHOWN] -= lots


@inlined
def note_changed(book: Book, half: int, price: int) -> None:
    """Write down that the total at `price` changed, where the book keeps track of it."""
    if book[TRACKS_CHANGED]:
        row = book[CHANGED] + 2 * book[CHANGED_COUNT]
        book[row] = book[half + SIGN]
        book[row + 1] = price
        book[CHANGED_COUNT] += 1


@compiled
def best_price(book: Book, side: int) -> int:
    """Return the best price of `side` in ticks, 0 when it is empty."""
    level = best_level(book, half_of(side))
    return book[level + PRICE] if level != NIL else 0


@compiled
def quantity_at(book: Book, side: int, price: int) -> int:
    """Return the lots available at one price."""
    level = level_at(book, half_of(side), price)
    return total(book, level) if level != NIL else 0


@compiled
def levels(book: Book, side: int, most: int) -> int:
    """Write up to `most` (price, total lots) of `side` over the events, best first; return how many."""
    half = half_of(side)
    row = book[EVENTS]
    count = 0
    at = book[half + RUNGS] + 2 * book[half + COUNT] - 1
    while at > book[half + RUNGS] and count < most:
        level = book[at]
        at -= 2
        if total(book, level) > 0:
            book[row] = book[level + PRICE]
            book[row + 1] = total(book, level)
            row += 2
            count += 1
    return count


@compiled
def orders_at(book: Book, side: int, price: int) -> int:
    """Return how many orders stand at one price, anonymous depth counted as one."""
    level = level_at(book, half_of(side), price)
    if level == NIL:
        return 0
    count = 1 if offered(book, level) > 0 else 0
    order = book[level + FIRST]
    while order != NIL:
        count += 1
        order = book[order + AFTER]
    return count
