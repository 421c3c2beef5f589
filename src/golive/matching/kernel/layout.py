"""How a book lies in memory: one array of 64-bit integers, so that one argument hands the whole book to compiled code.

Records point at each other by their index in the array; index 0 is in the header, so 0 means "none".

    header                 settings, counts, free lists, where the other regions begin, one block for each half
    rungs of each half     (key, level) pairs, key = price * sign ascending: the best price stands last, where insertion is cheap
    levels                 records of 8, one for each price at which depth is shown or a named order stands
    orders                 records of 8, linked in the order of their arrival
    table                  (order id, order) pairs, open addressing, never more than half full
    events                 rows of 5: what the last operation did
    changed                (side, price) pairs whose total changed, in a book that keeps track of them
    statement              rows of 3: what the market states, before it is applied
"""

from __future__ import annotations

from collections.abc import MutableMapping, MutableSequence, Sequence
from typing import Final, TypeAlias, cast

Book: TypeAlias = MutableSequence[int]
"""The array (numpy int64, one dimension) as the type checker sees it."""

Column: TypeAlias = Sequence[int]
"""numpy int64, one dimension, read only"""

Table: TypeAlias = MutableMapping[tuple[int, int], int]
"""numpy int64, two dimensions"""

NIL: Final = 0
NO_KEY: Final = -(1 << 62)
"""below every key"""

# ── header ──────────────────────────────────────────────────────────────────────────────────────────────────────────────
REMEMBERS_TAKEN: Final = 1
ESTIMATES_QUEUE: Final = 2
TRACKS_CHANGED: Final = 3
LEVEL_CAPACITY: Final = 4
"""of each half"""
ORDER_CAPACITY: Final = 5
STATEMENT_CAPACITY: Final = 6
NEXT_LEVEL: Final = 7
"""first of the free records, linked through FIRST"""
NEXT_ORDER: Final = 8
"""first of the free records, linked through AFTER"""
LEVELS: Final = 9
ORDERS: Final = 10
TABLE: Final = 11
TABLE_MASK: Final = 12
EVENTS: Final = 13
EVENT_COUNT: Final = 14
EVENT_CAPACITY: Final = 15
CHANGED: Final = 16
CHANGED_COUNT: Final = 17
STATEMENT: Final = 18
LAST_AHEAD: Final = 19
"""what stood ahead of the order that was the last to come to rest, or to be canceled"""
STAMP_NOW: Final = 20
FILL_COUNT: Final = 21
"""rows of own fills a replay has written"""
SHORT: Final = 22
"""why a replay stopped early; 0 when it did not"""

# ── one half ────────────────────────────────────────────────────────────────────────────────────────────────────────────
BUY_HALF: Final = 24
SELL_HALF: Final = 32
RUNGS: Final = 0
COUNT: Final = 1
SIGN: Final = 2
NAMED_COUNT: Final = 3
"""named orders resting in this half"""
BEST_NAMED: Final = 4
"""key of the best price at which a named order rests, NO_KEY when none does"""
QUOTED: Final = 5
"""the level that is known to be the only one at which depth is shown; NIL when that is not known"""

HEADER: Final = 40

# ── one level ───────────────────────────────────────────────────────────────────────────────────────────────────────────
PRICE: Final = 0
HALF: Final = 1
SHOWN: Final = 2
"""lots the market states"""
TAKEN: Final = 3
"""lots of SHOWN that takers of ours have taken"""
NAMED: Final = 4
"""lots of named orders"""
FIRST: Final = 5
LAST: Final = 6
STAMP: Final = 7
"""the statement that named it last"""

# ── one order ───────────────────────────────────────────────────────────────────────────────────────────────────────────
ID: Final = 0
OWNER: Final = 1
LEVEL: Final = 2
REMAINING: Final = 3
AHEAD: Final = 4
AFTER: Final = 5
BEFORE: Final = 6

RECORD: Final = 8

