"""The compiled scanner of recorded feed lines: each line becomes one message with its rows, or one fault with its place.

A line is `receive-time-ns SPACE object`. The object is a message, or has it under `data` beside the `stream` it came from.
Messages that count: a depth update, a best bid and offer, a trade, a snapshot of the book; others from a stream have no rows.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from golive.matching.compiled import compiled, inlined
from golive.matching.kernel.layout import Column, Table

from .feed_level import NO_PRICE, NO_ROOM, PRICE, QUANTITY, price_of, quantity_of, set_row
from .feed_object import (
    ASK,
    ASK_QUANTITY,
    ASKS,
    BID,
    BID_QUANTITY,
    BIDS,
    COUNT,
    ESCAPED,
    EVENT,
    EVENT_TIME,
    FAULT_AT,
    FIRST_ID,
    IS_BUYER_MAKER,
    LAST_ID,
    LIST_FAULT,
    LIST_FAULT_AT,
    LISTS,
    NOT_JSON,
    SNAPSHOT_ID,
    STREAM,
    TRADE_ID,
    TRADE_PRICE,
    TRADE_QUANTITY,
    TRADE_TIME,
    Places,
    after_message,
    has_escape,
    is_string,
    name_of,
)
from .feed_text import (
    LINE_FEED,
    MALFORMED,
    NOWHERE,
    QUOTE,
    RETURN,
    SPACE,
    TOO_LARGE,
    Text,
    after_space,
    after_string,
    byte,
    json_whole_number,
    whole_number,
)

# ── one message ─────────────────────────────────────────────────────────────────────────────────────────────────────────
LINE: Final = 0
KIND: Final = 1
RECEIVED: Final = 2
"""ns, as the recorder wrote it"""
STATED: Final = 3
"""ns by the venue's clock, 0 when the message has no time"""
FIRST: Final = 4
"""first sequence number it covers"""
LAST: Final = 5
"""last sequence number it covers; the id of a trade"""
ROW: Final = 6
"""its first row; all rows up to the next message's are its own"""
MESSAGE_WIDTH: Final = 7

DEPTH: Final = 1
QUOTES: Final = 2
TRADE: Final = 3
SNAPSHOT: Final = 4
OTHER: Final = 5

# ── where a scan stands ─────────────────────────────────────────────────────────────────────────────────────────────────
AT: Final = 0
LINES: Final = 1
MESSAGES: Final = 2
ROWS: Final = 3
COLUMN: Final = 4
"""of a fault, counted from 1"""
SCAN: Final = 5

# ── how it ended; faults are below zero ─────────────────────────────────────────────────────────────────────────────────
DONE: Final = 0
FULL: Final = 1
"""the line at AT needs more room for messages or rows"""
NO_TIME: Final = -30
NO_MESSAGE: Final = -31
INCOMPLETE: Final = -32
NO_QUANTITY: Final = -33
BACKWARDS: Final = -34
TWO_KINDS: Final = -35

_NANOS: Final = 1_000_000
_LAST_MILLISECOND: Final = (1 << 62) // _NANOS - 1

_DEPTH_UPDATE: Final = name_of("depthUpdate")
_TRADE: Final = name_of("trade")
_BOOK_TICKER: Final = name_of("bookTicker")
_TRUE: Final = 0x74
_FALSE: Final = 0x66


@inlined
def _number(text: Text, places: Places, field: int) -> int:
    """Return the whole number of a field, or a fault."""
    at = places[field]
    if at == NOWHERE:
        return INCOMPLETE
    places[FAULT_AT] = at
    value, _ = json_whole_number(text, at)
    return value


@inlined
def _nanoseconds(text: Text, places: Places, field: int) -> int:
    value = _number(text, places, field)
    if value > _LAST_MILLISECOND:
        return TOO_LARGE
    return value * _NANOS if value >= 0 else value


@inlined
def _set_message(messages: Table, number: int, kind: int, stated: int, first: int, last: int) -> None:
    messages[number, KIND] = kind
    messages[number, STATED] = stated
    messages[number, FIRST] = first
    messages[number, LAST] = last


@inlined
def _both_lists(places: Places, one: int, other: int) -> int:
    """Return the count of rows with both lists, or why one of them is not there."""
    if places[LIST_FAULT] != 0:
        places[FAULT_AT] = places[LIST_FAULT_AT]
        return places[LIST_FAULT]
    if places[LISTS] == (1 << one) | (1 << other):
        return places[COUNT]
    if places[one] == NOWHERE or places[other] == NOWHERE:
        return INCOMPLETE
    return TWO_KINDS if places[LISTS] & ((1 << one) | (1 << other)) == (1 << one) | (1 << other) else MALFORMED


@inlined
def _depth(text: Text, places: Places, messages: Table, number: int) -> int:
    first, last = _number(text, places, FIRST_ID), _number(text, places, LAST_ID)
    if first < 0 or last < 0:
        return min(first, last)
    if last < first:
        return BACKWARDS
    stated = _nanoseconds(text, places, EVENT_TIME)
    if stated < 0:
        return stated
    _set_message(messages, number, DEPTH, stated, first, last)
    return _both_lists(places, BID, ASK)


@inlined
def _snapshot(text: Text, places: Places, messages: Table, number: int) -> int:
    last = _number(text, places, SNAPSHOT_ID)
    if last < 0:
        return last
    _set_message(messages, number, SNAPSHOT, 0, last, last)
    return _both_lists(places, BIDS, ASKS)


