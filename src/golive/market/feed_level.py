"""Compiled reading of price levels: text on an instrument's grid becomes rows of whole ticks and lots."""

from __future__ import annotations

from typing import Final

from golive.matching.compiled import compiled, inlined
from golive.matching.kernel.layout import Column, Table

from .feed_text import CLOSE_LIST, COMMA, MALFORMED, OPEN_LIST, TOO_LARGE, Text, after_space, amount, byte

# ── one row ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
SIDE: Final = 0
"""+1 bid, -1 ask; of a trade the aggressor's: +1 buy, -1 sell"""
PRICE: Final = 1
QUANTITY: Final = 2
ROW_WIDTH: Final = 3

# ── the grid of an instrument ───────────────────────────────────────────────────────────────────────────────────────────
PRICE_DECIMALS: Final = 0
PRICE_STEP: Final = 1
QUANTITY_DECIMALS: Final = 2
QUANTITY_STEP: Final = 3
MAX_PRICE: Final = 4
GRID: Final = 5

NO_PRICE: Final = -10
NO_ROOM: Final = -11
REPEATED: Final = -12


@inlined
def price_of(text: Text, at: int, grid: Column) -> tuple[int, int]:
    """Return the ticks of a quoted price, which may be zero, or a fault; and the place after it."""
    price, at = amount(text, at, grid[PRICE_DECIMALS], grid[PRICE_STEP])
    return (price if price <= grid[MAX_PRICE] else TOO_LARGE), at


@inlined
def quantity_of(text: Text, at: int, grid: Column) -> tuple[int, int]:
    """Return the lots of a quoted quantity, which may be zero, or a fault; and the place after it."""
    return amount(text, at, grid[QUANTITY_DECIMALS], grid[QUANTITY_STEP])


@inlined
def set_row(rows: Table, row: int, side: int, price: int, quantity: int) -> None:
    rows[row, SIDE] = side
    rows[row, PRICE] = price
    rows[row, QUANTITY] = quantity


@compiled
def _has_repetition(rows: Table, start: int, stop: int) -> bool:
    """Return whether a price stands twice among rows that are not sorted; venues sort theirs, so this is seldom asked."""
    for i in range(start, stop):
        for j in range(start, i):
            if rows[i, PRICE] == rows[j, PRICE]:
                return True
    return False


@compiled
def levels(text: Text, at: int, grid: Column, side: int, rows: Table, count: int) -> tuple[int, int]:
    """Append a list of [price, quantity] to `count` rows; return the new count and the place after, or a fault and its place."""
    begin = at
    at = after_space(text, at + 1)
    if byte(text, at) == CLOSE_LIST:
        return count, at + 1
    room, start, is_sorted = len(rows), count, True
    while True:
        if byte(text, at) != OPEN_LIST:
            return MALFORMED, at
        if count == room:
            return NO_ROOM, at
        price, after = price_of(text, after_space(text, at + 1), grid)
        if price <= 0:
            return (price if price < 0 else NO_PRICE), at
        after = after_space(text, after)
        if byte(text, after) != COMMA:
            return MALFORMED, at
        quantity, after = quantity_of(text, after_space(text, after + 1), grid)
        if quantity < 0:
            return quantity, at
        after = after_space(text, after)
        if byte(text, after) != CLOSE_LIST:
            return MALFORMED, at
        set_row(rows, count, side, price, quantity)
        if count > start and (rows[count - 1, PRICE] - price) * side <= 0:
            is_sorted = False
        count += 1
        at = after_space(text, after + 1)
        if byte(text, at) == CLOSE_LIST:
            if not is_sorted and _has_repetition(rows, start, count):
                return REPEATED, begin
            return count, at + 1
        if byte(text, at) != COMMA:
            return MALFORMED, at
        at = after_space(text, at + 1)