# ── one event ───────────────────────────────────────────────────────────────────────────────────────────────────────────
EVENT_MAKER: Final = 0
"""order id, 0 for the market's own depth"""
EVENT_PRICE: Final = 1
EVENT_QUANTITY: Final = 2
"""0: not an execution, the maker was taken out because it was of the same owner"""
EVENT_SIDE: Final = 3
"""sign of the taker's side"""
EVENT_AHEAD: Final = 4
"""what stands ahead of the maker after it"""
EVENT: Final = 5

# ── one level of a statement ────────────────────────────────────────────────────────────────────────────────────────────
STATED_SIDE: Final = 0
STATED_PRICE: Final = 1
STATED_QUANTITY: Final = 2
STATED: Final = 3

# ── what operations say ─────────────────────────────────────────────────────────────────────────────────────────────────
RESTS: Final = 1
STOPPED: Final = 2
ONE_EVENT: Final = 4
"""flags of a submission plus this for each event"""
NO_ROOM: Final = -1
"""nothing was done: a larger book is needed"""
KNOWN_ID: Final = -2
"""nothing was done: an order of this id rests already"""
IMPOSSIBLE: Final = -3
"""nothing was done: a quantity or price is out of range"""

# ── how an order wants to be treated ────────────────────────────────────────────────────────────────────────────────────
GTC: Final = 0
IOC: Final = 1
FOK: Final = 2
POST_ONLY: Final = 3

CANCEL_RESTING: Final = 0
CANCEL_ARRIVING: Final = 1
CANCEL_BOTH: Final = 2
ALLOW: Final = 3


def new_book(
    levels: int = 1024,
    orders: int = 1024,
    *,
    statement: int = 256,
    remembers_taken: bool = False,
    estimates_queue: bool = False,
    tracks_changed: bool = False,
) -> Book:
    """Return an empty book for up to `levels` prices of each half, `orders` named orders and statements of `statement` levels.

    Raises ValueError when one of them is not positive.
    """
    if min(levels, orders, statement) <= 0:
        raise ValueError(f"a book of {levels} levels, {orders} orders and statements of {statement} is not possible")
    import numpy as np

    slots = 1 << (2 * orders - 1).bit_length()
    rungs = HEADER
    level_region = _aligned(rungs + 2 * 2 * levels)
    order_region = level_region + RECORD * 2 * levels
    table = order_region + RECORD * orders
    # An operation makes one event at most for each level and order it can meet, and for each level stated.
    most = 2 * levels + orders + 2 * statement + 1
    events = table + 2 * slots
    changed = events + EVENT * most
    stated = changed + (2 * 2 * most if tracks_changed else 0)
    size = stated + STATED * statement

    raw = np.zeros(size + RECORD, dtype=np.int64)
    array = raw[_aligned(raw.ctypes.data // 8) - raw.ctypes.data // 8 :][:size]
    for region, count, link in ((level_region, 2 * levels, FIRST), (order_region, orders, AFTER)):
        array[region + link :: RECORD][: count - 1] = np.arange(region + RECORD, region + RECORD * count, RECORD)
    book = cast(Book, array)
    book[REMEMBERS_TAKEN], book[ESTIMATES_QUEUE], book[TRACKS_CHANGED] = remembers_taken, estimates_queue, tracks_changed
    book[LEVEL_CAPACITY], book[ORDER_CAPACITY], book[STATEMENT_CAPACITY] = levels, orders, statement
    book[NEXT_LEVEL], book[NEXT_ORDER], book[LEVELS], book[ORDERS] = level_region, order_region, level_region, order_region
    book[TABLE], book[TABLE_MASK] = table, slots - 1
    book[EVENTS], book[EVENT_CAPACITY], book[CHANGED], book[STATEMENT] = events, most, changed, stated
    for half, sign, at in ((BUY_HALF, 1, rungs), (SELL_HALF, -1, rungs + 2 * levels)):
        book[half + SIGN], book[half + RUNGS], book[half + BEST_NAMED] = sign, at, NO_KEY
    return book


def _aligned(index: int) -> int:
    """Return the next index at which a record does not straddle two cache lines."""
    return index + -index % RECORD