@inlined
def _row(text: Text, places: Places, price_at: int, quantity_at: int, grid: Column, side: int, rows: Table, row: int) -> int:
    """Read a price and a quantity that may both be zero; return 0 or a fault."""
    if places[price_at] == NOWHERE or places[quantity_at] == NOWHERE:
        return INCOMPLETE
    places[FAULT_AT] = places[price_at]
    price, _ = price_of(text, places[price_at], grid)
    if price < 0:
        return price
    places[FAULT_AT] = places[quantity_at]
    quantity, _ = quantity_of(text, places[quantity_at], grid)
    if quantity < 0:
        return quantity
    set_row(rows, row, side, price, quantity)
    return NO_PRICE if price == 0 and quantity != 0 else 0


@inlined
def _trade(text: Text, places: Places, grid: Column, messages: Table, number: int, rows: Table, count: int) -> int:
    trade_id, stated = _number(text, places, TRADE_ID), _nanoseconds(text, places, TRADE_TIME)
    if trade_id < 0 or stated < 0:
        return min(trade_id, stated)
    if places[IS_BUYER_MAKER] == NOWHERE:
        return INCOMPLETE
    places[FAULT_AT] = places[IS_BUYER_MAKER]
    word = byte(text, places[IS_BUYER_MAKER])
    if word not in (_TRUE, _FALSE):
        return MALFORMED
    fault = _row(text, places, TRADE_PRICE, TRADE_QUANTITY, grid, -1 if word == _TRUE else 1, rows, count)
    if fault != 0:
        return fault
    if rows[count, PRICE] == 0 or rows[count, QUANTITY] == 0:
        return NO_QUANTITY
    _set_message(messages, number, TRADE, stated, trade_id, trade_id)
    return count + 1


@inlined
def _quotes(text: Text, places: Places, grid: Column, messages: Table, number: int, rows: Table, count: int) -> int:
    last, stated = _number(text, places, LAST_ID), 0
    if places[EVENT_TIME] != NOWHERE:
        stated = _nanoseconds(text, places, EVENT_TIME)
    if last < 0 or stated < 0:
        return min(last, stated)
    fault = _row(text, places, BID, BID_QUANTITY, grid, 1, rows, count)
    if fault == 0:
        fault = _row(text, places, ASK, ASK_QUANTITY, grid, -1, rows, count + 1)
    if fault != 0:
        return fault
    _set_message(messages, number, QUOTES, stated, last, last)
    return count + 2


@inlined
def _payload(text: Text, places: Places, grid: Column, messages: Table, number: int, rows: Table, count: int) -> int:
    """Read the message whose fields were found; return the new count of rows or a fault."""
    event = places[EVENT]
    if places[SNAPSHOT_ID] != NOWHERE:
        return TWO_KINDS if event != NOWHERE else _snapshot(text, places, messages, number)
    if event == NOWHERE:
        if places[BID_QUANTITY] != NOWHERE and places[ASK_QUANTITY] != NOWHERE:
            return _quotes(text, places, grid, messages, number, rows, count)
    elif byte(text, event) == QUOTE:
        places[FAULT_AT] = event
        if has_escape(text, event, after_string(text, event)):
            return ESCAPED
        if is_string(text, event, _DEPTH_UPDATE):
            return _depth(text, places, messages, number)
        if is_string(text, event, _TRADE):
            return _trade(text, places, grid, messages, number, rows, count)
        if is_string(text, event, _BOOK_TICKER):
            return _quotes(text, places, grid, messages, number, rows, count)
    _set_message(messages, number, OTHER, 0, 0, 0)
    return count if places[STREAM] != NOWHERE else NO_MESSAGE


@inlined
def _line(
    text: Text, start: int, places: Places, grid: Column, messages: Table, number: int, rows: Table, count: int
) -> tuple[int, int]:
    """Read one line; return the new count of rows or a fault, and the place of its line feed."""
    places[FAULT_AT] = start
    received, at = whole_number(text, start)
    if received < 0 or byte(text, at) != SPACE:
        return NO_TIME, at
    messages[number, RECEIVED] = received
    at = after_message(text, after_space(text, at + 1), grid, rows, count, places)
    if at < 0:
        return at, at
    at = after_space(text, at)
    places[FAULT_AT] = at
    if byte(text, at) != LINE_FEED:
        return NOT_JSON, at
    places[FAULT_AT] = start
    return _payload(text, places, grid, messages, number, rows, count), at


@compiled
def scan(text: Text, stand: MutableSequence[int], grid: Column, places: Places, messages: Table, rows: Table) -> int:
    """Read the lines of `text` from `stand[AT]` on into `messages` and `rows`.

    Args:
        text: (n,) int8, the last byte a line feed.
        stand: (SCAN,) int64, where the scan stands; it goes on from there.
        grid: (GRID,) int64, the grid of the instrument.
        places: (PLACES,) int64, used while reading a line.
        messages: (m, MESSAGE_WIDTH) int64.
        rows: (r, ROW_WIDTH) int64.

    Returns:
        DONE, FULL, or a fault: then LINES counts the faulty line, and COLUMN is the place in it.
    """
    at, end = stand[AT], len(text)
    lines, number, count = stand[LINES], stand[MESSAGES], stand[ROWS]
    result = DONE
    while at < end:
        if byte(text, at) == LINE_FEED or (byte(text, at) == RETURN and byte(text, at + 1) == LINE_FEED):
            at += 1 if byte(text, at) == LINE_FEED else 2
            lines += 1
            continue
        if number == len(messages) or count + 2 > len(rows):
            result = FULL
            break
        after, stop = _line(text, at, places, grid, messages, number, rows, count)
        if after == NO_ROOM:
            result = FULL
            break
        lines += 1
        if after < 0:
            stand[COLUMN] = places[FAULT_AT] - at + 1
            result = after
            break
        messages[number, LINE] = lines
        messages[number, ROW] = count
        number += 1
        count = after
        at = stop + 1
    stand[AT], stand[LINES], stand[MESSAGES], stand[ROWS] = at, lines, number, count
    return result
