"""Named orders meet the book: submit, cancel, reduce. The rules are those of `golive.matching.book`, the oracle."""

from __future__ import annotations

from golive.matching.compiled import compiled, inlined

from .layout import (
    AFTER,
    AHEAD,
    ALLOW,
    BUY_HALF,
    CANCEL_ARRIVING,
    CANCEL_RESTING,
    CHANGED_COUNT,
    COUNT,
    EVENT_CAPACITY,
    EVENT_COUNT,
    EVENTS,
    FIRST,
    FOK,
    GTC,
    HALF,
    ID,
    IMPOSSIBLE,
    KNOWN_ID,
    LAST_AHEAD,
    LEVEL,
    LEVEL_CAPACITY,
    NAMED,
    NEXT_ORDER,
    NIL,
    NO_ROOM,
    ONE_EVENT,
    OWNER,
    POST_ONLY,
    PRICE,
    REMAINING,
    RESTS,
    RUNGS,
    STOPPED,
    Book,
)
from .level import best_level, close_if_empty, half_of, note_changed, offered, open_level, take
from .order import append, fill_maker, note_event, order_of, remove


@inlined
def has_room(book: Book, half: int, levels: int) -> bool:
    """Return whether `half` may open `levels` more, and the list of changed prices has room for one more operation."""
    return book[half + COUNT] + levels <= book[LEVEL_CAPACITY] and book[CHANGED_COUNT] <= book[EVENT_CAPACITY]


@inlined
def _is_beyond(price: int, limit: int, side: int) -> bool:
    """Whether `price` is worse for a taker of `side` than its `limit`; 0 means no limit."""
    return limit != 0 and (price - limit) * side > 0


@compiled
def reachable(book: Book, level: int, owner: int, self_trade: int) -> int:
    """Return the lots of `level` that an order of `owner` may take, minus 1 - lots when `owner` ends it there."""
    lots = offered(book, level)
    order = book[level + FIRST]
    if self_trade == ALLOW:
        return lots + book[level + NAMED]
    while order != NIL:
        if book[order + OWNER] != owner:
            lots += book[order + REMAINING]
        elif self_trade != CANCEL_RESTING:
            return -1 - lots
        order = book[order + AFTER]
    return lots


@compiled
def offers(book: Book, owner: int, side: int, limit: int, self_trade: int, most: int) -> int:
    """Write up to `most` (price, lots) an order could take now over the events, best first; return how many."""
    half = half_of(-side)
    row = book[EVENTS]
    count = 0
    at = book[half + RUNGS] + 2 * book[half + COUNT] - 1
    while at > book[half + RUNGS] and count < most:
        level = book[at]
        at -= 2
        if _is_beyond(book[level + PRICE], limit, side):
            break
        lots = reachable(book, level, owner, self_trade)
        ends = lots < 0
        if ends:
            lots = -1 - lots
        if lots > 0:
            book[row] = book[level + PRICE]
            book[row + 1] = lots
            row += 2
            count += 1
        if ends:
            break
    return count


@compiled
def _fills_whole(book: Book, half: int, owner: int, side: int, limit: int, quantity: int, self_trade: int) -> bool:
    missing = quantity
    rungs = book[half + RUNGS]
    for i in range(book[half + COUNT] - 1, -1, -1):
        level = book[rungs + 2 * i + 1]
        if _is_beyond(book[level + PRICE], limit, side):
            return False
        lots = reachable(book, level, owner, self_trade)
        missing -= lots if lots >= 0 else -1 - lots
        if missing <= 0:
            return True
        if lots < 0:
            return False
    return False


