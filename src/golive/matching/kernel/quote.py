"""Quotes: statements that name one level of a side and mean that nothing else is shown there.

What they do is what `statement.set_depth` does with the same statement; the usual case, in which no named order is met, is
done without taking levels out and putting them in again.
"""

from __future__ import annotations

from golive.matching.compiled import compiled, inlined

from .layout import (
    COUNT,
    EVENT_COUNT,
    FIRST,
    HALF,
    IMPOSSIBLE,
    NIL,
    NO_ROOM,
    PRICE,
    QUOTED,
    RUNGS,
    SHOWN,
    SIGN,
    TAKEN,
    Book,
)
from .level import close_at, close_if_empty, half_of, note_changed, offered, open_at
from .match import has_room
from .order import is_reached
from .statement import fall, lower, lower_queue, rise


@compiled
def _withdraw_others(book: Book, half: int, price: int) -> None:
    book[half + QUOTED] = NIL
    i = book[half + COUNT] - 1
    while i >= 0:
        level = book[book[half + RUNGS] + 2 * i + 1]
        if book[level + SHOWN] > 0 and book[level + PRICE] != price:
            lower(book, level, 0)
        i -= 1


@inlined
def _show(book: Book, level: int, lots: int) -> None:
    """State that `level` shows `lots`, more or less than before, where no named order of the other side is met."""
    was = offered(book, level)
    if book[level + FIRST] != NIL:
        lower_queue(book, level, lots)
    book[level + SHOWN] = lots
    book[level + TAKEN] = min(book[level + TAKEN], lots)
    if offered(book, level) != was:
        note_changed(book, book[level + HALF], book[level + PRICE])


@inlined
def _moved(book: Book, half: int, rung: int, place: int, price: int) -> int:
    """Move the empty level on `rung` to `price`, which has `place` rungs below it, and return it."""
    rungs, key = book[half + RUNGS], price * book[half + SIGN]
    level = book[rungs + 2 * rung + 1]
    if book[rungs + 2 * rung] < key:
        place -= 1
        for i in range(rung, place):
            book[rungs + 2 * i] = book[rungs + 2 * i + 2]
            book[rungs + 2 * i + 1] = book[rungs + 2 * i + 3]
    else:
        for i in range(rung, place, -1):
            book[rungs + 2 * i] = book[rungs + 2 * i - 2]
            book[rungs + 2 * i + 1] = book[rungs + 2 * i - 1]
    book[rungs + 2 * place] = key
    book[rungs + 2 * place + 1] = level
    book[level + PRICE] = price
    return level


@compiled
def _requote(book: Book, half: int, price: int, lots: int) -> None:
    """State that one side is one level, at which no named order of the other side is met, in one pass over its rungs.

    It does what `_withdraw_others`, `fall` and `rise` do one after the other, but moves a level that is left empty.
    """
    rungs, key = book[half + RUNGS], price * book[half + SIGN]
    here, place, spare = NIL, 0, -1
    for i in range(book[half + COUNT] - 1, -1, -1):
        level = book[rungs + 2 * i + 1]
        if book[rungs + 2 * i] == key:
            here = level
            continue
        if book[rungs + 2 * i] < key:
            place += 1
        if book[level + SHOWN] == 0:
            continue
        _show(book, level, 0)
        if book[level + FIRST] != NIL:
            continue
        if spare >= 0:
            place -= 1 if book[rungs + 2 * spare] < key else 0
            close_at(book, half, spare)
        spare = i
    if spare >= 0 and (here != NIL or lots == 0):
        close_at(book, half, spare)
    if here == NIL and lots > 0:
        here = _moved(book, half, spare, place, price) if spare >= 0 else open_at(book, half, place, price)
    if here != NIL:
        _show(book, here, lots)
        close_if_empty(book, here)
    book[half + QUOTED] = here if lots > 0 else NIL


@inlined
def _quote_again(book: Book, half: int, price: int, lots: int) -> None:
    """Do what `_requote` does, at once when the level that was quoted last is quoted again or can be moved as it stands."""
    level = book[half + QUOTED]
    top = book[half + RUNGS] + 2 * book[half + COUNT] - 2
    key = price * book[half + SIGN]
    if level == NIL or lots == 0:
        _requote(book, half, price, lots)
    elif book[level + PRICE] == price:
        _show(book, level, lots)
    elif book[level + FIRST] == NIL and book[top + 1] == level and (book[half + COUNT] == 1 or key > book[top - 2]):
        _show(book, level, 0)
        book[top] = key
        book[level + PRICE] = price
        _show(book, level, lots)
    else:
        _requote(book, half, price, lots)


@inlined
def _is_possible(price: int, lots: int) -> bool:
    return price > 0 and lots >= 0


@compiled
def set_quote(book: Book, side: int, price: int, lots: int, other_price: int, other_lots: int) -> int:
    """State that each side is one level, `price` that of `side`; return the number of events, NO_ROOM or IMPOSSIBLE."""
    book[EVENT_COUNT] = 0
    half, other = half_of(side), half_of(-side)
    if not _is_possible(min(price, other_price), min(lots, other_lots)):
        return IMPOSSIBLE
    if not has_room(book, half if book[half + COUNT] > book[other + COUNT] else other, 1):
        return NO_ROOM
    if is_reached(book, other, price) or is_reached(book, half, other_price):
        _withdraw_others(book, half, price)
        _withdraw_others(book, other, other_price)
        adds = fall(book, side, price, lots)
        other_adds = fall(book, -side, other_price, other_lots)
        if adds:
            rise(book, side, price, lots)
        if other_adds:
            rise(book, -side, other_price, other_lots)
        return book[EVENT_COUNT]
    _quote_again(book, half, price, lots)
    _quote_again(book, other, other_price, other_lots)
    return 0


@compiled
def set_best(book: Book, side: int, price: int, lots: int) -> int:
    """State that one side is one level; return the number of events, NO_ROOM or IMPOSSIBLE."""
    book[EVENT_COUNT] = 0
    if not _is_possible(price, lots):
        return IMPOSSIBLE
    if not has_room(book, half_of(side), 1):
        return NO_ROOM
    if not is_reached(book, half_of(-side), price):
        _quote_again(book, half_of(side), price, lots)
        return 0
    _withdraw_others(book, half_of(side), price)
    if fall(book, side, price, lots):
        rise(book, side, price, lots)
    return book[EVENT_COUNT]