@compiled
def _match(book: Book, order_id: int, owner: int, side: int, limit: int, quantity: int, self_trade: int) -> int:
    """Take what the order may take; return what is left of it, minus 1 - left when one of its owner stopped it."""
    half = half_of(-side)
    left = quantity
    is_stopped = False
    while left > 0 and not is_stopped:
        level = best_level(book, half)
        if level == NIL:
            break
        price = book[level + PRICE]
        if _is_beyond(price, limit, side):
            break
        depth = offered(book, level)
        if depth > 0:
            part = min(left, depth)
            left -= part
            take(book, level, part)
            note_event(book, 0, price, part, side, 0)
            note_changed(book, half, price)
            close_if_empty(book, level)
            continue
        maker = book[level + FIRST]
        if self_trade != ALLOW and book[maker + OWNER] == owner:
            is_stopped = self_trade != CANCEL_RESTING
            if self_trade != CANCEL_ARRIVING:
                note_event(book, book[maker + ID], price, 0, side, book[maker + AHEAD])
                remove(book, maker)
            continue
        part = min(left, book[maker + REMAINING])
        left -= part
        fill_maker(book, maker, part, side)
    return -1 - left if is_stopped else left


@compiled
def submit(
    book: Book, order_id: int, owner: int, side: int, price: int, quantity: int, time_in_force: int, self_trade: int
) -> int:
    """Match an order and rest what may rest.

    Returns:
        RESTS and STOPPED as flags plus ONE_EVENT for each event; or NO_ROOM, KNOWN_ID, IMPOSSIBLE with nothing done.

    Args:
        book: the book, whose events are replaced by what happened.
        order_id: positive, and of no order that rests.
        owner: whose it is; `self_trade` says what happens when it meets another of the same owner.
        side: +1 buy, -1 sell.
        price: limit in ticks, 0 for a market order, which never rests.
        quantity: lots.
        time_in_force: GTC, IOC, FOK, POST_ONLY.
        self_trade: CANCEL_RESTING, CANCEL_ARRIVING, CANCEL_BOTH, ALLOW.
    """
    book[EVENT_COUNT] = 0
    half = half_of(side)
    if order_id <= 0 or price < 0 or quantity < 0:
        return IMPOSSIBLE
    if book[NEXT_ORDER] == NIL or not has_room(book, half, 1):
        return NO_ROOM
    if order_of(book, order_id) != NIL:
        return KNOWN_ID
    if time_in_force == POST_ONLY:
        best = best_level(book, half_of(-side))
        if best != NIL and not (price != 0 and _is_beyond(book[best + PRICE], price, side)):
            return 0
    elif time_in_force == FOK and not _fills_whole(book, half_of(-side), owner, side, price, quantity, self_trade):
        return 0
    left = _match(book, order_id, owner, side, price, quantity, self_trade)
    flags = STOPPED if left < 0 else 0
    if left > 0 and price != 0 and time_in_force in (GTC, POST_ONLY):
        append(book, open_level(book, half, price), order_id, owner, left)
        flags = RESTS
    return flags + ONE_EVENT * book[EVENT_COUNT]


@compiled
def cancel(book: Book, order_id: int) -> int:
    """Take a resting order out; return the lots that were left of it, 0 when it does not rest, NO_ROOM."""
    order = order_of(book, order_id)
    if order == NIL:
        return 0
    if not has_room(book, BUY_HALF, 0):
        return NO_ROOM
    lots = book[order + REMAINING]
    book[LAST_AHEAD] = book[order + AHEAD]
    remove(book, order)
    return lots


@compiled
def reduce(book: Book, order_id: int, remaining: int) -> int:
    """Lower what is left of a resting order; return by how much, IMPOSSIBLE when it is no reduction, or NO_ROOM.

    The order must rest (`order_of`); it keeps its place in the queue.
    """
    order = order_of(book, order_id)
    if not has_room(book, BUY_HALF, 0):
        return NO_ROOM
    fall = book[order + REMAINING] - remaining
    if remaining <= 0 or fall < 0:
        return IMPOSSIBLE
    if fall > 0:
        level = book[order + LEVEL]
        book[order + REMAINING] = remaining
        book[level + NAMED] -= fall
        note_changed(book, book[level + HALF], book[level + PRICE])
    return fall
